"""The requirements of a tier: what each asked, what was found, and the rows that count and that do not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from tierctl.cli import words
from tierctl.cli.explained.drawing import Columns, tree
from tierctl.cli.explained.made import Row
from tierctl.cli.explained.part import Part, failing, span
from tierctl.cli.layout import Cell, number, plural

STYLES: Final[Mapping[str, str]] = {"met": "green", "not_met": "red", "unknown": "yellow"}


class Criteria:
    """Tells requirements; the rows behind a figure are shown where it is told of first."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._shown: set[tuple[object, ...]] = set()

    def branches(self, tier: str) -> list[Tree]:
        """A branch per requirement of a tier and window, the latest window of each first."""
        by_criterion: dict[str, list[Row]] = {}
        for row in self._part.rows("evidence", tier=tier):
            by_criterion.setdefault(row["criterion"], []).append(row)
        return [
            self._branch(row)
            for rows in by_criterion.values()
            for row in sorted(rows, key=lambda each: each["window_from"], reverse=True)
        ]

    def _branch(self, row: Row) -> Tree:
        part = self._part
        place = part.places.criterion(part.track, row["tier"], row["criterion"])
        when = span(row["window_from"], row["window_through"])
        choice = alternative(row["criterion"])
        choice = f"alternative {choice}" if choice else ""
        said = " · ".join(filter(None, (when, choice, part.cited(row["clause"], place))))
        label = Text.assemble(_outcome(row), "  ", criterion_words(part, row), "\n", (said, "dim"))
        branch = tree(label)
        asked = _asked(part, row)
        for each in asked:
            key = (each["metric"], each["window_from"], each["window_through"])
            inner = branch if len(asked) == 1 else branch.add(self._metric_label(each))
            if key in self._shown:
                inner.add(Text("its rows stand above", style="dim"))
                continue
            self._shown.add(key)
            for rows in _rows(part, each):
                inner.add(rows)
        return branch

    def _metric_label(self, asked: Row) -> Text:
        part, metric = self._part, asked["metric"]
        declared = part.program.metrics.get(metric)
        place = part.places.metric(metric) if declared else ""
        when = span(asked["window_from"], asked["window_through"])
        cited = part.cited(declared.clause if declared else None, place)
        said = " · ".join(filter(None, (when, cited)))
        return Text.assemble(words.metric_name(part.program, metric), "\n", (said, "dim"))


def criterion_words(part: Part, row: Row) -> str:
    """What was found and what is asked, as on a page: the metric, its value, the bound, what is missing."""
    name = words.metric_name(part.program, row["criterion"])
    if _is_yes_or_no(row):
        return name
    if row["value"] is None and row["threshold"] is None:
        return f"{name}: nothing to measure" if row["outcome"] == "unknown" and row["metric"] else name
    bound = f"{words.plain(row['operator'])} {words.figure(row['threshold'])}"
    if row["threshold"] is None:
        return f"{name}: {words.figure(row['value'])}"
    if row["value"] is None:
        return f"{name}: nothing to measure; {bound} is asked"
    missing = f", {number(row['missing'])} missing" if row["missing"] else ""
    return f"{name}: {number(row['value'])}; {bound} is asked{missing}"


def _is_yes_or_no(row: Row) -> bool:
    """Whether the outcome says it all: something is attested, or it is not."""
    return ".attested." in f".{row['criterion']}" and row["threshold"] == 1 and row["value"] in {0, 1}


def more(rest: int) -> list[RenderableType]:
    """How many rows are not shown."""
    return [Text(f"and {plural(rest, 'more row')}", style="dim")] if rest > 0 else []


def has_alternatives(part: Part, tier: str) -> bool:
    """Whether one of several requirements of a tier is enough."""
    return any(alternative(row["criterion"]) for row in part.rows("evidence", tier=tier))


def alternative(criterion: str) -> str:
    """The number of the alternative that a requirement is a part of; empty: of none.

    >>> alternative("any.2.active_mrr"), alternative("active_mrr")
    ('2', '')
    """
    group, _, rest = criterion.partition(".")
    return rest.partition(".")[0] if group == "any" else ""


def _outcome(row: Row) -> tuple[str, str]:
    return words.plain(row["outcome"]), STYLES[row["outcome"]]


def _asked(part: Part, row: Row) -> list[Row]:
    """The metrics of rows, and attestations, that a figure is made from, each with its window."""
    by = {"tier": row["tier"], "criterion": row["criterion"], "evidence_from": row["window_from"]}
    return part.rows("asked", **by)


def _rows(part: Part, asked: Row) -> Iterator[Tree]:
    """The rows dated in the window: those that count, and those that do not."""
    window = {name: asked[name] for name in ("metric", "window_from", "window_through")}
    rows = part.rows("counted", **window)
    if not rows:
        yield tree(Text("no row is dated in the window", style="dim"))
        return
    metric = part.program.metrics.get(asked["metric"])
    # Of counts only that matters which rows add nothing, as they repeat what another one has.
    is_plain = metric is None or metric.measure == "count"
    has_amounts = not is_plain or any(row["amount"] not in {None, 1} for row in rows if row["counts"])
    count = [row for row in rows if row["counts"]]
    others = [row for row in rows if not row["counts"]]
    if count:
        yield _kind(part, f"{plural(len(count), 'row')} of {_sources(count)} that {_verb(count)}", count, has_amounts)
    if others:
        said = f"{plural(len(others), 'row')} of {_sources(others)} dated in the window that {_verb(others, 'not')}"
        yield _kind(part, said, others, has_amounts)


def _kind(part: Part, label: str, rows: Sequence[Row], has_amounts: bool) -> Tree:
    branch = tree(label)
    shown = sorted(rows, key=_weight)[: part.top]
    if not shown:
        return branch
    cells = [_cells(row, has_amounts) for row in shown]
    notes = ["" if row["counts"] else part.cited(failing(row), row["clause"] or "") for row in shown]
    branch.add(Group(Columns(cells, notes, right={2}, give=[0]), *more(len(rows) - len(shown))))
    return branch


def _weight(row: Row) -> tuple[object, ...]:
    """The rows that count most first; of equal ones the earliest."""
    size = row["amount"]
    return size is None, 0 if size is None else -abs(size), str(row["dated_on"]), row["source_id"]


def _cells(row: Row, has_amounts: bool) -> list[Cell]:
    size = row["amount"]
    cells: list[Cell] = [row["source_id"], Text(str(row["dated_on"] or ""), style="dim")]
    return [*cells, "" if size is None else number(size)] if has_amounts else cells


def _sources(rows: Sequence[Row]) -> str:
    return ", ".join(dict.fromkeys(row["source"] for row in rows))


def _verb(rows: Sequence[Row], no: str = "") -> str:
    if no:
        return "does not count" if len(rows) == 1 else "do not count"
    return "counts" if len(rows) == 1 else "count"
