"""Standing: the fold over fiscal months that turns evidence and decisions into grants, and grants into a tier.

`advance(state, …one month…) → state` is the whole of it: closing month by month and replaying all months at once give
the same grants, because a month's step reads nothing but the state before it and the month itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import polars as pl

from tierctl.closed import Closed
from tierctl.decisions import base_grants, steps_of, with_steps
from tierctl.earning import earned_grants
from tierctl.enrollment import periods_at, running_on
from tierctl.grants import (
    BASIS,
    NO_END,
    SCHEMA,
    State,
    covers,
    no_grants,
    ranks_between,
    ranks_on,
    re_ranked,
    standing_after,
    standing_on,
    while_met_ranks,
    with_grants,
)
from tierctl.inputs import Inputs
from tierctl.program.model import Track
from tierctl.qualify import Qualified
from tierctl.remediation import ending_ranks, found_while_met, with_clocks
from tierctl.statuses import NO_TIER, changes, statuses_of

_TIER = ["partner_id", "rank"]


@dataclass(frozen=True)
class Before:
    """The review of the month before: what it was evaluated from (an older edition, perhaps) and what it found.

    `standing` has the columns of `Standing.now`, its ranks those of that edition's track.
    """

    qualified: Qualified
    at: int
    standing: pl.DataFrame


@dataclass(frozen=True)
class Standing:
    """Where every partner of one ladder stands at the end of the month under review, and how it got there.

    Attributes:
        now: one row per partner_id whose fold has begun, sorted: rank, basis, from, through, because (all null without
            a tier), status, earned_rank (the highest tier whose requirements the open look meets; null without one, or
            when gone), began_on and ends_on (of the remediation; null without one), pending_rank and pending_because
            (of the tier that waits for approval).
        was: the same for the review of the month before, in today's ranks (null where today's edition lacks the tier:
            then is_comparable is false), without rows in the first month.
        changes: one row per partner_id: change.
        before: the review of the month before; None in the first month.
        state: what the next month's step begins with.
        reviewed: month number → the state after its review, in the ranks of the edition then in force.
        statuses: see `statuses_of`, for all months.
        tracks: month number → the ladder's rungs in the edition then in force, of every month in `reviewed`.
        inputs: of the edition in force.
    """

    now: pl.DataFrame
    was: pl.DataFrame
    changes: pl.DataFrame
    before: Before | None
    state: State
    reviewed: Mapping[int, State]
    statuses: pl.DataFrame
    tracks: Mapping[int, Track]
    inputs: Inputs

    @cached_property
    def grants(self) -> pl.DataFrame:
        """All grants as of this review, those of earlier enrollments included."""
        return pl.concat([self.state.ended, self.state.grants])

    @cached_property
    def history(self) -> pl.DataFrame:
        """What each review left of the grants that reach into its month, of the partners whose tier stood.

        One row per partner_id (String) × month_end × grant: rank in that month's edition, from, through.
        """
        schema = {"partner_id": pl.String, "month_end": pl.Date, "rank": pl.Int32, "from": pl.Date, "through": pl.Date}
        frames = [pl.DataFrame(schema=schema)]
        active = self.statuses.filter(pl.col("status") == "active").select("partner_id", "at")
        at_month = active.partition_by("at", as_dict=True, include_key=False)
        for at, state in self.reviewed.items():
            month = self.inputs.months[at]
            reaching = state.grants.filter((pl.col("from") <= month.last) & (pl.col("through") >= month.first))
            held = reaching.join(at_month.get((at,), active.clear()), on="partner_id", how="semi")
            partner, month_end = pl.col("partner_id").cast(pl.String), pl.lit(month.last).alias("month_end")
            frames.append(held.select(partner, month_end, "rank", "from", "through"))
        return pl.concat(frames)

    def held_after(self, days: pl.DataFrame) -> pl.DataFrame:
        """The highest rank that a partner holds on a later day of its own, while its enrollment runs.

        Args:
            days: partner_id and day.

        Returns:
            One row per partner_id × day on which anything is held: rank.
        """
        if self.inputs.program.enrollment == "required":
            days = running_on(days, self.inputs.enrolled, on="day")
        return standing_after(self.state.grants, days)


@dataclass(frozen=True)
class Month:
    """What one month brings to a ladder.

    Attributes:
        day: the review day.
        begun: the base grants of partners that begin in it.
        steps: the decisions and enrollments of the month (see `steps_of`).
        found: what the review finds of tiers held while met, for active partners: partner_id, rank, met.
        ending: the ranks of those that this review may find failing.
        earned: what its looks earn, in the columns of grants.
    """

    day: date
    begun: pl.DataFrame
    steps: pl.DataFrame
    found: pl.DataFrame
    ending: tuple[int, ...]
    earned: pl.DataFrame


def fold(editions: Sequence[Qualified], decisions: pl.DataFrame, closed: Closed | None = None) -> Standing:
    """Replays every open month up to the one under review.

    Args:
        editions: what each look found, by the editions of the program, oldest first. Grants live on from one to the
            next.
        decisions: the decisions of this program and track, in the contract's columns.
        closed: what the closed months left; None: nothing is closed, and the replay begins at the start.
    """
    latest, months = editions[-1], editions[0].inputs.months
    of_open = pl.col("at") >= latest.inputs.open_from
    found = [statuses_of(edition).filter(of_open) for edition in editions]
    statuses = pl.concat([closed.statuses, *found] if closed else found)
    state, track = State.at_first(latest.inputs.partner_type), editions[0].track
    reviewed: dict[int, State] = {}
    tracks: dict[int, Track] = {}
    before, here = None, _stand(statuses.clear(), state, track, months[0].last)
    if closed and closed.states:
        at = max(closed.states)
        reviewed, tracks = dict(closed.states), dict(closed.tracks)
        state, track = reviewed[at], tracks[at]
        if at == len(months) - 2:
            here = _stand(statuses.filter(pl.col("at") == at), state, track, months[at].last)
            before = Before(next(each for each in editions if at in each.inputs.in_force), at, here)
    for at, edition, month in months_of(editions, decisions, statuses, closed):
        if edition.track is not track:
            state = state.re_ranked(ranks_between(track, edition.track), while_met_ranks(edition.track))
            track = edition.track
        state = advance(state, month, track)
        reviewed[at], tracks[at] = state, track
        if at >= len(months) - 2:
            here = _stand(statuses.filter(pl.col("at") == at), state, track, month.day)
        if at == len(months) - 2:
            before = Before(edition, at, here)
    was = _in_ranks_of(track, before) if before else here.clear().with_columns(is_comparable=pl.lit(value=True))
    days = [month.last for month in months]
    grants = pl.concat([state.ended, state.grants])
    changed = changes(here, was, grants, _enrolled_anew(latest.inputs), days)
    return Standing(here, was, changed, before, state, reviewed, statuses, tracks, latest.inputs)


def months_of(
    editions: Sequence[Qualified], decisions: pl.DataFrame, statuses: pl.DataFrame, closed: Closed | None = None
) -> Iterator[tuple[int, Qualified, Month]]:
    """Every open month of the fold with the edition in force and what the month brings.

    The first one brings what people entered late about closed months, too.
    """
    months, open_from = editions[0].inputs.months, editions[0].inputs.open_from
    in_force = {at: edition for edition in editions for at in edition.inputs.in_force if at >= open_from}
    is_active = pl.col("status") == "active"
    inactive = statuses.filter(~is_active).select("partner_id", "at")
    active = statuses.filter(is_active).select("partner_id", "at")
    earned = [_by_month(earned_grants(each, inactive, _repeated(each, decisions))) for each in editions]
    steps, track = pl.DataFrame(), None
    found: Mapping[int, pl.DataFrame] = {}
    nothing = no_grants(editions[0].inputs.partner_type)
    not_asked = nothing.select("partner_id", "rank", met=pl.lit(None, dtype=pl.Boolean))
    for at, edition in sorted(in_force.items()):
        inputs, month = edition.inputs, months[at]
        if edition.track is not track:
            track, steps = edition.track, steps_of(decisions, inputs, edition.track)
            found = found_while_met(edition, active) if while_met_ranks(track) else {}
        is_followed = at - 1 in in_force or (closed is not None and at - 1 in closed.states)
        since = months[at - 1].last if is_followed else date.min
        due = steps.filter(pl.col("due_on").is_between(since, month.last, closed="right"))
        known = None
        if is_followed and closed is not None and at == open_from:
            due = pl.concat([closed.late(steps.filter(pl.col("due_on") <= since), at - 1), due])
            known = closed.begun(at - 1)
        new = [
            _in_track(by_month[at], its.track, track)
            for its, by_month in zip(editions, earned, strict=True)
            if at in by_month
        ]
        yield (
            at,
            edition,
            Month(
                day=month.last,
                begun=_begun(inputs, track, since, month.last, known),
                steps=due,
                found=found.get(at, not_asked),
                ending=ending_ranks(track, inputs.calendar, month),
                earned=pl.concat(new) if new else nothing,
            ),
        )


def _begun(inputs: Inputs, track: Track, since: date, day: date, known: pl.Series | None) -> pl.DataFrame:
    """The base grants of those whose fold begins; where enrollment is required, each enrollment brings its own.

    `known` are the partners of the last closed review, if that is the one before: whoever began by then and is not
    among them begins late.
    """
    begun = inputs.roster.filter(pl.col("start_on").is_between(since, day, closed="right"))
    if known is not None:
        late = (pl.col("start_on") <= since) & ~pl.col("partner_id").is_in(known.implode())
        begun = pl.concat([begun, inputs.roster.filter(late)])
    return base_grants(begun if inputs.program.enrollment == "automatic" else begun.clear(), track, since="start_on")


def _by_month(earned: pl.DataFrame) -> dict[int, pl.DataFrame]:
    rows = earned.with_columns(pl.lit("earned", dtype=BASIS).alias("basis")).select("at", *SCHEMA.names())
    return {int(at): own for (at,), own in rows.partition_by("at", as_dict=True, include_key=False).items()}


def _repeated(qualified: Qualified, decisions: pl.DataFrame) -> pl.Series:
    """The partners of whom an earlier review's grant does not make a later one's superfluous.

    It may have been shortened by a decision or a new enrollment; or it was none yet, but a merit.
    """
    decided = decisions
    if qualified.track.promotion == "automatic":
        decided = decisions.filter(pl.col("decision").is_in(["extended", "downgraded"]))
    placed = qualified.inputs.enrolled.filter(pl.col("tier").is_not_null() | pl.col("partner_id").is_duplicated())
    return pl.concat([decided["partner_id"], placed["partner_id"]]).unique()


def _in_track(rows: pl.DataFrame, of: Track, track: Track) -> pl.DataFrame:
    """Grants in the ranks of the track of the edition in force."""
    return rows if of is track else re_ranked(rows, ranks_between(of, track))


def _in_ranks_of(track: Track, before: Before) -> pl.DataFrame:
    ranks = ranks_between(before.qualified.track, track)
    new_rank = pl.col("rank").replace_strict(list(ranks), list(ranks.values()), default=None, return_dtype=pl.Int32)
    is_comparable = pl.col("rank").is_null() | new_rank.is_not_null()
    return before.standing.with_columns(new_rank.alias("rank"), is_comparable.alias("is_comparable"))


def _enrolled_anew(inputs: Inputs) -> pl.Series:
    """The partners whose current enrollment has begun since the review before."""
    if len(inputs.months) == 1:
        return inputs.roster["partner_id"]
    if inputs.program.enrollment == "automatic":
        return inputs.roster["partner_id"].clear()
    now = periods_at(inputs, inputs.last.last)
    return now.filter(pl.col("start_on") > inputs.months[-2].last)["partner_id"]


def advance(state: State, month: Month, track: Track) -> State:
    """One month's step: who begins, what people entered, what is no longer met, what was earned."""
    state = replace(state, grants=with_grants(state.grants, month.begun))
    state = with_steps(state, month.steps, track)
    stood = ranks_on(state.grants, month.day) if track.promotion == "on_decision" else None
    if not month.found.is_empty():
        state = with_clocks(state, month.found, month.ending, track, month.day)
    if stood is None:
        return replace(state, grants=with_grants(state.grants, month.earned))
    return _with_merits(state, month, stood, track)


def _with_merits(state: State, month: Month, stood: pl.DataFrame, track: Track) -> State:
    """What is earned above the tier that stood is a merit until somebody approves it; the rest is granted."""
    earned = month.earned.join(stood.rename({"rank": "stood"}), on="partner_id", how="left")
    is_above = pl.col("rank") > pl.col("stood").fill_null(NO_TIER)
    unmet = month.found.filter(~pl.col("met"))
    merits = state.merits.join(unmet, on=_TIER, how="anti")
    merits = with_grants(merits, earned.filter(is_above))
    grants = with_grants(state.grants, earned.filter(~is_above))
    if state.declined.is_empty():
        return replace(state, grants=grants, merits=merits)
    reach = pl.col("through") >= month.day
    still = pl.concat([merits.filter(reach), grants.filter(reach & (pl.col("basis") == "earned"))]).select(_TIER)
    open_ended = pl.col("through").is_null()
    is_met = pl.col("rank").is_in(while_met_ranks(track))
    declined = pl.concat(
        [
            state.declined.filter(~open_ended),
            state.declined.filter(open_ended & is_met).join(unmet, on=_TIER, how="anti"),
            state.declined.filter(open_ended & ~is_met).join(still, on=_TIER, how="semi"),
        ]
    )
    return replace(state, grants=grants, merits=merits, declined=declined)


def _stand(statuses: pl.DataFrame, state: State, track: Track, day: date) -> pl.DataFrame:
    """The standing of one month's review (see `Standing`)."""
    stands = pl.col("status") == "active"
    held = ("rank", "basis", "from", "through", "because")
    rows = (
        statuses.join(standing_on(state.grants, day), on="partner_id", how="left", maintain_order="left")
        .with_columns(pl.when(stands).then(name).alias(name) for name in held)
        .join(state.clocks, on=_TIER, how="left", maintain_order="left")
        .join(_waiting(state, track, day), on="partner_id", how="left", maintain_order="left")
    )
    waits = stands & (pl.col("pending_rank") > pl.col("rank").fill_null(NO_TIER)).fill_null(value=False)
    status = (
        pl.when(pl.col("ends_on").is_not_null())
        .then(pl.lit("remediation"))
        .when(waits)
        .then(pl.lit("pending_approval"))
        .otherwise("status")
    )
    pending = [pl.when(waits).then(name).alias(name) for name in ("pending_rank", "pending_because")]
    return rows.select("partner_id", *held, status.alias("status"), "earned_rank", "began_on", "ends_on", *pending)


def _waiting(state: State, track: Track, day: date) -> pl.DataFrame:
    """The highest tier merited and not declined: one row per partner_id: pending_rank, pending_because."""
    is_met = (pl.col("through") == NO_END) & pl.col("rank").is_in(while_met_ranks(track))
    refused = state.declined.filter((pl.col("from") <= day) & (pl.col("through") >= day).fill_null(value=True))
    merits = state.merits.filter(covers(day) | is_met).join(refused, on=_TIER, how="anti")
    highest = merits.sort("partner_id", "rank", "through", descending=[False, True, True])
    highest = highest.unique("partner_id", keep="first", maintain_order=True)
    return highest.select("partner_id", pending_rank="rank", pending_because="because")


def last_held(standing: Standing, since: date) -> pl.DataFrame:
    """Until when the tier of the review before (on the day `since`) was held, by all grants known today.

    Returns:
        One row per partner_id that stood at a tier then and still holds a grant of it for that day: last_held.
    """
    was = standing.was.filter(pl.col("rank").is_not_null()).select("partner_id", "rank")
    held = standing.grants.join(was, on=["partner_id", "rank"], how="semi")
    covering = held.filter((pl.col("from") <= since) & (pl.col("through") >= since))
    return covering.group_by("partner_id").agg(pl.col("through").max().alias("last_held"))
