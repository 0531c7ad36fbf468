"""What a partner has to show: one metric of rows, over one window, read on one day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.calendar import DAY, FiscalMonth, Span
from tests.oracle.figures import figure
from tests.oracle.rates import converted
from tests.oracle.rows import Row, passes
from tests.oracle.schema import listed
from tests.oracle.world import World

MONTHS_AGO = {"fiscal_months": 1, "fiscal_quarters": 3, "fiscal_years": 12}
AMOUNTS = ("sum", "average", "median", "minimum", "maximum", "latest")


@dataclass(frozen=True)
class Counted:
    """One row that counts: how it reads, and the day that dates it."""

    row: Row
    on: date


def span_on(world: World, metric: str, day: date, instance: Span | None = None) -> Span:
    """The first and last day of the metric's window read on a day; a level's is the day twice.

    `instance` replaces the instance of a to-date window that is open on the day.
    """
    window = world.window_of(metric)
    earlier = sum(MONTHS_AGO[word] * n for word, n in world.program["metrics"][metric].get("ago", {}).items())
    calendar = world.calendar
    if window is None:
        return day, day
    if world.is_to_date(metric):
        span = instance or calendar.instance(window, day)
        return calendar.instance(window, calendar.shift(calendar.month_of(span[1]), -earlier).last) if earlier else span
    if window == "lifetime":
        return min(world.first_counted, day), day
    if window == "enrollment":
        current = world.enrollment_on(day)
        return (current["enrolled_on"], current["expires_on"] or day) if current else (day + DAY, day)
    if "days" in window:
        return day - timedelta(days=window["days"] - 1), day
    last = calendar.shift(calendar.month_of(day), -earlier)
    return calendar.shift(last, 1 - window["fiscal_months"]).first, last.last if earlier else day


def runs(running: dict[str, Any], row: Row, day: date) -> bool:
    """Whether a row runs on the day."""
    since = row[running["since"]]
    if since is None or since > day:
        return False
    if "before" in running and row[running["before"]] is not None and row[running["before"]] <= day:
        return False
    if "through" in running and row[running["through"]] is not None and row[running["through"]] < day:
        return False
    return "more_than_days" not in running or (day - since).days > running["more_than_days"]


def attained_on(metric: dict[str, Any], row: Row) -> date | None:
    """The day that dates a row of a metric: the first filled column of `on`, or a level's `since`."""
    columns = listed(metric["on"]) if "on" in metric else [metric["running"]["since"]]
    return next((row[column] for column in columns if row[column] is not None), None)


def with_columns(world: World, export: str, day: date) -> list[Row]:
    """The rows of an export on a day with the columns that the program computes over rows that are alike."""
    rows = world.rows_on(export, day)
    made = {name: words for name, words in world.program.get("columns", {}).items() if words["from"] == export}
    if not made:
        return rows
    key = ("columns", export, day)
    if key not in world.memory:
        world.memory[key] = [
            row | {name: computed(world, words, row, rows, day) for name, words in made.items()} for row in rows
        ]
    found: list[Row] = world.memory[key]
    return found


def computed(world: World, words: dict[str, Any], row: Row, rows: list[Row], day: date) -> Any:
    """One computed cell: over the rows that pass and are alike in every column that must be the same."""
    alike = [
        other
        for other in rows
        if passes(other, world.partner_on(day), world.condition(words.get("where")))
        and all(row[column] is not None and row[column] == other[column] for column in listed(words["same"]))
    ]
    (word,) = {"minimum", "maximum", "sum", "count"} & words.keys()
    cells = [other[words[word]] for other in alike if other[words[word]] is not None]
    match word:
        case "sum":
            return sum((Fraction(cell) for cell in cells), Fraction(0))
        case "count":
            return Fraction(len(set(cells)))
    return (min(cells) if word == "minimum" else max(cells)) if cells else None


def in_force(world: World, export: str, on: date, day: date) -> Row | None:
    """The partner's row of a joinable export that is in force on a day, as it reads on another."""
    schema = world.schema(export)
    assert schema.valid, f"{export} is not joined by partner and day"
    since, through = schema.valid
    begun = [row for row in with_columns(world, export, day) if row[since] is not None and row[since] <= on]
    if not begun:
        return None
    last = max(begun, key=lambda row: (row[since], key_of(world, export, row)))
    ended = through is not None and last[through] is not None and last[through] < on
    return None if ended else last


def joined(world: World, export: str, column: str, row: Row, day: date, *, end: date | None = None) -> Row | None:
    """The row of another export that belongs to a row: by partner and day, or by key, as it reads on a day.

    `end` is the last day of the month, where that is not the day read.
    """
    if world.schema(export).valid:
        on = (end or day) if column == "month_end" else row[column]
        return None if on is None else in_force(world, export, on, day)
    (key,) = world.schema(export).key
    rows = with_columns(world, export, day)
    found = [other for other in rows if row[column] is not None and other[key] == row[column]]
    return found[0] if found else None


def with_joined(world: World, metric: dict[str, Any], row: Row, day: date) -> Row | None:
    """A row with the columns of the rows it is joined with; None where one of them is missing."""
    for export, column in metric.get("with", {}).items():
        other = joined(world, export, column, row, day)
        if other is None:
            return None
        row = row | {f"{export}.{name}": cell for name, cell in other.items()}
    return row


def key_of(world: World, export: str, row: Row) -> tuple[Any, ...]:
    """What orders rows of one day: the key, or where the export has none the whole row."""
    key = world.schema(export).key
    cells = [row[column] for column in key] if key else [str(row[column]) for column in sorted(row)]
    return tuple((cell is not None, cell) for cell in cells)


def is_seen(world: World, row: Row, day: date) -> bool:
    """Whether the primary user of the enrollment can see a row, where only what it sees counts."""
    if world.program.get("counts_only") != "seen_by_primary_user" or row.get("owner_id") is None:
        return True
    enrollment = world.enrollment_on(day)
    user = enrollment["primary_user_id"] if enrollment else None
    allowed = {(access["user_id"], access["owner_id"]) for access in world.exports.get("user_access", [])}
    return user is None or (user, row["owner_id"]) in allowed


def within(world: World, name: str, row: Row, span: Span, day: date) -> date | None:
    """The day that dates a row where the row lies in the window and runs; None where it does not count."""
    metric = world.program["metrics"][name]
    on = attained_on(metric, row)
    if on is None or on < world.program.get("counts_from", date.min):
        return None
    if "running" in metric and not runs(metric["running"], row, day):
        return None
    window = metric.get("window")
    if window is None:
        return on
    return on if on <= min(span[1], day) and (window == "lifetime" or span[0] <= on) else None


def counted(world: World, name: str, span: Span, day: date) -> Iterator[Counted]:
    """The rows that count for a metric before `latest_per`."""
    metric = world.program["metrics"][name]
    for plain in with_columns(world, metric["from"], day):
        row = with_joined(world, metric, plain | {"month_end": world.calendar.month_of(day).last}, day)
        if row is None or not passes(row, world.partner_on(day), world.condition(metric.get("where"))):
            continue
        on = within(world, name, row, span, day)
        if on is not None and is_seen(world, row, day):
            yield Counted(row, on)


def added(world: World, name: str) -> str:
    """The column whose amounts a metric takes."""
    metric = world.program["metrics"][name]
    column: str = next(metric[word] for word in AMOUNTS if word in metric)
    return column


def has_rate(world: World, name: str, one: Counted, day: date) -> bool:
    """Whether a row's amount can be read in the program's currency; where it cannot, the row is as if rejected."""
    column = added(world, name)
    return one.row[column] is None or converted(world, name, one.row, column=column, on=one.on, day=day) is not None


def amount(world: World, name: str, one: Counted, day: date) -> Fraction | None:
    """What a row adds: its cell in the program's currency, times its factor; None where either is missing."""
    column = added(world, name)
    if one.row[column] is None:
        return None
    value = converted(world, name, one.row, column=column, on=one.on, day=day)
    times = world.program["metrics"][name].get("times", 1)
    cells = one.row | {f"partner.{own}": cell for own, cell in world.partner_on(day).items()}
    factor = figure(times, cells.__getitem__)
    return None if value is None or factor is None else value * Fraction(factor)


def median(values: list[Fraction]) -> Fraction:
    """The middle value, or the mean of the middle two."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def measure(world: World, name: str, span: Span, day: date) -> Fraction | None:
    """The value of a metric of rows over the span, read on the day; None where nothing is there to measure.

    The span of a lifetime window has no beginning: its rows count from `counts_from`, or from the first row.
    """
    key = ("measure", name, span, day)
    if key not in world.memory:
        value = aggregated(world, name, span, day)
        otherwise = world.program["metrics"][name].get("if_none")
        world.memory[key] = Fraction(otherwise) if value is None and otherwise is not None else value
    found: Fraction | None = world.memory[key]
    return found


def aggregated(world: World, name: str, span: Span, day: date) -> Fraction | None:
    """The value before `if_none`."""
    metric = world.program["metrics"][name]
    word = next(word for word in (*AMOUNTS, "count", "share") if word in metric)
    found = [one for one in counted(world, name, span, day) if word not in AMOUNTS or has_rate(world, name, one, day)]
    found.sort(key=lambda one: (one.on, key_of(world, metric["from"], one.row)))
    if "latest_per" in metric:
        per = metric["latest_per"]
        found = list({one.row[per]: one for one in found if one.row[per] is not None}.values())
        found.sort(key=lambda one: (one.on, key_of(world, metric["from"], one.row)))
    if word == "count":
        cells = [tuple(one.row[column] for column in listed(metric["count"])) for one in found]
        return Fraction(len({cell for cell in cells if None not in cell}))
    if word == "share":
        where = world.condition(metric["share"])
        good = [one for one in found if passes(one.row, world.partner_on(day), where)]
        return Fraction(len(good), len(found)) if found else None
    amounts = (amount(world, name, one, day) for one in found)
    return combined(word, [value for value in amounts if value is not None])


def combined(word: str, values: list[Fraction]) -> Fraction | None:
    """Amounts as one number; the oldest row first, None where there are none to average or compare."""
    if word == "sum":
        return sum(values, Fraction(0))
    if not values:
        return None
    return {
        "average": sum(values, Fraction(0)) / len(values),
        "median": median(values),
        "minimum": min(values),
        "maximum": max(values),
        "latest": values[-1],
    }[word]


def months_after(world: World, month: FiscalMonth, until: date) -> int:
    """How many fiscal months after this one begin on or before a day."""
    return sum(1 for later in world.calendar.months if month.last + DAY <= later.first <= until)
