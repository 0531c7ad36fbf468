"""Which of their columns is which of ours: the mapping of one file's header."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tierctl.contracts import Contract
from tierctl.findings import Finding, error
from tierctl.likeness import surely

_DELIMITERS = (";", "\t", "|", ",")


@dataclass(frozen=True)
class ColumnMap:
    """For one file: our column → their header, for the columns it brings; and the headers that nothing reads."""

    theirs: Mapping[str, str]
    unused: tuple[str, ...]


def map_columns(
    contract: Contract,
    configured: Mapping[str, str],
    headers: Sequence[str],
    shown: str,
    delimiter: str | None = None,
    *,
    fixed: Mapping[str, str] = MappingProxyType({}),
) -> tuple[ColumnMap, list[Finding]]:
    """Finds the contract's columns among a file's headers.

    A configured header is looked for as it is written, then without blanks around it, then with every run of blanks and
    line breaks as one blank. Headers that nothing maps and that equal one of our names are that column. A column that
    the mapping names has to be in every file, by one of the headers mapped to it or by our name: what a renamed header
    held would else be missed in silence. Every fault of the header is reported, not only the first.

    Args:
        contract: what the export has to bring.
        configured: their header → our column, from tierctl.toml.
        headers: the file's headers, in order.
        shown: how findings call the file.
        delimiter: the sign at which the header was cut; None where no text was cut.
        fixed: our columns that no file may bring, as each has one text in every row.
    """
    uncut = _uncut(contract, configured, headers, shown, delimiter)
    if uncut is not None:
        return ColumnMap({}, ()), [uncut]
    repeated = sorted(header for header, n in Counter(headers).items() if n > 1)
    findings = [_repeated(shown, header, headers) for header in repeated]
    claims: dict[str, list[str]] = {}
    for header in dict.fromkeys(headers):
        ours = ours_of(header, configured, contract)
        if ours is not None:
            claims.setdefault(ours, []).append(header)
    findings += [_claimed_twice(contract, shown, ours, theirs) for ours, theirs in claims.items() if len(theirs) > 1]
    theirs = {ours: headers_of[0] for ours, headers_of in claims.items()}
    findings += [_fixed_too(contract, shown, ours, header) for ours, header in theirs.items() if ours in fixed]
    expected = {*configured.values(), contract.row_date, *(field.name for field in contract.fields if field.required)}
    findings += [
        _missing(contract, name, configured, headers, shown)
        for name in contract.names
        if name in expected and name not in theirs and name not in fixed
    ]
    used = set(theirs.values())
    return ColumnMap(theirs, tuple(header for header in dict.fromkeys(headers) if header not in used)), findings


def header_below(
    contract: Contract, configured: Mapping[str, str], headers: Sequence[str], rows: Iterable[Sequence[str]]
) -> int:
    """How many rows below what was taken for the header one stands that names more of the columns; 0: none does.

    Reports begin with titles, of which the first is no header. A single name may well be a cell.
    """
    named = [sum(ours_of(cell, configured, contract) is not None for cell in row) for row in (headers, *rows)]
    most = max(named)
    return named.index(most) if most > 1 else 0


def ours_of(header: str, configured: Mapping[str, str], contract: Contract) -> str | None:
    """The column of ours that a header stands for; None: it stands for none."""
    if header in configured:
        return configured[header]
    for plainly in (str.strip, _in_one_line):
        by_plain = {plainly(theirs): ours for theirs, ours in configured.items()}
        if plainly(header) in by_plain:
            return by_plain[plainly(header)]
    return header.strip() if header.strip() in contract.names else None


def _in_one_line(header: str) -> str:
    return " ".join(header.split())


def _uncut(
    contract: Contract, configured: Mapping[str, str], headers: Sequence[str], shown: str, delimiter: str | None
) -> Finding | None:
    """The finding for a header that is one cell because another delimiter cuts it; every column would be missing."""
    if delimiter is None or len(headers) != 1 or ours_of(headers[0], configured, contract) is not None:
        return None
    sign = max((sign for sign in _DELIMITERS if sign != delimiter), key=headers[0].count)
    if sign not in headers[0]:
        return None
    message = f"the header is one cell, {headers[0]!r}; is the delimiter {sign!r}?"
    hint = f"[exports.{contract.name}.format]\n  delimiter = {quoted(sign)}"
    return error("missing-column", shown, "header", message, hint)


def _repeated(shown: str, header: str, headers: Sequence[str]) -> Finding:
    places = ", ".join(str(place) for place, each in enumerate(headers, start=1) if each == header)
    message = f"the header {header!r} stands more than once: columns {places}"
    return error("repeated-header", shown, "header", message, "rename or remove all but one where the file is exported")


def _claimed_twice(contract: Contract, shown: str, ours: str, theirs: Sequence[str]) -> Finding:
    both = " and ".join(repr(header) for header in theirs)
    mapped = f"[exports.{contract.name}.columns]"
    hint = f"keep one of them: take the other out of {mapped}, or rename it where the file is exported"
    return error("column-mapped-twice", shown, "header", f"{both} are both the column {ours}", hint)


def _fixed_too(contract: Contract, shown: str, ours: str, header: str) -> Finding:
    message = f"the file brings {ours} as {header!r}, and tierctl.toml gives it the same text in every row"
    hint = f"take {ours} out of [exports.{contract.name}.fixed], or rename the column where the file is exported"
    return error("column-fixed-too", shown, "header", message, hint)


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
        _mapping(contract, name, mapped, headers),
    )


def _mapping(contract: Contract, name: str, mapped: Sequence[str], headers: Sequence[str]) -> str:
    """The table that maps a header to the column: the one that it can only be, else whichever the reader knows."""
    sought = (*mapped, name, contract.field(name).title)
    header = next(filter(None, (surely(each, headers) for each in sought)), "")
    table = f"[exports.{contract.name}.columns]\n  {quoted(header or '…')} = {quoted(name)}"
    return f"did you mean\n  {table}" if header else table


def quoted(text: str) -> str:
    """The text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)  # what JSON escapes in a text, and how, TOML reads alike
