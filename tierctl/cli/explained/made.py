"""What the review of a month made of one partner: its tables, and where the program file says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from tierctl.cli.explained.rejected import rejected_of
from tierctl.cli.explained.source import Source
from tierctl.cli.partners import refuse_unknown
from tierctl.contracts import report_contract
from tierctl.findings import CannotRunError, Finding, error, load_catalogue
from tierctl.ingest.read import ROSTER
from tierctl.review import review
from tierctl.validation import did_you_mean

if TYPE_CHECKING:
    from tierctl.program.model import Program

Row: TypeAlias = Mapping[str, Any]

_PARTNER = "PARTNER"
_TABLES = (
    "standing", "grants", "evidence", "asked", "counted", "next_tier", "requalification", "forecast", "benefits",
    "actions", "rates", "commissions", "credits", "not_earned", "statements",
)  # fmt: skip


@dataclass(frozen=True)
class Explained:
    """One partner's month.

    Attributes:
        source: what it is explained from.
        partner: the partner's id.
        programs: the edition in force of each program that is told of.
        tables: the review's tables by name, the partner's rows of these programs alone; and `rejects`.
        differing: the names of the reports that a close has otherwise, because another tierctl made them.
        findings: what was found, rejected rows apart.
        top: how many rows of a kind are shown.
    """

    source: Source
    partner: str
    programs: "tuple[Program, ...]"
    tables: Mapping[str, pl.DataFrame]
    differing: tuple[str, ...]
    findings: tuple[Finding, ...]
    top: int

    def rows(self, table: str, **equal: object) -> list[Row]:
        """The rows of a table in which the columns are equal to that, in the table's order."""
        return [row for row in self._rows[table] if all(row[name] == value for name, value in equal.items())]

    @property
    def name(self) -> str:
        """The partner's name in the roster."""
        return str(self._roster_row["name"])

    @property
    def joined_on(self) -> date | None:
        """The day on which the partner joined; None: the roster does not say."""
        joined: date | None = self._roster_row["joined_on"]
        return joined

    @cached_property
    def _roster_row(self) -> Row:
        parts = [part.select("partner_id", "name", "joined_on") for part in self.source.basis.exports[ROSTER]]
        return pl.concat(parts).filter(pl.col("partner_id") == self.partner).collect().row(0, named=True)

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        return {name: list(table.iter_rows(named=True)) for name, table in self.tables.items()}


def explained(source: Source, partner: str, *, program: str | None, top: int) -> Explained:
    """Reviews the month for one partner, with all that the review can say of how it came about.

    Args:
        source: what the month is explained from.
        partner: the partner's id.
        program: the id of the one program to tell of; None: all.
        top: how many rows of a kind are to be shown.

    Raises:
        CannotRunError: there is no such partner or program, or the month cannot be reviewed.
    """
    programs = _programs(source, program)
    basis = source.basis
    rejects = rejected_of(partner, source)
    _refuse_unknown(partner, source, rejects)
    result = review(
        basis.programs,
        basis.exports,
        basis.calendar,
        basis.month,
        partners=[partner],
        repeating=basis.repeating,
        money_from=basis.money_from,
        holidays=basis.holidays,
        opening=basis.opening,
        accept_removals=basis.accept_removals,
        is_traced=True,
    )
    told = pl.col("program").is_in([each.id for each in programs]) & (pl.col("partner_id") == partner)
    tables = {name: table.filter(told) for name, table in {**result.tables, **result.traced}.items() if name in _TABLES}
    differing = tuple(name for name in _TABLES if _differs(tables[name], name, source, told))
    tables["rejects"] = rejects
    return Explained(source, partner, programs, tables, differing, (*source.findings, *result.findings), top)


def _refuse_unknown(partner: str, source: Source, rejects: pl.DataFrame) -> None:
    """Refuse a partner that the roster lacks; where its row there was rejected, say so.

    Raises:
        CannotRunError: the roster has no such partner.
    """
    of_roster = rejects.filter(pl.col("export") == ROSTER)
    try:
        refuse_unknown([partner], source.basis.exports[ROSTER], _PARTNER)
    except CannotRunError as fault:
        if of_roster.is_empty():
            raise
        row = of_roster.row(0, named=True)
        message = f"the roster's row of {partner!r} was rejected: {row['file']} record {row['record']}, {row['column']}"
        finding = error("partner-unknown", _PARTNER, partner, message, load_catalogue()[row["rule"]].remedy)
        raise CannotRunError([finding]) from fault


def _differs(table: pl.DataFrame, name: str, source: Source, told: pl.Expr) -> bool:
    """Whether a close sealed other rows of a report than come out of what it sealed with them."""
    if name not in source.sealed:
        return False
    sealed = source.sealed[name].filter(told).collect()
    key = report_contract(name).primary_key
    return not sealed.sort(key).equals(table.select(sealed.columns).sort(key))


def _programs(source: Source, id_: str | None) -> "tuple[Program, ...]":
    """The programs that are told of.

    Raises:
        CannotRunError: none of that id is reviewed in the month.
    """
    ids = [program.id for program in source.programs]
    if id_ is None or id_ in ids:
        return tuple(program for program in source.programs if id_ in {None, program.id})
    message = f"no program {id_!r} is reviewed in {source.month.label}; there are: {', '.join(ids)}"
    raise CannotRunError([error("program-not-reviewed", "--program", id_, message, did_you_mean(id_, ids))])
