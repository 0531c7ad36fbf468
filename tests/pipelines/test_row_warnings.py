"""Rows that are sound and worth a second look: enrollments backdated, certifications that a gate takes for ever."""

import pytest

from tests.pipelines.ingest_cases import Case, parsed
from tests.pipelines.test_row_checks import HEAD, TRACK
from tierctl.program.model import Program
from tierctl.row_warnings import unlikely_rows

CERTIFIED = """
[metrics.certified]
from = "certifications"
{where}
count = "person_id"
running = {{ since = "completed_on", through = "expires_on" }}

[metrics.twice]
formula = "certified * 2"

"""
HEADER = "partner_id,person_id,certification,completed_on,expires_on"


def gated(gate: str, where: str = "") -> Program:
    head = HEAD.format(id="demo", currency="USD", since="2025-01-01").replace("[policy]", f"{gate}\n[policy]")
    ladder = TRACK.format(track="partner", base="member", tier="gold", metric="certified")
    return parsed(head + CERTIFIED.format(where=where) + ladder)


def warned(case: Case, program: Program) -> list[str]:
    rows = [
        "P1,A,partner,2025-01-01,",
        "P1,B,partner,2025-01-01,",
        "P1,C,sales,2025-01-01,",
        "P1,D,tech,2025-01-01,2026-01-01",
    ]
    case.write("certifications.csv", "\n".join([HEADER, *rows, ""]))
    ingested = case.export("certifications", "certifications.csv").read("certifications")
    findings = unlikely_rows(ingested.exports, [program])
    assert {finding.code for finding in findings} <= {"certification-without-expiry"}
    return [finding.message.partition(" without")[0] for finding in findings]


@pytest.mark.parametrize(
    ("gate", "where", "expected"),
    [
        ("gate.certified.at_least = 1", "", ["2 certifications 'partner'", "1 certification 'sales'"]),
        ("gate.certified.at_least = 1", 'where.certification = "sales"', ["1 certification 'sales'"]),
        ("gate.certified.at_least = 1", 'where.certification = "tech"', []),
        ("gate.twice.at_least = 1", 'where.certification = ["sales", "tech"]', ["1 certification 'sales'"]),
        ("gate.any = [{ certified.at_least = 1 }, { partner.good_standing = true }]", 'where.certification = "sales"',
         ["1 certification 'sales'"]),
        ("gate.partner.good_standing = true", "", []),
    ],
)  # fmt: skip
def test_certifications_of_a_gate_that_never_expire_are_warned_of_by_kind(
    case: Case, gate: str, where: str, expected: list[str]
) -> None:
    assert warned(case, gated(gate, where)) == expected


def test_an_enrollment_before_its_partner_joined_is_warned_of(case: Case) -> None:
    case.write("partners.csv", "partner_id,name,joined_on\nP1,Ada,2025-01-10\nP2,Bo,\nP3,Cy,2025-01-10\n")
    case.write(
        "enrollments.csv",
        "partner_id,program,track,enrolled_on\nP1,demo,partner,2025-01-09\nP2,demo,partner,2020-01-01\n"
        "P3,demo,partner,2025-01-10\n",
    )
    case.export("partners", "partners.csv").export("enrollments", "enrollments.csv")
    (finding,) = unlikely_rows(case.read("enrollments").exports, [])
    assert (finding.code, finding.severity.value, finding.source) == (
        "enrolled-before-joined",
        "warning",
        "enrollments",
    )
    assert finding.message == ("partner 'P1' is enrolled in demo partner on 2025-01-09, before it joined on 2025-01-10")
