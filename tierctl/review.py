"""The review of one fiscal month: a pure function of exports, programs, decisions, calendar and month.

No clock, no network, no file: the same inputs give the same tables.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from types import MappingProxyType

import polars as pl

from tierctl.actions import actions
from tierctl.benefits import benefits
from tierctl.carried import Carried
from tierctl.climbing import Climb, Sources, climb_all
from tierctl.closing import grants_left, statuses_left
from tierctl.contracts import empty, ledger_contract
from tierctl.evidence import evidence
from tierctl.findings import CannotRunError, error
from tierctl.fiscal import Calendar, CalendarError, FiscalMonth
from tierctl.forecast import forecast
from tierctl.ladders import Ladder
from tierctl.money_of import Money, money_of
from tierctl.next_tier import next_tier
from tierctl.opened import Opened, kept_decisions, lost_sight_of
from tierctl.program.model import Program
from tierctl.program_money import HELD, held_in
from tierctl.requalification import requalification
from tierctl.reviewed import ADJUSTED, Made, Review, gathered_traces, with_program
from tierctl.reward.rewards import totals_of
from tierctl.reward.sink import LINES, POSITION, Gathered, LineSink
from tierctl.standing_report import standing_report
from tierctl.traced import together, traced

__all__ = ["Review", "review"]

_NO_HOLIDAYS: Mapping[str, Sequence[date]] = MappingProxyType({})


def review(
    programs: Sequence[Program],
    exports: Mapping[str, Sequence[pl.LazyFrame]],
    calendar: Calendar,
    month: FiscalMonth,
    *,
    partners: Collection[str] | None = None,
    repeating: Collection[str] = (),
    money_from: FiscalMonth | None = None,
    holidays: Mapping[str, Sequence[date]] = _NO_HOLIDAYS,
    sink: LineSink | None = None,
    opening: Carried | None = None,
    accept_removals: bool = False,
    is_closing: bool = False,
    is_traced: bool = False,
) -> Review:
    """Reviews one month.

    Args:
        programs: the programs; those of one id are editions, of which a month reads the latest in force at its end.
        exports: export name → its parts (partner buckets), accepted rows in the contract's columns and types.
        calendar: the company's fiscal calendar.
        month: the month under review.
        partners: only these partners; the rows are those that the whole review would give them.
        repeating: exports in which identical rows are kept, so that a key may stand there twice.
        money_from: the first month whose money is posted; None: the month asked for alone.
        holidays: the workspace's own lists of holidays by name.
        sink: takes in the lines of the month, chunk by chunk; None: they are among the tables.
        opening: what the closed months left, all of them before the month under review; None: nothing is closed.
        accept_removals: whether what was posted for rows that are missing today is reversed; else it is held.
        is_closing: whether the month is closed with this review: then what a close seals is made, too.
        is_traced: whether it is told what stands behind every standing; made for a few partners.

    Raises:
        CannotRunError: the month lies before a program begins, the calendar does not reach far enough, or a program of
            the last close is not among these.
    """
    editions = editions_of(programs, month)
    if opening is not None and (gone := lost_sight_of(opening, programs)):
        raise CannotRunError(gone)
    sources = Sources.of(exports, calendar, month, repeating=repeating, carried=opening, partners=partners)
    money = Money(money_from or month, holidays, accept_removals, is_closing)
    gathered = Gathered((*LINES, POSITION) if is_closing else LINES)
    made = Made()
    with within_calendar(month):
        for in_turn in editions:
            climbed = _review_program(in_turn, sources, money, sink or gathered, made)
            if is_traced:
                made.traced.extend(_traced(in_turn[-1], climbed))
    return Review(
        month,
        {**made.tables(), **({} if sink else gathered.tables)},
        totals_of(made.rewarded),
        (*made.findings, *(finding for done in made.rewarded for finding in done.findings)),
        pl.concat([with_program(HELD).to_frame(), *made.held]),
        pl.concat([ADJUSTED.to_frame(), *made.adjusted]),
        made.closing(opening.money_from if opening and opening.money_from else money.begins.label)
        if is_closing
        else None,
        gathered_traces(made.traced),
    )


@contextmanager
def within_calendar(month: FiscalMonth) -> Iterator[None]:
    """Say of a month that cannot be reviewed that the calendar does not reach far enough.

    Raises:
        CannotRunError: the block asks the calendar for a day that it does not reach.
    """
    try:
        yield
    except (CalendarError, OverflowError) as fault:
        reason = str(fault) if isinstance(fault, CalendarError) else f"the years after {month.label} are beyond 9999"
        raise CannotRunError([error("calendar-too-short", "tierctl.toml", "calendar", reason)]) from fault


def _review_program(
    editions: Sequence[Program], sources: Sources, money: Money, sink: LineSink, made: Made
) -> Mapping[Ladder, Climb]:
    """Where its partners stand, track by track, what it pays, and what a close seals of it."""
    latest, month = editions[-1], sources.month
    opened = Opened.of(sources.carried, latest.id, sources.partners)
    if opened:
        opened.refuse_strangers(editions, sources.calendar)
    climbed = climb_all(editions, sources, opened)
    for name, track in latest.tracks.items():
        beside = {earned: climbed[Ladder(name, earned)] for earned in track.qualifications}
        made.add(_tables(name, climbed[Ladder(name)], beside), latest, name, month)
    if any(program.rules for program in editions):
        _pay(editions, climbed, sources, money, opened=opened, sink=sink, made=made)
    if money.is_closing:
        # Of a program that joins later no month counts as closed that the ledger closed without it.
        is_added = pl.lit(value=True)
        if sources.carried is not None:
            is_added = pl.col("month") > sources.carried.month
        for ladder, each in climbed.items():
            before = opened.grants_of(ladder) if opened else empty(ledger_contract("grants"))
            made.left["grants"].append(grants_left(each.standing, ladder, latest.id, before).filter(is_added))
            made.left["statuses"].append(statuses_left(each.standing, ladder, latest.id).filter(is_added))
    if opened:
        made.findings.extend(kept_decisions(opened.carried, climbed[Ladder(next(iter(latest.tracks)))].inputs))
    return climbed


def _traced(program: Program, climbed: Mapping[Ladder, Climb]) -> Iterator[dict[str, pl.DataFrame]]:
    """What stands behind the standings on each track."""
    for name, track in program.tracks.items():
        ladders = [Ladder(name), *(Ladder(name, earned) for earned in track.qualifications)]
        of_ladders = [
            traced(climb.qualified, climb.standing, climb.standing.now.select("partner_id"), ladder)
            for ladder in ladders
            for climb in (climbed[ladder],)
        ]
        yield together(of_ladders, program=program.id, track=name)


def _pay(
    editions: Sequence[Program],
    climbed: Mapping[Ladder, Climb],
    sources: Sources,
    money: Money,
    *,
    opened: Opened | None,
    sink: LineSink,
    made: Made,
) -> None:
    """What one program pays and takes off."""
    latest, paid = editions[-1], money_of(editions, climbed, sources, money, opened)
    done, tables = paid.tables(sink)
    made.add(tables, latest, "", sources.month)
    made.rewarded.append(done)
    program = pl.lit(latest.id).alias("program")
    made.held.append(held_in(done).with_columns(program).select(with_program(HELD).names()))
    for export, rows in paid.missing.items():
        made.missing.setdefault(export, []).append(rows)
    made.adjusted.extend(each.with_columns(program).select(ADJUSTED.names()) for each in done.adjusted)


def _tables(track: str, tiers: Climb, beside: Mapping[str, Climb]) -> dict[str, pl.DataFrame]:
    """What follows from where a partner stands: the track's tables."""
    inputs, latest, standing = tiers.inputs, tiers.qualified[-1], tiers.standing
    gone = pl.col("status").is_in(["terminated", "expired"])
    present = standing.now.filter(~gone).select("partner_id")
    everything = (tiers, *beside.values())
    return {
        "standing": standing_report(
            inputs, latest, standing, {name: climbed.standing for name, climbed in beside.items()}
        ),
        "evidence": pl.concat([evidence(each.qualified, present) for each in everything], how="vertical_relaxed"),
        **_ahead(everything),
        "benefits": benefits(inputs, latest, standing, track),
        "actions": actions(inputs, latest, standing, track),
    }


def _ahead(climbed: Sequence[Climb]) -> dict[str, pl.DataFrame]:
    """What lies ahead of the partners on each ladder: what they have to do, and what will come of it."""
    frames: dict[str, list[pl.DataFrame]] = {"requalification": [], "next_tier": [], "forecast": []}
    for each in climbed:
        latest = each.qualified[-1]
        ending = requalification(each.inputs, latest, each.standing)
        following = next_tier(latest, each.standing)
        frames["requalification"].append(ending)
        frames["next_tier"].append(following)
        frames["forecast"].append(forecast(each.inputs, latest, ending, following))
    return {name: pl.concat(parts, how="vertical_relaxed") for name, parts in frames.items()}


def editions_of(programs: Sequence[Program], month: FiscalMonth) -> list[tuple[Program, ...]]:
    """The editions of each program that have begun by the month's end, oldest first, by program id."""
    ordered = sorted(programs, key=lambda program: (program.id, program.effective_from))
    editions = [tuple(group) for _, group in groupby(ordered, key=lambda program: program.id)]
    findings = [
        error(
            "review-before-start",
            first.id,
            month.label,
            f"{first.id} takes effect on {first.effective_from}, and {month.label} ends on {month.last} before that",
            f"the first month that can be reviewed is the one that holds {first.effective_from}",
        )
        for first, *_ in editions
        if first.effective_from > month.last
    ]
    if findings:
        raise CannotRunError(findings)
    return [tuple(program for program in group if program.effective_from <= month.last) for group in editions]
