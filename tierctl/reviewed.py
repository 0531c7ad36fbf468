"""What a review comes to: its tables, what a close seals of it, and how the programs' parts are put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tierctl.contracts import NUMBER, conform, empty, ledger_contract, report_contract
from tierctl.findings import Finding
from tierctl.fiscal import FiscalMonth
from tierctl.program.model import Program
from tierctl.program_money import HELD
from tierctl.reward.rule_lines import Rewarded

REPORTS = (
    *("standing", "evidence", "requalification", "next_tier", "forecast", "benefits", "actions", "rates"),
    "statements",
)
ADJUSTED = pl.Schema(
    {
        "program": pl.String(),
        "track": pl.String(),
        "partner_id": pl.String(),
        "earned_month": pl.String(),
        "currency": pl.String(),
        "lines": pl.Int64(),
        "amount": NUMBER,
        "absolute": NUMBER,
    }
)


@dataclass(frozen=True)
class Closing:
    """What a close seals of a review beside its tables and the position (see `Carried`).

    Attributes:
        money_from: the label of the first month whose money is posted.
        grants: the ledger's table of that name: the rows of the months that this close adds.
        statuses: the same.
        balances: one row per program × partner_id × currency with an unpaid balance: payee_id, balance.
        missing: the rows that are missing today and on which something may be held, by export.
    """

    money_from: str
    grants: pl.DataFrame
    statuses: pl.DataFrame
    balances: pl.DataFrame
    missing: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Review:
    """One month's review.

    Attributes:
        month: the month under review.
        tables: its tables by report name, each in its contract's columns, types and order; those of lines (`LINES`)
            only where they were not handed to a sink; with the position where the month is closed.
        totals: what the lines of the month add up to (see `rewards.totals_of`).
        findings: what a person has to know of the lines.
        held: what stays posted for rows that are missing today: one row per program × track × partner_id × source ×
            source_id × currency: amount.
        adjusted: what the month posts for closed ones: one row per program × track × partner_id × earned_month ×
            currency: lines, amount, absolute (the sum of the amounts without their signs).
        closing: what a close seals beside; None: the month is not closed.
        traced: what stands behind the standings, where that was asked for: grants, counted and asked (see
            `tierctl.traced`), each row with its program and track.
    """

    month: FiscalMonth
    tables: Mapping[str, pl.DataFrame]
    totals: pl.DataFrame
    findings: tuple[Finding, ...] = ()
    held: pl.DataFrame = field(default_factory=lambda: with_program(HELD).to_frame())
    adjusted: pl.DataFrame = field(default_factory=ADJUSTED.to_frame)
    closing: Closing | None = None
    traced: Mapping[str, pl.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """What the programs' reviews have come to so far."""

    frames: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {name: [] for name in REPORTS})
    rewarded: list[Rewarded] = field(default_factory=list)
    held: list[pl.DataFrame] = field(default_factory=list)
    adjusted: list[pl.DataFrame] = field(default_factory=list)
    missing: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    traced: list[Mapping[str, pl.DataFrame]] = field(default_factory=list)
    left: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {"grants": [], "statuses": []})

    def add(self, tables: Mapping[str, pl.DataFrame], program: Program, track: str, month: FiscalMonth) -> None:
        """Takes in reports of one program, or one of its tracks."""
        for name, table in tables.items():
            self.frames[name].append(_placed(table, name, program, track, month))

    def tables(self) -> dict[str, pl.DataFrame]:
        """The reports, as their contracts promise them."""
        return {name: self._table(name) for name in self.frames}

    def _table(self, name: str) -> pl.DataFrame:
        contract = report_contract(name)
        return conform(pl.concat([empty(contract), *self.frames[name]]), contract)

    def closing(self, money_from: str) -> Closing:
        """What a close seals beside the tables; `money_from` is the first month whose money is posted."""
        contracts = {name: ledger_contract(name) for name in self.left}
        left = {
            name: conform(pl.concat([empty(contract), *self.left[name]]), contract)
            for name, contract in contracts.items()
        }
        missing = {export: pl.concat(parts).unique(maintain_order=True) for export, parts in self.missing.items()}
        sorted_ = {export: rows.sort(rows.columns) for export, rows in sorted(missing.items())}
        return Closing(money_from, left["grants"], left["statuses"], unpaid(self._table("statements")), sorted_)


def gathered_traces(parts: Sequence[Mapping[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """The traces of several programs and tracks as one; none where nothing was traced."""
    return {name: pl.concat([part[name] for part in parts]) for name in parts[0]} if parts else {}


def unpaid(statements: pl.DataFrame) -> pl.DataFrame:
    """What statements leave unpaid: one row per program × partner_id × currency: payee_id, balance."""
    balance = pl.col("closing_balance").alias("balance")
    return statements.filter(balance != 0).select("program", "partner_id", "payee_id", "currency", balance)


def with_program(schema: pl.Schema) -> pl.Schema:
    """The schema with the program's id before its columns."""
    return pl.Schema({"program": pl.String(), **schema})


def _placed(table: pl.DataFrame, name: str, program: Program, track: str, month: FiscalMonth) -> pl.DataFrame:
    """Adds program, track and month, and puts the columns in the report's order and types."""
    contract = report_contract(name)
    if table.is_empty():
        return empty(contract)
    said = {"program": program.id, "track": track, "month": month.label}
    placed = table.with_columns(
        pl.lit(value).alias(name) for name, value in said.items() if name != "track" or name not in table.columns
    )
    return placed.select(pl.col(column).cast(dtype) for column, dtype in contract.polars_schema.items())
