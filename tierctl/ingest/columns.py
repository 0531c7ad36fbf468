"""Which of their columns is which of ours: the mapping of one file's header."""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tierctl.contracts import Contract
from tierctl.findings import Finding, error


@dataclass(frozen=True)
class ColumnMap:
    """For one file: our column → their header, for the columns it brings; and the headers that nothing reads."""

    theirs: Mapping[str, str]
    unused: tuple[str, ...]


def map_columns(
    contract: Contract, configured: Mapping[str, str], headers: Sequence[str], shown: str
) -> tuple[ColumnMap, list[Finding]]:
    """Finds the contract's columns among a file's headers.

    A configured header is looked for as it is written, then without blanks around it. Headers that nothing maps and
    that equal one of our names are that column. Every fault of the header is reported, not only the first.

    Args:
        contract: what the export has to bring.
        configured: their header → our column, from tierctl.toml.
        headers: the file's headers, in order.
        shown: how findings call the file.
    """
    repeated = sorted(header for header, n in Counter(headers).items() if n > 1)
    findings = [error("repeated-header", shown, "header", f"the header {header!r} stands twice") for header in repeated]
    claims: dict[str, list[str]] = {}
    for header in dict.fromkeys(headers):
        ours = _ours(header, configured, contract)
        if ours is not None:
            claims.setdefault(ours, []).append(header)
    findings += [_claimed_twice(shown, ours, theirs) for ours, theirs in claims.items() if len(theirs) > 1]
    theirs = {ours: headers_of[0] for ours, headers_of in claims.items()}
    findings += [
        _missing(contract, field.name, configured, headers, shown)
        for field in contract.fields
        if field.name not in theirs and (field.required or field.name == contract.row_date)
    ]
    used = set(theirs.values())
    return ColumnMap(theirs, tuple(header for header in dict.fromkeys(headers) if header not in used)), findings


def _ours(header: str, configured: Mapping[str, str], contract: Contract) -> str | None:
    if header in configured:
        return configured[header]
    trimmed = {theirs.strip(): ours for theirs, ours in configured.items()}
    if header.strip() in trimmed:
        return trimmed[header.strip()]
    return header.strip() if header.strip() in contract.names else None


def _claimed_twice(shown: str, ours: str, theirs: Sequence[str]) -> Finding:
    quoted = " and ".join(repr(header) for header in theirs)
    return error(
        "column-mapped-twice", shown, "header", f"{quoted} are both the column {ours}", "map only one of them to it"
    )


def _missing(
    contract: Contract, name: str, configured: Mapping[str, str], headers: Sequence[str], shown: str
) -> Finding:
    mapped = [theirs for theirs, ours in configured.items() if ours == name]
    sought = f"no column {name!r}" + (f" (mapped from {', '.join(map(repr, mapped))})" if mapped else "")
    return error(
        "missing-column",
        shown,
        "header",
        f"{contract.name} has {sought}; the headers are {', '.join(map(repr, headers))}",
        _did_you_mean(contract, name, mapped, headers),
    )


def _did_you_mean(contract: Contract, name: str, mapped: Sequence[str], headers: Sequence[str]) -> str:
    if len(headers) == 1:
        signs = [sign for sign in (";", "\t", "|", ",") if sign in headers[0]]
        if signs:
            return f"[exports.{contract.name}.format]\n  delimiter = {_toml(signs[0])}"
    plain = {_plain(header): header for header in headers}
    for sought in (*mapped, name, contract.field(name).title):
        close = difflib.get_close_matches(_plain(sought), plain, n=1, cutoff=0.6)
        if close:
            return f"did you mean\n  [exports.{contract.name}.columns]\n  {_toml(plain[close[0]])} = {_toml(name)}"
    return f'[exports.{contract.name}.columns]\n  "their header" = {_toml(name)}'


def _plain(header: str) -> str:
    return "".join(sign for sign in header.lower() if sign.isalnum())


def _toml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
