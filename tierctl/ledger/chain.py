"""How closes follow each other: by their months and by the digests that they name, never by a clock.

A close names the digest of the close before it, and of those of its own month that were set aside.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from tierctl.findings import Finding
from tierctl.ledger.layout import MANIFEST, REOPENED, damaged, month_of, number_of, record_of, unreadable
from tierctl.ledger.sealed import Sealed, read_record

_ONE_DAY = timedelta(days=1)


def chain_faults(closes: Sequence[Sealed]) -> list[Finding]:
    """Where closes do not follow each other; what is known to be damaged in itself is passed over.

    Args:
        closes: all closes, oldest first.
    """
    first = closes[0].manifest if closes else None
    faults = []
    if first is not None and first["previous_close"] is not None:
        message = f"it follows a close with the digest {first['previous_close']}, and none of an earlier month is there"
        faults.append(damaged(closes[0].folder / MANIFEST, message))
    for before, after in pairwise(closes):
        fault = _step_fault(before, after)
        faults += [fault] if fault else []
    return faults


def next_day(manifest: Mapping[str, Any]) -> date:
    """The day with which the month after that of the manifest begins."""
    return date.fromisoformat(manifest["month"]["last"]) + _ONE_DAY


def _step_fault(before: Sealed, after: Sealed) -> Finding | None:
    if before.manifest is None or after.manifest is None:
        return None
    place, begins = after.folder / MANIFEST, after.manifest["month"]["first"]
    due, named = next_day(before.manifest), after.manifest["previous_close"]
    if begins != str(due):
        message = f"its month begins on {begins}, and the close before it, {before.label}, is followed by {due}"
        return damaged(place, message)
    if named != before.sha256:
        message = f"it follows a close with the digest {named}, and that of {before.label} is {before.sha256}"
        return damaged(place, message)
    return None


def reopened_faults(closes: Sequence[Sealed], aside: Sequence[Sealed]) -> list[Finding]:
    """Where closes that were set aside are missing, stand there unnamed, or differ from their records.

    Args:
        closes: all closes.
        aside: all that were set aside.
    """
    known = {sealed.sha256 for sealed in (*closes, *aside)}
    faults = [fault for sealed in (*closes, *aside) for fault in _names_faults(sealed, aside)]
    for sealed in aside:
        faults += _record_faults(sealed)
        previous = sealed.manifest["previous_close"] if sealed.manifest else None
        is_doubtful = any(other.manifest is None for other in (*closes, *aside))
        if previous is not None and previous not in known and not is_doubtful:
            message = f"it follows a close with the digest {previous}, which is no more there"
            faults.append(damaged(sealed.folder / MANIFEST, message))
    return faults


def head_faults(ledger: Path, closes: Sequence[Sealed], aside: Sequence[Sealed], head: str) -> list[Finding]:
    """Whether the last close is the one with that digest, and where it is if not.

    Args:
        ledger: its folder, which is named where there are no closes at all.
        closes: all closes, oldest first.
        aside: all that were set aside.
        head: the SHA-256 of the last close's manifest.
    """
    place, last = (closes[-1].folder / MANIFEST, closes[-1].sha256) if closes else (ledger, None)
    if last == head:
        return []
    found = next((sealed for sealed in (*closes, *aside) if sealed.sha256 == head), None)
    message = f"the last close has the digest {last}, and not {head}" if closes else f"no close has the digest {head}"
    hint = "name the digest that the last close printed; if you did, closes are missing or were made anew"
    if found is not None:
        became = "was reopened" if found in aside else "is not the last"
        hint = f"that is the digest of {found.label}, which {became}"
    return [damaged(place, message, hint)]


def _names_faults(sealed: Sealed, aside: Sequence[Sealed]) -> list[Finding]:
    """Whether the folder names those of its month that had been set aside before it was sealed, and no others."""
    if sealed.manifest is None:
        return []
    number = number_of(sealed.label)
    of_month = [other for other in aside if month_of(other.label) == month_of(sealed.label)]
    before = [other for other in of_month if number is None or (number_of(other.label) or 0) < number]
    named = {each["folder"]: each["sha256"] for each in sealed.manifest["reopened"]}
    folder = sealed.folder.parent if number is not None else sealed.folder.parent / REOPENED
    faults = [
        damaged(folder / name, f"the folder, which {sealed.label} names as set aside before it, is missing")
        for name in sorted(named.keys() - {other.label for other in before})
    ]
    for other in before:
        if other.label not in named:
            message = f"{sealed.label} was sealed later, and does not name it as set aside before"
            faults.append(damaged(other.folder, message))
        elif other.manifest is not None and named[other.label] != other.sha256:
            message = f"{sealed.label} names it with the digest {named[other.label]}, and it is {other.sha256}"
            faults.append(damaged(other.folder / MANIFEST, message))
    return faults


def _record_faults(sealed: Sealed) -> list[Finding]:
    """Whether the record of a close that was set aside is there, and of that close."""
    path = record_of(sealed.folder)
    try:
        record = read_record(path.read_bytes())
    except OSError as fault:
        return [unreadable(path, fault)]
    if record is None or not isinstance(record.get("reason"), str) or record.get("folder") != sealed.label:
        return [damaged(path, "it is not the record of a close that was set aside")]
    if sealed.manifest is not None and record.get("sha256") != sealed.sha256:
        return [damaged(path, f"it is of a close with the digest {record.get('sha256')}, and not of {sealed.sha256}")]
    return []
