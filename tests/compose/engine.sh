#!/bin/bash
# Runs a command with a container engine at hand: engine.sh ENGINE COMMAND…
#
# ENGINE "": this machine's own. trixie, sid: Debian's docker.io of that suite (26.1 with Compose 2.26; or newer, with
# containerd's image store and Compose that builds by Bake), for a machine that has none. It lives in a Debian root of
# its own below $OVERREAD_ENGINE, so that nothing of this machine is upgraded, and stops when the command is done. That
# takes root. Where it reaches no registry it gets stand-ins for the base images (bases.sh).
set -euo pipefail
SUITE=${1?an engine} && shift
test "$SUITE" || exec "$@"
HERE=$(dirname "$(realpath "$0")")
REPOSITORY=$(realpath "$HERE/../..")
SCRATCH=${OVERREAD_ENGINE:-/var/tmp/overread-engine}
ROOT=$SCRATCH/$SUITE/root
MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
BASES=(postgres:18 valkey/valkey:9 python:3.11-slim-bookworm node:22-bookworm-slim)

install_engine() {
    command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap; }
    rm -rf "$ROOT"
    debootstrap --variant=minbase "$SUITE" "$ROOT" "$MIRROR"
    printf '#!/bin/sh\nexit 101\n' > "$ROOT/usr/sbin/policy-rc.d" && chmod +x "$ROOT/usr/sbin/policy-rc.d"
    cp /etc/resolv.conf "$ROOT/etc/"
    chroot "$ROOT" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        docker.io docker-cli docker-compose docker-buildx iptables ca-certificates tini
    touch "$SCRATCH/$SUITE/installed"
}

# In a mount namespace of its own: become the engine. A chroot would not do, for runc pivots.
become_engine() {
    mount --make-rprivate / && mount --bind "$ROOT" "$ROOT" && cd "$ROOT"
    mkdir -p sys proc dev run tmp old ".$REPOSITORY"
    mount --rbind /sys sys && mount --rbind /proc proc && mount --rbind /dev dev && mount -t tmpfs tmpfs run
    mount --rbind /tmp tmp && mount --bind "$REPOSITORY" ".$REPOSITORY" # the build's context, the test's films
    cp /etc/resolv.conf /etc/hosts etc/ && cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/
    pivot_root . old && umount -l old
    exec dockerd $(test "$SUITE" = trixie || echo --feature containerd-snapshotter) >/var/log/dockerd.log 2>&1
}

start() {
    setsid unshare --mount bash -c "$(declare -f become_engine); become_engine" &
    ENGINE=$!
    trap stop EXIT
    mkdir -p "$SCRATCH/$SUITE/bin"
    printf '#!/bin/sh\nexec nsenter --mount=/proc/%s/ns/mnt --wdns="$PWD" docker "$@"\n' $ENGINE > "$SCRATCH/$SUITE/bin/docker"
    chmod +x "$SCRATCH/$SUITE/bin/docker"
    export PATH=$SCRATCH/$SUITE/bin:$PATH
    for _ in $(seq 60); do docker info >/dev/null 2>&1 && return; sleep 1; done
    tail -20 "$ROOT/var/log/dockerd.log" >&2
    exit 1
}

stop() {
    kill "$ENGINE" && wait "$ENGINE" || true
}

get_bases() {
    docker image inspect "${BASES[@]}" >/dev/null 2>&1 && return
    for base in "${BASES[@]}"; do docker pull --quiet "$base" || { "$HERE/bases.sh" "$SCRATCH/bases"; return; }; done
}

export SUITE ROOT REPOSITORY
test -e "$SCRATCH/$SUITE/installed" || { mkdir -p "$SCRATCH/$SUITE" && install_engine; }
start
get_bases
docker version --format 'Docker {{.Server.Version}}' && docker compose version
"$@"
