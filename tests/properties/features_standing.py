"""Features of standing: how a tier is approved and lost, enrollments, qualifications, a second track, editions."""

from copy import deepcopy
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.properties.draft import Draft, Draw, later_day, spans
from tests.properties.generated import Table, days, early_days, holds, without_empty

WHILE_MET = st.sampled_from(["while_met", "while_met", "while_met_each_calendar_quarter", "while_met_each_fiscal_half"])


def while_met(draw: Draw, draft: Draft) -> None:
    """Tiers that last while they are met, with time to make good or without."""
    for rank in draw(st.sampled_from([[1], [2], [1, 2]])):
        draft.track["tiers"][rank]["holds"] = draw(WHILE_MET)
    remediation(draw, draft)
    if draw(st.booleans()):
        draft.track["promotion"] = "on_decision"


def remediation(draw: Draw, draft: Draft) -> None:
    """What happens once something is no longer met."""
    downgrade, length = draw(
        st.sampled_from(
            [
                ("automatic", 0),
                ("automatic", 30),
                ("automatic", 60),
                ("on_decision", 30),
                ("on_decision", 60),
            ]
        )
    )
    draft.track.update(downgrade=downgrade, remediation_days=length)


def approvals(draw: Draw, draft: Draft) -> None:
    """Promotions that await a decision, and more decisions."""
    draft.track["promotion"] = "on_decision"
    words = ["approved", "approved", "declined", "declined", "extended", "downgraded", "placed", "prequalified"]
    for _ in range(draw(st.integers(0, 3))):
        effective = draw(early_days | days)
        word = draw(st.sampled_from(words))
        tiers = ["base", "silver"] if word == "downgraded" else ["silver", "gold"]
        decision = {
            "partner_id": draw(draft.whose),
            "program": "made",
            "track": "main",
            "tier": draw(st.sampled_from(tiers)),
            "decision": word,
            "effective_on": effective,
            "through": draw(st.none() | st.just(later_day(draw, effective))),
            "decided_by": "Chief",
        }
        draft.rows["decisions"].append(without_empty(decision))


def enrolled(draw: Draw, draft: Draft, track: str) -> list[Table]:
    """Each partner's enrollments on a track: none, one, or one after the other."""
    found = []
    for partner in draft.rows["partners"]:
        first = draw(early_days)
        for _ in range(draw(st.sampled_from([0, 1, 1, 2, 2]))):
            expires = draw(st.none() | st.just(later_day(draw, first)))
            tiers = [None, None, "silver", "gold", "base"] if track == "main" else [None, "pro"]
            found.append(
                without_empty(
                    {
                        "partner_id": partner["partner_id"],
                        "program": "made",
                        "track": track,
                        "enrolled_on": first,
                        "expires_on": expires,
                        "tier": draw(st.sampled_from(tiers)),
                        "primary_user_id": draw(st.sampled_from([None, "u", "v"])),
                    }
                )
            )
            if expires is None:
                break
            first = expires + timedelta(draw(st.sampled_from([1, 1, 10, 40, 200])))
    return found


def enrollments(draw: Draw, draft: Draft) -> None:
    """Partners take part by enrollment, which may expire and come again."""
    draft.program["enrollment"] = "required"
    draft.rows["enrollments"] = [row for track in draft.program["tracks"] for row in enrolled(draw, draft, track)]
    lasting = st.sampled_from(["through_enrollment", "through_anniversary"])
    for tier in draft.track["tiers"][1:]:
        tier["holds"] = draw(st.just(tier["holds"]) | lasting)
    window = draw(st.sampled_from(["enrollment", "calendar_year"]))
    seen = {"from": "opportunities", "count": "opportunity_id", "on": "submitted_on", "window": window}
    draft.measure("seen", seen)
    draft.require(draw, {"seen": {"at_least": draw(st.integers(1, 2))}})
    if draw(st.booleans()):
        draft.program["counts_only"] = "seen_by_primary_user"
        pairs = st.lists(st.sampled_from([("u", "p"), ("u", "q"), ("v", "p")]), max_size=2, unique=True)
        draft.rows["user_access"] = [{"user_id": user, "owner_id": owner} for user, owner in draw(pairs)]


def qualifications(draw: Draw, draft: Draft) -> None:
    """Something earned beside the ladder, which asks for a tier or which a tier asks for."""
    asked = draw(st.sampled_from([{"deals": {"at_least": 2}}, {"revenue": {"at_least": 60}}]))
    club: Table = {"requires": asked, "holds": draw(holds | st.just("while_met"))}
    if club["holds"] == "while_met" and "downgrade" not in draft.track:
        remediation(draw, draft)
    draft.track["qualifications"] = {"club": club}
    if draw(st.booleans()):
        draft.require(draw, {"qualified": {"name": "club"}})
    else:
        club["requires"] = {**asked, "tier": {"at_least": draw(st.sampled_from(["silver", "gold"]))}}


def second_track(draw: Draw, draft: Draft) -> None:
    """A track whose tier the first one asks for."""
    row = st.builds(
        lambda person, span: {"person_id": person, "certification": "partner"} | span,
        st.sampled_from(["m", "n"]),
        spans("completed_on", "expires_on"),
    )
    draft.add_rows(draw, "certifications", row, ("partner_id", "person_id", "completed_on"))
    running = {"since": "completed_on", "through": "expires_on"}
    draft.measure("certified", {"from": "certifications", "count": "person_id", "running": running})
    pro = {"id": "pro", "requires": {"certified": {"at_least": 1}}, "holds": draw(holds | st.just("while_met"))}
    other: Table = {"promotion": "automatic", "each_tier_requires": "its_own", "tiers": [{"id": "basic"}, pro]}
    if pro["holds"] == "while_met":
        other |= {"downgrade": "automatic", "remediation_days": draw(st.sampled_from([0, 45]))}
    draft.program["tracks"]["service"] = other
    if draft.program["enrollment"] == "required":
        draft.rows["enrollments"] += enrolled(draw, draft, "service")
    draft.require(draw, {"tier": {"at_least": "pro", "track": "service"}})


def required_base(draw: Draw, draft: Draft) -> None:
    """A base tier that is nobody's by default."""
    lasting = draw(holds | st.just("while_met"))
    draft.track["tiers"][0] |= {"requires": {"deals": {"at_least": 1}}, "holds": lasting}
    if lasting == "while_met" and "downgrade" not in draft.track:
        remediation(draw, draft)


def due_rows(draw: Draw, draft: Draft) -> None:
    """A duty before each day on which a certification expires."""
    row = st.builds(
        lambda person, span: {"person_id": person, "certification": "partner"} | span,
        st.sampled_from(["m", "n"]),
        spans("completed_on", "expires_on"),
    )
    draft.add_rows(draw, "certifications", row, ("partner_id", "person_id", "completed_on"))
    action: Table = {"from": "certifications", "on": "expires_on", "days_before": draw(st.sampled_from([0, 30, 90]))}
    action |= draw(st.sampled_from([{}, {"where": {"person_id": "m"}}, {"tiers": ["silver", "gold"]}]))
    draft.program["actions"]["renewal"] = action


def figures(draw: Draw, draft: Draft) -> None:
    """A bound that depends on the month, on the partner, on a metric or on what else is met."""
    steps = [{"value": 1}, {"since": date(2025, 6, 30), "value": 2}, {"since": date(2026, 1, 1), "value": 1}]
    bound = draw(
        st.sampled_from(
            [
                {"by": "month_end", "steps": steps},
                {"by": "partner.country", "values": {"DE": 1, "AT": 2}},
                {"by": "partner.country", "values": {"DE": 1, "AT": 2}, "otherwise": 3},
                {"metric": "customers"},
                {"by": "customers", "steps": [{"at_least": 1, "value": 1}, {"at_least": 2, "value": 3}]},
                [{"requires": {"customers": {"at_least": 2}}, "value": 1}, {"value": 2}],
            ]
        )
    )
    draft.require(draw, {"deals": {"at_least": deepcopy(bound)}})


def editions(draw: Draw, draft: Draft) -> None:
    """A later edition with other bounds, durations and benefits."""
    later = deepcopy(draft.program)
    later["effective_from"] = draw(st.sampled_from([date(2025, 6, 30), date(2025, 7, 10), date(2026, 1, 1)]))
    tier = later["tracks"]["main"]["tiers"][draw(st.sampled_from([1, 2]))]
    tier["requires"] = draw(st.sampled_from([{"deals": {"at_least": 1}}, {"revenue": {"at_least": 60}}]))
    tier["holds"] = draw(st.just(tier["holds"]) | holds)
    later["benefits"]["discount"]["tiers"] = {"gold": "20 %"}
    if draw(st.booleans()):
        later.pop("counts_from", None)
    for rule in later.get("commissions", {}).values():
        rule.update(draw(st.sampled_from([{}, {"rate": "7 %"}])) if "rate" in rule else {})
    draft.later = [later]
