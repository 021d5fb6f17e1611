"""The secrets of a compose installation, made once, at its first start: ``python -m overread.compose_secrets FOLDER``.

Each is a file that its owner alone may read. What exists is kept, so that a restart changes no password.
"""

import os
import secrets
import sys
from pathlib import Path

POSTGRES, VALKEY = "postgres_password", "valkey_password"


def make_secrets(folder: Path) -> None:
    """Write what is missing: the passwords, and from them the files that each service reads."""
    postgres = _keep(folder / POSTGRES, secrets.token_urlsafe(32))
    valkey = _keep(folder / VALKEY, secrets.token_urlsafe(32))
    _keep(folder / "overread_secret", secrets.token_urlsafe(32))
    _keep(folder / "database_url", f"postgresql+psycopg://overread:{postgres}@postgres/overread")
    _keep(folder / "redis_url", f"redis://:{valkey}@valkey:6379/0")
    _keep(folder / "valkey.conf", f'requirepass {valkey}\nsave ""\nappendonly no\n')


def _keep(path: Path, value: str) -> str:
    """The file's content; written first, whole and 0600, if there is none. Exits when it is blank."""
    if not path.exists():
        new = path.with_name(f".{path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)
    kept = path.read_text()
    if not kept.strip():
        sys.exit(f"{path} is empty. A blank secret is none: remove the file, and the next start makes a new one.")
    return kept


if __name__ == "__main__":
    make_secrets(Path(sys.argv[1]))
