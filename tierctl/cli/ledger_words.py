"""What close, reopen and status say of closes in the same words."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from tierctl.fiscal import FiscalMonth

if TYPE_CHECKING:
    from tierctl.ledger.closes import Close

ACCEPTED: Final[Mapping[str, str]] = {
    "rejects": "rejected rows and errors",
    "removals": "reversal of rows that are missing",
    "adjustments": "adjustments above the limit",
}


def accepted_in_words(close: "Close") -> Iterator[str]:
    """A line for each thing that was accepted with the close: what, and why."""
    accepted: Mapping[str, Any] = close.manifest["accepted"]
    for key, what in ACCEPTED.items():
        if accepted[key] is not None:
            yield f"{what}: {accepted[key]}"
    if accepted["left_held"]:
        yield "rows that were posted and are missing: left as posted"


def set_aside_in_words(close: "Close") -> Iterator[str]:
    """A line for each close of the same month that was set aside before: which, and why."""
    for earlier in close.manifest["reopened"]:
        yield f"{earlier['folder']}, set aside: {earlier['reason']}"


def month_in_words(month: FiscalMonth, today: date) -> str:
    """A month that is to be closed, and when that can be done.

    >>> from tierctl.fiscal import Calendar
    >>> may = Calendar.months().month("2025-05")
    >>> month_in_words(may, date(2025, 6, 1)), month_in_words(may, date(2025, 5, 31))
    ('2025-05, which ended on 2025-05-31', '2025-05, once it has ended on 2025-05-31')
    """
    ended = f"which ended on {month.last}" if month.last < today else f"once it has ended on {month.last}"
    return f"{month.label}, {ended}"


def signed_by(record: Mapping[str, Any], verb: str) -> str:
    """When and by whom, as a record has it: `closed_at` and `closed_by`, or `reopened_at` and `reopened_by`.

    >>> signed_by({"closed_at": "2025-06-03T06:12:05Z", "closed_by": "mabara"}, "closed")
    '2025-06-03 06:12 UTC by mabara'
    >>> signed_by({"closed_at": "2025-06-03T06:12:05Z", "closed_by": None}, "closed")
    '2025-06-03 06:12 UTC'
    """
    day, _, time = str(record[f"{verb}_at"]).partition("T")
    by = record[f"{verb}_by"]
    return f"{day} {time[:5]} UTC" + (f" by {by}" if by else "")
