"""Known metrics: what was measured once and serves several evaluations of the same rows."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import polars as pl

from tierctl.program.model import Program

_NOT_MEASURED = {
    "name", "clause", "gate", "tracks", "commissions", "credits", "payout", "benefits", "actions", "examples",
    "metrics",
}  # fmt: skip
"""The parts of a program that no metric's measuring reads; each metric is known by its own words."""


@dataclass(frozen=True)
class KnownMetrics:
    """Measured values by what they were measured from, for programs that differ in what they ask of the same rows.

    One store serves one set of exports, partners and months.
    """

    _found: dict[Hashable, pl.DataFrame] = field(default_factory=dict)
    _words: dict[int, tuple[Program, str]] = field(default_factory=dict)

    def of(self, program: Program, key: Hashable, measured: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """What was measured under that key by the words of the program, or else is measured now."""
        whole = (self._measuring_words(program), key)
        if whole not in self._found:
            self._found[whole] = measured()
        return self._found[whole]

    def _measuring_words(self, program: Program) -> str:
        """All that a program says of how rows are measured."""
        if id(program) not in self._words:
            self._words[id(program)] = program, program.model_dump_json(exclude=_NOT_MEASURED)
        return self._words[id(program)][1]
