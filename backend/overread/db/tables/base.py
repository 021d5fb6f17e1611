"""What every table shares: the types of columns and the names of constraints."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, get_args

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, LargeBinary, MetaData, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from overread.domain import words

Json = dict[str, Any]
Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
When = Annotated[datetime | None, mapped_column(DateTime(timezone=True))]


def one_of(column: str, kind: object) -> CheckConstraint:
    """The column holds one of the words of this kind (``domain.words``)."""
    return CheckConstraint(f"{column} in ({', '.join(repr(word) for word in get_args(kind))})", name=f"{column}_word")


class Table(DeclarativeBase):
    """The root of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        Json: JSONB,
        list[str]: ARRAY(Text),
        str: Text,
        int: BigInteger,
        bytes: LargeBinary,
        **{kind: Text for kind in vars(words).values() if get_args(kind)},
    }
