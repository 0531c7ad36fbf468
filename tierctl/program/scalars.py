"""What every table of a program file is made of: its own base, and single values such as days, numbers and ids.

Single values are strict, so that no text passes for a number and no number for a day.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, WithJsonSchema
from pydantic_core import PydanticCustomError

from tierctl.validation import shown

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_LEAST, _LIMIT = Decimal("0.000001"), Decimal(10) ** 20


def _day(raw: object) -> object:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    raise PydanticCustomError("day", "{raw} should be a day such as 2025-01-31, without quotes", {"raw": shown(raw)})


def exact(raw: Decimal | int) -> Decimal:
    """A number that every table of tierctl can hold as it is, or PydanticCustomError."""
    number = Decimal(raw)
    if not number.is_finite() or abs(number) >= _LIMIT or number % _LEAST:
        message = "{raw} should have at most six decimals and lie below 10^20, so that sums of it stay exact"
        raise PydanticCustomError("number", message, {"raw": f"{number:g}"})
    return number


def _number(raw: object) -> object:
    if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
        return exact(raw)
    raise PydanticCustomError("number", "{raw} should be a number", {"raw": shown(raw)})


def _identifier(text: str) -> str:
    if _IDENTIFIER.fullmatch(text):
        return text
    message = "{raw} should be an id: lower-case letters, digits and _, a letter first"
    raise PydanticCustomError("identifier", message, {"raw": shown(text)})


def as_list(raw: object) -> object:
    """One text where a list of texts may stand is a list of one."""
    return [raw] if isinstance(raw, str) else raw


Day: TypeAlias = Annotated[date, BeforeValidator(_day)]
Amount: TypeAlias = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
AboveZero: TypeAlias = Annotated[Amount, Field(gt=0)]
_MOST_DAYS = 100_000  # some 270 years: no contract asks for more, and every day stays within the calendar

Positive: TypeAlias = Annotated[StrictInt, Field(ge=1, le=_MOST_DAYS)]
NotNegative: TypeAlias = Annotated[StrictInt, Field(ge=0, le=_MOST_DAYS)]
Identifier: TypeAlias = Annotated[
    str, AfterValidator(_identifier), WithJsonSchema({"type": "string", "pattern": f"^{_IDENTIFIER.pattern}$"})
]
Names: TypeAlias = Annotated[
    tuple[str, ...], BeforeValidator(as_list, json_schema_input_type=str | tuple[str, ...]), Field(min_length=1)
]


class Node(BaseModel):
    """A frozen table of the program file that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values; what was computed from the old ones stays behind."""
        copied = super().model_copy(update=update, deep=deep)
        for name in set(copied.__dict__) - set(type(self).model_fields):
            del copied.__dict__[name]
        return copied


class Cited(Node):
    """A table that may carry a readable name and the clause of the contract that it implements."""

    name: str | None = None
    clause: str | None = None
