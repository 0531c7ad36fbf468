"""What if, asked of the samples: the question as the engine takes it, and the same by one whole review a variant."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from tierctl import resources
from tierctl.cli import run, steps
from tierctl.cli.terminal import Terminal
from tierctl.criteria import leaves_of
from tierctl.ingest import Ingested
from tierctl.ledger.closes import Ledger
from tierctl.program.model import Program, Tier, Track
from tierctl.program.values import Number, Requires
from tierctl.review import Review, review
from tierctl.whatif import Answer, Question, Variant, whatif
from tierctl.whatif.question import Month
from tierctl.whatif.shape import is_plain

Row = tuple[object, ...]


@dataclass(frozen=True)
class Asked:
    """A sample's month, read."""

    plan: steps.Plan
    ingested: Ingested

    @property
    def exports(self) -> dict[str, Sequence[pl.LazyFrame]]:
        """The exports' parts."""
        return {name: export.parts for name, export in self.ingested.exports.items()}

    @property
    def programs(self) -> tuple[Program, ...]:
        """Every edition in force up to the month."""
        return self.plan.replayed

    def whatif(
        self, variants: Sequence[Sequence[Program]], supposed: Mapping[str, Sequence[pl.LazyFrame]] | None = None
    ) -> Answer:
        """What the engine answers."""
        workspace, month = self.plan.workspace, self.plan.month
        evaluated = Month(month, self.exports, supposed, self.plan.money_from or month)
        named = tuple(Variant((("variant", str(at)),), tuple(each)) for at, each in enumerate(variants, start=1))
        return whatif(
            Question((evaluated,), self.programs, named, workspace.calendar, (), workspace.holidays),
        )

    def review(
        self, programs: Sequence[Program], exports: Mapping[str, Sequence[pl.LazyFrame]] | None = None
    ) -> Review:
        """A whole review."""
        workspace = self.plan.workspace
        return review(
            programs,
            exports or self.exports,
            workspace.calendar,
            self.plan.month,
            money_from=self.plan.money_from,
            holidays=workspace.holidays,
        )


@contextmanager
def asked(sample: str, month: str) -> Iterator[Asked]:
    """A sample's month, read for as long as the block runs."""
    opened = run.open_workspace(resources.sample_data() / sample)
    plan = steps.plan(opened, run.find_month(opened.workspace, month), Ledger(opened.workspace.ledger))
    with steps.reading(Terminal.open(quiet=True, as_json=False), plan) as ingested:
        yield Asked(plan, ingested)


def by_review(program: str, before: Review, after: Review, number: int) -> dict[str, set[Row]]:
    """The answer's tables as two whole reviews give them, but for what is told in words."""
    stood = [_stood(each, program) for each in (before, after)]
    counted: dict[Row, int] = {}
    for (track, partner), (tier, _) in stood[1].items():
        was = stood[0].get((track, partner), (None, ""))[0]
        counted[number, track, was, tier] = counted.get((number, track, was, tier), 0) + 1
    paid = [_paid(each, program) for each in (before, after)]
    rules: dict[tuple[str, str, str], list[Decimal]] = {}
    for side, sums in enumerate(paid):
        for (_, _, report, rule, currency), amount in sums.items():
            rules.setdefault((report, rule, currency), [Decimal(0), Decimal(0)])[side] += amount
    return {
        "transitions": {(*key, partners) for key, partners in counted.items()},
        "costs": {(number, *rule, *sums, sums[1] - sums[0]) for rule, sums in rules.items()},
        "movements": _movements(number, stood, paid),
    }


def _movements(
    number: int, stood: list[dict[tuple[str, str], Row]], paid: list[dict[tuple[str, str, str, str, str], Decimal]]
) -> set[Row]:
    moved = set()
    for place in {*stood[0], *stood[1]}:
        tiers = [each.get(place, (None, ""))[0] for each in stood]
        money: dict[str, dict[str, list[Decimal]]] = {}
        for side, sums in enumerate(paid):
            for (track, partner, report, _, currency), amount in sums.items():
                if (track, partner) == place:
                    zero = {"commissions": [Decimal(0)] * 2, "credits": [Decimal(0)] * 2}
                    money.setdefault(currency, {name: list(each) for name, each in zero.items()})[report][side] += (
                        amount
                    )
        by_rule = {
            currency
            for (track, partner, report, rule, currency) in {*paid[0], *paid[1]}
            if (track, partner) == place
            and paid[0].get((track, partner, report, rule, currency), 0)
            != paid[1].get((track, partner, report, rule, currency), 0)
        }
        shown = money if tiers[0] != tiers[1] else {currency: money[currency] for currency in by_rule}
        for currency, sums_ in shown.items():
            moved.add((number, *place, *tiers, currency, *sums_["commissions"], *sums_["credits"]))
        if tiers[0] != tiers[1] and not money:
            moved.add((number, *place, *tiers, None, *[Decimal(0)] * 4))
    return moved


def of_answer(answer: Answer, program: str, number: int) -> dict[str, set[Row]]:
    """The same columns of the engine's answer, of one variant."""
    columns = {
        "transitions": ["variant", "track", "tier_before", "tier_after", "partners"],
        "costs": ["variant", "report", "rule", "currency", "before", "after", "difference"],
        "movements": [
            *("variant", "track", "partner_id", "tier_before", "tier_after", "currency"),
            *("commissions_before", "commissions_after", "credits_before", "credits_after"),
        ],
    }
    own = (pl.col("program") == program) & (pl.col("variant") == number)
    return {name: set(answer.tables[name].filter(own).select(names).iter_rows()) for name, names in columns.items()}


def _stood(of: Review, program: str) -> dict[tuple[str, str], Row]:
    rows = of.tables["standing"].filter(pl.col("program") == program)
    return {
        (track, partner): (tier, reason)
        for track, partner, tier, reason in rows.select("track", "partner_id", "tier", "reason").iter_rows()
    }


def _paid(of: Review, program: str) -> dict[tuple[str, str, str, str, str], Decimal]:
    sums: dict[tuple[str, str, str, str, str], Decimal] = {}
    for report in ("commissions", "credits"):
        rows = of.tables[report].filter(pl.col("program") == program)
        for track, partner, rule, currency, amount in rows.select(
            "track", "partner_id", "rule", "currency", "amount"
        ).iter_rows():
            key = (track, partner, report, rule, currency)
            sums[key] = sums.get(key, Decimal(0)) + amount
    return sums


def with_bound(programs: Sequence[Program], track: str, tier: str, path: str, number: Decimal) -> tuple[Program, ...]:
    """The programs with another number at one bound of a tier's own requirements, in every edition that has it."""
    return tuple(_of_program(program, track, tier, path, number) for program in programs)


def bounds_of(program: Program) -> list[tuple[str, str, str, Decimal]]:
    """The plain bounds of the tiers of every track: track, tier, path, number."""
    return [
        (name, tier.id, leaf.path, leaf.operand.value)
        for name, track in program.tracks.items()
        for tier in track.earned_tiers
        for leaf in leaves_of(tier.requires or Requires())
        if is_plain(leaf) and isinstance(leaf.operand, Number)
    ]


def _of_program(program: Program, track: str, tier: str, path: str, number: Decimal) -> Program:
    if track not in program.tracks:
        return program
    tiers = tuple(
        each.model_copy(update={"requires": _bounded(each.requires, path, number)})
        if each.id == tier and each.requires
        else each
        for each in program.tracks[track].tiers
    )
    changed: dict[str, Track] = {**program.tracks, track: program.tracks[track].model_copy(update={"tiers": tiers})}
    return program.model_copy(update={"tracks": changed})


def _bounded(requires: Requires, path: str, number: Decimal) -> Requires:
    first, _, rest = path.partition(".")
    if first in {"any", "all"}:
        place, _, inner = rest.partition(".")
        parts = list(getattr(requires, first))
        parts[int(place) - 1] = _bounded(parts[int(place) - 1], inner, number)
        return requires.model_copy(update={first: tuple(parts)})
    subject = path if path in requires.tests else path.rpartition(".")[0]
    if subject not in requires.tests:
        return requires
    bound = requires.tests[subject]
    word = path.removeprefix(subject).lstrip(".") or bound.words[0]
    changed = bound.model_copy(update={word: Number(value=number)})
    return requires.model_copy(update={"tests": {**requires.tests, subject: changed}})


__all__ = ["Asked", "Tier", "asked", "bounds_of", "by_review", "of_answer", "with_bound"]
