"""Fixtures of the pipeline tests."""

from pathlib import Path

import pytest

from tests.pipelines.ingest_cases import Case


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """An empty workspace; the roster holds P1 and P2 unless a test writes its own."""
    return Case(tmp_path)
