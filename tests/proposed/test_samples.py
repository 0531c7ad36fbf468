"""The samples' exports are proposed as a person wrote their tierctl.toml, or left open: never otherwise."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import pytest

from tests.proposed.folders import Made, made
from tests.sample import SAMPLES, copy_workspace
from tierctl import resources
from tierctl.cli.run import read_workspace
from tierctl.proposed.lines import Confidence

Facts: TypeAlias = dict[tuple[str, ...], Any]

# What a person wrote and the files alone do not say, and so all that is left open.
LEFT_OPEN = {
    "elevate": {
        ("mrr", "values", "product_family", word) for word in ("UCaaS", "SD-WAN", "Teams Calling", "MSFT CSP")
    } | {("partner_services", "values", "product", "Phones")},
    "infusionsoft": {
        ("enrollments", "columns", "program"),
        ("enrollments", "values", "program", "Partner Network"),
        ("certifications", "values", "certification", "Certified Partner"),
        ("certifications", "values", "certification", "Certified Consultant"),
        ("attestations", "values", "criterion", "Marketplace listing"),
        ("attestations", "columns", "expires_on"),  # "Until", and no cell is filled
    },
    "connectsoft": {
        ("attestations", "values", "criterion", word)
        for word in (
            "NDA signed", "Partner agreement signed", "Onboarding completed", "Basic quality reached",
            "Quality standards met", "Deep product expertise", "Co-selling established", "Works on the roadmap",
            "Strategically aligned",
        )
    },
    "growth": {
        ("enrollments", "values", "track", "Reseller"),
        ("enrollments", "values", "tier", "Elevate"),  # which no row has yet
        ("fx_rates", "columns", "rate"),
        ("fx_rates", "format", "decimalChar"),
    },
    "engagement": set(),
}  # fmt: skip
RIGHT = {"elevate": 78, "infusionsoft": 118, "connectsoft": 42, "growth": 59, "engagement": 53}


@cache
def proposed(sample: str) -> Made:
    with TemporaryDirectory() as folder:
        root = copy_workspace(Path(folder) / sample, sample)
        return made(root / "exports", sample, root)


def by_hand(sample: str) -> dict[str, Any]:
    text = (resources.sample_data() / sample / "tierctl.toml").read_text(encoding="utf-8")
    exports: dict[str, Any] = tomllib.loads(text)["exports"]
    return exports


def facts(exports: dict[str, Any], root: Path) -> Facts:
    """All that a tierctl.toml says of exports, each key with what it says."""
    return {key: value for name, export in exports.items() for key, value in _facts(name, export, root)}


def _facts(name: str, export: dict[str, Any], root: Path) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield (name, "path"), sorted(path.name for path in root.glob(export["path"]))
    yield from (((name, "columns", ours), theirs) for theirs, ours in export.get("columns", {}).items())
    for column, words in export.get("values", {}).items():
        yield from (((name, "values", column, theirs), ours) for theirs, ours in words.items() if theirs != ours)
    for key, value in export.get("format", {}).items():
        if (key, value) != ("delimiter", "\t"):  # which the name .tsv says too
            yield (name, "format", key), value


@pytest.mark.parametrize("sample", SAMPLES)
def test_nothing_is_set_otherwise_than_by_hand(sample: str) -> None:
    root = resources.sample_data() / sample
    hand, ours = facts(by_hand(sample), root), facts(proposed(sample).config["exports"], root)
    assert {key: value for key, value in ours.items() if hand.get(key) != value} == {}


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_is_left_open_is_what_the_files_do_not_say(sample: str) -> None:
    root = resources.sample_data() / sample
    hand, ours = facts(by_hand(sample), root), facts(proposed(sample).config["exports"], root)
    assert hand.keys() - ours.keys() == LEFT_OPEN[sample]
    assert len(ours) == RIGHT[sample]


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_review_waits_for_an_answer_only_where_something_is_open(sample: str) -> None:
    assert proposed(sample).proposal.is_ready == (not LEFT_OPEN[sample])


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_workspace_that_is_proposed_can_be_read(sample: str, tmp_path: Path) -> None:
    root = copy_workspace(tmp_path / sample, sample)
    (root / "tierctl.toml").write_text(proposed(sample).text, encoding="utf-8")
    reading = read_workspace(root)
    assert (reading.findings, reading.workspace is None) == ([], False)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_line_has_a_reason_or_is_plain(sample: str) -> None:
    exports = proposed(sample).proposal.exports
    mapped = [line for export in exports for line in export.lines if line.table == ("columns",)]
    assert [line for line in mapped if not line.why] == []
    assert {line.confidence for line in mapped} <= set(Confidence)


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_line_is_too_long_to_read(sample: str) -> None:
    assert [line for line in proposed(sample).text.splitlines() if len(line) > 120] == []
