"""One page per partner, a statement and a scorecard that can be mailed: nothing of any other partner is in it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tierctl import __version__
from tierctl.cli import words
from tierctl.cli.opening_lines import DIGITS
from tierctl.cli.pages.names import page_files
from tierctl.cli.pages.parts import Figure, Section
from tierctl.cli.pages.render import Templates
from tierctl.cli.pages.scorecard import scorecard, tier_figure
from tierctl.cli.pages.statement import Account, Rest, payable_figures, statement_section
from tierctl.cli.pages.told import AHEAD, MOST_LINES, Book, Told, book, scanned
from tierctl.ingest.read import ROSTER
from tierctl.report.tables import Table

if TYPE_CHECKING:
    from decimal import Decimal

    from tierctl.cli.steps import Made
    from tierctl.program.model import Program

_PAID: Final = ("commissions", "credits")
_NOTHING: Final = "not_earned"
# So many partners, and about so many of their lines, are looked at together.
_MOST_PARTNERS: Final = 1_000
_MOST_ROWS: Final = 200_000
_SOME: Final = 3


def partner_files(made: "Made") -> dict[str, str]:
    """The page of each partner that the review covers, as a path from the reports' folder.

    A partner's page has the same name whoever else is reviewed.
    """
    covered = _partners(made)
    roster = pl.concat([part.select("partner_id") for part in made.ingested.exports[ROSTER].parts]).collect()
    files = page_files({*roster["partner_id"], *covered})
    return {partner: files[partner] for partner in covered}


def partner_pages(made: "Made") -> Iterator[tuple[str, str]]:
    """Every partner's page, by id: its path from the reports' folder, and the page itself.

    They are made one after the other, and of long tables only the rows of some partners are in memory at a time.

    Args:
        made: the month as it was reviewed.
    """
    of, files, templates = book(made), partner_files(made), Templates()
    others = frozenset((*of.roster, *files))
    for partners in _chunks(made, list(files)):
        told = of.told(partners, (*AHEAD, *_PAID))
        rest, nothing = _rest(made, partners), _earned_nothing(made, partners)
        for partner in partners:
            own = partial(_account, told[partner], rest.get(partner, {}), nothing.get(partner, ()), others)
            yield files[partner], _page(of, told[partner], own, templates)


def _partners(made: "Made") -> list[str]:
    tables = made.review.tables
    ids = [tables[name].select("partner_id") for name in ("standing", "statements")]
    return pl.concat(ids)["partner_id"].unique().sort().to_list()


def _page(of: Book, told: Told, account: "partial[Account]", templates: Templates) -> str:
    month, plan = of.made.plan.month, of.made.plan
    sections = [section for program in of.programs for section in _sections(of, told, program, account)]
    opened = (
        f"opened from the close of {plan.previous.label} ({plan.previous.sha256[:DIGITS]})" if plan.previous else ""
    )
    made_by = ", ".join(f"{program.name}, in force from {program.effective_from}" for program in of.programs)
    return templates.page(
        "partner.html",
        title=f"{told.name} · {month.label}",
        name=told.name,
        partner=told.partner,
        programs=" · ".join(program.name for program in of.programs),
        month=month,
        figures=list(_figures(of, told, account)),
        sections=sections,
        provenance="; ".join(filter(None, (made_by, opened, f"tierctl {__version__}"))),
    )


def _figures(of: Book, told: Told, account: "partial[Account]") -> Iterator[Figure]:
    for program in of.programs:
        for standing in told.rows("standing", program=program.id):
            yield tier_figure(of.part(told, program, standing["track"]), standing)
        yield from payable_figures(account(program))


def _sections(of: Book, told: Told, program: "Program", account: "partial[Account]") -> Iterator[Section]:
    is_alone = len(of.programs) == 1
    prefix = "" if is_alone else f"{program.name} · "
    standings = told.rows("standing", program=program.id)
    for standing in standings:
        track = standing["track"]
        name = f"Scorecard · {words.track_name(program, track)}" if len(program.tracks) > 1 else "Scorecard"
        yield scorecard(of.part(told, program, track), standing, f"{program.id}-{track}", f"{prefix}{name}")
    own = account(program)
    has_money = any(told.rows(name, program=program.id) for name in ("statements", *_PAID)) or own.nothing
    if has_money or (program.rules and standings):
        yield statement_section(own, f"{prefix}Statement")


def _account(
    told: Told,
    rest: Rest,
    nothing: Sequence[Mapping[str, Any]],
    others: frozenset[str],
    program: "Program",
) -> Account:
    own = [group for group in nothing if group["program"] == program.id]
    return Account(told, program, rest, own, others)


def _chunks(made: "Made", partners: Sequence[str]) -> Iterator[list[str]]:
    """The partners in order, as many together as memory holds with their lines."""
    lines: dict[str, int] = {}
    for name in _PAID:
        for partner, count in _counts(made.tables.get(name)):
            lines[partner] = lines.get(partner, 0) + count
    chunk: list[str] = []
    rows = 0
    for partner in partners:
        if chunk and (len(chunk) >= _MOST_PARTNERS or rows + lines.get(partner, 0) > _MOST_ROWS):
            yield chunk
            chunk, rows = [], 0
        chunk.append(partner)
        rows += lines.get(partner, 0)
    if chunk:
        yield chunk


def _counts(table: Table | None) -> Iterator[tuple[str, int]]:
    if table is not None:
        counted = scanned(table).group_by("partner_id").agg(pl.len().cast(pl.Int64).alias("rows"))
        yield from counted.collect(engine="streaming").iter_rows()


def _rest(made: "Made", partners: Sequence[str]) -> dict[str, Rest]:
    """The lines beyond those that a page takes, by partner."""
    found: dict[str, dict[tuple[str, str, str, str], tuple[int, Decimal]]] = {}
    for name in _PAID:
        if name not in made.tables:
            continue
        by = ["partner_id", "program", "currency", "kind"]
        beyond = pl.int_range(pl.len()).over("partner_id") >= MOST_LINES
        rows = scanned(made.tables[name]).filter(pl.col("partner_id").is_in(partners)).filter(beyond)
        sums = rows.group_by(by).agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("amount").sum()).sort(by)
        for partner, program, currency, kind, count, amount in sums.collect().iter_rows():
            found.setdefault(partner, {})[program, name, currency, kind] = count, amount
    return dict(found)


def _earned_nothing(made: "Made", partners: Sequence[str]) -> dict[str, list[Mapping[str, Any]]]:
    """The rows that earned nothing by any rule, by partner: some of each condition, and how many they are."""
    if _NOTHING not in made.tables:
        return {}
    by = ["partner_id", "program", "rule", "condition", "clause"]
    rows = scanned(made.tables[_NOTHING]).filter(pl.col("partner_id").is_in(partners))
    groups = (
        rows.sort("source_id")
        .group_by(by, maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("rows"), pl.struct("source_id", "value", "needed").head(_SOME).alias("some"))
        .sort(by, nulls_last=True)
    )
    found: dict[str, list[Mapping[str, Any]]] = {}
    for group in groups.collect().iter_rows(named=True):
        found.setdefault(group["partner_id"], []).append(group)
    return found
