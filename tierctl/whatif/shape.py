"""Shape: how two sets of editions of one program differ, and so what of an evaluation can be kept.

Where nothing differs but the numbers that metrics are held against, what was measured stays, and only those partners
are looked at again whose requirements come out otherwise. Where only what is paid differs, every standing stays.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tierctl.criteria import Leaf, leaves_of
from tierctl.ladders import Ladder, ladders_in_order, ladders_paid_by, required_ladders
from tierctl.program.model import Program, Tier
from tierctl.program.values import NUMBER_WORDS, Number

_SAID = {"name", "clause", "examples"}
_PAID = {"commissions", "credits", "payout", "benefits", "actions"}


@dataclass(frozen=True, order=True)
class BoundAt:
    """Where a plain number is held against a metric: the edition's number, ladder, tier, and the bound's path."""

    edition: int
    track: str
    qualification: str
    tier: str
    path: str

    @property
    def ladder(self) -> Ladder:
        """The ladder that the tier belongs to."""
        return Ladder(self.track, self.qualification or None)


def plain_bounds(editions: Sequence[Program]) -> dict[BoundAt, Decimal]:
    """Every number that a tier's requirements hold a metric against, as far as nothing else goes by it.

    What another ladder requires, and what decides on which day a tier is attained, is left out.
    """
    required = required_ladders(editions)
    found = {}
    for number, program in enumerate(editions):
        if program.policy.takes_effect == "attained":
            continue
        for ladder, tier in _tiers(program):
            if ladder in required or tier.requires is None:
                continue
            for leaf in leaves_of(tier.requires):
                if is_plain(leaf) and isinstance(leaf.operand, Number):
                    at = BoundAt(number, ladder.track, ladder.qualification or "", tier.id, leaf.path)
                    found[at] = leaf.operand.value
    return found


def is_plain(leaf: Leaf) -> bool:
    """Whether a bound holds a metric of the look's own windows against a plain number."""
    number_word = leaf.word in NUMBER_WORDS and isinstance(leaf.operand, Number)
    return leaf.is_of_metric and number_word and leaf.in_each is None


def words_but_bounds(editions: Sequence[Program]) -> str:
    """All that the editions say but their plain bounds: equal where nothing else differs."""
    plain = {(at.edition, at.track, at.tier, at.path) for at in plain_bounds(editions)}
    return "\n".join(
        json.dumps(_without_bounds(program, number, plain), sort_keys=True) for number, program in enumerate(editions)
    )


def words_of_standing(editions: Sequence[Program]) -> str:
    """All that decides where partners stand on the ladders that are climbed: equal where every standing is the same."""
    ladders = ladders_in_order(editions, ladders_paid_by(editions))
    return f"{ladders}\n" + "\n".join(program.model_dump_json(exclude=_SAID | _PAID) for program in editions)


def _tiers(program: Program) -> Iterator[tuple[Ladder, Tier]]:
    for name, track in program.tracks.items():
        for qualification, rungs in track.ladders.items():
            for tier in rungs.earned_tiers:
                yield Ladder(name, qualification), tier


def _without_bounds(program: Program, number: int, plain: set[tuple[int, str, str, str]]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(program.model_dump_json(exclude=_SAID))
    for name, track in said["tracks"].items():
        tiers = [(tier["id"], tier) for tier in track["tiers"]] + list(track["qualifications"].items())
        for tier, rung in tiers:
            paths = {path for edition, of, its, path in plain if (edition, of, its) == (number, name, tier)}
            if rung["requires"]:
                _blank(rung["requires"], paths, "")
    return said


def _blank(requires: dict[str, Any], paths: set[str], prefix: str) -> None:
    """Takes the numbers of the bounds at these paths out of requirements, nested groups included."""
    for subject, bound in requires["tests"].items():
        for word in NUMBER_WORDS:
            if {f"{prefix}{subject}", f"{prefix}{subject}.{word}"} & paths and _is_number(bound[word]):
                bound[word]["value"] = None
    for group in ("any", "all"):
        for place, part in enumerate(requires[group], start=1):
            _blank(part, paths, f"{prefix}{group}.{place}.")


def _is_number(operand: object) -> bool:
    return isinstance(operand, Mapping) and "value" in operand
