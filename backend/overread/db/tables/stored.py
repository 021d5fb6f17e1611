"""Values in columns: dataclasses of the domain as JSON, long texts compressed; both are read back as what they are."""

import hashlib
import json
import zlib
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Dialect, LargeBinary, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

Kind = TypeVar("Kind")


class Stored(TypeDecorator[Kind]):
    """A dataclass (or a list or mapping of such) as JSONB.

    What an older row does not say is filled by the dataclass's own defaults, and what it says beyond them is left out.
    A row that is none of its kind raises, as does a value that is to be written and is none: nothing wrong is kept or
    read as something else. Null is None.
    """

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind
        self._adapter: TypeAdapter[Kind] = TypeAdapter(kind)

    def process_bind_param(self, value: Kind | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else self.kept(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Kind | None:  # noqa: ARG002
        return None if value is None else self._adapter.validate_python(value)

    def kept(self, value: Kind) -> Any:
        """The value as it is kept."""
        return self._adapter.dump_python(value, mode="json", warnings="error")

    def signature(self, value: Kind) -> str:
        """SHA-256 of the value as it is kept, in one spelling: keys sorted, no spaces."""
        spelt = json.dumps(self.kept(value), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(spelt.encode()).hexdigest()

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """Keys of a JSON path are texts, whatever the column holds."""
        return self.impl_instance.coerce_compared_value(op, value)


class Compressed(TypeDecorator[str]):
    """ASCII text as zlib'd bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else zlib.compress(value.encode("ascii"))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else zlib.decompress(value).decode("ascii")
