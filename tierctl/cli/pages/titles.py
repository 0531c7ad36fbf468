"""Exports and their columns by the titles of their contracts, where a report names them by id."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tierctl.cli import words
from tierctl.cli.explained.part import amount, inline, listed
from tierctl.cli.layout import number
from tierctl.program.values import Number

if TYPE_CHECKING:
    from tierctl.contracts import Contract, Field
    from tierctl.program.model import Program
    from tierctl.program.rules import Cap, Rule

_YES: Final[Mapping[str, str]] = {"true": "yes", "false": "no"}
_SOME_LIMIT: Final = "limited by the rule's cap"
_TIER: Final = "tier"
_WITH: Final = "with"
_GROUPS: Final = ("any", "all", "where", _WITH)
_ID: Final = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


@dataclass(frozen=True)
class Titles:
    """The titles of exports and columns, as a program's rules read them.

    Attributes:
        contracts: what the exports bring, by name.
        program: whose tiers are named.
    """

    contracts: "Mapping[str, Contract]"
    program: "Program"

    def table(self, export: str) -> str:
        """An export's title; of what is none, the id in words."""
        contract = self.contracts.get(export)
        return contract.title if contract else words.plain(export).capitalize()

    def column(self, exports: Iterable[str], name: str) -> str:
        """The title of a column of the first of these exports that has it, else the id in words."""
        field = self._field(exports, name)
        return field.title if field else words.plain(name).capitalize()

    def failed(self, exports: Iterable[str], row: Mapping[str, Any]) -> str:
        """The first condition that a row fails: what there is, and what is needed.

        Args:
            exports: what the rule reads, its own rows first.
            row: condition, value and needed, as not_earned has them.
        """
        exports = tuple(exports)
        parts = [part for part in row["condition"].split(".") if part not in _GROUPS and not part.isdecimal()]
        if not parts:
            return f"none of: {self.told(exports, row['needed'])}"
        export = parts[-2] if len(parts) > 1 else ""
        field = None if row["condition"].startswith(f"{_WITH}.") else self._field((export, *exports), parts[-1])
        label = field.title if field else self.table(parts[-1])
        needed = row["needed"].removeprefix("is ")
        if field and field.type == "boolean":
            needed = _YES.get(needed, needed)
        if parts[-1] == _TIER:
            needed = self._tiers(needed)
        value = self._value(field, parts[-1], row["value"])
        return f"{label}: {value}, needed: {self.told(exports, needed)}"

    def told(self, exports: Iterable[str], text: str) -> str:
        """A text of a report with the titles in place of the ids of these exports and of their columns."""
        names = dict(self._columns(exports))
        text = re.sub(r"(?<=\brow of )[a-z]\w*", lambda found: inline(self.table(found[0])), text)
        if names:
            known = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
            text = re.sub(rf"\b(on|since|by) ({known})\b", lambda found: f"{found[1]} the {names[found[2]]} date"
                          if names[found[2]].endswith(" on”") else f"{found[1]} {names[found[2]]}", text)  # fmt: skip
            tested = r"(?= (?:is|at|more|less|on|not|before|after)\b)"
            text = re.sub(rf"\b({known})\b{tested}", lambda found: names[found[1]], text)
        text = re.sub(r"\bis (true|false)\b", lambda found: f"is {_YES[found[1]]}", text)
        return _ID.sub(lambda found: names.get(found[0], words.plain(found[0])), text)

    def _columns(self, exports: Iterable[str]) -> Iterator[tuple[str, str]]:
        for export in reversed(tuple(exports)):
            if export in self.contracts:
                yield from ((field.name, f"“{field.title}”") for field in self.contracts[export].fields)

    def _field(self, exports: Iterable[str], name: str) -> "Field | None":
        own = (self.contracts[export] for export in exports if export in self.contracts)
        return next((contract.field(name) for contract in own if name in contract.names), None)

    def _value(self, field: "Field | None", name: str, value: str | None) -> str:
        if not value:
            return "none"
        if name == _TIER and field is None:
            return self._tiers(value)
        if field and field.type == "boolean":
            return _YES.get(value, value)
        return words.plain(value) if field and field.enum else value

    def _tiers(self, text: str) -> str:
        """A text with the names of tiers in place of their ids."""
        named = {
            tier.id: words.tier_name(self.program, track, tier.id)
            for track, of in self.program.tracks.items()
            for tier in of.tiers
        }
        known = "|".join(map(re.escape, sorted(named, key=len, reverse=True)))
        return re.sub(rf"\b({known})\b", lambda found: named[found[1]], text) if known else text


def reads_of(rule: "Rule | None") -> tuple[str, ...]:
    """The exports that a rule reads, that of its own rows first; nothing of a rule that is none any more."""
    return tuple(filter(None, (rule.from_, *rule.with_))) if rule else ()


def limits_words(caps: "Sequence[Cap]", titles: Titles, exports: Iterable[str], currency: str) -> str:
    """What limits the amounts of a rule, in its own numbers.

    Args:
        caps: the rule's.
        titles: how columns are called.
        exports: what the rule reads.
        currency: that of the amounts.
    """
    exports, said = tuple(exports), []
    for cap in caps:
        if not isinstance(cap.at_most, Number) or cap.at_most.is_share:
            return _SOME_LIMIT
        most = cap.at_most.value
        what = f"{number(most)} {inline(titles.column(exports, cap.of))}" if cap.of else amount(most, currency)
        by = {"row": " a row", "partner": ""}.get(cap.per, f" for each {inline(titles.column(exports, cap.per))}")
        time = "ever" if cap.each == "lifetime" else f"in a {words.plain(cap.each)}"
        said.append(f"{what}{by} {time}")
    return f"limited to {listed(said)}" if said else _SOME_LIMIT
