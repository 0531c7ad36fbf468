"""The small vocabulary that every table of a program file shares: bounds, conditions, figures, windows.

A person writes the shortest form (`order_type = "new_logo"`, `at_least = 10_000`, `window = "calendar_year"`); what is
kept here is one canonical, frozen form, so that the engine, `explain` and lint read one shape only.

Canonical forms add path segments that the file does not have (`<tests>`, `<number>`); they are all written in angle
brackets, and a located finding leaves them out.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import (
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    StrictBool,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from tierctl.program.held import QualificationHeld, TierHeld
from tierctl.program.scalars import Amount, Cited, Day, Names, Node, Positive, exact
from tierctl.program.windows import Holds, TrailingDays, TrailingMonths, Window
from tierctl.validation import shown

__all__ = [
    "BOUND_WORDS", "DATE_WORDS", "NUMBER_WORDS", "Bound", "By", "Case", "Cases", "DayFigure", "Figure", "Holds", "Node",
    "Number", "OfColumn", "OfMetric", "Requires", "Scalar", "Step", "TrailingDays", "TrailingMonths", "Value", "Where",
    "Window",
]  # fmt: skip

NUMBER_WORDS = ("at_least", "more_than", "at_most", "less_than")
DATE_WORDS = ("since", "after", "through", "before")
BOUND_WORDS = ("not", "empty", *NUMBER_WORDS, *DATE_WORDS, "days_after", "in_each_of_last")
_OF_STANDING = ("attested", "tier", "qualified")

_SHARE = re.compile(r"(?P<number>[+-]?\d+(\.\d+)?) ?%")


def _scalar(raw: object) -> object:
    if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
        return exact(raw)
    if isinstance(raw, bool | str | date) and not isinstance(raw, datetime):
        return raw
    message = "{raw} should be a text, a number, a day, true or false"
    raise PydanticCustomError("scalar", message, {"raw": shown(raw)})


Scalar: TypeAlias = Annotated[
    bool | Decimal | date | str,
    PlainValidator(_scalar),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]


class Number(Node):
    """A plain number or a share. `"2.5 %"` is kept as 0.025 with `is_share`."""

    value: Decimal
    is_share: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_toml(cls, raw: object) -> object:
        if isinstance(raw, Mapping):
            return raw
        if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
            return {"value": exact(raw)}
        match = _SHARE.fullmatch(raw) if isinstance(raw, str) else None
        if match is None:
            message = '{raw} should be a number, or a share such as "2.5 %" in quotes'
            raise PydanticCustomError("figure", message, {"raw": shown(raw)})
        return {"value": exact(Decimal(match["number"]).scaleb(-2)), "is_share": True}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """In the file it is a number or a text such as "2.5 %"."""
        del core, handler
        return {
            "anyOf": [
                {"type": "number"},
                {"type": "string", "pattern": f"^{_SHARE.pattern.replace('?P<number>', '')}$"},
            ]
        }

    def __str__(self) -> str:
        """The number as the file would write it, thousands set apart.

        >>> str(Number.model_validate(Decimal("10000"))), str(Number.model_validate("50 %"))
        ('10,000', '50 %')
        """
        return f"{(self.value * 100).normalize():,f} %" if self.is_share else f"{self.value:,f}"


class OfMetric(Node):
    """The value of a metric."""

    metric: str


class OfColumn(Node):
    """The value of a column of the row, or of `EXPORT.COLUMN`."""

    column: str


class Step(Node):
    """One step of a stepped figure: from a number or a day on, or (the first one) without a bound."""

    at_least: Amount | None = None
    more_than: Amount | None = None
    since: Day | None = None
    value: "Figure"

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        bounds = [b for b in (self.at_least, self.more_than, self.since) if b is not None]
        if len(bounds) > 1:
            raise PydanticCustomError("step", "a step has one bound: at_least, more_than or since", {})
        return self


class By(Node):
    """A figure that depends on something: a value per key, or steps along a number or a date.

    In rules that pay, `apply` says whether a step gives the rate of the whole base or of its slice alone, and `as_of`
    on which day a tier or a metric is read.
    """

    by: str
    values: dict[str, "Figure"] | None = None
    steps: tuple[Step, ...] | None = None
    apply: Literal["whole", "slices"] | None = None
    as_of: str | None = None
    otherwise: "Figure | None" = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.values is None) == (self.steps is None):
            raise PydanticCustomError("figure", "a figure with `by` needs either `values` or `steps`", {})
        return self


class Case(Cited):
    """One entry of a figure chosen by requirements; the entry without `requires` is the last."""

    requires: "Requires | None" = None
    value: "Figure"


class Cases(Node):
    """A figure chosen by the first requirement that holds."""

    cases: tuple[Case, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _from_toml(cls, raw: object) -> object:
        return {"cases": raw} if isinstance(raw, list) else raw

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """In the file it is the list of its cases."""
        cases: JsonSchemaValue = handler.resolve_ref_schema(handler(core))["properties"]["cases"]
        return cases


def _figure_kind(raw: object) -> str | None:
    if isinstance(raw, Node):
        kinds = {Number: "<number>", OfMetric: "<metric>", OfColumn: "<column>", By: "<by>", Cases: "<cases>"}
        return kinds.get(type(raw))
    if isinstance(raw, list):
        return "<cases>"
    if isinstance(raw, Mapping):
        return next((f"<{word}>" for word in ("metric", "column", "by") if word in raw), None)
    return "<number>"


Figure: TypeAlias = Annotated[
    Annotated[Number, Tag("<number>")]
    | Annotated[OfMetric, Tag("<metric>")]
    | Annotated[OfColumn, Tag("<column>")]
    | Annotated[By, Tag("<by>")]
    | Annotated[Cases, Tag("<cases>")],
    Discriminator(
        _figure_kind,
        custom_error_type="figure",
        custom_error_message="a figure is a number, a share in quotes or a table with metric, column or by",
    ),
]


def _column_kind(raw: object) -> str:
    return "<column>" if isinstance(raw, Mapping | OfColumn) else "<value>"


Value: TypeAlias = Annotated[
    Annotated[Scalar, Tag("<value>")] | Annotated[OfColumn, Tag("<column>")], Discriminator(_column_kind)
]
DayFigure: TypeAlias = Annotated[
    Annotated[Day, Tag("<value>")] | Annotated[OfColumn, Tag("<column>")], Discriminator(_column_kind)
]


class Bound(Node):
    """What a value must satisfy; every word that is given must hold.

    `equal` and `not` hold one or more allowed or refused values. With `days_after` the number words bound the days
    from that column's day to this one's. An empty cell satisfies only `empty = true` and `not`. With `in_each_of_last`
    the bound holds in each of the metric's last complete windows.
    """

    equal: tuple[Value, ...] | None = Field(default=None, alias="<equal>", min_length=1)
    not_: tuple[Value, ...] | None = Field(default=None, alias="not", min_length=1)
    empty: StrictBool | None = None
    at_least: Figure | None = None
    more_than: Figure | None = None
    at_most: Figure | None = None
    less_than: Figure | None = None
    since: DayFigure | None = None
    after: DayFigure | None = None
    through: DayFigure | None = None
    before: DayFigure | None = None
    days_after: str | None = None
    in_each_of_last: Positive | None = None

    STAND_IN: ClassVar[Mapping[str, object]] = MappingProxyType({"empty": False})

    @model_validator(mode="before")
    @classmethod
    def _from_toml(cls, raw: object) -> object:
        if isinstance(raw, Mapping) and "column" in raw:
            return {"<equal>": [raw]}
        if isinstance(raw, Mapping):
            refused = raw.get("not")
            return raw if refused is None or isinstance(refused, list) else {**raw, "not": [refused]}
        return {"<equal>": raw if isinstance(raw, list) else [raw]}

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.words:
            message = "a bound needs a value, or at least one of: {words}"
            raise PydanticCustomError("bound", message, {"words": ", ".join(BOUND_WORDS)})
        if self.days_after is not None and not any(getattr(self, word) is not None for word in NUMBER_WORDS):
            raise PydanticCustomError("bound", "days_after needs a number bound beside it, such as at_most = 60", {})
        if self.days_after is not None and self.in_each_of_last is not None:
            raise PydanticCustomError("bound", "days_after is of rows and in_each_of_last of metrics: not both", {})
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """The words that are given, in the vocabulary's order; `days_after` and `in_each_of_last` go with them."""
        named = {"equal": self.equal, "not": self.not_, "empty": self.empty}
        named |= {word: getattr(self, word) for word in (*NUMBER_WORDS, *DATE_WORDS)}
        return tuple(word for word, value in named.items() if value is not None)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A bound may also be one value or a list of values."""
        schema = handler(core)
        table = handler.resolve_ref_schema(schema)
        values = table["properties"].pop("<equal>")["anyOf"][0]
        refused = table["properties"]["not"]["anyOf"]
        refused.insert(0, values["items"])
        copy = dict(table)
        table.clear()
        table["anyOf"] = [values["items"], values, copy]
        return schema


def _is_bound(key: str, raw: Mapping[str, object]) -> bool:
    """Whether a nested table is a bound, perhaps misspelled, and not `EXPORT.COLUMN`."""
    if key == "partner":
        return False
    return not raw or any(get_close_matches(word, (*BOUND_WORDS, "column"), n=1, cutoff=0.75) for word in raw)


def _split_tests(raw: object, *, nests: bool, words: tuple[str, ...] = ()) -> object:
    """`{COLUMN = BOUND, any = …, all = …}` as the canonical `{<tests>, any, all}`; `EXPORT.COLUMN` is flattened.

    `words` are further keys that mean something else than a column.
    """
    if not isinstance(raw, Mapping) or "<tests>" in raw:
        return raw
    tests: dict[str, object] = {}
    for key, value in raw.items():
        if key in {"any", "all", *words}:
            continue
        if isinstance(value, Mapping) and (key == "partner" or nests) and not _is_bound(key, value):
            tests |= {f"{key}.{column}": bound for column, bound in value.items()}
        else:
            tests[key] = value
    groups = {"any": raw.get("any", ()), "all": raw.get("all", ())}
    return {"<tests>": tests, **groups, **{word: raw[word] for word in words if word in raw}}


class _Tests(Node):
    """Named bounds and nested groups; every entry must hold, of a group `any` at least one."""

    tests: dict[str, Bound] = Field(default={}, alias="<tests>")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.tests or any(getattr(self, word, None) for word in ("any", "all", *_OF_STANDING))):
            raise PydanticCustomError("empty", "nothing is tested here", {})
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """In the file the tests stand beside `any` and `all`."""
        schema = handler(core)
        table = handler.resolve_ref_schema(schema)
        bounds = table["properties"].pop("<tests>")["additionalProperties"]
        table["properties"]["partner"] = {"type": "object", "additionalProperties": bounds}
        table["additionalProperties"] = bounds
        return schema


class Where(_Tests):
    """A condition on a row: `COLUMN`, `EXPORT.COLUMN` and `partner.COLUMN` against bounds."""

    any: "tuple[Where, ...]" = ()
    all: "tuple[Where, ...]" = ()

    @model_validator(mode="before")
    @classmethod
    def _from_toml(cls, raw: object) -> object:
        return _split_tests(raw, nests=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """`EXPORT.COLUMN` is a table of bounds, as `partner` is."""
        schema = super().__get_pydantic_json_schema__(core, handler)
        table = handler.resolve_ref_schema(schema)
        table["additionalProperties"] = {"anyOf": [table["additionalProperties"], table["properties"]["partner"]]}
        return schema


class Requires(_Tests):
    """A requirement on a partner: metrics and `partner.COLUMN` against bounds, attestations, and what it holds."""

    any: "tuple[Requires, ...]" = ()
    all: "tuple[Requires, ...]" = ()
    attested: Names = ()
    tier: TierHeld | None = None
    qualified: QualificationHeld | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_toml(cls, raw: object) -> object:
        return _split_tests(raw, nests=False, words=_OF_STANDING)


for _model in (Step, By, Case, Cases, Bound, Where, Requires):
    _model.model_rebuild()
