"""Answers of a what-if with made-up figures, small enough to be counted by hand."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from tierctl.cli.whatif.view import Edit, WhatIf
from tierctl.contracts import conform, whatif_contract, whatif_names
from tierctl.program.load import load_ref

KEY = "elite.net_new_mrr"
SHARE = "additional_residual.rate"
EDIT = Edit("elevate.toml", "elite.requires.net_new_mrr.at_least", 63, "25_000", "20_000")
_PLACE = {"month": "2025-05", "program": "elevate"}
_TRACK = {**_PLACE, "track": "partner"}
_AMOUNTS = ("commissions_before", "commissions_after", "credits_before", "credits_after")
_NO_MONEY = dict.fromkeys(_AMOUNTS, Decimal())

Row = Mapping[str, Any]


def tables(**rows: Sequence[Row]) -> dict[str, pl.DataFrame]:
    """The tables of an answer; what a row leaves out is of May 2025 on Elevate's track, or empty."""
    found = {}
    for name in whatif_names():
        contract = whatif_contract(name)
        usual: dict[str, Any] = dict.fromkeys(contract.names) | _TRACK
        cells = [{column: (usual | dict(row))[column] for column in contract.names} for row in rows.get(name, ())]
        found[name] = conform(pl.DataFrame(cells, schema=contract.polars_schema), contract)
    return found


def tiers(variant: int, elite: int, trailblazer: int, pioneer: int, without: int = 0) -> list[Row]:
    """How many partners stand where."""
    counts = {"elite": elite, "trailblazer": trailblazer, "pioneer": pioneer, None: without}
    return [{"variant": variant, "tier": tier, "partners": count} for tier, count in counts.items() if count]


def moved(variant: int, partner: str, before: str, after: str, **more: Any) -> Row:
    """A partner who moves, or whose money does."""
    ladder = ["pioneer", "trailblazer", "elite"]
    ranks = ladder.index(before), ladder.index(after)
    direction = "up" if ranks[1] > ranks[0] else "down" if ranks[1] < ranks[0] else "same"
    own = {"variant": variant, "partner_id": partner, "tier_before": before, "tier_after": after}
    return {**_NO_MONEY, **own, "direction": direction, "partner_name": f"Name of {partner}", **more}


def cost(variant: int, rule: str, before: str, after: str, **more: Any) -> Row:
    """What a rule posts before and after."""
    amounts = {"before": Decimal(before), "after": Decimal(after), "difference": Decimal(after) - Decimal(before)}
    return {"variant": variant, "report": "commissions", "rule": rule, "currency": "USD", **amounts, **more}


def paid(before: str, after: str, currency: str = "USD") -> Row:
    """The money of a movement, commissions alone."""
    return {"currency": currency, "commissions_before": Decimal(before), "commissions_after": Decimal(after)}


def single(**changes: Any) -> WhatIf:
    """One variant: 007 and P-1006 rise to Elite; P-1007 earns more where it is."""
    of: dict[str, Sequence[Row]] = {
        "variants": [{"variant": 1, "setting": KEY, "value": "20_000"}],
        "tiers": [*tiers(0, 8, 10, 17, 4), *tiers(1, 10, 8, 17, 4)],
        "transitions": [
            {"variant": 1, "tier_before": "elite", "tier_after": "elite", "partners": 8},
            {"variant": 1, "tier_before": "trailblazer", "tier_after": "elite", "partners": 2},
            {"variant": 1, "tier_before": "trailblazer", "tier_after": "trailblazer", "partners": 8},
            {"variant": 1, "tier_before": "pioneer", "tier_after": "pioneer", "partners": 17},
            {"variant": 1, "tier_before": None, "tier_after": None, "partners": 4},
        ],
        "movements": [
            moved(1, "007", "trailblazer", "elite", **paid("900", "1140"), why="elite net_new_mrr: 24,999.5 is 20,000"),
            moved(1, "P-1006", "trailblazer", "elite", why="elite net_new_mrr: 21,000 is 20,000"),
            moved(1, "P-1007", "elite", "elite", **paid("500", "480.5"), why="another rate"),
        ],
        "costs": [
            cost(1, "standard_residual", "19103.50", "19103.50"),
            cost(1, "additional_residual", "548", "768.50"),
            cost(1, "teams_calling", "3443.87", "3443.87", report="credits"),
        ],
    }
    return WhatIf(**{**_found(of, 1), "edits": (EDIT,), **changes})


def sweep(values: Sequence[str] = ("15000", "20000", "25000", "30000"), **changes: Any) -> WhatIf:
    """A sweep of Elite's bound: the variant of number n has 10 - n Elite partners and costs 100 less with each."""
    count = len(values)
    of: dict[str, Sequence[Row]] = {
        "variants": [{"variant": n, "setting": KEY, "value": value} for n, value in enumerate(values, 1)],
        "tiers": [
            *tiers(0, 8, 10, 17),
            *(row for n in range(1, count + 1) for row in tiers(n, 10 + count - n, 8 + n, 17)),
        ],
        "transitions": [
            {"variant": n, "tier_before": "elite", "tier_after": "elite", "partners": 8} for n in range(1, count + 1)
        ],
        "movements": [
            moved(n, f"P-{at}", "trailblazer", "elite") for n in range(1, count + 1) for at in range(count - n)
        ],
        "costs": [cost(n, "additional_residual", "1000", str(1000 + 100 * (count - n))) for n in range(1, count + 1)],
    }
    return WhatIf(**{**_found(of, count), "swept": (KEY,), **changes})


def grid(down: Sequence[str], across: Sequence[str], **changes: Any) -> WhatIf:
    """Two sweeps: the variant in row r and column c (from 0 on) costs 100 r + c more, and r partners rise."""
    pairs = [(r, c) for r in range(len(down)) for c in range(len(across))]
    of: dict[str, Sequence[Row]] = {
        "variants": [
            {"variant": n, "setting": key, "value": value}
            for n, (r, c) in enumerate(pairs, 1)
            for key, value in ((KEY, down[r]), (SHARE, across[c]))
        ],
        "tiers": [row for n in range(len(pairs) + 1) for row in tiers(n, 8, 10, 17)],
        "movements": [moved(n, f"P-{at}", "pioneer", "elite") for n, (r, _) in enumerate(pairs, 1) for at in range(r)],
        "costs": [cost(n, "additional_residual", "1000", str(1000 + 100 * r + c)) for n, (r, c) in enumerate(pairs, 1)],
    }
    return WhatIf(**{**_found(of, len(pairs)), "swept": (KEY, SHARE), **changes})


def _found(of: Mapping[str, Sequence[Row]], count: int) -> dict[str, Any]:
    return {"months": ("2025-05",), "count": count, "tables": tables(**of), "programs": load_ref("elevate", Path())[0]}
