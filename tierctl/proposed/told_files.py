"""The files of a folder as they are told: which export each is, how sure that is, and which could not be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tierctl.ingest.read import ROSTER
from tierctl.proposed.cells import Roster
from tierctl.proposed.columns import SeenFile
from tierctl.proposed.lines import Confidence
from tierctl.proposed.matching import Fit
from tierctl.proposed.tables import Table, called

NOT_READ: Final = "not read: "


@dataclass(frozen=True)
class FileProposal:
    """What a file of the folder is.

    `export` is empty where it is none that is known; `is_read` says whether the programs read that export, and
    `is_table` whether it is a table at all: it could be read, and is an export or has rows of several columns.
    """

    name: str
    export: str
    confidence: Confidence
    why: str
    rows: int
    is_read: bool
    is_table: bool = True


def confidence_of(fit: Fit) -> Confidence:
    """How sure it is that files are an export: as sure as the least sure of the columns that every row needs."""
    claims = [fit.columns.claim(field.name) for field in fit.need.contract.fields if field.required]
    is_sure = all(claim is not None and claim.confidence is Confidence.SURE for claim in claims)
    return Confidence.SURE if is_sure else Confidence.LIKELY


def why_of(fit: Fit, roster: Roster | None) -> str:
    """How many columns were found, and whether the files' name says so."""
    required = [field for field in fit.need.contract.fields if field.required]
    found = len(required) - len(fit.lacking)
    others = len(fit.columns.settled) - found
    said = [f"{found} of {len(required)} required columns" + (f" and {others} more" if others else "")]
    if fit.is_named:
        said.append("its name says so" if len(fit.table.files) == 1 else "their names say so")
    partners = fit.columns.claim("partner_id")
    if roster is not None and partners is not None and fit.need.name != ROSTER:
        said.append(f"partners by {partners.header}")
    return "; ".join(said)


def told_files(
    files: Sequence[SeenFile], seen: Sequence[Table], settled: Sequence[Fit], open_: Sequence[Fit]
) -> Iterator[FileProposal]:
    """Every file, with the export that it is.

    Args:
        files: as seen.
        seen: them by their headers.
        settled: which of those are which export.
        open_: what may be which export.
    """
    of = {id(file): table for table in seen for file in table.files}
    for file in files:
        name, table = called(file), of.get(id(file))
        fit = next((each for each in settled if each.table is table), None)
        left = [each for each in open_ if each.table is table]
        if table is None:
            yield _unknown(file, "it has no header")
        elif fit is not None:
            yield FileProposal(name, fit.need.name, confidence_of(fit), why_of(fit, None), file.rows, fit.need.is_read)
        elif left:
            best = max(left, key=lambda each: each.strength)
            others = [each.need.name for each in left if each is not best]
            rivals = [each.table.names for each in open_ if each.need is best.need and each.table is not table]
            said = " or ".join([*others, *rivals])
            yield FileProposal(name, best.need.name, Confidence.OPEN, f"or {said}", file.rows, best.need.is_read)
        else:
            yield _unknown(file, "like no export that is known")


def _unknown(file: SeenFile, why: str) -> FileProposal:
    """A file that is no export; text in one column, or in one line, is no table at all."""
    is_table = len(file.columns) > 1 and file.rows > 0
    return FileProposal(called(file), "", Confidence.OPEN, why, file.rows, is_read=False, is_table=is_table)


def unread_files(reasons: Mapping[str, str]) -> list[FileProposal]:
    """The files that could not be read, by name, with why."""
    return [
        FileProposal(name, "", Confidence.OPEN, f"{NOT_READ}{why}", 0, is_read=False, is_table=False)
        for name, why in reasons.items()
    ]
