"""Matching: which header is which column of an export, and which files are which export.

Both are settled alike, and so that a person can follow: whatever fits best from both sides, and has no rival that fits
nearly as well, is settled; that may leave others without a rival, so it is done again until nothing more is. What is
left over is open, with its rivals.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, TypeVar

from tierctl.contracts import Field, export_contract, export_names
from tierctl.ingest.read import ROSTER
from tierctl.proposed import words
from tierctl.proposed.cells import AGAINST, FITS, NAMES, PARTNER, TELLS, Evidence, Roster, evidence
from tierctl.proposed.claims import Claim, Columns
from tierctl.proposed.columns import SeenColumn
from tierctl.proposed.needs import Need
from tierctl.proposed.rosters import decided
from tierctl.proposed.tables import Table, called, tidy

_BY_CELLS: Final = frozenset({PARTNER, "currency", "program", "track", "criterion"})
_NEARLY: Final = 1
_RARE: Final = 2
_OF_THE_NAME: Final = 4
_AS_WELL: Final = 0.75


Claiming = TypeVar("Claiming")


def settle(
    claims: Iterable[Claiming], rivals: Callable[[Claiming, Sequence[Claiming]], Sequence[Claiming]]
) -> tuple[list[Claiming], list[Claiming]]:
    """The claims that nothing rivals, and those that are left open; what a settled claim takes, no other has.

    Args:
        claims: what may go together.
        rivals: those of other claims that are for one of the same two things, and that fit nearly as well or better.
    """
    left, settled = list(claims), []
    while best := next((each for each in left if not rivals(each, left)), None):
        settled.append(best)
        left = [each for each in left if each is not best and not _share(each, best)]
    return settled, left


def _share(one: object, other: object) -> bool:
    """Whether two claims are for one of the same two things."""
    if isinstance(one, Claim) and isinstance(other, Claim):
        return one.place == other.place or one.field.name == other.field.name
    return isinstance(one, Fit) and isinstance(other, Fit) and (one.table is other.table or one.need is other.need)


def rival_claims(claim: Claim, claims: Sequence[Claim]) -> list[Claim]:
    """The claims that make one unsure."""
    least = claim.strength - _NEARLY
    return [each for each in claims if each is not claim and _share(each, claim) and each.strength >= least]


def rival_fits(fit: "Fit", fits: Sequence["Fit"]) -> list["Fit"]:
    """The tables and exports that make one unsure."""
    least = fit.strength * _AS_WELL
    return [each for each in fits if each is not fit and _share(each, fit) and each.strength >= least]


def match_columns(table: Table, need: Need, roster: Roster | None) -> Columns:
    """Settle which of the table's headers is which column of an export.

    Args:
        table: the files.
        need: the export.
        roster: the partners, where they are known.
    """
    claims = list(_claims(table, need, roster))
    allowed = [claim for claim in claims if claim.strength > words.VAGUE and claim.cells.weight > AGAINST]
    settled, left = settle(allowed, rival_claims)
    taken = {claim.place for claim in settled}
    free = [claim for claim in allowed if claim.place not in taken]
    told = [replace(claim, also=_also(claim, free)) for claim in settled]
    doubtful = {claim.field.name: claim for claim in told if _is_doubtful(claim)}
    open_ = dict.fromkeys([*left, *doubtful.values(), *(each for each in free if each.field.name in doubtful)])
    settled = [claim for claim in told if claim.field.name not in doubtful]
    refused = [claim for claim in claims if claim not in allowed and claim.says > words.UNSAID]
    return Columns(tuple(settled), tuple(open_), tuple(refused))


def _is_doubtful(claim: Claim) -> bool:
    """Whether only a person knows if these amounts are meant: of a month or a year, owed or paid."""
    return claim.field.is_money and (bool(claim.also) or claim.says <= words.VAGUE)


def _also(claim: Claim, others: Sequence[Claim]) -> tuple[str, ...]:
    """The headers that nothing else is read from and that might be a settled column as well."""
    if claim.says > words.CLEAR:
        return ()
    least = words.VAGUE + FITS
    return tuple(each.header for each in others if each.field is claim.field and each.says and each.strength >= least)


def _claims(table: Table, need: Need, roster: Roster | None) -> Iterator[Claim]:
    for column in table.columns:
        header = tidy(column.header)
        for field in need.contract.fields:
            says = words.says(header, need.name, field)
            if not says and (field.name not in _BY_CELLS or (field.name == PARTNER and roster is None)):
                continue
            found = evidence(table, column, field, need, roster if need.name != ROSTER else None)
            if says or (_is_told(column, field, found) and not _is_named(header, need)):
                yield Claim(header, column.place, field, says, found)


def _is_told(column: SeenColumn, field: Field, found: Evidence) -> bool:
    """Whether cells alone say what a column is: ids of partners, currencies, or several words that are all known."""
    is_telling = field.name in {PARTNER, "currency"} or column.distinct > 1
    return is_telling and found.weight >= TELLS and found.is_whole


def _is_named(header: str, need: Need) -> bool:
    """Whether a header plainly means some column of an export."""
    return any(words.says(header, need.name, field) >= words.CLEAR for field in need.contract.fields)


@dataclass(frozen=True, eq=False)
class Fit:
    """That a table may be an export."""

    table: Table
    need: Need
    columns: Columns
    is_named: bool
    strength: float

    @property
    def lacking(self) -> list[Field]:
        """The required columns that nothing is settled for."""
        return [field for field in self.need.contract.fields if field.required and not self.columns.claim(field.name)]


@dataclass(frozen=True, eq=False)
class Files:
    """Which tables are which export: the settled fits, and those that are open, with every fit that there is."""

    settled: tuple[Fit, ...]
    open: tuple[Fit, ...]
    roster: Roster | None


def match_files(tables: Sequence[Table], needs: Mapping[str, Need]) -> Files:
    """Settle which tables are which export: the roster first, since the others name its partners.

    Args:
        tables: what was seen.
        needs: every export that there may be, by name.
    """
    settled, open_ = _settle(tables, needs, None)
    keyed = next((_keyed(fit, [*settled, *open_]) for fit in settled if fit.need.name == ROSTER), None)
    roster = _roster(keyed) if keyed is not None else None
    settled, open_ = _settle(tables, needs, roster)
    settled = [keyed if keyed is not None and _is_same(fit, keyed) else fit for fit in settled]
    return Files(tuple(settled), tuple(open_), roster)


def _is_same(one: "Fit", other: "Fit") -> bool:
    return one.table is other.table and one.need is other.need


def _keyed(fit: "Fit", fits: Sequence["Fit"]) -> "Fit":
    """The roster with its ids: where its own headers leave open which column they are, the other exports decide."""
    columns, field = fit.columns, fit.need.contract.field(PARTNER)
    if columns.claim(PARTNER) is not None:
        return fit
    open_ = {claim.place: claim for claim in columns.open_for(PARTNER)}
    used = {claim.place for claim in columns.settled}
    keys = [column for column in fit.table.columns if column.place not in used and _is_key(fit.table, column)]
    rivals = [fit.table.column(place) for place in open_] or keys
    others = [(each.table, each.need) for each in fits if each.need.is_read and _names_partners(each)]
    found = decided(rivals, others) if rivals else None
    if found is None:
        return fit
    claim = open_.get(found.place)
    own = f"{claim.cells.said}; " if claim is not None else ""
    cells = Evidence(NAMES, f"{own}{found.said}", is_whole=found.is_whole)
    header = tidy(fit.table.column(found.place).header)
    settled = Claim(header, found.place, field, claim.says if claim is not None else words.UNSAID, cells)
    left = tuple(each for each in columns.open if not _share(each, settled))
    return replace(fit, columns=replace(columns, settled=(*columns.settled, settled), open=left))


def _names_partners(fit: "Fit") -> bool:
    return fit.need.name != ROSTER and any(key.columns == (PARTNER,) for key in fit.need.contract.foreign_keys)


def _is_key(table: Table, column: SeenColumn) -> bool:
    return column.distinct == column.filled == table.rows


def _settle(tables: Sequence[Table], needs: Mapping[str, Need], roster: Roster | None) -> tuple[list[Fit], list[Fit]]:
    found = (_fit(table, need, roster) for table in tables for need in needs.values())
    return settle([fit for fit in found if fit is not None], rival_fits)


def _roster(fit: Fit) -> Roster | None:
    claim = fit.columns.claim(PARTNER)
    if claim is None:
        return None
    texts = fit.table.column(claim.place).all_texts().select("text").collect().to_series()
    return Roster(texts, " and ".join(called(file) for file in fit.table.files[:2]))


def _fit(table: Table, need: Need, roster: Roster | None) -> Fit | None:
    """How well a table fits an export; None: not at all."""
    columns = match_columns(table, need, roster)
    stems = [file.name.partition(".")[0] for file in table.files]
    is_named = all(words.names_export(stem, need.name) for stem in stems)
    points = 0.0
    for field in need.contract.fields:
        claim = columns.claim(field.name)
        worth = _worth(field.name)
        if claim is not None:
            points += worth * (1 if field.required else 0.5) * (1 if claim.says >= words.CLEAR else 0.5)
        elif field.required:
            points -= worth * (0.2 if columns.open_for(field.name) else 0.5)
    unread = len(table.columns) - len(columns.settled)
    points += (_OF_THE_NAME if is_named else 0) - min(unread, 10) * 0.1
    is_its_own = any(_worth(claim.field.name) > 1 and claim.field.required for claim in columns.settled)
    required = [field for field in need.contract.fields if field.required]
    lacking = [field for field in required if not columns.claim(field.name) and not columns.open_for(field.name)]
    if points <= 0 or not is_its_own or (len(lacking) * 2 > len(required) and not is_named):
        return None
    return Fit(table, need, columns, is_named, points)


@cache
def _worth(column: str) -> float:
    """What a column tells of an export: one that many have tells little."""
    having = sum(column in export_contract(name).names for name in export_names())
    return 3 if having <= _RARE else 1
