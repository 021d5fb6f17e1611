"""Blobs in an S3-compatible bucket, by the same names as in a folder.

The address is ``s3://BUCKET/PREFIX``. Keys and endpoint are the usual ones of S3 (AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL), from the environment or from where the machine has them.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from overread.domain.errors import BucketUnreachable, InvalidInput

TIMEOUT = timedelta(seconds=60)  # of one request; a checkpoint has some 100 MB
RETRIES, PATIENCE = 6, timedelta(seconds=30)  # what fails for a moment is tried again


class Bucket:
    """A bucket, or a part of one. Every method raises BucketUnreachable where the store does not answer as it should.

    What it opens does not outlive a fork: a process that is forked brings its blobs before.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            raise InvalidInput(f"{address!r} is no address of a bucket. Write it as s3://BUCKET or s3://BUCKET/FOLDER.")
        self.address = address.rstrip("/")
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        self._store = S3Store.from_url(
            self.address,
            client_options={"allow_http": plain, "timeout": TIMEOUT},
            retry_config={"max_retries": RETRIES, "retry_timeout": PATIENCE},
        )

    def has(self, name: str) -> bool:
        """Whether a blob of this name lies there."""
        try:
            self._store.head(_key(name))
        except FileNotFoundError:
            return False
        except BaseError as error:
            raise self._unreachable(error) from error
        return True

    def put(self, name: str, data: bytes) -> None:
        """Store a blob's bytes; once this returns they are there for everybody."""
        try:
            self._store.put(_key(name), data)
        except (BaseError, FileNotFoundError) as error:  # no such bucket is told as a missing file
            raise self._unreachable(error) from error

    def get(self, name: str) -> bytes | None:
        """A blob's bytes as they came, None where there is none."""
        try:
            return bytes(self._store.get(_key(name)).bytes())
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise self._unreachable(error) from error

    def names(self) -> Iterator[str]:
        """The names of all blobs, some at a time."""
        try:
            for some in self._store.list():
                yield from (each["path"].rpartition("/")[2] for each in some)
        except (BaseError, FileNotFoundError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> BucketUnreachable:
        why = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        return BucketUnreachable(
            f"The bucket {self.address} does not answer as it should ({why}). Nothing is lost: check OVERREAD_BUCKET, "
            "AWS_ENDPOINT_URL, the keys and the network, then do it again."
        )


def _key(name: str) -> str:
    return f"{name[:2]}/{name}"
