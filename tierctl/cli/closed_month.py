"""One closed month as status and its sums tell it, from what was sealed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tierctl.findings import CannotRunError
from tierctl.ledger.closes import Close
from tierctl.ledger.layout import damaged, unreadable
from tierctl.report.write import SUMMARY

_SUMMARY = f"reports/{SUMMARY}"


@dataclass(frozen=True)
class ClosedMonth:
    """A close with its summary: how many partners were reviewed, and what was posted, by currency.

    `partners` is None where the close holds no reports.
    """

    close: Close
    partners: int | None
    commissions: Mapping[str, Decimal]
    credits: Mapping[str, Decimal]


def closed_month(close: Close) -> ClosedMonth:
    """The close with its sums.

    Raises:
        CannotRunError: its summary is missing or was changed.
    """
    listed = {file["path"]: file["sha256"] for file in close.manifest["files"]}
    if _SUMMARY not in listed:
        return ClosedMonth(close, None, {}, {})
    path = close.file(_SUMMARY)
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise CannotRunError([unreadable(path, fault)]) from fault
    if hashlib.sha256(content).hexdigest() != listed[_SUMMARY]:
        raise CannotRunError([damaged(path, "the file was changed since the close")])
    summary = json.loads(content, parse_float=Decimal, parse_int=Decimal)
    sums = {section: _sums(summary["programs"], section) for section in ("commissions", "credits")}
    return ClosedMonth(close, int(summary["partners"]), sums["commissions"], sums["credits"])


def _sums(programs: Mapping[str, Any], section: str) -> dict[str, Decimal]:
    """What all rules of all programs posted in the month, by currency; for closed months too."""
    sums: dict[str, Decimal] = {}
    for program in programs.values():
        for rule in program.get("money", {}).get(section, {}).values():
            for currency, by_kind in rule["amounts"].items():
                sums[currency] = sums.get(currency, Decimal()) + sum(by_kind.values(), Decimal())
    return dict(sorted(sums.items()))
