"""The file that a partner's page lies in: the id where every system takes it for a name, else a name made from it."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection
from typing import Final

FOLDER: Final = "partners"
_SAFE: Final = re.compile(r"[A-Za-z0-9_-](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
# Windows takes these for devices, whatever follows their first dot.
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
# As the names end that are made from other ids.
_LIKE_MADE: Final = re.compile(r"(?:.*-)?[0-9a-f]{10}")
_LONGEST: Final = 80
_DIGITS: Final = 10


def page_files(partners: Collection[str]) -> dict[str, str]:
    """The page of each partner, as a path from the reports' folder; no two of them differ by case alone.

    >>> page_files(["P-1001", "a/../b"])
    {'P-1001': 'partners/P-1001.html', 'a/../b': 'partners/a-b-900ea8b7e0.html'}
    """
    folded = Counter(partner.casefold() for partner in partners)
    stems = {
        partner: partner if folded[partner.casefold()] == 1 and _is_safe(partner) else _made(partner)
        for partner in partners
    }
    return {partner: f"{FOLDER}/{stem}.html" for partner, stem in stems.items()}


def _is_safe(partner: str) -> bool:
    is_taken = _DEVICES.fullmatch(partner) or _LIKE_MADE.fullmatch(partner)
    return bool(_SAFE.fullmatch(partner)) and len(partner) <= _LONGEST and not is_taken


def _made(partner: str) -> str:
    """What of the id can stand in a name, and the first digits of a digest of all of it."""
    digest = hashlib.sha256(partner.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    kept = re.sub(r"\.{2,}", ".", _UNSAFE.sub("-", partner)).strip(".-")
    kept = re.sub(r"[-.]{2,}", "-", kept)[:_LONGEST]
    return f"{kept}-{digest}" if kept else digest
