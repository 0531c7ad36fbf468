"""Checks of metrics as a whole: of rows or of other metrics, one measure, and keys that need or exclude each other."""

from collections.abc import Iterator

from tierctl.findings import Finding
from tierctl.fiscal import PERIODS
from tierctl.located import Key
from tierctl.program.lint.possible import may_be_unknown
from tierctl.program.lint.subject import Check, Subject
from tierctl.program.metrics import MEASURES, Metric
from tierctl.program.values import TrailingMonths

_OF_METRICS = ("formula", "value")
_OF_ROWS = ("from", "with", "where", "latest_per", *MEASURES, "times", "on", "window", "running", "ago")
_ENROLLMENT = "enrollment"


def check_metrics(subject: Subject) -> Iterator[Finding]:
    """A metric is measured from rows or made of other metrics, and lacks nothing that either needs."""
    for name, metric in subject.program.metrics.items():
        path: Key = ("metrics", name)
        yield from _check_if_none(subject, metric, path)
        if not metric.is_of_rows:
            yield from _check_of_metrics(subject, metric, path)
        elif not subject.may_lack(path, *_OF_METRICS):
            yield from _check_of_rows(subject, metric, path)
            yield from _check_time(subject, metric, path)
            yield from _check_ago(subject, metric, path)


def _check_of_metrics(subject: Subject, metric: Metric, path: Key) -> Iterator[Finding]:
    if metric.formula is not None and metric.value is not None:
        message = "`formula` and `value` both say what the metric is: only one of them may stand here"
        yield subject.error("unfit-key", (*path, "value"), message)
    made = "formula" if metric.formula is not None else "value"
    for key in _OF_ROWS:
        if _is_given(metric, key):
            message = f"`{key}` is of rows, and a metric with `{made}` is made of other metrics"
            yield subject.error("unfit-key", (*path, key), message)


def _check_of_rows(subject: Subject, metric: Metric, path: Key) -> Iterator[Finding]:
    given = [word for word in MEASURES if getattr(metric, word) is not None]
    if not given and metric.from_ is None and not subject.may_lack(path, "from", *MEASURES):
        message = "a metric needs `from` with one of its measures, or `formula`, or `value`"
        yield subject.error("missing-key", path, message)
        return
    if metric.from_ is None and not subject.may_lack(path, "from"):
        yield subject.error("missing-key", (*path, "from"), "from is missing: the export whose rows are measured")
    if not given and not subject.may_lack(path, *MEASURES):
        yield subject.error("missing-key", path, f"a metric of rows needs one of: {', '.join(MEASURES)}")
    for word in given[1:]:
        message = f"`{given[0]}` says what is measured already: a metric has one measure"
        yield subject.error("unfit-key", (*path, word), message)
    if metric.times is not None and given and "sum" not in given:
        message = f"`times` is a factor of what is summed, and this metric has `{given[0]}`"
        yield subject.error("unfit-key", (*path, "times"), message)


def _check_time(subject: Subject, metric: Metric, path: Key) -> Iterator[Finding]:
    if subject.may_lack(path, "on", "window", "running") or (metric.from_ is None and metric.measure is None):
        return
    if bool(metric.on) != (metric.window is not None):
        missing = "which of those days count, in `window`" if metric.on else "which day of a row counts, in `on`"
        yield subject.error("missing-key", path, f"a flow needs both `on` and `window`: say {missing}")
    elif not metric.on and metric.running is None:
        message = "a metric of rows needs `on` with `window`, or `running`, or all of them"
        yield subject.error("missing-key", path, message)


def _check_if_none(subject: Subject, metric: Metric, path: Key) -> Iterator[Finding]:
    if metric.if_none is None or may_be_unknown(subject, metric):
        return
    what = f"a {metric.measure} of no rows is 0" if metric.is_of_rows else "what it is made of is always known"
    message = f"`if_none` never applies: {what}"
    yield subject.error("unfit-key", (*path, "if_none"), message)


def _check_ago(subject: Subject, metric: Metric, path: Key) -> Iterator[Finding]:
    if metric.ago is None or subject.may_lack(path, "window"):
        return
    if metric.window is None:
        message = "`ago` reads a window that much earlier, and this metric has no `window`"
        yield subject.error("unfit-key", (*path, "ago"), message)
    elif metric.window not in PERIODS and not isinstance(metric.window, TrailingMonths):
        message = "`ago` needs a window of whole months: a period, or { fiscal_months = n }"
        yield subject.error("unfit-key", (*path, "ago"), message)


def _is_given(metric: Metric, key: str) -> bool:
    """Whether the table has the key."""
    name = key if key in type(metric).model_fields else f"{key}_"
    return bool(getattr(metric, name)) or (name in metric.model_fields_set and getattr(metric, name) is not None)


def check_columns(subject: Subject) -> Iterator[Finding]:
    """A computed column is alike per partner and does not take the name of another."""
    for name, column in subject.program.columns.items():
        path: Key = ("columns", name)
        if "partner_id" not in column.same and subject.is_whole((*path, "same")):
            message = "`same` must name partner_id: rows of different partners are never put together"
            yield subject.error("wrong-value", (*path, "same"), message, 'add it, as in same = ["partner_id", …]')
        if column.from_ not in subject.exports or not subject.is_whole((*path, "from")):
            continue
        if name in subject.brought(column.from_).names:
            message = f"{name} is a column of {column.from_} already: a computed one needs a name of its own"
            yield subject.error("reserved-id", path, message)


CHECKS: tuple[Check, ...] = (check_metrics, check_columns)
