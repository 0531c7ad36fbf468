"""The same as one JSON object: the answers, the places, and the tables of the partner by name."""

from collections.abc import Mapping
from typing import Any

from tierctl.cli.explained.made import Explained
from tierctl.cli.explained.page import answers
from tierctl.cli.explained.placed import Places
from tierctl.report.manifest import describe_month


def content(explained: Explained, places: Mapping[str, Places]) -> dict[str, Any]:
    """Everything but the tables."""
    source = explained.source
    return {
        "partner_id": explained.partner,
        "partner_name": explained.name,
        "month": describe_month(source.month),
        "closed": None
        if source.close is None
        else {"sha256": source.close.sha256, "closed_at": source.close.record["closed_at"]},
        "differing": list(explained.differing),
        "opening": source.opening,
        "answers": [{"of": label, "said": said} for label, said in answers(explained, places)],
        "places": _places(explained, places),
        "findings": [finding.as_dict() for finding in explained.findings],
    }


def _places(explained: Explained, places: Mapping[str, Places]) -> dict[str, Any]:
    """By program: its file, and the line of each criterion, metric and rule that the tables name."""
    found: dict[str, Any] = {}
    for program in explained.programs:
        of, own = places[program.id], {"program": program.id}
        asked = explained.rows("evidence", **own)
        rules = [(kind, name) for kind, name, _ in program.rules]
        criteria = {(row["track"], row["tier"], row["criterion"]) for row in asked}
        found[program.id] = {
            "file": of.path,
            "criteria": {".".join(each): of.criterion(*each) for each in sorted(criteria)},
            "metrics": {name: of.metric(name) for name in program.metrics},
            "rules": {f"{kind}.{name}": of.rule(kind, name) for kind, name in rules},
        }
    return found
