"""The reference pages: what stands in docs/ is what the schemas give."""

from pathlib import Path

import pytest

from tierctl import reference
from tierctl.contracts import parse_contract

DOCS = Path(__file__).parents[2] / "docs"

TABLE = parse_contract(
    "loans",
    {
        "description": "One row per loan.",
        "fields": [
            {"name": "loan_id", "description": "The loan.", "constraints": {"required": True}},
            {
                "name": "kind",
                "description": "Its kind. Empty: none.",
                "constraints": {"enum": ["a", "b"], "pattern": "^(a|b)$"},
            },
            {
                "name": "fee",
                "type": "number",
                "description": "The fee. Empty: none.",
                "constraints": {"minimum": 0, "maximum": 9},
                "tierctl:money": True,
                "tierctl:unit": "per loan",
            },
            {"name": "open", "type": "boolean", "description": "Empty: it is.", "tierctl:default": True},
            {"name": "lent_on", "type": "date", "description": "The day.", "constraints": {"required": True}},
        ],
        "primaryKey": ["loan_id"],
        "foreignKeys": [{"fields": "kind", "reference": {"resource": "kinds", "fields": "kind"}}],
        "tierctl:rowDate": "lent_on",
    },
)

SECTION = r"""## loans

One row per loan.

Key: `loan_id`. Dated by `lent_on`: a row after the review day is ignored, and counted. `kind` must stand in `kinds` as `kind`.

| column | type | meaning |
|---|---|---|
| `loan_id` | text, required | The loan. |
| `kind` | text | Its kind. Empty: none. One of `a`, `b`. Written as `^(a\|b)$`. |
| `fee` | money, per loan | The fee. Empty: none. At least 0. At most 9. |
| `open` | flag | Empty: it is. Default: `true`. |
| `lent_on` | date, required | The day. |
"""  # noqa: E501  (Markdown's tables do not wrap)


@pytest.mark.parametrize(
    "page", ["exports-reference.md", "reports-reference.md", "ledger-reference.md", "what-if-reference.md"]
)
def test_the_page_in_docs_is_what_the_schemas_give(page: str, tmp_path: Path) -> None:
    reference.write_pages(tmp_path)
    assert (DOCS / page).read_text(encoding="utf-8") == (tmp_path / page).read_text(encoding="utf-8")


def test_a_section_says_all_that_the_contract_holds() -> None:
    assert reference.section(TABLE) == SECTION


def test_a_table_without_key_and_date_says_so() -> None:
    table = parse_contract("notes", {"description": "Notes.", "fields": [{"name": "note", "description": "Text."}]})
    assert reference.section(table).startswith("## notes\n\nNotes.\n\nNo key.\n\n| column |")
