"""Whether two words are one beyond doubt, so that a hint may be pasted unread.

A wrong column or word moves tiers and money without a sound. What only looks alike is for a person to choose.
"""

import re
from collections.abc import Iterable
from typing import Final

_SHORTEST: Final = {1: 7, 2: 10}
"""How many signs a word has at least for that many slips in it; `charge` is no slip for `change`."""

_SHORTEST_PART: Final = 5


def surely(word: str, allowed: Iterable[str]) -> str:
    """The one allowed word that the given one can only be a way of writing; empty: none, or more than one.

    It is the same but for case, blanks and signs, or has one slip of the pen, two where it is long: a sign too few or
    too many, another one, or two that changed places. The first sign, a digit and another short word are never a slip:
    `cancelled by` is not `cancelled_on`.

    >>> surely("Renewal ", ["new_logo", "renewal"]), surely("New", ["new_logo", "renewal"])
    ('renewal', '')
    """
    allowed = list(dict.fromkeys(allowed))
    mine = _folded(word)
    same = [each for each in allowed if mine and _folded(each) == mine]
    near = same or [each for each in allowed if _has_same_short_words(word, each) and _is_slip(mine, _folded(each))]
    return near[0] if len(near) == 1 else ""


def _folded(word: str) -> str:
    return "".join(sign for sign in word.casefold() if sign.isalnum())


def _has_same_short_words(mine: str, theirs: str) -> bool:
    """Whether words that differ, one by one, are both long enough to have a slip in them."""
    both = [re.findall(r"[^\W_]+", each.casefold()) for each in (mine, theirs)]
    if len(both[0]) != len(both[1]):
        return True
    return all(one == other or min(len(one), len(other)) >= _SHORTEST_PART for one, other in zip(*both, strict=True))


def _is_slip(mine: str, theirs: str) -> bool:
    if mine[:1] != theirs[:1] or _digits(mine) != _digits(theirs):
        return False
    shortest = min(len(mine), len(theirs))
    most = max((slips for slips, least in _SHORTEST.items() if shortest >= least), default=0)
    return abs(len(mine) - len(theirs)) <= most and _slips(mine, theirs) <= most


def _digits(word: str) -> str:
    return "".join(sign for sign in word if sign.isdigit())


def _slips(mine: str, theirs: str) -> int:
    """How many signs have to be put in, left out, exchanged or swapped with the next one to make them alike."""
    before: list[int] = []
    above = list(range(len(theirs) + 1))
    for row, sign in enumerate(mine, start=1):
        line = [row]
        for place, other in enumerate(theirs, start=1):
            least = min(above[place] + 1, line[-1] + 1, above[place - 1] + (sign != other))
            if row > 1 and place > 1 and sign == theirs[place - 2] and mine[row - 2] == other:
                least = min(least, before[place - 2] + 1)
            line.append(least)
        before, above = above, line
    return above[-1]
