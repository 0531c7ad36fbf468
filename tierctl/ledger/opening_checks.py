"""What the programs say of an opening file's rows: tiers that their tracks have, days that fit them, amounts they pay.

A row at fault would change a tier or an amount in silence for as long as the ledger lasts, so there is no opening with
any of them. They are rules of ingest, as those of exports are, and are told with the same words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from tierctl.contracts import Contract, ledger_contract
from tierctl.fiscal import Calendar, FiscalMonth
from tierctl.ingest import RowCheck, TableCheck
from tierctl.ingest.row_check import ROW, Parts
from tierctl.inputs import begin
from tierctl.money import UNUSUAL_MINOR_UNITS, USUAL_MINOR_UNIT, exact_micros
from tierctl.program.model import ENROLLMENTS, Program, Tier, Track
from tierctl.program.rules import AS_EARNED

OPENING = "opening file"
"""The name of an opening file among the exports that are read beside it; no program can declare an export of it."""

THROUGH_ENROLLMENT = "through_enrollment"

_ROSTER = "partners"
_SEPARATOR = "\x1f"
_TRACK, _TIER = ("program", "track"), ("program", "track", "tier")
_HELD = pl.coalesce("tier", "qualification")
_RUNG = (*_TRACK, pl.col("qualification").fill_null(""), _HELD)
_OF_A_TIER = ("basis", "from", "through", "remediation_ends_on")
_GIVEN = ("prequalified", "placed", "approved")
_DECIMALS = 6
_MISSING, _UNFIT = "missing-value", "opening-unfit"
_BESIDE = "beside"
_FOUND = {ROW: pl.UInt32(), "value": pl.String(), "other": pl.UInt32(), "note": pl.String()}


@dataclass(frozen=True)
class Openings:
    """The programs that an opening is for: of each the editions that have begun by the month's end, oldest first."""

    editions: Sequence[Sequence[Program]]
    calendar: Calendar
    month: FiscalMonth

    @property
    def in_force(self) -> list[Program]:
        """The edition of each program that is in force on the month's last day."""
        return [each[-1] for each in self.editions]

    def tracks(self, are: Callable[[Program, Track], bool] = lambda *_: True) -> pl.Expr:
        """Whether a row's track is one of a program in force, and such a one."""
        keys = [(each.id, name) for each in self.in_force for name, track in each.tracks.items() if are(each, track)]
        return _is_one_of(_TRACK, keys)

    def tiers(self, are: Callable[[Track, Tier], bool] = lambda *_: True) -> pl.Expr:
        """Whether a row's tier or qualification is one of its track, and such a one; null where it has neither."""
        keys = [
            (each.id, name, qualification or "", tier.id)
            for each in self.in_force
            for name, track in each.tracks.items()
            for qualification, ladder in track.ladders.items()
            for tier in ladder.tiers
            if tier.id and are(ladder, tier)
        ]
        return _is_one_of(_RUNG, keys)


def opening_contract() -> Contract:
    """The contract of an opening file, under the name that it is read by."""
    return replace(ledger_contract("opening"), name=OPENING)


def is_everybodys(track: Track, tier: Tier) -> bool:
    """Whether a tier is the base tier that every partner of the track has."""
    return tier == track.tiers[0] and tier.requires is None


def is_while_met(tier: Tier) -> bool:
    """Whether a tier is held while its requirements are met."""
    return tier.requires is not None and tier.holds is not None and tier.holds.is_while_met


def row_rules(of: Openings) -> tuple[RowCheck, ...]:
    """The rules for single rows."""
    return (*_of_ladders(of), *_of_cells(), *_of_days(of), *_of_clocks(of), *_of_standing(of), *_of_balances(of))


def table_rules(of: Openings) -> tuple[TableCheck, ...]:
    """The rules for rows beside others, and beside the roster and the enrollments."""
    needs = (_ROSTER, ENROLLMENTS) if any(each.enrollment == "required" for each in of.in_force) else (_ROSTER,)
    enroll = "leave the row out, or correct the enrollment or the roster first"
    once = "keep one row for each tier of a partner, one for each balance of a program and currency, and one status"
    return (
        TableCheck(OPENING, "partner_id", "opening-not-enrolled", partial(_not_on_track, of), enroll, needs),
        TableCheck(OPENING, None, "opening-contradiction", _contradicting, once),
    )


def _of_ladders(of: Openings) -> list[RowCheck]:
    programs = [each.id for each in of.in_force]
    tracks = "; ".join(f"{each.id} has {', '.join(each.tracks)}" for each in of.in_force)
    tiers = "; ".join(
        f"{each.id} {name} has {', '.join(track.ranks)}" for each in of.in_force for name, track in each.tracks.items()
    )
    beside = [
        (each.id, name, list(track.qualifications)) for each in of.in_force for name, track in each.tracks.items()
    ]
    qualified = (
        "; ".join(f"{each} {name} has {', '.join(has)}" for each, name, has in beside if has) or "there are none"
    )
    of_tiers = [
        (each.id, name, tier) for each in of.in_force for name, track in each.tracks.items() for tier in track.ranks
    ]
    of_others = [(each, name, one) for each, name, has in beside for one in has]
    is_tier, is_other = _is_one_of(_TIER, of_tiers), _is_one_of((*_TRACK, "qualification"), of_others)
    is_program = _is_one_of(("program",), [(each,) for each in programs])
    as_in_file = "write it as the program file does"
    return [
        _rule("program", "unknown-program", ~is_program, ", ".join(programs), as_in_file),
        _rule("track", "unknown-track", is_program & ~of.tracks(), tracks, as_in_file),
        _rule("tier", "unknown-tier", of.tracks() & ~is_tier, tiers, as_in_file),
        _rule("qualification", "unknown-qualification", of.tracks() & ~is_other, qualified, as_in_file),
    ]


def _of_cells() -> list[RowCheck]:
    """Cells that others of the row ask for."""
    says_more = pl.any_horizontal(pl.col(_OF_A_TIER).is_not_null())
    has_tier, has_balance, has_currency = (
        each.is_not_null() for each in (_HELD, pl.col("balance"), pl.col("currency"))
    )
    has_both = pl.col("tier").is_not_null() & pl.col("qualification").is_not_null()
    is_bare = ~has_tier & ~says_more & ~has_balance & ~has_currency
    return [
        _rule("tier", _MISSING, ~has_tier & says_more, hint="name the tier that the row speaks of"),
        _rule(
            "qualification", _UNFIT, has_both, "a row brings a tier or a qualification", "give each a row of its own"
        ),
        _rule("tier", "opening-nothing", is_bare, hint="leave the row out: a partner without one is at the base tier"),
        _rule(
            "from", _MISSING, has_tier & pl.col("from").is_null(), hint="give the first day on which the tier is held"
        ),
        _rule("currency", _MISSING, has_balance & ~has_currency, hint="give the balance's currency, such as USD"),
        _rule("balance", _MISSING, ~has_balance & has_currency, hint="leave currency empty too where nothing is owed"),
    ]


def _of_days(of: Openings) -> list[RowCheck]:
    is_given, has_end = pl.col("basis").is_in(_GIVEN).fill_null(value=False), pl.col("through").is_not_null()
    has_no_end = of.tiers(lambda track, tier: is_everybodys(track, tier) or is_while_met(tier))
    ahead = f"a tier is held from {of.month.last}, the last day of the month, at the latest"
    endless = "an earned tier that is held while it is met has no end, nor has a base tier that is everybody's"
    wanted = "the program lets this tier hold for a time: give the last day of it"
    before = "from, the first day on which the tier is held"
    correct = "correct one of the two days"
    return [
        _rule("from", "opening-unfit-day", pl.col("from") > of.month.last, ahead, "leave out what only comes later"),
        _rule("through", _MISSING, of.tiers(_has_end) & ~has_end, hint=wanted),
        _rule("through", "ends-before-it-begins", pl.col("through") < pl.col("from"), before, correct),
        _rule("through", _UNFIT, has_no_end & ~is_given & has_end, endless, "leave through empty"),
    ]


def _has_end(track: Track, tier: Tier) -> bool:
    """Whether a tier's last day has to be told: it has one, and no other table knows it."""
    kind = tier.holds.kind if tier.holds else "while_met"
    return not is_everybodys(track, tier) and kind not in {"while_met", THROUGH_ENROLLMENT}


def _of_clocks(of: Openings) -> list[RowCheck]:
    ends_on = pl.col("remediation_ends_on")
    has_clock = of.tiers(lambda track, tier: is_while_met(tier) and bool(track.remediation_days))
    runs = has_clock & pl.col("through").is_null()
    loses = of.tiers(lambda track, _: track.downgrade != "on_decision")
    none = "only a tier that is held while it is met, and has no end, is given time to make good"
    ended = f"a time to make good that ended by {of.month.last}, the last day of the month, runs no more"
    over = "leave the row out where the tier was lost, the day where its requirements are met again"
    return [
        _rule("remediation_ends_on", _UNFIT, ends_on.is_not_null() & of.tiers() & ~runs, none, "leave it empty"),
        _rule("remediation_ends_on", "opening-unfit-day", runs & loses & (ends_on <= of.month.last), ended, over),
    ]


def _of_standing(of: Openings) -> list[RowCheck]:
    is_suspended, is_base = pl.col("status") == "suspended", pl.col("basis") == "base"
    has_gate = of.tracks(lambda program, track: bool(program.gate or track.gate))
    is_other = pl.col("qualification").is_not_null() & (pl.col("basis") != "earned")
    no_base = "the base is only the lowest tier, where that is everybody's; a qualification is earned"
    no_gate = "neither program nor track has a gate, so nobody is ever suspended"
    return [
        _rule(
            "basis", _UNFIT, (is_base & of.tiers() & ~of.tiers(is_everybodys)) | is_other, no_base, "say why it is held"
        ),
        _rule("status", _UNFIT, is_suspended & of.tracks() & ~has_gate, no_gate, "leave status empty"),
    ]


def _of_balances(of: Openings) -> list[RowCheck]:
    paying = {each[-1].id: next((own.payout for own in reversed(each) if own.payout), None) for each in of.editions}
    without = [(program,) for program, payout in paying.items() if payout is None]
    fixed = {id_: payout.currency for id_, payout in paying.items() if payout and payout.currency != AS_EARNED}
    others = [(pl.col("program") == id_) & (pl.col("currency") != currency) for id_, currency in fixed.items()]
    has_balance, paid_in = pl.col("balance").is_not_null(), [f"{id_} pays in {of_}" for id_, of_ in fixed.items()]
    unpaid, nothing = has_balance & _is_one_of(("program",), without), "the program pays nothing out"
    exact, other = (
        "give the amount to the smallest unit that the currency is paid in",
        pl.any_horizontal(False, *others),
    )
    convert = "convert the balance, or settle it outside"
    return [
        _rule("balance", _UNFIT, unpaid, nothing, "leave balance and currency empty"),
        _rule("balance", "opening-not-exact", _has_more_decimals(), hint=exact),
        _rule("currency", _UNFIT, has_balance & other, ", ".join(paid_in), convert),
    ]


def _has_more_decimals() -> pl.Expr:
    """Whether a balance is finer than the smallest unit of its currency."""
    smallest = pl.col("currency").replace_strict(
        {code: 10 ** (_DECIMALS - unit) for code, unit in UNUSUAL_MINOR_UNITS.items()},
        default=10 ** (_DECIMALS - USUAL_MINOR_UNIT),
        return_dtype=pl.Int64,
    )
    return exact_micros(pl.col("balance")) % smallest.cast(pl.Int128) != 0


def _not_on_track(of: Openings, parts: Parts, others: Mapping[str, Parts]) -> pl.DataFrame:
    """The rows of partners that have not begun on their track by the month's end, or left it before a tier's from."""
    rows = pl.concat(parts).select(ROW, *_TRACK, "partner_id", "from").collect()
    roster = pl.concat(others[_ROSTER]).collect()
    frames = [pl.DataFrame(schema=_FOUND)]
    for editions in of.editions:
        latest = editions[-1]
        how = "is not enrolled in" if latest.enrollment == "required" else "has not joined"
        for track in latest.tracks:
            fold = begin(editions, track, others, roster, calendar=of.calendar, month=of.month)
            enrolled = fold.enrolled.with_columns(pl.col("partner_id").cast(pl.String))
            ends = enrolled.sort("enrolled_on").group_by("partner_id").agg(pl.col("expires_on").last(), begun=True)
            own = rows.filter(program=latest.id, track=track).join(ends, on="partner_id", how="left")
            told = pl.format(f"{{}} {how} {latest.id} {track} by {of.month.last}", "partner_id")
            frames.append(_found(own.filter(pl.col("begun").is_null()), told))
            told = pl.format(f"{{}} is enrolled in {latest.id} {track} only through {{}}", "partner_id", "expires_on")
            frames.append(_found(own.filter(pl.col("from") > pl.col("expires_on")), told))
    return pl.concat(frames)


def _contradicting(parts: Parts, _: Mapping[str, Parts]) -> pl.DataFrame:
    """Every row that says of a partner what another row says too, or says otherwise; with all that it so says."""
    rows = pl.concat(parts).collect().sort(ROW)
    of_track = [*_TRACK, "partner_id"]
    kind = pl.when(pl.col("tier").is_null()).then(pl.lit("qualification")).otherwise(pl.lit("tier"))
    told = [
        pl.format(
            "the balance of {} in {} and {} stands also in record {}", "partner_id", "program", "currency", _BESIDE
        ),
        pl.format("the {} {} of {} stands also in record {}", kind, _HELD, "partner_id", _BESIDE),
        pl.format("{} is {}, and otherwise in record {}", "partner_id", "status", _BESIDE),
    ]
    balances = _beside(rows.drop_nulls("balance"), ["program", "partner_id", "currency"])
    tiers = _beside(rows.filter(_HELD.is_not_null()), [*of_track, "tier", "qualification"])
    statuses = rows.drop_nulls("status").filter(pl.col("status").n_unique().over(of_track) > 1)
    first = statuses.group_by(*of_track, "status").agg(pl.col(ROW).first().alias(_BESIDE))
    otherwise = statuses.join(first, on=of_track, suffix="_there").filter(pl.col("status") != pl.col("status_there"))
    frames = zip((balances, tiers, otherwise), told, strict=True)
    found = pl.concat([each.select(ROW, said=as_told) for each, as_told in frames])
    return _found(found.group_by(ROW).agg(pl.col("said").str.join("; ")), pl.col("said"))


def _beside(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """The rows of which there are several, each with the first of the others."""
    several = rows.filter(pl.len().over(by) > 1)
    first, second = pl.col(ROW).first().over(by), pl.col(ROW).get(1).over(by)
    return several.with_columns(pl.when(pl.col(ROW) == first).then(second).otherwise(first).alias(_BESIDE))


def _found(rows: pl.DataFrame, told: pl.Expr) -> pl.DataFrame:
    """The rows at fault as a rule of the table gives them: what is told of them is the value that is rejected.

    The file is one, so that a row's number is its record, and no other place has to be looked up.
    """
    return rows.select(ROW, value=told, other=pl.lit(None, dtype=pl.UInt32), note=told).cast(pl.Schema(_FOUND))


def _is_one_of(columns: Sequence[str | pl.Expr], keys: Sequence[tuple[str, ...]]) -> pl.Expr:
    known = pl.Series([_SEPARATOR.join(key) for key in keys], dtype=pl.String).implode()
    return pl.concat_str(columns, separator=_SEPARATOR).is_in(known)


def _rule(column: str, rule: str, is_fault: pl.Expr, allowed: str = "", hint: str = "") -> RowCheck:
    return RowCheck(OPENING, column, rule, is_fault, allowed, hint)
