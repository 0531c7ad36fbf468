"""What exports bring where several programs are in use."""

from pathlib import Path

import pytest

from tierctl.contracts import ForeignKey, export_contract, export_names
from tierctl.program.in_use import contracts_of, exports_in_use
from tierctl.program.load import load_text

OWN = """
[exports.visits]
primaryKey = {key}
fields = [{{ name = "visit_id" }}, {{ name = "partner_id" }}, {{ name = "hours", {hours} }}]
"""
FURTHER = """
[exports.mrr]
fields = [{{ name = "segment", {segment} }}]
"""


SERVICES = """
[exports.partner_services]
adjusts = {adjusts}
fields = [{{ name = "corrects" }}, {{ name = "replaces" }}]
"""


def write(root: Path, **programs: str) -> list[str]:
    for name, text in programs.items():
        (root / f"{name}.toml").write_text(text, encoding="utf-8")
    return [f"{name}.toml" for name in programs]


def test_without_programs_there_are_the_standard_exports(tmp_path: Path) -> None:
    known, findings = exports_in_use([], tmp_path)
    assert findings == []
    assert known.is_whole
    assert known.contracts == {name: export_contract(name) for name in export_names()}


def test_further_columns_of_all_programs_stand_behind_the_standard_ones(tmp_path: Path) -> None:
    other = FURTHER.replace("segment", "channel").format(channel='type = "string"')
    refs = write(tmp_path, a=FURTHER.format(segment='type = "string"'), b=other)
    known, findings = exports_in_use(refs, tmp_path)
    assert findings == []
    assert known.contracts["mrr"].names == (*export_contract("mrr").names, "segment", "channel")
    assert known.contracts["mrr"].primary_key == ("line_id",)


def test_a_table_with_partners_refers_to_the_roster(tmp_path: Path) -> None:
    refs = write(tmp_path, a=OWN.format(key='"visit_id"', hours='type = "number"'))
    known, _ = exports_in_use(refs, tmp_path)
    assert known.contracts["visits"].foreign_keys == (ForeignKey(("partner_id",), "partners", ("partner_id",)),)


@pytest.mark.parametrize("word", ["title", "description"])
def test_texts_for_people_may_differ(tmp_path: Path, word: str) -> None:
    a, b = (FURTHER.format(segment=f'{word} = "{text}"') for text in ("One", "Another"))
    assert exports_in_use(write(tmp_path, a=a, b=b), tmp_path)[1] == []


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        (FURTHER.format(segment='type = "string"'), FURTHER.format(segment='type = "date"'),
         'mrr.segment is declared otherwise than in a.toml: type is "date" here and "string" there'),
        (FURTHER.format(segment="default = true, type = 'boolean'"), FURTHER.format(segment="type = 'boolean'"),
         "mrr.segment is declared otherwise than in a.toml: default is not said here and true there"),
        (FURTHER.format(segment="constraints.enum = ['x']"), FURTHER.format(segment="constraints.enum = ['x', 'y']"),
         'mrr.segment is declared otherwise than in a.toml: enum is ["x", "y"] here and ["x"] there'),
        (OWN.format(key='"visit_id"', hours="type = 'number', money = true"),
         OWN.format(key='["visit_id", "partner_id"]', hours="type = 'number', money = true"),
         'visits is declared otherwise than in a.toml: primaryKey is ["visit_id", "partner_id"] here and ["visit_id"] there'),  # noqa: E501
    ],
)  # fmt: skip
def test_what_two_programs_declare_differently_is_an_error(tmp_path: Path, mine: str, theirs: str, said: str) -> None:
    (finding,) = exports_in_use(write(tmp_path, a=mine, b=theirs), tmp_path)[1]
    assert (finding.code, finding.source, finding.severity.value) == ("program-two-declarations", "b.toml", "error")
    assert finding.message == said


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        (SERVICES.format(adjusts='"corrects"'), SERVICES.format(adjusts='"replaces"'),
         'partner_services is declared otherwise than in a.toml: adjusts is "replaces" here and "corrects" there'),
        (OWN.format(key='"visit_id"', hours="type = 'number'") + 'adjusts = "visit_id"\n',
         OWN.format(key='"visit_id"', hours="type = 'number'"),
         'visits is declared otherwise than in a.toml: adjusts is not said here and "visit_id" there'),
    ],
)  # fmt: skip
def test_what_a_row_adjusts_is_said_alike(tmp_path: Path, mine: str, theirs: str, said: str) -> None:
    (finding,) = exports_in_use(write(tmp_path, a=mine, b=theirs), tmp_path)[1]
    assert (finding.code, finding.message) == ("program-two-declarations", said)


def test_a_program_may_leave_it_to_another_to_say_what_a_row_of_a_standard_export_adjusts(tmp_path: Path) -> None:
    other = '[exports.partner_services]\nfields = [{ name = "area" }]\n'
    for name, refs in (("ab", {"a": SERVICES.format(adjusts='"corrects"'), "b": other}), ("ba", {"a": other})):
        folder = tmp_path / name
        folder.mkdir()
        known, findings = exports_in_use(write(folder, **refs, c=SERVICES.format(adjusts='"corrects"')), folder)
        assert findings == []
        assert known.contracts["partner_services"].adjusts == "corrects"
    assert known.contracts["mrr"].adjusts == "adjusts_line_id"


def test_programs_that_are_read_agree_on_what_a_row_adjusts() -> None:
    loaded, findings = load_text((Path(__file__).with_name("every_rule.toml")).read_text(encoding="utf-8"), "x.toml")
    assert findings == []
    assert loaded is not None
    contracts = contracts_of([loaded])
    assert (contracts["visits"].adjusts, contracts["mrr"].adjusts) == ("corrects", "adjusts_line_id")


def test_what_cannot_be_read_leaves_open_what_it_declares(tmp_path: Path) -> None:
    refs = write(tmp_path, a=OWN.format(key='"visitid"', hours="type = 'number'"), b="no toml")
    known, findings = exports_in_use(refs, tmp_path)
    assert findings == []
    assert (known.unsure, known.is_whole) == (frozenset({"visits"}), False)
