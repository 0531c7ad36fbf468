"""Metrics: what is measured per partner, from the rows of an export or from other metrics."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from tierctl.program.formula import Formula
from tierctl.program.scalars import Amount, Cited, Identifier, Names, Node, NotNegative, Positive
from tierctl.program.values import Figure, Where, Window

Measure: TypeAlias = Literal["sum", "average", "median", "minimum", "maximum", "latest", "count", "share"]

OVER_COLUMN: tuple[Measure, ...] = ("sum", "average", "median", "minimum", "maximum", "latest")
"""The measures of one column's values."""

MEASURES: tuple[Measure, ...] = (*OVER_COLUMN, "count", "share")
"""Every way to make one number of a partner's rows."""

NEVER_UNKNOWN: tuple[Measure, ...] = ("sum", "count")
"""The measures that are 0 where there are no rows; the others are unknown then."""

_MONTHS_OF = {"fiscal_months": 1, "fiscal_quarters": 3, "fiscal_years": 12}


class Running(Node):
    """When a row runs: from `since` on, until `before` (day out) or `through` (day in); empty: no end."""

    since: str
    before: str | None = None
    through: str | None = None
    more_than_days: NotNegative | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.before is not None and self.through is not None:
            raise PydanticCustomError("running", "a row ends either `before` a day or `through` it, not both", {})
        return self


class Ago(Node):
    """How much earlier a window is read, in full."""

    fiscal_months: Positive | None = None
    fiscal_quarters: Positive | None = None
    fiscal_years: Positive | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if sum(getattr(self, unit) is not None for unit in _MONTHS_OF) != 1:
            message = "`ago` is a table of one number: {units}"
            raise PydanticCustomError("ago", message, {"units": ", ".join(_MONTHS_OF)})
        return self

    @property
    def months(self) -> int:
        """The number of fiscal months."""
        return sum((getattr(self, unit) or 0) * months for unit, months in _MONTHS_OF.items())


def _where_kind(raw: object) -> str:
    return "<where>" if isinstance(raw, Mapping | Where) else "<name>"


WhereOrName: TypeAlias = Annotated[
    Annotated[Where, Tag("<where>")] | Annotated[str, Tag("<name>")], Discriminator(_where_kind)
]


class Metric(Cited):
    """A number measured per partner, from the rows of one export or (`formula`, `value`) from other metrics.

    Of rows: with `on` and `window` it is a flow (rows dated in the window), with `running` a level (rows running on
    the day read), with both it takes the rows dated in the window that run on the day read.
    """

    from_: str | None = Field(default=None, alias="from")
    with_: dict[str, str] = Field(default={}, alias="with")
    where: WhereOrName | None = None
    latest_per: str | None = None
    sum: str | None = None
    average: str | None = None
    median: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    latest: str | None = None
    count: Names | None = None
    share: WhereOrName | None = None
    times: Figure | None = None
    on: Names = ()
    window: Window | None = None
    running: Running | None = None
    ago: Ago | None = None
    formula: Formula | None = None
    value: Figure | None = None
    if_none: Amount | None = None
    unit: str | None = None

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({})

    @property
    def measure(self) -> Measure | None:
        """How one number is made of the rows; None for a metric of metrics."""
        return next((word for word in MEASURES if getattr(self, word) is not None), None)

    @property
    def column(self) -> str | None:
        """The column whose values are measured; None for counts, shares and metrics of metrics."""
        return getattr(self, self.measure) if self.measure in OVER_COLUMN else None

    @property
    def is_of_rows(self) -> bool:
        """Whether it is measured from rows and not from other metrics."""
        return self.formula is None and self.value is None


MeasureOfAlike: TypeAlias = Literal["minimum", "maximum", "sum", "count"]

_OF_ALIKE: tuple[MeasureOfAlike, ...] = ("minimum", "maximum", "sum", "count")


class ComputedColumn(Cited):
    """One more column of an export: one value made of all its rows that are alike in the columns `same`."""

    from_: str = Field(alias="from")
    where: WhereOrName | None = None
    minimum: str | None = None
    maximum: str | None = None
    sum: str | None = None
    count: str | None = None
    same: Names

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"from": "", "same": ["partner_id"]})

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if sum(getattr(self, word) is not None for word in _OF_ALIKE) != 1:
            raise PydanticCustomError("column", "a column needs one of: {words}", {"words": ", ".join(_OF_ALIKE)})
        return self

    @property
    def measure(self) -> MeasureOfAlike:
        """How one value is made of the rows."""
        return next(word for word in _OF_ALIKE if getattr(self, word) is not None)

    @property
    def column(self) -> str:
        """The column whose values are taken."""
        return str(getattr(self, self.measure))


Metrics: TypeAlias = dict[Identifier, Metric]
