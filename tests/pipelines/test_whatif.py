"""What if: every variant gives what one whole review of its programs gives, whichever way the engine takes."""

from collections.abc import Sequence
from decimal import Decimal

import polars as pl
import pytest

from tests.pipelines.whatif_cases import Asked, asked, bounds_of, by_review, of_answer, with_bound
from tierctl.program.model import Program
from tierctl.program.values import Number
from tierctl.whatif.supposed import merged

Programs = tuple[Program, ...]

# In the samples of connectsoft and growth people decide who rises: no bound alone moves anybody.
SAMPLES = [
    ("elevate", "2025-05", (2, Decimal("0.5")), True),
    ("infusionsoft", "2018-03", (2, Decimal("0.5")), True),
    ("connectsoft", "2024-03", (Decimal("0.5"),), False),
    ("growth", "2024-06", (Decimal("0.5"),), False),
]


def agrees(of: Asked, variants: Sequence[Programs]) -> int:
    """Holds the answer against whole reviews; how many partners move in all."""
    answer = of.whatif(variants)
    before, moves = of.review(of.programs), 0
    for number, programs in enumerate(variants, start=1):
        after = of.review(programs)
        for program in {each.id for each in of.programs}:
            expected = by_review(program, before, after, number)
            found = of_answer(answer, program, number)
            if not any(found.values()):  # no variant touches this program
                assert before.tables["standing"].equals(after.tables["standing"])
                continue
            assert found == expected
            moves += len(expected["movements"])
    return moves


def with_rate(programs: Programs, rule: str, share: Decimal) -> Programs:
    """The programs with another rate of one rule."""
    found = []
    for program in programs:
        changed = program.commissions[rule].model_copy(update={"rate": Number(value=share, is_share=True)})
        found.append(program.model_copy(update={"commissions": {**program.commissions, rule: changed}}))
    return tuple(found)


def measured_since(programs: Programs, metric: str, column: str) -> Programs:
    """The programs with a metric whose rows are dated by another column."""
    found = []
    for program in programs:
        changed = program.metrics[metric].model_copy(update={"on": (column,)})
        found.append(program.model_copy(update={"metrics": {**program.metrics, metric: changed}}))
    return tuple(found)


@pytest.mark.parametrize(("sample", "month", "times", "anybody_moves"), SAMPLES)
def test_a_sweep_of_each_bound_gives_what_reviews_give(
    sample: str, month: str, times: tuple[int | Decimal, ...], *, anybody_moves: bool
) -> None:
    with asked(sample, month) as of:
        variants: list[Programs] = []
        for track, tier, path, number in bounds_of(of.programs[-1]):
            variants += [with_bound(of.programs, track, tier, path, number * by) for by in times]
        assert (agrees(of, variants) > 0) is anybody_moves


def test_what_is_paid_otherwise_moves_nobody() -> None:
    # May 2025 has one line under each rule that pays 2 % (548.00 in all); at 4 % the same lines pay twice as much.
    with asked("elevate", "2025-05") as of:
        variants = [with_rate(of.programs, "additional_residual", Decimal(share)) for share in ("0.04", "0.06")]
        assert agrees(of, variants) > 0
        answer = of.whatif(variants)
        rule = answer.tables["costs"].filter(pl.col("rule") == "additional_residual")
        assert rule.select("variant", "before", "after").rows() == [
            (1, Decimal(548), Decimal(1096)),
            (2, Decimal(548), Decimal(1644)),
        ]
        assert answer.tables["movements"]["direction"].unique().to_list() == ["same"]


def test_what_is_measured_otherwise_gives_what_reviews_give() -> None:
    with asked("elevate", "2025-05") as of:
        counted = [measured_since(of.programs, "net_new_mrr", "sold_on")]
        both = [with_bound(counted[0], "partner", "elite", "net_new_mrr", Decimal(other)) for other in (15_000, 20_000)]
        assert agrees(of, [*counted, *both]) > 0


def test_rows_that_are_supposed_take_the_place_of_those_of_their_key() -> None:
    with asked("elevate", "2025-05") as of:
        rows = pl.concat(of.exports["mrr"]).collect()
        # One order line a hundred times as large, and one that nobody knew of.
        known = rows.filter(pl.col("line_id") == "SO-25-034").with_columns(pl.col("mrr") * 100)
        new = known.with_columns(pl.lit("NEW-1").alias("line_id"))
        supposed_rows = pl.concat([known, new]).cast(rows.schema)
        parts = merged(of.exports["mrr"], [supposed_rows.lazy()], of.programs[-1].contract("mrr"))
        assert pl.concat(parts).collect().height == rows.height + 1
        supposed = {**of.exports, "mrr": parts}
        answer = of.whatif([of.programs], supposed)
        expected = by_review("elevate", of.review(of.programs), of.review(of.programs, supposed), 1)
        assert of_answer(answer, "elevate", 1) == expected
        assert expected["movements"]
