"""When a word is another one beyond doubt, and when it only looks like it."""

import pytest

from tierctl.likeness import surely

ORDER_TYPES = ["new_logo", "renewal", "move", "add", "change"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("New Logo", "new_logo"),
        ("NEW-LOGO", "new_logo"),
        (" renewal\n", "renewal"),
        ("ADD", "add"),
        ("Renewel", "renewal"),
        ("Rneewal", "renewal"),
        ("Renewals", "renewal"),
        ("Charge", ""),
        ("Chaange", ""),
        ("New", ""),
        ("Newal", ""),
        ("Renewed", ""),
        ("ad", ""),
        ("Moved", ""),
        ("", ""),
        ("—", ""),
    ],
)
def test_an_order_type(word: str, meant: str) -> None:
    assert surely(word, ORDER_TYPES) == meant


@pytest.mark.parametrize(
    ("word", "allowed", "meant"),
    [
        ("Partner Since", ["partner_id"], ""),
        ("SO Line", ["sold_on"], ""),
        ("Parner ID", ["partner_id"], "partner_id"),
        ("Prner ID", ["partner_id"], ""),  # nine signs, two slips
        ("Submited by", ["submitted_on"], ""),
        ("Submited-onn", ["submitted_on"], ""),
        ("Submited on", ["submitted_on"], "submitted_on"),
        ("Submittd-onn", ["submitted-on"], ""),
        ("Cancelled By", ["cancelled_on"], ""),
        ("CanceledOn", ["cancelled_on"], "cancelled_on"),
        ("Partners A", ["partners_b"], ""),
        ("Subm1tted on", ["submitted_on"], ""),
        ("Assigned on", ["signed_on"], ""),
        ("count", ["amount"], ""),
        ("level 13", ["level_12"], ""),
        ("Straße", ["strasse"], "strasse"),
        # Two that are as near are a choice.
        ("levelc", ["levela", "levelb"], ""),
        ("Partner Id", ["partner_id", "partner-id"], ""),
        ("partner_id", ["partner_id", "partner_ids"], "partner_id"),
    ],
)
def test_what_may_be_pasted_unread(word: str, allowed: list[str], meant: str) -> None:
    assert surely(word, allowed) == meant
