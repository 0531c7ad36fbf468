"""Windows of time and how long a tier is held, as a program file writes them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, GetJsonSchemaHandler, Tag, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from tierctl.fiscal import PERIODS, Period
from tierctl.program.scalars import Node, Positive
from tierctl.validation import did_you_mean, shown


class TrailingMonths(Node):
    """Whole fiscal months, the one under review the last."""

    fiscal_months: Positive


class TrailingDays(Node):
    """Days, the day read the last."""

    days: Positive


WindowWord: TypeAlias = Literal[Period, "enrollment", "lifetime"]


def _window_kind(raw: object) -> str:
    if isinstance(raw, Mapping):
        return "<days>" if "days" in raw else "<months>"
    if isinstance(raw, Node):
        return "<days>" if isinstance(raw, TrailingDays) else "<months>"
    return "<word>"


Window: TypeAlias = Annotated[
    Annotated[WindowWord, Tag("<word>")]
    | Annotated[TrailingMonths, Tag("<months>")]
    | Annotated[TrailingDays, Tag("<days>")],
    Discriminator(_window_kind),
]


_WHILE_MET, _AT_ENDS = "while_met", "while_met_each"
_PLAIN = (_WHILE_MET, "through_enrollment", "through_anniversary")
_OF_PERIODS = ("through_next", "through", _AT_ENDS)
_HOLD_WORDS = (*_PLAIN, *(f"{kind}_{period}" for kind in _OF_PERIODS for period in PERIODS))


class Holds(Node):
    """How long a tier, once earned, is held.

    `through` and `through_next`: to the end of the period, or of the one after it. `while_met`: as long as its
    requirements are met; with a period they are looked at when it ends. `through_enrollment` and
    `through_anniversary`: to the enrollment's end, or the day before its next anniversary. Else for a time.
    """

    kind: Literal[
        "through", "through_next", "while_met", "through_enrollment", "through_anniversary", "fiscal_months", "days"
    ]
    period: Period | None = None
    count: Positive | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_toml(cls, raw: Any) -> object:
        if isinstance(raw, str):
            if raw in _PLAIN:
                return {"kind": raw}
            for kind in _OF_PERIODS:
                period = raw.removeprefix(f"{kind}_")
                if period != raw and period in PERIODS:
                    return {"kind": _WHILE_MET if kind == _AT_ENDS else kind, "period": period}
            raise PydanticCustomError(
                "holds",
                "{raw} is not a way to hold a tier; allowed: {kinds} with PERIOD one of {periods}; "
                "or a table of one number, fiscal_months or days",
                {
                    "raw": shown(raw),
                    "kinds": f"{', '.join(_PLAIN)}, through_PERIOD, through_next_PERIOD or {_AT_ENDS}_PERIOD",
                    "periods": ", ".join(PERIODS),
                    "hint": did_you_mean(raw, _HOLD_WORDS),
                },
            )
        if isinstance(raw, Mapping) and len(raw) == 1 and next(iter(raw)) in {"fiscal_months", "days"}:
            ((kind, count),) = raw.items()
            return {"kind": kind, "count": count}
        if isinstance(raw, Mapping) and "kind" in raw:
            return raw
        message = "{raw} is not a way to hold a tier: write a word, or a table of one number, fiscal_months or days"
        raise PydanticCustomError("holds", message, {"raw": shown(raw)})

    @property
    def is_while_met(self) -> bool:
        """Whether it ends only when its requirements are no longer met."""
        return self.kind == _WHILE_MET

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """In the file it is a word or a table of one number."""
        del core, handler
        tables = [
            {
                "type": "object",
                "properties": {word: {"type": "integer", "minimum": 1}},
                "required": [word],
                "additionalProperties": False,
            }
            for word in ("fiscal_months", "days")
        ]
        return {"anyOf": [{"enum": list(_HOLD_WORDS)}, *tables]}
