"""Lint of what is measured: metrics of rows and of metrics, declared exports, computed columns, joins and figures."""

import pytest

from tierctl.program.load import load_text

HEAD = """id = "demo"
name = "Demo"
clause = "1"
currency = "USD"
enrollment = "automatic"
effective_from = 2025-01-01
policy = { rounding = "half_even", takes_effect = "month_end" }
"""
TRACK = """
[tracks.partner]
promotion = "automatic"
shows = [SHOWN]

[[tracks.partner.tiers]]
id = "member"
"""
BASIS = """
[metrics.basis]
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "fiscal_quarter"
"""


def told(text: str) -> list[tuple[str, str]]:
    """Code and key path of each finding."""
    findings = load_text(text, "x.toml")[1]
    return [(finding.code.removeprefix("program-"), finding.subject.partition(":")[2]) for finding in findings]


def of_metric(keys: str, *, tables: str = "") -> list[tuple[str, str]]:
    """What is said of a metric `m` with these keys, beside a plain sum `basis`; both are shown."""
    text = HEAD + tables + BASIS + f"\n[metrics.m]\n{keys}\n" + TRACK.replace("SHOWN", '"m", "basis"')
    return [(code, path.removeprefix("metrics.m.").removeprefix("metrics.m")) for code, path in told(text)]


def mrr(keys: str) -> str:
    """A metric of rows of mrr over a quarter; several keys stand beside each other after a semicolon."""
    on = [] if "on = [" in keys else ['on = "sold_on"']
    return "\n".join(['from = "mrr"', *on, 'window = "fiscal_quarter"', *keys.split("; ")])


@pytest.mark.parametrize(
    ("keys", "findings"),
    [
        ('sum = "mrr"', []),
        ('average = "mrr"', []),
        ('median = "mrr"; if_none = 0', []),
        ('minimum = "term_months"', []),
        ('latest = "mrr"', []),
        ('count = ["customer_id", "order_type"]', []),
        ("share.promotional = true", []),
        ('sum = "mrr"; latest_per = "customer_id"', []),
        ('sum = "mrr"; running = { since = "sold_on", before = "cancelled_on" }', []),
        ('sum = "mrr"; ago = { fiscal_years = 1 }', []),
        ('sum = "mrr"; ago = { fiscal_years = 1 }; running = { since = "sold_on" }', []),
        ("", [("missing-key", "")]),
        ('sum = "mrr"; count = "line_id"', [("unfit-key", "count")]),
        ('latest = "mrr"; median = "mrr"; sum = "mrr"', [("unfit-key", "latest"), ("unfit-key", "median")]),
        ('sum = "customer_id"', [("column-type", "sum")]),
        ('average = "sold_on"', [("column-type", "average")]),
        ('latest = "promotional"', [("column-type", "latest")]),
        ('count = "customer"', [("unknown-column", "count")]),
        ('count = "line_id"; on = ["quoted_on", "sold_on"]', []),
        ('count = "line_id"; on = ["sold_on", "quoted_on"]', [("unused", "on[2]")]),
        ('latest_per = "customer"; sum = "mrr"', [("unknown-column", "latest_per")]),
        ('sum = "mrr"; if_none = 0', [("unfit-key", "if_none")]),
        ('count = "line_id"; if_none = 0', [("unfit-key", "if_none")]),
        ('count = "line_id"; times = 2', [("unfit-key", "times")]),
        ('average = "mrr"; times = 2', [("unfit-key", "times")]),
        ('sum = "mrr"; ago = { fiscal_quarters = 1, fiscal_months = 1 }', [("wrong-value", "ago")]),
        ('sum = "mrr"; running = { since = "customer_id" }', [("column-type", "running.since")]),
        ('sum = "mrr"; value = 5', [("unfit-key", key) for key in ("from", "on", "window", "sum")]),
        ('formula = "basis / 2"', [("unfit-key", key) for key in ("from", "on", "window")]),
    ],
)
def test_metrics_of_rows(keys: str, findings: list[tuple[str, str]]) -> None:
    assert of_metric(mrr(keys)) == findings


@pytest.mark.parametrize(
    ("keys", "findings"),
    [
        ('from = "mrr"\nsum = "mrr"', [("missing-key", "")]),
        ('from = "mrr"\nsum = "mrr"\non = "sold_on"', [("missing-key", "")]),
        ('from = "mrr"\nsum = "mrr"\nwindow = "lifetime"', [("missing-key", "")]),
        ('from = "mrr"\nsum = "mrr"\nrunning = { since = "sold_on" }', []),
        ('from = "mrr"\nsum = "mrr"\nrunning = { since = "sold_on" }\nwindow = "lifetime"', [("missing-key", "")]),
        ('sum = "mrr"\non = "sold_on"\nwindow = "lifetime"', [("missing-key", "from")]),
        ("clause = '5'", [("missing-key", "")]),
        ('from = "mrr"\nsum = "mrr"\nrunning = { since = "sold_on" }\nago.fiscal_years = 1', [("unfit-key", "ago")]),
        ('from = "mrr"\nsum = "mrr"\non = "sold_on"\nwindow = "lifetime"\nago.fiscal_years = 1', [
            ("unfit-key", "ago"),
        ]),
        ('from = "mrr"\nsum = "mrr"\non = "sold_on"\nwindow.days = 9\nago.fiscal_years = 1', [("unfit-key", "ago")]),
        ('from = "mrr"\nsum = "mrr"\non = "sold_on"\nwindow.fiscal_months = 9\nago.fiscal_years = 1', []),
        ('from = "mrr"\nsum = "mrr"\non = "sold_on"\nwindow = "enrollment"', [("unfit-window", "window")]),
        ('from = "user_access"\ncount = "user_id"\nrunning.since = "user_id"', [
            ("unfit-export", "from"), ("column-type", "running.since"),
        ]),
    ],
)  # fmt: skip
def test_what_a_metric_of_rows_needs(keys: str, findings: list[tuple[str, str]]) -> None:
    assert of_metric(keys) == findings


@pytest.mark.parametrize(
    ("keys", "findings"),
    [
        ('formula = "basis / 2"', []),
        ('formula = "basis / 2"\nif_none = 0', []),
        ('formula = "greatest(basis - 5, 0)"', []),
        ('formula = "basis * 2"\nif_none = 0', [("unfit-key", "if_none")]),
        ('formula = "m + 1"', [("cycle", "formula")]),
        ('formula = "bases + 1"', [("unknown-metric", "formula")]),
        ('formula = "basis + 1"\nvalue = 5', [("unfit-key", "value")]),
        ("value = 5", []),
        ("value = 5\nif_none = 0", [("unfit-key", "if_none")]),
        ('value = { metric = "basis" }', []),
        ('value = { metric = "m" }', [("cycle", "value")]),
        ('value = { column = "mrr" }', [("unfit-figure", "value")]),
        ('value = { column = "partner.payee_id" }', [("unfit-figure", "value")]),
        ('value = { by = "basis", steps = [{ value = 0 }, { more_than = 5, value = { metric = "basis" } }] }', []),
        ('value = { by = "basis", values = { a = 1 }, otherwise = 0 }', [("unfit-figure", "value.values")]),
        ('value = { by = "partner.region", values = { emea = 1 }, otherwise = 0 }', []),
        ('value = { by = "partner.region", values = { emea = 1 } }', [("unlisted-value", "value")]),
        ('value = { by = "partner.good_standing", values = { true = 1, false = 0 } }', []),
        ('value = { by = "partner.good_standing", values = { yes = 1 } }', [("unknown-value", "value.values.yes")]),
        ('value = { by = "partner.joined_on", steps = [{ value = 0 }, { since = 2025-02-01, value = 1 }] }', []),
        ('value = { by = "month_end", steps = [{ since = 2025-01-01, value = 1 }] }', []),
        ('value = { by = "month_end", steps = [{ since = 2025-01-02, value = 1 }] }', [
            ("unlisted-value", "value.steps[1]"),
        ]),
        ('value = { by = "month_end", steps = [{ value = 0 }, { at_least = 5, value = 1 }] }', [
            ("unfit-figure", "value.steps[2].at_least"),
        ]),
        ('value = { by = "basis", steps = [{ value = 0 }], otherwise = 5 }', [("unfit-key", "value.otherwise")]),
        ('value = { by = "basis", steps = [{ at_least = 0, value = 1 }] }', [("unlisted-value", "value.steps[1]")]),
        ("value = [{ requires.basis.at_least = 5, value = 1 }, { value = 0 }]", []),
        ("value = [{ requires.basis.at_least = 5, value = 1 }]", [("unlisted-value", "value[1]")]),
        ("value = [{ value = 0 }, { requires.basis.at_least = 5, value = 1 }]", [
            ("unfit-figure", "value[1]"), ("unlisted-value", "value[2]"),
        ]),
        ("value = [{ requires.base.at_least = 5, value = 1 }, { value = 0 }]", [
            ("unknown-metric", "value[1].requires.base"),
        ]),
        ("value = [{ requires.tier.at_least = 'member', value = 1 }, { value = 0 }]", [
            ("unfit-key", "value[1].requires.tier"),
        ]),
    ],
)  # fmt: skip
def test_metrics_of_metrics(keys: str, findings: list[tuple[str, str]]) -> None:
    assert of_metric(keys) == findings


@pytest.mark.parametrize(
    ("times", "findings"),
    [
        ("2", []),
        ('"50 %"', []),
        ('{ column = "term_months" }', []),
        ('{ column = "customer_id" }', [("unfit-figure", "times")]),
        ('{ column = "terms" }', [("unknown-column", "times")]),
        ('{ metric = "basis" }', [("unfit-figure", "times")]),
        ("[{ requires.basis.at_least = 5, value = 1 }, { value = 0 }]", [("unfit-figure", "times")]),
        ('{ by = "order_type", values = { new_logo = 1 }, otherwise = 0 }', []),
        ('{ by = "order_type", values = { new_logo = 1 } }', [("unlisted-value", "times")]),
        ('{ by = "order_type", values = { new_log = 1 }, otherwise = 0 }', [("unknown-value", "times.values.new_log")]),
        ('{ by = "term_months", steps = [{ value = 0 }, { at_least = 36, value = 1 }] }', []),
        ('{ by = "term_months", steps = [{ at_least = 1, value = 1 }] }', []),
        ('{ by = "term_months", steps = [{ at_least = 2, value = 1 }] }', [("unlisted-value", "times.steps[1]")]),
        ('{ by = "sold_on", steps = [{ value = 1 }, { since = 2025-06-01, value = 2 }] }', []),
        ('{ by = "customer_id", steps = [{ value = 1 }, { at_least = 5, value = 2 }] }', [
            ("unfit-figure", "times.steps[2].at_least"),
        ]),
        ('{ by = "partner.region", values = { emea = 1 }, otherwise = 2 }', []),
    ],
)  # fmt: skip
def test_a_factor_of_rows_depends_on_the_row(times: str, findings: list[tuple[str, str]]) -> None:
    assert of_metric(mrr(f'sum = "mrr"; times = {times}')) == findings


TARGETS = """
[exports.targets]
primaryKey = "target_id"
fields = [{ name = "target_id" }, { name = "goal", type = "number" }]
"""


@pytest.mark.parametrize(
    ("keys", "findings"),
    [
        ('with = { agreements = "sold_on" }; where.agreements.white_label = true', []),
        ('with = { agreements = "month_end" }; where.agreements.standard_rate = { more_than = 0, empty = false }', []),
        ('with = { agreements = "customer_id" }', [("column-type", "with.agreements")]),
        ('with = { agreements = "sold" }', [("unknown-column", "with.agreements")]),
        ('with = { targets = "customer_id" }; where.targets.goal = { at_least = 5, empty = false }', []),
        ('with = { targets = "sold_on" }', [("column-type", "with.targets")]),
        ('with = { targets = "month_end" }', [("unfit-export", "with.targets")]),
        ('with = { activity = "customer_id" }', [("unfit-export", "with.activity")]),
        ('with = { partners = "partner_id" }', [("unfit-export", "with.partners")]),
        ('with = { agreement = "sold_on" }', [("unknown-export", "with.agreement")]),
        ("where.agreements.white_label = true", [("unknown-column", "where.agreements.white_label")]),
        ('with = { agreements = "sold_on" }; where.agreement.white_label = true', [
            ("unknown-column", "where.agreement.white_label"),
        ]),
        ('with = { agreements = "sold_on" }; where.agreements.white_lable = true', [
            ("unknown-column", "where.agreements.white_lable"),
        ]),
        ('with = { agreements = "sold_on" }; where.agreements.commission_model = "share"', [
            ("unknown-value", "where.agreements.commission_model"),
        ]),
        ('with = { agreements = "sold_on" }; times = { column = "agreements.standard_rate" }', []),
        ('with = { agreements = "sold_on" }; times = { column = "agreements.roles" }', [("unfit-figure", "times")]),
    ],
)  # fmt: skip
def test_joined_exports(keys: str, findings: list[tuple[str, str]]) -> None:
    found = of_metric(mrr(f'sum = "mrr"; {keys}'), tables=TARGETS)
    assert [each for each in found if each != ("unused", "exports.targets")] == findings


@pytest.mark.parametrize(
    ("where", "findings"),
    [
        ("order_type.empty = true", [("never-met", "where.order_type.empty")]),
        ("promotional.empty = true", [("never-met", "where.promotional.empty")]),
        ("quoted_on = { empty = true, since = 2025-01-01 }", [("never-met", "where.quoted_on.empty")]),
        ("sold_on = { at_least = 5, days_after = 'sold_on' }", []),
        ("sold_on = { at_least = 5, days_after = 'quoted_on' }", [("empty-cells", "where.sold_on")]),
        ("all = [{ sold_on = { at_least = 5, days_after = 'quoted_on' } }, { quoted_on.empty = false }]", []),
        ("sold_on.after = { column = 'quoted_on' }", [("empty-cells", "where.sold_on")]),
        ("partner.joined_on.since = 2025-01-01", [("empty-cells", "where.partner.joined_on")]),
        ("mrr = { at_least = 5, days_after = 'sold_on' }", [("unfit-bound", "where.mrr.days_after")]),
        ("mrr = { at_least = 5, in_each_of_last = 2 }", [("unfit-bound", "where.mrr.in_each_of_last")]),
        ("mrr.at_least = [{ requires.basis.at_least = 5, value = 1 }, { value = 0 }]", [
            ("unfit-bound", "where.mrr.at_least"),
        ]),
        ("mrr.at_least = { by = 'currency', values = { USD = 5 }, otherwise = 4 }", []),
    ],
)  # fmt: skip
def test_conditions_on_rows(where: str, findings: list[tuple[str, str]]) -> None:
    assert of_metric(mrr(f'sum = "mrr"; where.{where}')) == findings


COLUMNS = """
[columns.first_sold_on]
from = "mrr"
minimum = "sold_on"
same = ["partner_id", "customer_id"]
"""


@pytest.mark.parametrize(
    ("change", "findings"),
    [
        (("", ""), []),
        (('minimum = "sold_on"', 'minimum = "quoted_on"'), [("empty-cells", "where.sold_on")]),
        (('minimum = "sold_on"', 'minimum = "order_type"'), [("column-type", "columns.first_sold_on.minimum")]),
        (('minimum = "sold_on"', 'sum = "sold_on"'), [("column-type", "columns.first_sold_on.sum")]),
        (('"partner_id", "customer_id"', '"customer_id"'), [("wrong-value", "columns.first_sold_on.same")]),
        (('"customer_id"', '"customer"'), [("unknown-column", "columns.first_sold_on.same")]),
        (('"customer_id"', '"partner_id"'), [("listed-twice", "columns.first_sold_on.same[2]")]),
        (("same =", 'where = "new"\nsame ='), [("unknown-condition", "columns.first_sold_on.where")]),
        (("same =", "where.promotional = false\nsame ="), [("empty-cells", "where.sold_on")]),
    ],
)  # fmt: skip
def test_computed_columns(change: tuple[str, str], findings: list[tuple[str, str]]) -> None:
    keys = mrr("sum = \"mrr\"; where.sold_on = { at_most = 60, days_after = 'first_sold_on' }")
    assert of_metric(keys, tables=COLUMNS.replace(*change, 1)) == findings


def test_a_computed_column_that_nothing_uses() -> None:
    assert of_metric(mrr('sum = "mrr"'), tables=COLUMNS) == [("unused", "columns.first_sold_on")]


@pytest.mark.parametrize(
    ("fields", "findings"),
    [
        ('{ name = "goal", type = "number", money = true }, { name = "currency" }', []),
        ('{ name = "goal", type = "number", money = true }', [("unfit-export", "fields[2].money")]),
        ('{ name = "goal", money = true }, { name = "currency" }', [("column-type", "fields[2].money")]),
        ('{ name = "goal", knownAhead = true }', [("column-type", "fields[2].knownAhead")]),
        ('{ name = "partner_id" }', [("listed-twice", "fields[2].name")]),
        ('{ name = "Goal" }', [("wrong-value", "fields[2].name")]),
        ('{ name = "any" }', [("reserved-id", "fields[2].name")]),
        ('{ name = "goal", constraints.minimum = 5 }', [("column-type", "fields[2].constraints.minimum")]),
        ('{ name = "goal", type = "date", constraints.enum = ["a"] }', [("column-type", "fields[2].constraints.enum")]),
        ('{ name = "goal", type = "integer", constraints.minimum = 0.5 }', [
            ("wrong-value", "fields[2].constraints.minimum"),
        ]),
        ('{ name = "goal", type = "number", constraints = { minimum = 5, maximum = 4 } }', [
            ("wrong-value", "fields[2].constraints.maximum"),
        ]),
        ('{ name = "goal", constraints.pattern = "[" }', [("wrong-value", "fields[2].constraints.pattern")]),
        ('{ name = "goal", type = "boolean", default = "no" }', [("wrong-value", "fields[2].default")]),
        ('{ name = "goal", type = "boolean", default = false }', []),
        ('{ name = "goal", constraints.enum = ["a"], default = "b" }', [("wrong-value", "fields[2].default")]),
        ('{ name = "goal", constraints.required = true, default = "b" }', [("unfit-key", "fields[2].default")]),
    ],
)  # fmt: skip
def test_fields_of_a_table_of_its_own(fields: str, findings: list[tuple[str, str]]) -> None:
    tables = (
        f'\n[exports.targets]\nfields = [{{ name = "partner_id" }}, {fields}, {{ name = "set_on", type = "date" }}]\n'
    )
    keys = 'from = "targets"\ncount = "set_on"\nrunning.since = "set_on"'
    found = of_metric(keys, tables=tables)
    assert [(code, path.removeprefix("exports.targets.")) for code, path in found] == findings


@pytest.mark.parametrize(
    ("table", "findings"),
    [
        ('[exports.mrr]\nfields = [{ name = "channel" }]', []),
        ('[exports.mrr]\nfields = [{ name = "mrr" }]', [("listed-twice", "exports.mrr.fields[1].name")]),
        ('[exports.mrr]\nprimaryKey = "customer_id"', [("unfit-key", "exports.mrr.primaryKey")]),
        ('[exports.mrr]\nrowDate = "invoiced_on"', [("unfit-key", "exports.mrr.rowDate")]),
        ('[exports.mrr]\nvalid.since = "invoiced"', [("unknown-column", "exports.mrr.valid.since")]),
        ('[exports.mrr]\nvalid.since = "customer_id"', [("column-type", "exports.mrr.valid.since")]),
        ('[exports.targets]\nprimaryKey = "a"', [("missing-key", "exports.targets.fields")]),
        ('[exports.targets]\nfields = [{ name = "a" }]', [("unused", "exports.targets")]),
        ('[exports.standing]\nfields = [{ name = "a" }]', [("reserved-id", "exports.standing")]),
        ('[exports.targets]\nfields = [{ name = "a", type = "date" }]\nvalid.since = "a"', [
            ("unfit-export", "exports.targets.valid"),
        ]),
    ],
)  # fmt: skip
def test_tables(table: str, findings: list[tuple[str, str]]) -> None:
    assert of_metric(mrr('sum = "mrr"'), tables=f"\n{table}\n") == findings


def test_an_unknown_export_is_told_once_whoever_names_it() -> None:
    keys = 'from = "mr"\nsum = "mrr"\non = "sold_on"\nwindow = "lifetime"\nwhere.order_type = "x"'
    assert of_metric(keys) == [("unknown-export", "from")]


def test_a_share_may_name_a_condition() -> None:
    metric = "\n[metrics.m]\n" + mrr('share = "new"') + "\n"
    text = HEAD + '\n[conditions]\nnew.order_type = "new_logo"\n' + metric + TRACK.replace("SHOWN", '"m"')
    assert told(text) == []
    assert told(text.replace('share = "new"', 'share = "now"')) == [("unknown-condition", "metrics.m.share")]
