"""What the disk refuses is an OSError, whoever was writing."""

import os
from errno import ENOSPC
from pathlib import Path

import polars as pl
import pytest

from tierctl.disk import disk_faults, force_entries, reason, temporary
from tierctl.findings import CannotRunError


def test_an_error_of_polars_about_the_disk_is_one_of_the_system() -> None:
    said = f"parquet: File out of specification: underlying IO error: No space left on device (os error {ENOSPC})"
    with pytest.raises(OSError, match="No space left on device") as refused, disk_faults():
        raise pl.exceptions.ComputeError(said)
    assert (refused.value.errno, reason(refused.value)) == (ENOSPC, os.strerror(ENOSPC))


def test_another_error_of_polars_stays_what_it_is() -> None:
    with pytest.raises(pl.exceptions.ComputeError, match="conversion failed"), disk_faults():
        raise pl.exceptions.ComputeError("conversion failed")


def test_another_error_that_quotes_the_system_stays_what_it_is() -> None:
    with pytest.raises(ValueError, match="os error"), disk_faults():
        raise ValueError("No space left on device (os error 28)")


def test_an_error_of_the_system_stays_what_it_is() -> None:
    refused = PermissionError(13, "Permission denied")
    with pytest.raises(PermissionError) as raised, disk_faults():
        raise refused
    assert raised.value is refused


def test_a_reason_without_a_number_is_told_in_its_own_words() -> None:
    assert reason(OSError("No space left on device")) == "No space left on device"


def test_the_names_in_a_folder_are_forced_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: forced.append(os.fstat(handle).st_ino))
    force_entries(tmp_path)
    assert forced == [tmp_path.stat().st_ino]


def test_a_temporary_file_that_finds_no_room_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError) as refused, temporary(tmp_path):
        raise pl.exceptions.ComputeError(f"underlying IO error: No space left on device (os error {ENOSPC})")
    (finding,) = refused.value.findings
    assert (finding.code, finding.source) == ("spool-unwritable", tmp_path.as_posix())
    assert "No space left on device" in finding.message
    assert "TMPDIR" in finding.hint
