"""Told: why a row does not count, as the first condition that it fails, and the key by which it is named.

A condition has the path by which the program file names it, and says in words what there is and what is needed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tierctl.contracts import Contract
from tierctl.measure.columns import MONTH_END
from tierctl.measure.conditions import bound_expr, where_expr
from tierctl.money import plain_number
from tierctl.program.metrics import Running
from tierctl.program.phrases import bound_words, where_words
from tierctl.program.values import NUMBER_WORDS, Bound, Where

ANY = "any"
SOURCE_ID = "__source_id"
"""The key of a row."""


@dataclass(frozen=True)
class Condition:
    """One condition: whether it holds (never null), and in words what there is and what is needed."""

    path: str
    holds: pl.Expr
    value: pl.Expr
    needed: pl.Expr


def first_failing(rows: pl.DataFrame, conditions: Sequence[Condition]) -> pl.DataFrame:
    """Adds condition, value and needed of the first one that fails; null where all hold."""
    told: dict[str, pl.Expr] = {name: pl.lit(None, dtype=pl.String) for name in ("condition", "value", "needed")}
    for each in reversed(conditions):
        said = {"condition": pl.lit(each.path), "value": each.value, "needed": each.needed}
        told = {name: pl.when(each.holds).then(told[name]).otherwise(said[name]) for name in told}
    return rows.with_columns(expr.alias(name) for name, expr in told.items())


def all_hold(conditions: Iterable[Condition]) -> pl.Expr:
    """Whether every condition holds."""
    return pl.all_horizontal(pl.lit(value=True), *(each.holds for each in conditions))


def matched(export: str) -> str:
    """The column that says whether a row of the export was found."""
    return f"__matched.{export}"


def of_joined(with_: Mapping[str, str]) -> Iterator[Condition]:
    """What a row is joined to: needs `matched` of each export, and the columns that they are joined by."""
    for export, column in with_.items():
        by = "on the month's last day" if column == MONTH_END else f"by {column}"
        value = pl.lit("") if column == MONTH_END else text_of(pl.col(column))
        needed = pl.lit(f"a row of {export} {by}")
        yield Condition(f"with.{export}", pl.col(matched(export)).fill_null(value=False), value, needed)


def of_where(where: Where, prefix: str = "") -> Iterator[Condition]:
    """What the cells of a row must say, in the order of the file; needs the columns that it names."""
    for column, bound in where.tests.items():
        for word in bound.words:
            single = single_word(bound, word)
            suffix = f".{word}" if len(bound.words) > 1 else ""
            in_days = bound.days_after if word in NUMBER_WORDS else None
            value = pl.col(column)
            shown = (
                (value - pl.col(in_days)).dt.total_days().cast(pl.String).fill_null("") if in_days else text_of(value)
            )
            yield Condition(f"{prefix}{column}{suffix}", bound_expr(value, single), shown, pl.lit(bound_words(single)))
    for number, part in enumerate(where.all, start=1):
        yield from of_where(part, f"{prefix}all.{number}.")
    if where.any:
        words = " or ".join(where_words(part) for part in where.any)
        met = pl.any_horizontal(where_expr(part) for part in where.any)
        yield Condition(f"{prefix}{ANY}", met, pl.lit(""), pl.lit(words))


def of_running(running: Running, day: pl.Expr, column: Callable[[str], str] = str) -> Iterator[Condition]:
    """What the days of a row must be for it to run on a day; `column` gives the name of the column with each."""
    since = pl.col(column(running.since))
    begun = (since <= day).fill_null(value=False)
    yield Condition(running.since, begun, text_of(since), pl.concat_str([pl.lit("a day up to "), text_of(day)]))
    for name, runs in ((running.before, pl.Expr.gt), (running.through, pl.Expr.ge)):
        if name is not None:
            end = pl.col(column(name))
            needed = pl.concat_str([pl.lit("after " if name == running.before else "not before "), text_of(day)])
            yield Condition(name, runs(end, day).fill_null(value=True), text_of(end), needed)
    if running.more_than_days is not None:
        days = (day - since).dt.total_days()
        holds = (days > running.more_than_days).fill_null(value=False)
        shown = days.cast(pl.String).fill_null("")
        yield Condition("running", holds, shown, pl.lit(f"more than {running.more_than_days} days"))


def single_word(bound: Bound, word: str) -> Bound:
    """A bound with one of its words alone."""
    attribute = "not_" if word == "not" else word
    said: Mapping[str, object] = {
        attribute: getattr(bound, attribute),
        "days_after": bound.days_after,
        "in_each_of_last": bound.in_each_of_last,
    }
    return Bound.model_construct(**said)  # type: ignore[arg-type]


def text_of(value: pl.Expr) -> pl.Expr:
    """A cell as a person writes it; Decimals end in a digit that says something."""
    text = value.cast(pl.String)
    is_number = text.str.contains(r"^-?\d+\.\d{6}$")
    plain = text.str.strip_chars_end("0").str.strip_chars_end(".")
    return pl.when(is_number).then(plain).otherwise(text).fill_null("")


def source_id(contract: Contract, *, is_repeating: bool) -> pl.Expr:
    """The key of a row as one text; where identical rows are kept, the second and further ones are numbered."""
    key = [name for name in contract.primary_key if name != "partner_id"] or ["partner_id"]
    types = {field.name: field.type for field in contract.fields}
    columns = [(pl.col(name), types[name]) for name in key]
    cells = [plain_number(column) if type_ == "number" else column.cast(pl.String) for column, type_ in columns]
    if len(cells) > 1:
        # What separates the cells of a key is marked where it stands inside one.
        cells = [
            cell.str.replace_all("\\", "\\\\", literal=True).str.replace_all("/", "\\/", literal=True) for cell in cells
        ]
    text = pl.concat_str([cell.fill_null("") for cell in cells], separator="/")
    if is_repeating:
        number = pl.int_range(1, pl.len() + 1).over(contract.primary_key)
        text = pl.when(number > 1).then(pl.concat_str([text, pl.lit("#"), number.cast(pl.String)])).otherwise(text)
    return text.alias(SOURCE_ID)
