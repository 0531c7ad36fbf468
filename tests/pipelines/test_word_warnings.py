"""Words that a program tells apart and no row has: told where rows have other words, of which no program knows."""

from collections.abc import Mapping

import pytest

from tests.pipelines.ingest_cases import MRR_HEADER, Case, parsed
from tests.pipelines.test_row_checks import HEAD, TRACK
from tierctl.findings import Finding
from tierctl.program.model import Program
from tierctl.program.told_apart import told_apart
from tierctl.word_warnings import words_never_seen

METRIC = """
[metrics.revenue]
clause = "E14"
from = "mrr"
sum = "mrr"
on = "sold_on"
window = "calendar_year"
{where}

"""
LADDER = TRACK.format(track="partner", base="member", tier="gold", metric="revenue")
HEAD_OF_DEMO = HEAD.format(id="demo", currency="USD", since="2025-01-01")
ROW = "L{number},P1,C1,new_logo,5.00,USD,2025-04-20,{family}"
PLACE = "metrics.revenue.where.product_family [E14]"


def program(where: str = 'where.product_family.not = "microsoft"', more: str = "") -> Program:
    return parsed(HEAD_OF_DEMO + METRIC.format(where=where) + more + LADDER)


def found(
    case: Case, families: list[str], of: Program, values: Mapping[str, str] | None = None, *, brings: bool = True
) -> list[Finding]:
    mapped = {"product_family": dict(values or {})}
    lines = [ROW.format(number=number, family=family) for number, family in enumerate(families)]
    text = "\n".join([f"{MRR_HEADER},{'product_family' if brings else 'other'}", *lines, ""])
    case.write("mrr.csv", text)
    ingested = case.export("mrr", "mrr.csv", values=mapped if brings else {}).read("mrr")
    return words_never_seen(ingested.exports, [of], {"mrr": mapped})


def test_the_words_that_stand_there_are_named_with_a_table_to_paste(case: Case) -> None:
    (finding,) = found(case, ["UCaaS", "Microsoft CSP", "UCaaS", ""], program())
    assert (finding.code, finding.severity.value, finding.source, finding.subject) == (
        "word-never-seen",
        "warning",
        "mrr",
        "product_family",
    )
    assert finding.message == (
        f"product_family is 'microsoft' in no row, and demo tells it apart ({PLACE});"
        " there are 'UCaaS' (2 rows), 'Microsoft CSP' (1 row)"
    )
    assert finding.hint == (
        'if one of them means it, say so\n  [exports.mrr.values.product_family]\n  "…" = "microsoft"'
    )


@pytest.mark.parametrize(
    ("families", "values", "warned"),
    [
        (["Microsoft CSP"], {}, True),
        (["microsoft", "UCaaS"], {}, False),
        (["Microsoft CSP", "UCaaS"], {"Microsoft CSP": "microsoft"}, False),
        # Whoever maps a word to it knows it, though no row has it today.
        (["UCaaS"], {"microsoft": "microsoft"}, False),
        (["UCaaS"], {"U": "ucaas"}, True),
        (["", ""], {}, False),
        ([], {}, False),
    ],
)
def test_only_where_other_words_stand_and_none_is_mapped_to_it(
    families: list[str], values: Mapping[str, str], warned: bool, case: Case
) -> None:
    assert bool(found(case, families, program(), values)) == warned


def test_a_column_that_no_file_brings_says_nothing(case: Case) -> None:
    assert found(case, ["Microsoft CSP"], program(), brings=False) == []


def test_a_word_that_the_program_knows_too_is_no_other_spelling(case: Case) -> None:
    """Of two words that are told apart one may well stand in no row."""
    both = program('where.product_family = ["microsoft", "cisco"]')
    assert found(case, ["cisco", "cisco"], both) == []
    assert [finding.message.partition(" in no")[0] for finding in found(case, ["cisco", "Ms"], both)] == [
        "product_family is 'microsoft'"
    ]


def test_a_spelling_beyond_doubt_stands_in_the_hint(case: Case) -> None:
    (finding,) = found(case, ["Microsoft ", "MICROSOFT", "Microsoft CSP"], program())
    assert finding.hint.splitlines()[2:] == ['  "MICROSOFT" = "microsoft"', '  "Microsoft " = "microsoft"']


@pytest.mark.parametrize(("words", "more"), [(8, ""), (9, ", and 1 more")])
def test_at_most_eight_words_are_shown(words: int, more: str, case: Case) -> None:
    (finding,) = found(case, [f"F{number}" for number in range(words)], program())
    assert finding.message.endswith(f"'F7' (1 row){more}")
    assert "'F8'" not in finding.message


def test_columns_with_words_of_their_own_are_none_of_its_business(case: Case) -> None:
    """Of a column with a list of words, or a form, every other word is a reject already."""
    assert found(case, ["UCaaS"], program('where.order_type = "renewal"')) == []
    assert found(case, ["UCaaS"], program('where.currency = "EUR"')) == []


def test_words_of_figures_conditions_and_attestations_are_told_apart() -> None:
    more = """
[conditions.of_microsoft]
product_family = "microsoft"

[commissions.spiff]
clause = "E17"
from = "mrr"
where = "of_microsoft"
earned_on = "sold_on"
base = "mrr"
rate = { by = "product_family", values = { ucaas = "5 %" }, otherwise = "1 %" }
requires.attested = ["business_plan"]
requires.partner.region = "EMEA"
"""
    told = {(each.export, each.column, each.word, each.place, each.clause) for each in told_apart(program("", more))}
    assert told == {
        ("mrr", "product_family", "microsoft", "conditions.of_microsoft.product_family", "E17"),
        ("mrr", "product_family", "ucaas", "commissions.spiff.rate", "E17"),
        ("attestations", "criterion", "business_plan", "commissions.spiff.requires", "E17"),
        ("partners", "region", "EMEA", 'commissions.spiff.requires."partner.region"', "E17"),
    }
