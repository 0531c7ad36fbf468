"""Claims: that a header may be a column of ours, how plainly it says so, and what its cells say."""

from dataclasses import dataclass
from typing import Final

from tierctl.contracts import Field
from tierctl.proposed import words
from tierctl.proposed.cells import FITS, NAMES, Evidence, listed
from tierctl.proposed.lines import Confidence

_SAID: Final = {
    words.OWN: "header",
    words.TITLE: "header",
    words.CLEAR: "header",
    words.VAGUE: "vague header",
}


@dataclass(frozen=True, eq=False)
class Claim:
    """That a header may be a column of ours: how plainly it says so, and what the cells say of it.

    `also` are headers that mean the same less plainly, and whose cells fit too: the claim is settled, but not sure.
    """

    header: str
    place: int
    field: Field
    says: int
    cells: Evidence
    also: tuple[str, ...] = ()

    @property
    def strength(self) -> int:
        """How well the two fit, to be compared with other claims."""
        return self.says + self.cells.weight

    @property
    def confidence(self) -> Confidence:
        """How sure it is where it has no rival."""
        least = FITS if self.says >= words.CLEAR else NAMES
        is_said = self.says > words.UNSAID and self.cells.is_whole and not self.also
        return Confidence.SURE if is_said and self.cells.weight >= least else Confidence.LIKELY

    @property
    def why(self) -> str:
        """The reason in words."""
        said = [*([_SAID[self.says]] if self.says in _SAID else []), self.cells.said]
        said += [f"it may be {listed(self.also)} too"] if self.also else []
        return "; ".join(said)


@dataclass(frozen=True, eq=False)
class Columns:
    """What the columns of a table are, if it is an export: settled claims, open ones, and those that cells refuse."""

    settled: tuple[Claim, ...]
    open: tuple[Claim, ...]
    refused: tuple[Claim, ...]

    def claim(self, column: str) -> Claim | None:
        """The settled claim for a column of ours."""
        return next((claim for claim in self.settled if claim.field.name == column), None)

    def claims_of(self, column: str) -> list[Claim]:
        """The headers that may be a column that nothing is settled for: open ones, or else those with other cells."""
        used = {claim.place for claim in self.settled}
        refused = [claim for claim in self.refused if claim.field.name == column and claim.place not in used]
        return self.open_for(column) or refused

    def open_for(self, column: str) -> list[Claim]:
        """The claims among which it is open, the strongest first."""
        found = [claim for claim in self.open if claim.field.name == column]
        return sorted(found, key=lambda claim: (-claim.strength, claim.place))
