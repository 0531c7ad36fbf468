"""How an export writes its cells and its files, as `tierctl.toml` says it under `format` and `formats`."""

import codecs
import re
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from tierctl.contracts import FieldType
from tierctl.validation import shown

EXCEL, EXCEL_1904 = "excel", "excel-1904"

_DIRECTIVE = re.compile(r"%(.?)")
_DIRECTIVES = (
    "%Y", "%y", "%m", "%d", "%b", "%B", "%j", "%H", "%I", "%p", "%M", "%S", "%f", "%z", "%%",
)  # fmt: skip
_DAYS = ({"m", "d"}, {"b", "d"}, {"B", "d"}, {"j"})
_TEXT_WORDS = ("missingValues",)
_NUMBER_WORDS = ("decimalChar", "groupChar", "bareNumber", "percent", *_TEXT_WORDS)
WORDS_OF: dict[FieldType, tuple[str, ...]] = {
    "string": _TEXT_WORDS,
    "number": _NUMBER_WORDS,
    "integer": _NUMBER_WORDS,
    "date": ("date", "timeOfDay", "decimalChar", *_TEXT_WORDS),
    "boolean": ("trueValues", "falseValues", *_TEXT_WORDS),
}
"""The words of a format that say something of a column, by the column's type."""


class Table(BaseModel):
    """A frozen table of tierctl.toml that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _date_pattern(pattern: str) -> str:
    if pattern in {EXCEL, EXCEL_1904}:
        return pattern
    directives = set(_DIRECTIVE.findall(pattern))
    for letter in sorted(directives):
        if f"%{letter}" not in _DIRECTIVES:
            message = "{raw} is no date pattern: %{letter} is not one of {directives}"
            context = {"raw": shown(pattern), "letter": letter, "directives": " ".join(_DIRECTIVES)}
            raise PydanticCustomError("date", message, context)
    if not ({"Y", "y"} & directives and any(parts <= directives for parts in _DAYS)):
        message = "{raw} does not name a day: it needs a year, a month and a day"
        hint = 'such as date = "%m/%d/%Y", or date = "excel" for the day numbers of a spreadsheet'
        raise PydanticCustomError("date", message, {"raw": shown(pattern), "hint": hint})
    if ("I" in directives) != ("p" in directives) or {"H", "I"} <= directives:
        message = "{raw} does not name an hour: it is %H, of 24 hours, or %I with %p, of 12"
        raise PydanticCustomError("date", message, {"raw": shown(pattern), "hint": 'such as "%m/%d/%Y %I:%M %p"'})
    return pattern


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError as fault:
        message = "no encoding is called {raw}"
        raise PydanticCustomError("encoding", message, {"raw": shown(name), "hint": 'such as "cp1252"'}) from fault
    return name


def _character(text: str) -> str:
    if len(text.encode()) == 1:
        return text
    raise PydanticCustomError("character", "{raw} should be one plain character", {"raw": shown(text)})


def _any_character(text: str) -> str:
    if len(text) == 1:
        return text
    raise PydanticCustomError("character", "{raw} should be one character", {"raw": shown(text)})


def _character_or_none(text: str) -> str:
    return text and _character(text)


def _any_character_or_none(text: str) -> str:
    return text and _any_character(text)


DatePattern: TypeAlias = Annotated[str, AfterValidator(_date_pattern)]
Character: TypeAlias = Annotated[str, AfterValidator(_character)]
AnyCharacter: TypeAlias = Annotated[str, AfterValidator(_any_character)]
Words: TypeAlias = Annotated[tuple[str, ...], Field(min_length=1)]
TimeOfDay: TypeAlias = Literal["refuse", "drop"]
Percent: TypeAlias = Literal["refuse", "fraction", "number"]


class CellFormat(Table):
    """How one column's cells are written where they are not written like the others: the words that it says itself."""

    date: DatePattern | None = None
    timeOfDay: TimeOfDay | None = None  # noqa: N815  # in the style of Table Schema's words
    decimalChar: Character | None = None  # noqa: N815
    groupChar: Annotated[str, AfterValidator(_any_character_or_none)] | None = None  # noqa: N815  # "": no such sign
    bareNumber: StrictBool | None = None  # noqa: N815
    percent: Percent | None = None
    trueValues: Words | None = None  # noqa: N815
    falseValues: Words | None = None  # noqa: N815
    missingValues: tuple[str, ...] | None = None  # noqa: N815


class Format(Table):
    """How an export writes its cells, in Table Schema's own words; `delimiter` and the rest concern CSV alone."""

    date: DatePattern = "%Y-%m-%d"
    timeOfDay: TimeOfDay = "refuse"  # noqa: N815  # in the style of Table Schema's words
    decimalChar: Character = "."  # noqa: N815
    groupChar: AnyCharacter | None = None  # noqa: N815  # no-break space and the like
    bareNumber: StrictBool = True  # noqa: N815
    percent: Percent = "refuse"
    trueValues: Words = ("true", "True", "TRUE", "1")  # noqa: N815
    falseValues: Words = ("false", "False", "FALSE", "0")  # noqa: N815
    missingValues: tuple[str, ...] = ("",)  # noqa: N815
    delimiter: Character = ","
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    quoteChar: Annotated[str, AfterValidator(_character_or_none)] = '"'  # noqa: N815
    headerRow: Annotated[StrictInt, Field(ge=1)] = 1  # noqa: N815
    footerRows: Annotated[StrictInt, Field(ge=0)] = 0  # noqa: N815

    def with_words(self, own: CellFormat) -> "Format":
        """The format with the words that a column says itself in the place of the export's."""
        words = own.model_dump(exclude_none=True)
        return self.model_copy(update=words | {"groupChar": words.get("groupChar", self.groupChar) or None})

    def contradiction(self) -> tuple[str, str]:
        """What two of the words say of each other, with `{raw}` for the text that both have; empty: nothing."""
        if self.groupChar == self.decimalChar:
            return "{raw} cannot be both decimalChar and groupChar", self.decimalChar
        both = [word for word in self.trueValues if word in self.falseValues]
        return ("{raw} cannot be both one of trueValues and one of falseValues", both[0]) if both else ("", "")

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        message, text = self.contradiction()
        if message:
            raise PydanticCustomError("format", message, {"raw": shown(text)})
        return self
