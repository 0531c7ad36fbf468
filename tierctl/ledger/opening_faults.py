"""What is wrong with an opening file, told value by value: nothing is sealed from it until every fault is mended."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from tierctl.contracts import Contract
from tierctl.findings import CannotRunError, Finding, error
from tierctl.ingest import RowCheck, TableCheck
from tierctl.ingest.parquet_files import WHOLE_DIGITS
from tierctl.ingest.rejects import MESSAGES
from tierctl.ingest.validate import ROW_FAULT
from tierctl.ledger.opening_checks import OPENING, Openings, opening_contract, row_rules, table_rules
from tierctl.validation import closest, did_you_mean

_SCHEMA = "tierctl schema opening lists the columns"
_NAMED_RECORDS = 5
_GUESSED_PARTNERS = 20  # each guess looks at the whole roster
_HINTS = {
    "missing-value": "every row names its program, track and partner_id",
    "not-a-date": "write days as 2025-05-31",
    "not-a-number": "write amounts as 1250.50",
    "number-too-large": "correct the amount",
    "number-too-precise": "give the amount to its currency's decimals",
    "number-not-exact": "write the amount as a decimal, or as text",
    "pattern-mismatch": "write the currency as three capital letters, such as USD",
    "too-many-fields": "quote the cell that holds the delimiter",
    "repeated-key": "keep one of the rows, or give them what tells them apart",
    "unknown-partner": "add the partner to the roster first",
}
_OF_THE_FILE = {
    "missing-column": f"name the column as tierctl does: {_SCHEMA}",
    "column-mapped-twice": "keep one of the two columns",
    "bad-encoding": "save the file as UTF-8 text",
    "nul-byte": "save the file as UTF-8 text",
}


@dataclass(frozen=True)
class _Told:
    """What findings on rows are told with: the rules, the programs and the roster that the rows are held against."""

    of: Openings
    roster: Sequence[str]
    contract: Contract

    @cached_property
    def rules(self) -> Mapping[tuple[str, str], RowCheck | TableCheck]:
        """The programs' rules by code and the column that faults are charged to."""
        rules: list[RowCheck | TableCheck] = [*row_rules(self.of), *table_rules(self.of)]
        return {(each.rule, each.column or ROW_FAULT): each for each in rules}

    @cached_property
    def bare(self) -> Mapping[str, str]:
        """The roster's ids as people remember them, without leading zeros and in small letters."""
        return {_bare(id_): id_ for id_ in reversed(self.roster)}


def of_rows(rejects: pl.DataFrame, of: Openings, roster: Sequence[str]) -> list[Finding]:
    """One finding for each value at fault: where it stands first, and where else.

    Args:
        rejects: the opening's rows of the report `rejects`.
        of: what the opening is for.
        roster: the partner ids of the roster.
    """
    told, guesses = _Told(of, roster, opening_contract()), 0
    findings = []
    ordered = rejects.sort("record", "column", "rule")
    for group in ordered.partition_by("column", "value", "rule", maintain_order=True):
        first = group.row(0, named=True)
        rule, column = first["rule"], first["column"].strip()
        message = MESSAGES[rule].format(**_facts(first, column, told)) + _elsewhere(group["record"].to_list())
        guesses += rule == "unknown-partner"
        hint = _guess(first, column, told, is_dear=guesses > _GUESSED_PARTNERS) or _hint(rule, column, told)
        findings.append(error(rule, first["file"], f"record {first['record']}", message, hint))
    return findings


def of_columns(shown: str, unused: Sequence[str]) -> list[Finding]:
    """A finding for each column that an opening does not have: what it holds would be lost in silence."""
    contract = opening_contract()
    names = ", ".join(contract.names)
    return [
        error(
            "opening-unknown-column",
            shown,
            "header",
            f"an opening has no column {header!r}; its columns are {names}",
            did_you_mean(header, contract.names) or "leave the column out",
        )
        for header in unused
    ]


def as_of_an_opening(fault: CannotRunError) -> CannotRunError:
    """The findings with hints for a file that is written for tierctl, and that tierctl.toml says nothing of."""
    return CannotRunError(
        replace(finding, hint=_OF_THE_FILE.get(finding.code, _SCHEMA))
        if f"[exports.{OPENING}" in finding.hint
        else finding
        for finding in fault.findings
    )


def _facts(fault: Mapping[str, Any], column: str, told: _Told) -> dict[str, object]:
    """What messages say of a fault."""
    rule = told.rules.get((fault["rule"], column))
    headers = json.loads(fault["row"])
    field = told.contract.field(column) if column in told.contract.names else None
    return {
        "column": column,
        "value": repr(fault["value"]),
        "note": fault["value"],
        "allowed": rule.allowed if isinstance(rule, RowCheck) else "",
        "key": f"{', '.join(told.contract.primary_key)} {fault['value']!r}",
        "date": "%Y-%m-%d",
        "signs": "decimalChar '.' and no groupChar",
        "most": f"at most {WHOLE_DIGITS} digits may stand before the decimal sign",
        "enum": ", ".join(field.enum) if field else "",
        "pattern": field.pattern if field else "",
        "cells": len(headers),
        "headers": sum(not header.startswith("(field ") for header in headers),
    }


def _elsewhere(records: Sequence[int]) -> str:
    """The records beside the first that are at fault in the same way."""
    others = records[1:]
    if not others:
        return ""
    named = ", ".join(map(str, others[:_NAMED_RECORDS]))
    more = f" and {len(others) - _NAMED_RECORDS} more" if len(others) > _NAMED_RECORDS else ""
    return f"; also in record {named}{more}"


def _hint(rule: str, column: str, told: _Told) -> str:
    check = told.rules.get((rule, column))
    return (check.hint if check else "") or _HINTS.get(rule, "")


def _guess(fault: Mapping[str, Any], column: str, told: _Told, *, is_dear: bool) -> str:
    """What was probably meant by a word that is unknown; empty: nothing is near, or to look would take too long."""
    value = str(fault["value"])
    if fault["rule"] == "unknown-partner":
        meant = told.bare.get(_bare(value)) or ("" if is_dear else closest(value, told.roster))
        return f"did you mean {meant}?" if meant else ""
    if fault["rule"] == "not-in-enum":
        return did_you_mean(value, told.contract.field(column).enum) or "one of the words, or nothing"
    if fault["rule"] in {"unknown-program", "unknown-track", "unknown-tier", "unknown-qualification"}:
        row = {header.strip(): cell for header, cell in json.loads(fault["row"]).items()}
        return did_you_mean(value, _known(column, str(row["program"]).strip(), str(row["track"]).strip(), told.of))
    return ""


def _known(column: str, program: str, track: str, of: Openings) -> Iterator[str]:
    """The words that a row of that program and track may have in a column."""
    for each in of.in_force:
        if column == "program":
            yield each.id
        elif each.id == program:
            if column == "track":
                yield from each.tracks
            else:
                yield from each.tracks[track].qualifications if column == "qualification" else each.tracks[track].ranks


def _bare(id_: str) -> str:
    return id_.strip().casefold().lstrip("0")
