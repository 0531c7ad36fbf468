"""The schema files: they say what is bound, in words that Frictionless and tierctl both read."""

import json
from pathlib import Path

import pytest
from frictionless import Schema

from tierctl import contracts, resources
from tierctl.contracts import Contract, export_contract, report_contract

# A column's mark: * required, ^ part of the key.
EXPORTS = {
    "partners": ("partner_id*^ name* country region currency joined_on good_standing terminated_on payee_id"),
    "enrollments": "partner_id*^ program*^ track*^ enrolled_on*^ expires_on tier primary_user_id",
    "decisions": (
        "decision_id*^ partner_id* program* track* tier* decision* effective_on* through decided_by* reason recorded_on"
    ),
    "mrr": (
        "line_id*^ partner_id* customer_id* order_type* product_family mrr* currency* term_months quoted_on "
        "repriced_on sold_on* invoiced_on cancelled_on via_portal promotional adjusts_line_id"
    ),
    "opportunities": (
        "opportunity_id*^ partner_id* customer_id submitted_on* registration_status registration_decided_on stage* "
        "closed_on amount currency owner_id"
    ),
    "health_scores": "customer_id*^ partner_id*^ scored_on*^ score* customer_since",
    "certifications": "partner_id*^ person_id*^ certification*^ completed_on*^ expires_on role",
    "attestations": "partner_id*^ criterion*^ attested_on*^ value* expires_on attested_by",
    "projects": "project_id*^ partner_id* customer_id completed_on outcome* satisfaction value currency",
    "activity": "partner_id* customer_id* occurred_on* user_id",
    "app_installs": "app_id*^ partner_id* customer_id*^ active_from*^ active_until",
    "invoices": "invoice_line_id*^ line_id partner_id* customer_id item* price* currency* issued_on*",
    "payments": "payment_id*^ invoice_line_id* paid_on* amount* currency*",
    "agreements": (
        "partner_id*^ effective_on*^ ends_on standard_rate commission_model deal_rate project_fee currency white_label "
        "support_level roles"
    ),
    "partner_services": (
        "service_id*^ partner_id* product* seats* mrc* currency* contract_months* at_headquarters starts_on* ends_on"
    ),
    "mdf_claims": "claim_id*^ partner_id* activity* cost* currency* spent_on* approved_on",
    "user_access": "user_id*^ owner_id*^",
    "fx_rates": "currency*^ rate_on*^ rate* base^",
}
REPORTS = {
    "standing": (
        "program*^ track*^ partner_id*^ partner_name* month*^ previous_tier earned_tier tier change* status* basis "
        "valid_from valid_through remediation_ends_on reason"
    ),
    "evidence": (
        "program*^ track*^ partner_id*^ month*^ tier*^ criterion*^ metric value operator* threshold outcome* missing "
        "window_from*^ window_through* clause"
    ),
    "requalification": (
        "program*^ track*^ partner_id*^ month*^ tier*^ valid_through* criterion*^ value threshold missing "
        "needed_per_month projected outlook* falls_to falls_on"
    ),
    "forecast": (
        "program*^ track*^ partner_id*^ month*^ tier*^ criterion*^ window_from* window_through* value threshold pace "
        "low likely high prospect basis* cases within hit_rate"
    ),
    "next_tier": (
        "program*^ track*^ partner_id*^ month*^ tier*^ asked_by* criterion* value threshold missing share_missing "
        "needed_per_month by way*^ step*^"
    ),
    "benefits": "program*^ track*^ partner_id*^ month*^ tier benefit*^ kind* value change* from through terms",
    "actions": "program*^ track*^ partner_id*^ month*^ action*^ due_on*^ detail*^",
    "rejects": "export*^ file*^ record*^ column*^ value rule*^ row*",
    "differences": "month*^ program*^ track^ partner_id*^ item*^ currency^ cause*^ before after difference",
}
ENUMS = {
    "decisions.decision": "prequalified placed approved declined extended downgraded",
    "mrr.order_type": "new_logo renewal move add change",
    "opportunities.registration_status": "submitted approved rejected",
    "opportunities.stage": "open won lost",
    "projects.outcome": "successful failed in_progress",
    "invoices.item": "subscription service_package project hardware license",
    "agreements.commission_model": "revenue_share deal_size project",
    "standing.change": "terminated expired suspended reinstated promoted demoted requalified enrolled retained",
    "standing.status": "active pending_approval remediation suspended terminated expired",
    "standing.basis": "base earned prequalified placed approved remediation",
    "evidence.operator": "at_least more_than at_most less_than equal not empty since after through before",
    "evidence.outcome": "met not_met unknown",
    "requalification.outlook": "requalified on_pace at_risk cannot_by_pace",
    "forecast.prospect": "met likely open unlikely",
    "forecast.basis": "own_years program_years pace",
    "benefits.kind": "yes_no percent amount count",
    "benefits.change": "gained kept changed lost",
}
CAUSES = (
    "tierctl", "month", "opening", "calendar", "program", "rate of exchange", "decision", "undated column",
    "removed row", "changed row", "new row", "inputs not kept",
)  # fmt: skip
ROW_DATES = {
    "decisions": "effective_on",
    "mrr": "sold_on",
    "opportunities": "submitted_on",
    "health_scores": "scored_on",
    "certifications": "completed_on",
    "attestations": "attested_on",
    "activity": "occurred_on",
    "app_installs": "active_from",
    "invoices": "issued_on",
    "payments": "paid_on",
    "agreements": "effective_on",
    "partner_services": "starts_on",
    "mdf_claims": "spent_on",
    "fx_rates": "rate_on",
}
DEFAULTS = {
    "partners.good_standing": True,
    "mrr.via_portal": True,
    "mrr.promotional": False,
    "partner_services.at_headquarters": True,
}
UNDATED = {
    "opportunities.registration_status",
    "opportunities.stage",
    "partners.good_standing",
    "user_access.owner_id",
    "user_access.user_id",
}
DESCRIPTORS = sorted(
    path for kind in ("exports", "reports", "whatif") for path in (resources.schemas() / kind).glob("*.json")
)
TABLES = {name: export_contract(name) for name in EXPORTS} | {name: report_contract(name) for name in REPORTS}


def marked(contract: Contract) -> str:
    """The contract's columns with the marks of the tables above."""
    return " ".join(
        field.name + "*" * field.required + "^" * (field.name in contract.primary_key) for field in contract.fields
    )


def test_the_standard_exports_are_these() -> None:
    assert set(contracts.export_names()) == set(EXPORTS)


def test_the_reports_are_at_least_these() -> None:
    assert set(REPORTS) <= set(contracts.report_names())


@pytest.mark.parametrize(("name", "columns"), [*EXPORTS.items(), *REPORTS.items()])
def test_columns_order_requirement_and_key_are_as_bound(name: str, columns: str) -> None:
    assert marked(TABLES[name]) == columns


def test_the_words_allowed_are_as_bound() -> None:
    found = {f"{name}.{field.name}": field.enum for name, table in TABLES.items() for field in table.fields}
    assert found.pop("differences.cause") == CAUSES
    assert {column: " ".join(words) for column, words in found.items() if words} == ENUMS


def test_rows_are_dated_by_these_columns() -> None:
    assert {name: table.row_date for name, table in TABLES.items() if table.row_date} == ROW_DATES


def test_a_row_date_is_a_date_that_is_never_empty() -> None:
    dates = [TABLES[name].field(column) for name, column in ROW_DATES.items()]
    assert {(field.type, field.required) for field in dates} == {("date", True)}


def test_empty_cells_stand_for_these() -> None:
    found = {f"{name}.{field.name}": field.default for name, table in TABLES.items() for field in table.fields}
    assert {column: value for column, value in found.items() if value is not None} == DEFAULTS


def test_these_columns_are_taken_as_the_export_has_them_today() -> None:
    found = {f"{name}.{field.name}" for name, table in TABLES.items() for field in table.fields if field.is_undated}
    assert found == UNDATED


@pytest.mark.parametrize("name", sorted(set(EXPORTS) - {"partners", "payments", "user_access", "fx_rates"}))
def test_partners_named_in_an_export_stand_in_the_roster(name: str) -> None:
    (key,) = TABLES[name].foreign_keys
    assert (key.columns, key.table, key.references) == (("partner_id",), "partners", ("partner_id",))


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_money_always_has_its_currency_beside_it(name: str) -> None:
    table = TABLES[name]
    assert "currency" in table.names or not any(field.is_money for field in table.fields)


@pytest.mark.parametrize("path", DESCRIPTORS, ids=lambda path: path.stem)
def test_frictionless_reads_the_schema_and_knows_its_columns(path: Path) -> None:
    descriptor = json.loads(path.read_text(encoding="utf-8"))
    assert not Schema.validate_descriptor(descriptor).errors
    schema = Schema.from_descriptor(descriptor)
    assert schema.name == path.stem
    assert schema.missing_values == [""]
    assert schema.field_names == [field["name"] for field in descriptor["fields"]]


@pytest.mark.parametrize("path", DESCRIPTORS, ids=lambda path: path.stem)
def test_every_column_is_described_in_full_sentences(path: Path) -> None:
    fields = json.loads(path.read_text(encoding="utf-8"))["fields"]
    assert all(field["title"] and field["description"].endswith(".") for field in fields)


@pytest.mark.parametrize("path", DESCRIPTORS, ids=lambda path: path.stem)
def test_a_column_that_may_be_empty_says_what_that_means(path: Path) -> None:
    fields = json.loads(path.read_text(encoding="utf-8"))["fields"]
    silent = [
        f["name"] for f in fields if not f.get("constraints", {}).get("required") and "Empty: " not in f["description"]
    ]
    assert silent == []


@pytest.mark.parametrize("path", DESCRIPTORS, ids=lambda path: path.stem)
def test_a_schema_uses_no_word_that_nobody_reads(path: Path) -> None:
    descriptor = json.loads(path.read_text(encoding="utf-8"))
    words = {"name", "title", "description", "fields", "missingValues", "primaryKey", "foreignKeys"}
    words |= {"tierctl:rowDate", "tierctl:valid", "tierctl:adjusts"}
    own = {"money", "default", "unit", "knownAhead", "before", "undated"}
    own = {f"tierctl:{word}" for word in own}
    assert set(descriptor) <= words
    assert {word for field in descriptor["fields"] for word in field} <= {
        "name", "title", "type", "description", "constraints", *own,
    }  # fmt: skip
