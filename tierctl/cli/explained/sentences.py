"""The answer in the first lines: one plain sentence or two for each track, and one for the money."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierctl.cli.explained.ahead import cheapest, falls_words, next_tier, nothing_missing
from tierctl.cli.explained.made import Explained, Row
from tierctl.cli.explained.money import statement_words
from tierctl.cli.explained.part import Part, amount, listed, sentence
from tierctl.cli.explained.tiers import since_words
from tierctl.cli.layout import plural

if TYPE_CHECKING:
    from tierctl.program.model import Program

_CHANGES: Final[Mapping[str, str]] = {
    "retained": "as the month before",
    "requalified": "requalified",
    "enrolled": "enrolled this month",
    "reinstated": "reinstated",
}
_NO_TIER: Final = "no tier"
_MOVES: Final = ("promoted", "demoted")
_KINDS: Final[Mapping[str, str]] = {"earned": "earned", "adjustments": "adjusted", "clawbacks": "taken back"}
_MOST_CREDITS: Final = 3


def track_sentences(part: Part) -> str:
    """Where the partner stands on a track, and why not higher."""
    standing = part.standing
    if standing is None:
        return no_part(part.explained)
    return " ".join(sentence(said) for said in _said(part, standing) if said)


def no_part(explained: Explained) -> str:
    """What is said of a program or a track that the partner has not begun, or has left long ago."""
    joined = explained.joined_on
    when = f": it joined on {joined}" if joined and joined > explained.source.month.last else ""
    return f"Has no part in it in {explained.source.month.label}{when}."


def money_sentence(explained: Explained, program: "Program") -> str:
    """What a program pays, and how many rows earned nothing; empty where it has no rules."""
    tables = ("standing", "statements", "commissions", "credits", "not_earned")
    if not program.rules or not any(explained.rows(table, program=program.id) for table in tables):
        return ""
    parts = [part for row in explained.rows("statements", program=program.id) for part in _statement(row)]
    parts += _credits(explained, program)
    nothing = _earned_nothing(explained, program)
    parts += [f"{plural(nothing, 'row')} earned nothing"] if nothing else []
    return sentence(", ".join(parts) or "nothing is earned, and nothing is paid")


def _said(part: Part, standing: Row) -> Iterator[str]:
    tier = standing["tier"]
    if tier is None:
        reason = standing["reason"] or _NO_TIER
        yield reason if reason.startswith(_NO_TIER) else f"no tier: {reason}"
    else:
        yield f"{part.tier(tier)} {since_words(standing)}, {_change(part, standing)}"
        if standing["status"] == "remediation":
            yield f"in remediation: what fails has to be made good by {standing['remediation_ends_on']}"
    following = next_tier(part, standing)
    lacking = cheapest(part, following) if following else []
    if lacking and following:
        yield f"for {part.tier(following)} it lacks {listed(lacking)}"
    elif following:
        yield nothing_missing(part, standing, following)
    elif tier is not None and part.program.tracks[part.track].earned_tiers:
        yield "it is the highest tier"
    falls = falls_words(part, standing)
    yield f"it {falls}" if falls else ""


def _change(part: Part, standing: Row) -> str:
    change = standing["change"]
    return f"{change} from {part.tier(standing['previous_tier'])}" if change in _MOVES else _CHANGES.get(change, change)


def _statement(row: Row) -> Iterator[str]:
    for column, word in _KINDS.items():
        if row[column]:
            taken = -row[column] if column == "clawbacks" else row[column]
            yield f"{amount(taken, row['currency'])} {word}"
    if row["opening_balance"]:
        yield f"{amount(row['opening_balance'], row['currency'])} from before"
    yield statement_words(row)


def _credits(explained: Explained, program: "Program") -> list[str]:
    rows = explained.rows("credits", program=program.id)
    if len(rows) > _MOST_CREDITS:
        return [plural(len(rows), "credit")]
    credited = [amount(row["amount"], row["currency"]) for row in rows]
    return [f"{listed(credited)} credited"] if credited else []


def _earned_nothing(explained: Explained, program: "Program") -> int:
    """How many rows earned nothing by any rule."""
    lines = [row for kind in ("commissions", "credits") for row in explained.rows(kind, program=program.id)]
    earned = {(row["source"], row["source_id"]) for row in lines}
    nothing = {(row["source"], row["source_id"]) for row in explained.rows("not_earned", program=program.id)}
    return len(nothing - earned)
