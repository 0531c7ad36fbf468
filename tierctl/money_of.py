"""The money of a program whose ladders have been climbed: since when it is posted, and what the closes say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tierctl.climbing import Climb, Sources
from tierctl.fiscal import FiscalMonth
from tierctl.ladders import Ladder
from tierctl.opened import Opened
from tierctl.program.model import Program
from tierctl.program_money import ProgramMoney, money_months
from tierctl.reward.stood import Climbed


@dataclass(frozen=True)
class Money:
    """How money is made: see the arguments of `review`."""

    begins: FiscalMonth
    holidays: Mapping[str, Sequence[date]]
    accept_removals: bool = False
    is_closing: bool = False


def money_of(
    editions: Sequence[Program],
    climbed: Mapping[Ladder, Climb],
    sources: Sources,
    money: Money,
    opened: Opened | None,
) -> ProgramMoney:
    """What the money of one program is made from.

    Args:
        editions: the editions of the program, oldest first.
        climbed: its ladders.
        sources: what they were reviewed from.
        money: how money is made.
        opened: what the closed months left of the program; None: none of its months is closed.
    """
    inputs = next(iter(climbed.values())).inputs
    begins = money.begins.label
    if sources.carried is not None:
        # What a program would have paid before its first close was never posted, and is not posted now.
        following = sources.calendar.shift(sources.calendar.month(sources.carried.month), 1).label
        since = max(sources.carried.money_from or begins, opened.labels[0]) if opened else ""
        begins = since or max(begins, following)
    ladders = {
        ladder: Climbed(tuple(each.inputs for each in climb.qualified), climb.standing)
        for ladder, climb in climbed.items()
    }
    return ProgramMoney(
        editions,
        ladders,
        money_months(inputs.months, inputs.open_from, begins),
        money.holidays,
        opened.carried if opened else None,
        money.accept_removals,
        money.is_closing,
    )
