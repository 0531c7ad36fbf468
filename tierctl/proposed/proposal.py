"""A proposal of tierctl.toml: every export that the programs read, what is sure, likely and open of it, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tierctl.currency_checks import FX_RATES
from tierctl.ingest.read import ROSTER
from tierctl.proposed.columns import SeenFile
from tierctl.proposed.exports import ExportProposal, absent_export, found_export, open_export
from tierctl.proposed.lines import Confidence, Question
from tierctl.proposed.matching import Fit, match_files
from tierctl.proposed.needs import Need
from tierctl.proposed.snapshots import apart
from tierctl.proposed.tables import tables
from tierctl.proposed.told_files import FileProposal, told_files, unread_files

STARTS: Final = "without it each month's statement opens at 0 until a month is closed"
"""What it means that tierctl.toml does not say with which month money begins."""


@dataclass(frozen=True)
class Proposal:
    """All that is proposed, in the order in which it is written, and every file with what it is.

    `of_money` asks with which month money begins, where the programs have rules.
    """

    exports: tuple[ExportProposal, ...]
    files: tuple[FileProposal, ...]
    of_money: tuple[Question, ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        """Everything that is open."""
        return (*(question for export in self.exports for question in export.questions), *self.of_money)

    @property
    def is_of_tables(self) -> bool:
        """Whether some file is a table: one that is an export, or that has rows of several columns."""
        return any(file.export or file.is_table for file in self.files)

    @property
    def is_ready(self) -> bool:
        """Whether nothing that a review needs is open."""
        return not any(question.is_needed for question in self.questions)


def propose(
    files: Sequence[SeenFile],
    needs: Mapping[str, Need],
    root: Path,
    spool: Path,
    *,
    unread: Mapping[str, str] = MappingProxyType({}),
    has_rules: bool = False,
) -> Proposal:
    """What tierctl.toml should say, for these files and programs.

    Args:
        files: as seen.
        needs: every export that there may be, by name.
        root: the workspace's folder, which paths are relative to.
        spool: a folder for what is put together on the way.
        unread: the files that could not be read, each with why.
        has_rules: whether money is posted.
    """
    seen = apart(tables(files, spool), needs, spool)
    found = match_files(seen, needs)
    missed = unread_files(unread)
    settled = {fit.need.name: fit for fit in found.settled}
    read = sorted((need for need in needs.values() if need.is_read), key=lambda need: (need.name != ROSTER, need.name))
    exports: list[ExportProposal] = []
    for need in read:
        open_ = sorted((fit for fit in found.open if fit.need is need), key=lambda fit: -fit.strength)
        if need.name in settled:
            exports.append(found_export(settled[need.name], found.roster, root))
        elif open_:
            exports.append(open_export(open_, found.open, root))
        elif not need.is_optional:
            exports.append(absent_export(need, missed))
    rates = _without_rates(exports, found.settled, needs, missed)
    told = [*told_files(files, seen, found.settled, found.open), *missed]
    told.sort(key=lambda file: file.name.split(" (")[0])
    return Proposal((*exports, *rates), tuple(told), _of_money() if has_rules else ())


def _of_money() -> tuple[Question, ...]:
    said = f"with which month money begins: no export says it; {STARTS}"
    return (Question("ledger", "starts", said, 'write it in [ledger], such as starts = "2025-01"', is_needed=False),)


def _without_rates(
    exports: Sequence[ExportProposal], settled: Sequence[Fit], needs: Mapping[str, Need], missed: Sequence[FileProposal]
) -> Iterator[ExportProposal]:
    """Rates of exchange that no file brings, where amounts are in other currencies than the program's."""
    rates = needs.get(FX_RATES)
    if rates is None or not rates.is_read or any(export.name == FX_RATES for export in exports):
        return
    foreign: dict[str, str] = {}
    for fit in settled:
        claim = fit.columns.claim("currency")
        if claim is None or not fit.need.is_read or fit.need.name == ROSTER:
            continue
        for word in fit.table.words(fit.table.column(claim.place), 200) or []:
            if word.upper() != rates.currency:
                foreign.setdefault(word.upper(), fit.table.names)
    if not foreign:
        return
    currency, file = next(iter(foreign.items()))
    absent = absent_export(rates, missed)
    said = f"no file has rates of exchange, and {file} has amounts in {currency}"
    question = Question(FX_RATES, "", said, absent.questions[0].decides)
    yield ExportProposal(FX_RATES, absent.title, Confidence.OPEN, absent.why, (), absent.lines, (question,))
