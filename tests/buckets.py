"""A real S3 server in a folder (rclone's), with keys: what a test gives to a bucket's address and endpoint."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from tests.waiting import free_port, until

KEY, SECRET = "overread-test", "not-much-of-a-secret"
NAME = "films"


@contextmanager
def s3_server(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket that lies in ``folder``, while this lasts; AWS_… lead to it."""
    (folder / NAME).mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [str(Path(sys.executable).with_name("rclone")), "serve", "s3", "--addr", f"127.0.0.1:{port}"]
    command += ["--auth-key", f"{KEY},{SECRET}", "--vfs-cache-mode", "off", str(folder)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | {"RCLONE_CONFIG": ""})
    endpoint = f"http://127.0.0.1:{port}"
    patch.setenv("AWS_ENDPOINT_URL", endpoint)
    patch.setenv("AWS_ACCESS_KEY_ID", KEY)
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    patch.setenv("AWS_REGION", "us-east-1")
    try:
        until(lambda: _answers(endpoint))
        yield f"s3://{NAME}/overread"
    finally:
        server.kill()
        server.wait()


def _answers(endpoint: str) -> bool:
    try:
        urlopen(endpoint, timeout=5)
    except HTTPError:
        return True
    except URLError:
        return False
    return True
