"""What only the machine can say: the day, the moment, and who runs this. Nothing else asks for them."""

import getpass
from datetime import UTC, date, datetime


def today() -> date:
    """The machine's date: `last` and the warning of a month far ahead depend on it."""
    return datetime.now().astimezone().date()


def stamp() -> str:
    """The moment, as in 2025-06-03T06:12:05Z: it stands in the record of a close, and nothing is reckoned with it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user() -> str | None:
    """Who runs this, as the system calls them; None where it does not tell."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return None
