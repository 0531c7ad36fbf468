"""Writes the benchmark's exports: a large, skewed, deterministic year-in, year-out partner business.

Every value is drawn from the row's number by integer arithmetic, so the same size and seed give the same files on
any machine and nothing has to be held in memory but one batch of rows. The same rows are written as Parquet and as
CSV, each below a workspace of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_DAY: Final = date(2025, 1, 1)
FORMATS: Final = ("parquet", "csv")
EXPORTS: Final = ("partners", "mrr", "opportunities", "decisions", "agreements", "partner_services")

_BATCH: Final = 1_000_000
_NEGATIVE: Final = 0.03
_ROW_GROUP: Final = 250_000
_SLOTS_PER_MEDIAN_PARTNER: Final = 20
_SPREAD: Final = (
    1.17  # puts the 85th partner of a hundred 2.5 times above the 60th, as Elite's bound is above Trailblazer's
)
_MEDIAN_MRR_A_YEAR: Final = 6_700  # with that spread: six partners of ten stay below Trailblazer's bound
_COUNTED_SHARE: Final = 0.4  # of all MRR: new logo, invoiced, not promotional, not cancelled, net of negative rows
_LONGEST_CHAIN: Final = 5  # corrections of corrections: longer ones are too rare to turn up
_MOST_SERVICES: Final = 3
_BUSIEST: Final = 4.0  # opportunities grow with a partner's MRR up to this multiple of the median partner's


@dataclass(frozen=True)
class Size:
    """How much to write.

    Attributes:
        rows: Order lines, the rows of the mrr export.
        partners: Partners in the roster.
        months: Calendar months from January 2025 on in which the lines are sold.
        seed: Chooses another business of the same size.
    """

    rows: int
    partners: int
    months: int = 36
    seed: int = 2025

    @property
    def opportunities(self) -> int:
        """One for five lines, and never fewer than lets a partner reach a tier's count of them."""
        return max(self.rows // 5, self.partners * self.months)

    @property
    def days(self) -> int:
        """Days from the first day to the end of the last month."""
        years, months = divmod(self.months, 12)
        return (date(FIRST_DAY.year + years, months + 1, 1) - FIRST_DAY).days

    @property
    def last_month(self) -> str:
        """The month under review, such as ``2027-12``."""
        return f"{FIRST_DAY + timedelta(days=self.days - 1):%Y-%m}"

    @property
    def mean_line(self) -> float:
        """The mean MRR of a line, in cents, at which the tiers fill as intended whatever the size."""
        mean_partner_a_year = _MEDIAN_MRR_A_YEAR * 1.98 * 100
        return mean_partner_a_year * self.partners * self.months / 12 / (self.rows * _COUNTED_SHARE)


def _u64(value: int) -> pl.Expr:
    return pl.lit(value % 2**64, dtype=pl.UInt64)


def _draw(number: str, salt: str, seed: int) -> pl.Expr:
    """32 evenly spread bits from the column ``number``, another stream for every salt."""
    stream = int.from_bytes(hashlib.blake2b(f"{seed} {salt}".encode(), digest_size=8).digest())
    bits = (pl.col(number).cast(pl.UInt64) + _u64(stream)) * _u64(0x9E37_79B9_7F4A_7C15)
    for multiplier in (0xD6E8_FEB8_6659_FD93, 0xA076_1D64_78BD_642F):
        bits = (bits ^ (bits // _u64(2**32))) * _u64(multiplier)
    return bits // _u64(2**32)


class _Draws:
    """Draws of one table, so that a column names only what it draws.

    Two rows whose column ``number`` is alike draw alike.
    """

    def __init__(self, seed: int, number: str = "n") -> None:
        self.seed = seed
        self.number = number

    def below(self, bound: int, salt: str) -> pl.Expr:
        """Whole numbers from 0 to bound - 1."""
        return (_draw(self.number, salt, self.seed) % _u64(bound)).cast(pl.Int64)

    def share(self, salt: str) -> pl.Expr:
        """Numbers from 0 to just below 1."""
        return _draw(self.number, salt, self.seed).cast(pl.Float64) / 2**32

    def chance(self, share: float, salt: str) -> pl.Expr:
        """True for this share of the rows."""
        return self.share(salt) < share

    def word(self, shares: dict[str, float], salt: str) -> pl.Expr:
        """One of the words by its share; null for what the shares leave of 1."""
        drawn, bound = self.share(salt), 0.0
        chosen = pl.lit(None, dtype=pl.String)
        steps: list[tuple[float, str]] = []
        for word, share in shares.items():
            bound += share
            steps.append((bound, word))
        for upper, word in reversed(steps):
            chosen = pl.when(drawn < upper).then(pl.lit(word)).otherwise(chosen)
        return chosen

    def flag(self, *, true: float, false: float, salt: str) -> pl.Expr:
        """True and false by their shares, null for the rest."""
        drawn = self.share(salt)
        return pl.when(drawn < true).then(pl.lit(value=True)).when(drawn < true + false).then(pl.lit(value=False))


def _id(prefix: str, number: pl.Expr, width: int) -> pl.Expr:
    return pl.lit(prefix) + number.cast(pl.String).str.zfill(width)


def _partner_id(number: pl.Expr) -> pl.Expr:
    return _id("P", number, 6)


def _after(day: str, days: pl.Expr) -> pl.Expr:
    return pl.col(day) + pl.duration(days=days)


def _day(days: pl.Expr) -> pl.Expr:
    return pl.lit(FIRST_DAY) + pl.duration(days=days)


def _money(cents: pl.Expr) -> pl.Expr:
    return (cents.cast(pl.Decimal(18, 2)) * pl.lit(Decimal("0.01"))).cast(pl.Decimal(18, 2))


def _roster(size: Size) -> pl.DataFrame:
    """The partners with ``activity``, their MRR as a multiple of the median partner's."""
    draws = _Draws(size.seed)
    # Four even draws added up are close enough to a normal one, and bounded: no single partner swallows the rest.
    normal = sum((draws.share(f"activity{k}") for k in range(4)), start=pl.lit(-2.0)) * 3**0.5
    joined = draws.share("joined")
    return pl.select(n=pl.int_range(size.partners)).select(
        "n",
        partner_id=_partner_id(pl.col("n")),
        name=pl.lit("Partner ") + pl.col("n").cast(pl.String),
        country=draws.word({"US": 0.6, "CA": 0.2, "GB": 0.15}, "country"),
        region=draws.word({"East": 0.3, "West": 0.3, "North": 0.2, "South": 0.15}, "region"),
        currency=pl.lit("USD"),
        joined_on=pl.when(joined < 0.3)
        .then(_day(-draws.below(2000, "joined before") - 1))
        .when(joined < 0.6)
        .then(_day(draws.below(max(size.days * 4 // 5, 1), "joined within"))),
        good_standing=draws.flag(true=0.95, false=0.02, salt="good standing"),
        terminated_on=pl.when(draws.chance(0.015, "terminated")).then(
            _day(draws.below(size.days + 60, "terminated on"))
        ),
        payee_id=pl.when(draws.chance(0.7, "payee")).then(_id("Y", pl.col("n"), 6)),
        activity=(normal * _SPREAD).exp(),
    )


def _slots(activity: pl.Expr, roster: pl.DataFrame) -> pl.Series:
    """Each partner's number as often as it is active: a row of a business belongs to the slot that it draws."""
    times = (activity * _SLOTS_PER_MEDIAN_PARTNER).floor().cast(pl.UInt32) + 1
    return roster.select(pl.col("n").cast(pl.UInt32).repeat_by(times).explode(empty_as_null=False)).to_series()


def _corrected(rows: pl.DataFrame, size: Size) -> pl.DataFrame:
    """Adds ``corrected``, the line that a line corrects, and ``first``, where the chain of corrections begins.

    Half of the negative lines correct one of the three months before; ``corrected`` of all others is null, their
    ``first`` they are themselves.
    """
    reach = max(size.rows * 3 // size.months, 1)
    rows = rows.with_columns(first="n")
    draws = _Draws(size.seed, "first")
    corrects = draws.chance(_NEGATIVE, "negative") & draws.chance(0.5, "adjusting") & (pl.col("first") > 0)
    earlier = (pl.col("first") - draws.below(reach, "adjusts") - 1).clip(0)
    rows = rows.with_columns(corrected=pl.when(corrects).then(earlier))
    for _ in range(_LONGEST_CHAIN):
        rows = rows.with_columns(first=pl.when(corrects).then(earlier).otherwise("first"))
    return rows


def _mrr(rows: pl.DataFrame, size: Size, slots: pl.Series) -> pl.DataFrame:
    """Order lines in the order of their sale; ``rows`` holds their numbers."""
    draws, first = _Draws(size.seed), _Draws(size.seed, "first")
    mean = round(size.mean_line)
    sold = _corrected(rows, size).with_columns(
        # A correction concerns the partner and the customer of the line that it corrects.
        partner=pl.lit(slots).gather(first.below(len(slots), "mrr partner")),
        cents=(mean // 4 + draws.below(max(mean * 3 // 2, 1), "mrr"))
        * pl.when(draws.chance(_NEGATIVE, "negative")).then(-1).otherwise(1),
        sold_on=_day(pl.col("n") * size.days // size.rows),
    )
    invoiced = sold.with_columns(
        invoiced_on=pl.when(draws.chance(0.99, "invoiced")).then(_after("sold_on", draws.below(31, "invoiced on"))),
        quoted_on=pl.when(draws.chance(0.7, "quoted")).then(_after("sold_on", -draws.below(120, "quoted on"))),
    )
    return invoiced.select(
        line_id=_id("L", pl.col("n"), 9),
        partner_id=_partner_id(pl.col("partner")),
        customer_id=_id("C", pl.col("partner").cast(pl.Int64) * 1000 + first.below(400, "customer"), 9),
        order_type=draws.word({"new_logo": 0.45, "renewal": 0.2, "add": 0.15, "change": 0.12, "move": 0.09}, "type"),
        product_family=draws.word({"ucaas": 0.4, "ccaas": 0.2, "microsoft": 0.2, "network": 0.1}, "family"),
        mrr=_money(pl.col("cents")),
        currency=pl.lit("USD"),
        term_months=draws.word({"12": 0.3, "24": 0.2, "36": 0.4, "60": 0.05}, "term").cast(pl.Int64),
        quoted_on="quoted_on",
        repriced_on=pl.when(draws.chance(0.15, "repriced")).then(_after("quoted_on", draws.below(60, "repriced on"))),
        sold_on="sold_on",
        invoiced_on="invoiced_on",
        cancelled_on=pl.when(draws.chance(0.03, "cancelled")).then(
            _after("invoiced_on", draws.below(500, "cancelled on") + 1)
        ),
        via_portal=draws.flag(true=0.9, false=0.07, salt="portal"),
        promotional=draws.flag(true=0.01, false=0.97, salt="promotional"),
        adjusts_line_id=_id("L", pl.col("corrected"), 9),
    )


def _opportunities(rows: pl.DataFrame, size: Size, slots: pl.Series) -> pl.DataFrame:
    """Opportunities in the order of their submission; ``rows`` holds their numbers."""
    draws = _Draws(size.seed + 1)
    mean = round(size.mean_line) * 12
    submitted = rows.with_columns(
        partner=pl.lit(slots).gather(draws.below(len(slots), "opportunity partner")),
        submitted_on=_day(pl.col("n") * size.days // size.opportunities),
        registration_status=draws.word({"submitted": 0.2, "approved": 0.4, "rejected": 0.1}, "registration"),
        stage=draws.word({"open": 0.3, "won": 0.4, "lost": 0.31}, "stage"),
        has_amount=draws.chance(0.9, "has amount"),
    )
    decided = pl.col("registration_status").is_in(["approved", "rejected"])
    return submitted.select(
        opportunity_id=_id("O", pl.col("n"), 9),
        partner_id=_partner_id(pl.col("partner")),
        customer_id=pl.when(draws.chance(0.8, "known")).then(
            _id("C", pl.col("partner").cast(pl.Int64) * 1000 + draws.below(400, "customer"), 9)
        ),
        submitted_on="submitted_on",
        registration_status="registration_status",
        registration_decided_on=pl.when(decided).then(_after("submitted_on", draws.below(30, "decided on"))),
        stage="stage",
        closed_on=pl.when(pl.col("stage") != "open").then(_after("submitted_on", draws.below(120, "closed on"))),
        amount=pl.when("has_amount").then(_money(mean // 4 + draws.below(max(mean * 3 // 2, 1), "amount"))),
        currency=pl.when("has_amount").then(pl.lit("USD")),
        owner_id=pl.when(draws.chance(0.9, "owned")).then(_id("U", draws.below(500, "owner"), 4)),
    )


def _decisions(roster: pl.DataFrame) -> pl.DataFrame:
    """Two partners of a hundred sat on the advisory council and start as Elite."""
    return roster.filter(pl.col("n") % 50 == 7).select(
        decision_id=_id("D", pl.col("n"), 6),
        partner_id="partner_id",
        program=pl.lit("elevate"),
        track=pl.lit("partner"),
        tier=pl.lit("elite"),
        decision=pl.lit("prequalified"),
        effective_on=pl.lit(FIRST_DAY),
        through=pl.lit(date(FIRST_DAY.year, 12, 31)),
        decided_by=pl.lit("channel-board"),
        reason=pl.lit("advisory council"),
        recorded_on=pl.lit(FIRST_DAY),
    )


def _agreements(roster: pl.DataFrame, size: Size) -> pl.DataFrame:
    """One or two agreements for all but a few partners; a few have ended, or grant no rate."""
    draws = _Draws(size.seed + 2)
    shares = {"0.05": 0.2, "0.075": 0.2, "0.1": 0.25, "0.125": 0.2, "0.15": 0.1, "0.1725": 0.035}
    agreed = roster.filter(~draws.chance(0.01, "none")).select(
        "n",
        "partner_id",
        effective_on=_day(-draws.below(900, "first")),
        renewed_on=pl.when(draws.chance(0.4, "renewed")).then(_day(draws.below(size.days, "second") + 1)),
        ended_on=pl.when(draws.chance(0.01, "ended")).then(_day(draws.below(size.days, "ended on"))),
        is_replaced=draws.chance(0.5, "replaced"),
    )
    renewed = pl.col("renewed_on").is_not_null()
    ends_on = pl.when(renewed & pl.col("is_replaced")).then(_after("renewed_on", pl.lit(-1)))
    first = agreed.select(
        "partner_id",
        "effective_on",
        ends_on=pl.when(renewed).then(ends_on).otherwise("ended_on"),
        standard_rate=draws.word(shares, "first rate").cast(pl.Decimal(9, 6)),
        support_level=draws.word({"standard": 0.7, "premium": 0.2}, "support"),
    )
    second = agreed.filter(renewed).select(
        "partner_id",
        effective_on="renewed_on",
        ends_on=pl.lit(None, dtype=pl.Date),
        standard_rate=draws.word(shares, "second rate").cast(pl.Decimal(9, 6)),
        support_level=draws.word({"standard": 0.7, "premium": 0.2}, "second support"),
    )
    return pl.concat([first, second])


def _partner_services(roster: pl.DataFrame, size: Size) -> pl.DataFrame:
    """What partners use themselves: none, or up to three services, mostly telephony at their headquarters."""
    draws = _Draws(size.seed + 3)
    numbers = pl.int_ranges(pl.col("n") * _MOST_SERVICES, (pl.col("n") + 1) * _MOST_SERVICES)
    used = roster.select("partner_id", n=numbers).explode("n").filter(draws.chance(0.25, "used"))
    used = used.with_columns(
        seats=draws.below(140, "seats") + 1, starts_on=_day(draws.below(size.days, "starts on") - 200)
    )
    return used.select(
        service_id=_id("S", pl.col("n"), 7),
        partner_id="partner_id",
        product=draws.word({"teams_calling": 0.8, "fax": 0.1, "contact_center": 0.11}, "product"),
        seats="seats",
        mrc=_money(pl.col("seats") * (draws.below(1800, "charge") + 700)),
        currency=pl.lit("USD"),
        contract_months=draws.word({"12": 0.1, "24": 0.1, "36": 0.6, "60": 0.21}, "contract").cast(pl.Int64),
        at_headquarters=draws.flag(true=0.85, false=0.05, salt="headquarters"),
        starts_on="starts_on",
        ends_on=pl.when(draws.chance(0.15, "ends")).then(_after("starts_on", draws.below(900, "ends on") + 30)),
    )


def _tables(size: Size) -> Iterator[tuple[str, int, pl.DataFrame]]:
    """Every table as (export, batch number, rows), in a fixed order."""
    roster = _roster(size)
    yield "partners", 0, roster.drop("n", "activity")
    yield "decisions", 0, _decisions(roster)
    yield "agreements", 0, _agreements(roster, size)
    yield "partner_services", 0, _partner_services(roster, size)
    activity = pl.col("activity")
    for export, rows, build, slots in (
        ("mrr", size.rows, _mrr, _slots(activity, roster)),
        ("opportunities", size.opportunities, _opportunities, _slots(activity.clip(upper_bound=_BUSIEST), roster)),
    ):
        for batch, start in enumerate(range(0, rows, _BATCH)):
            numbers = pl.select(n=pl.int_range(start, min(start + _BATCH, rows)))
            yield export, batch, build(numbers, size, slots)


def _write_workspace(root: Path, extension: str) -> None:
    lines = ['programs = ["elevate"]']
    for export in EXPORTS:
        lines += ["", f"[exports.{export}]", f'path = "exports/{export}.{extension}"']
    (root / "tierctl.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def generate(folder: Path, size: Size) -> None:
    """Writes ``folder``/parquet and ``folder``/csv, two workspaces with the same rows; replaces what stands there."""
    for extension in FORMATS:
        shutil.rmtree(folder / extension, ignore_errors=True)
        (folder / extension / "exports").mkdir(parents=True)
        _write_workspace(folder / extension, extension)
    batches = folder / "batches"
    shutil.rmtree(batches, ignore_errors=True)
    batches.mkdir()
    for export, batch, df in _tables(size):
        df.write_parquet(batches / f"{export}-{batch:04}.parquet", compression="lz4")
    for export in EXPORTS:
        lf = pl.scan_parquet(batches / f"{export}-*.parquet")
        exports = {extension: folder / extension / "exports" / f"{export}.{extension}" for extension in FORMATS}
        lf.sink_parquet(exports["parquet"], compression="zstd", row_group_size=_ROW_GROUP)
        lf.sink_csv(exports["csv"])
    shutil.rmtree(batches)


def main() -> None:
    """The command line: ``python -m tests.bench.generate FOLDER ROWS PARTNERS MONTHS``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    for name in ("rows", "partners", "months"):
        parser.add_argument(name, type=int)
    given = parser.parse_args()
    generate(given.folder, Size(rows=given.rows, partners=given.partners, months=given.months))


if __name__ == "__main__":
    main()
