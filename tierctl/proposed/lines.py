"""Lines of a proposed tierctl.toml, each with its reason, and the questions that are left open."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | bool | int | tuple[str, ...]


class Confidence(StrEnum):
    """How sure a proposal is: what is said and what is there agree; one of both, without a rival; or it is open."""

    SURE = "sure"
    LIKELY = "likely"
    OPEN = "open"


@dataclass(frozen=True)
class Line:
    """One key of an export's table; what is open is not set but stands commented out.

    Attributes:
        table: the table below the export's own that it stands in, such as ("values", "stage").
        key: their header, their word or a key of tierctl's.
        value: what is proposed.
        confidence: how sure that is.
        why: the reason, in words; of what is open also what else it may be.
    """

    table: tuple[str, ...]
    key: str
    value: Value
    confidence: Confidence
    why: str


@dataclass(frozen=True)
class Question:
    """Something that the exports leave open.

    Attributes:
        export: the export.
        about: the column of ours or the key that it is about; empty: the export as a whole.
        said: what is open, in a sentence.
        decides: what would decide it: a row, or what to write; empty: it is said already.
        is_needed: a review cannot be right before it is answered.
        seeks: a header is sought, so that those that are left over are worth naming.
    """

    export: str
    about: str
    said: str
    decides: str = ""
    is_needed: bool = True
    seeks: bool = False


@dataclass(frozen=True)
class Part:
    """Lines of an export, what they leave open, and what is worth saying of them."""

    lines: tuple[Line, ...] = ()
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()


def together(*parts: Part) -> Part:
    """Parts as one, in order."""
    return Part(
        tuple(line for part in parts for line in part.lines),
        tuple(question for part in parts for question in part.questions),
        tuple(note for part in parts for note in part.notes),
    )
