"""Checking the ledger: whatever was changed, removed or added is found and named, every fault at once."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.unit.small_ledger import FILES, REASON, sealed, tree
from tierctl.findings import CannotRunError
from tierctl.ledger.check import damages
from tierctl.ledger.closes import Ledger
from tierctl.ledger.reopen import reopen

EVERY_FILE = sorted({*FILES, "manifest.json", "SHA256SUMS", "close.json"})
SMALL = {"manifest.json", "SHA256SUMS", "close.json"}
"""The files that every run reads."""
PLACES = ("2025-04", "2025-05", "2025-06", "reopened/2025-05.1")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """April to June 2025 are closed, May the second time; all may be written, as by somebody with the rights."""
    ledger = Ledger(tmp_path_factory.mktemp("original") / "ledger")
    for label in ("2025-04", "2025-05"):
        sealed(ledger, label)
    reopen(ledger, ledger.closes()[-1], REASON)
    for label in ("2025-05", "2025-06"):
        sealed(ledger, label)
    for path in [ledger.folder, *ledger.folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return ledger.folder


@pytest.fixture
def ledger(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A copy of the original, in the current folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(original, "ledger")
    return Ledger(Path("ledger"))


def sources(ledger: Ledger, head: str | None = None) -> list[str]:
    found = damages(ledger, head)
    assert {finding.code for finding in found} <= {"ledger-damaged"}
    return [finding.source for finding in found]


def flip(path: Path, offset: int) -> None:
    """Turn one bit of the byte at that offset; -1 is the last."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


def change(path: Path, by: Callable[[Any], None]) -> None:
    """Change the content of a JSON file, and write it as tierctl would."""
    content = json.loads(path.read_text(encoding="utf-8"))
    by(content)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def forge(folder: Path, by: Callable[[Any], None]) -> str:
    """Change a manifest, and SHA256SUMS so that it agrees; the new digest."""
    path, sums = folder / "manifest.json", folder / "SHA256SUMS"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    change(path, by)
    after = hashlib.sha256(path.read_bytes()).hexdigest()
    sums.write_text(sums.read_text().replace(before, after))
    return after


def forge_file(folder: Path, relative: str, text: str) -> None:
    """Change a file, and all digests of it in its folder."""
    before = hashlib.sha256((folder / relative).read_bytes()).hexdigest()
    after = hashlib.sha256(text.encode()).hexdigest()
    (folder / relative).write_text(text)
    sums = folder / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(before, after))

    def name_it(manifest: Any) -> None:
        (file,) = [file for file in manifest["files"] if file["path"] == relative]
        file["sha256"] = after

    forge(folder, name_it)


def test_a_ledger_as_it_was_left_has_no_damage(ledger: Ledger) -> None:
    assert damages(ledger) == []
    assert damages(ledger, ledger.closes()[-1].sha256) == []
    assert damages(ledger, f" {ledger.closes()[-1].sha256.upper()}\n") == []


def test_there_is_no_damage_where_nothing_is(tmp_path: Path) -> None:
    assert damages(Ledger(tmp_path / "ledger")) == []


# ---- changed


@pytest.mark.parametrize("at", [0.0, 0.21, 0.5, 0.83, 1.0])
@pytest.mark.parametrize("name", EVERY_FILE)
@pytest.mark.parametrize("place", PLACES)
def test_a_flipped_bit_anywhere_is_found_and_named(ledger: Ledger, place: str, name: str, at: float) -> None:
    path = ledger.folder / place / name
    flip(path, round(at * (path.stat().st_size - 1)))
    (finding, *others) = damages(ledger)
    assert finding.code == "ledger-damaged"
    assert f"{place}/{name}" in {finding.source.removeprefix("ledger/"), f"{place}/SHA256SUMS"}
    assert f"ledger/{place}/{name}" == finding.source or name in finding.message
    assert others == []


@pytest.mark.parametrize("name", EVERY_FILE)
def test_what_every_run_reads_is_found_by_every_run(ledger: Ledger, name: str) -> None:
    flip(ledger.folder / "2025-05" / name, 2)
    if name in SMALL:
        with pytest.raises(CannotRunError, match=f"2025-05/{name}: error"):
            ledger.closes()
    else:
        assert len(ledger.closes()) == 3


def test_the_record_of_a_reopening_is_checked(ledger: Ledger) -> None:
    record = ledger.folder / "reopened" / "2025-05.1.json"
    change(record, lambda content: content.update(sha256="0" * 64))
    assert sources(ledger) == ["ledger/reopened/2025-05.1.json"]
    record.write_text("[]")
    assert sources(ledger) == ["ledger/reopened/2025-05.1.json"]
    record.unlink()
    assert [(finding.source, finding.message) for finding in damages(ledger)] == [
        ("ledger/reopened/2025-05.1.json", "the file is missing")
    ]
    with pytest.raises(CannotRunError, match="the file is missing"):
        ledger.set_aside()


def test_the_next_close_tells_that_the_manifest_is_right_and_its_digest_wrong(ledger: Ledger) -> None:
    sums = ledger.folder / "2025-05" / "SHA256SUMS"
    digest = ledger.closes()[1].sha256
    sums.write_text(sums.read_text().replace(digest, "0" * 64))
    (finding,) = damages(ledger)
    assert (finding.source, finding.message) == (
        "ledger/2025-05/SHA256SUMS",
        "the file was changed since the close",
    )


def test_of_the_last_close_both_are_suspects_unless_its_digest_is_given(ledger: Ledger) -> None:
    sums = ledger.folder / "2025-06" / "SHA256SUMS"
    digest = ledger.closes()[2].sha256
    sums.write_text(sums.read_text().replace(digest, "0" * 64))
    (finding,) = damages(ledger)
    assert (finding.source, finding.message) == (
        "ledger/2025-06/manifest.json",
        "its SHA-256 is not the one in SHA256SUMS: one of these two files was changed since the close",
    )
    assert sources(ledger, digest) == ["ledger/2025-06/SHA256SUMS"]


def test_a_manifest_that_is_still_one_but_says_another_number_is_found(ledger: Ledger) -> None:
    path = ledger.folder / "2025-05" / "manifest.json"
    path.write_text(path.read_text().replace('"rows": 12', '"rows": 13'))
    assert sources(ledger) == ["ledger/2025-05/manifest.json"]
    with pytest.raises(CannotRunError, match="one of these two files was changed"):
        ledger.closes()


@pytest.mark.parametrize("keep", [0, 4, 300])
def test_a_truncated_parquet_file_is_found(tmp_path: Path, keep: int) -> None:
    def with_rows(folder: Path) -> dict[str, int]:
        (folder / "state").mkdir()
        pl.DataFrame({"id": [str(number) for number in range(500)]}).write_parquet(folder / "state" / "grants.parquet")
        return {"state/grants.parquet": 500}

    ledger = Ledger(tmp_path / "ledger")
    path = sealed(ledger, "2025-04", fill=with_rows).file("state/grants.parquet")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:keep])
    assert sources(ledger) == [f"{ledger.folder}/2025-04/state/grants.parquet"]


# ---- removed and added


@pytest.mark.parametrize("name", EVERY_FILE)
@pytest.mark.parametrize("place", PLACES)
def test_a_missing_file_is_named(ledger: Ledger, place: str, name: str) -> None:
    (ledger.folder / place / name).unlink()
    assert [(finding.source, finding.message) for finding in damages(ledger)] == [
        (f"ledger/{place}/{name}", "the file is missing")
    ]


@pytest.mark.parametrize("name", ["notes.txt", "state/extra.parquet", "reports/.hidden", "new/folder/a.csv"])
@pytest.mark.parametrize("place", PLACES)
def test_an_added_file_is_named(ledger: Ledger, place: str, name: str) -> None:
    path = ledger.folder / place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("more")
    assert [(finding.source, finding.message) for finding in damages(ledger)] == [
        (f"ledger/{place}/{name}", "the file was added since the close")
    ]


@pytest.mark.parametrize(
    "name", ["notes.txt", "2025-5", "2025-05 (copy)", "reopened/2025-05", "reopened/2025-05.x.json"]
)
def test_what_tierctl_did_not_write_is_named(ledger: Ledger, name: str) -> None:
    (ledger.folder / name).write_text("more")
    assert [(finding.source, finding.message) for finding in damages(ledger)] == [
        (f"ledger/{name}", "tierctl did not write it")
    ]
    assert len(ledger.closes()) == 3


@pytest.mark.parametrize("name", [".DS_Store", ".2025-07.tmp-1", "reopened/.DS_Store"])
def test_hidden_files_among_the_closes_are_the_systems(ledger: Ledger, name: str) -> None:
    (ledger.folder / name).write_text("")
    assert damages(ledger) == []


def test_all_faults_are_told_at_once(ledger: Ledger) -> None:
    folder = ledger.folder
    flip(folder / "2025-04" / "state" / "position.parquet", 3)
    (folder / "2025-04" / "manifest.json").write_text("{")
    (folder / "2025-05" / "close.json").unlink()
    (folder / "2025-06" / "notes.txt").write_text("")
    flip(folder / "reopened" / "2025-05.1" / "config" / "tierctl.toml", -1)
    (folder / "extra").mkdir()
    assert sources(ledger) == [
        "ledger/2025-04/manifest.json",
        "ledger/2025-04/state/position.parquet",
        "ledger/2025-05/close.json",
        "ledger/2025-06/notes.txt",
        "ledger/reopened/2025-05.1/config/tierctl.toml",
        "ledger/extra",
    ]
    with pytest.raises(CannotRunError) as refused:
        ledger.closes()
    assert [finding.source for finding in refused.value.findings] == [
        "ledger/2025-04/manifest.json",
        "ledger/2025-05/close.json",
    ]


# ---- links, files for folders, and what cannot be read


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_link_in_the_place_of_a_file_is_named_even_to_the_same_content(ledger: Ledger, name: str) -> None:
    path = ledger.folder / "2025-05" / name
    shutil.move(path, "kept")
    path.symlink_to(Path("kept").absolute())
    assert [(finding.source, finding.message) for finding in damages(ledger)] == [
        (f"ledger/2025-05/{name}", "it is a link, and the ledger has files and folders of its own only")
    ]


@pytest.mark.parametrize("name", ["state", "inputs/mrr", "new"])
def test_a_link_in_the_place_of_a_folder_is_named(ledger: Ledger, name: str) -> None:
    path = ledger.folder / "2025-05" / name
    if path.exists():
        shutil.move(path, "kept")
    else:
        Path("kept").mkdir()
    path.symlink_to(Path("kept").absolute())
    assert sources(ledger) == [f"ledger/2025-05/{name}"]


def test_a_link_in_the_place_of_a_close_is_named(ledger: Ledger) -> None:
    shutil.move(ledger.folder / "2025-05", "kept")
    (ledger.folder / "2025-05").symlink_to(Path("kept").absolute())
    assert sources(ledger) == ["ledger/2025-05"]
    with pytest.raises(CannotRunError, match="it is a link"):
        ledger.closes()


@pytest.mark.parametrize("place", ["2025-05", "reopened/2025-05.1"])
def test_a_file_in_the_place_of_a_close_is_named(ledger: Ledger, place: str) -> None:
    shutil.rmtree(ledger.folder / place)
    (ledger.folder / place).write_text("")
    assert [(finding.source, finding.message) for finding in damages(ledger)] == [
        (f"ledger/{place}", "it is a file, and a close is a folder")
    ]


def test_a_folder_in_the_place_of_a_file_is_named(ledger: Ledger) -> None:
    (ledger.folder / "2025-05" / "close.json").unlink()
    (ledger.folder / "2025-05" / "close.json").mkdir()
    (finding,) = damages(ledger)
    assert (finding.source, finding.message) == ("ledger/2025-05/close.json", "it cannot be read: Is a directory")


@pytest.mark.parametrize("is_link", [True, False])
@pytest.mark.parametrize("name", ["ledger", "ledger/reopened"])
def test_the_ledger_itself_is_a_folder(ledger: Ledger, name: str, is_link: bool) -> None:
    path = Path(name)
    shutil.move(path, "kept")
    path.symlink_to(Path("kept").absolute()) if is_link else path.write_text("")
    said = "it is a link" if is_link else "it is a file, and has to be a folder"
    assert sources(ledger)[0] == name
    assert damages(ledger)[0].message.startswith(said)
    with pytest.raises(CannotRunError, match=f"{name}: error.*{said}"):
        ledger.set_aside()


def test_a_link_that_leads_nowhere_is_no_missing_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger").symlink_to(tmp_path / "gone")
    assert len(damages(Ledger(tmp_path / "ledger"))) == 1


def test_what_cannot_be_read_is_named_with_the_reason(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tierctl.ledger.layout.digest", refuse)
    finding = damages(ledger)[0]
    assert (finding.source, finding.message) == (
        "ledger/2025-04/close.json",
        "it cannot be read: Permission denied",
    )
    assert finding.hint == "check that you may read it"


def test_a_folder_that_cannot_be_listed_is_named(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(folder: Any) -> Any:
        if str(folder).endswith("2025-05/state"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    assert sources(ledger) == ["ledger/2025-05/state"]


# ---- manifests that agree with SHA256SUMS and are none


NONE = "it is not the manifest of a close"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "it is of a newer format than 1, which this tierctl does not know"),
        ({"format": 0}, NONE),
        ({"format": "1"}, NONE),
        ({"kind": "review"}, NONE),
        ({"month": None}, NONE),
        ({"month": {"label": "2025-06", "first": "2025-06-01", "last": "June"}}, NONE),
        ({"month": {"label": "2025-05"}}, "it is the manifest of 2025-05"),
        ({"previous_close": "abc"}, NONE),
        ({"previous_close": 7}, NONE),
        ({"reopened": [{"folder": "2025-06.1"}]}, NONE),
        ({"reopened": None}, NONE),
        ({"files": []}, NONE),
        ({"files": [{"path": "close.json"}]}, NONE),
        ({"files": [{"path": "close.json", "sha256": "0" * 64}, {"path": "../a", "sha256": "0" * 64}]}, NONE),
        ({"files": [{"path": "close.json", "sha256": "0" * 64}, {"path": "/etc/a", "sha256": "0" * 64}]}, NONE),
        ({"money_from": 2025}, NONE),
    ],
)
def test_a_manifest_of_another_form_is_none(ledger: Ledger, change: dict[str, Any], message: str) -> None:
    forge(ledger.folder / "2025-06", lambda manifest: manifest.update(change))
    found = [finding for finding in damages(ledger) if finding.source == "ledger/2025-06/manifest.json"]
    assert [finding.message for finding in found] == [message]


@pytest.mark.parametrize("text", ["", "{", "null", "[]", '"text"', "[" * 100_000])
def test_what_is_no_json_object_is_no_manifest(ledger: Ledger, text: str) -> None:
    folder = ledger.folder / "2025-06"
    before = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(text)
    sums = folder / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(before, hashlib.sha256(text.encode()).hexdigest()))
    (finding,) = damages(ledger)
    assert (finding.source, finding.message) == ("ledger/2025-06/manifest.json", NONE)


def test_a_record_that_is_none_is_named_though_its_digest_is_right(ledger: Ledger) -> None:
    forge_file(ledger.folder / "2025-06", "close.json", "[]")
    (finding,) = damages(ledger)
    assert (finding.source, finding.message) == ("ledger/2025-06/close.json", "it is not the record of a close")


# ---- the chain


def test_a_close_that_was_forged_as_a_whole_breaks_the_chain(ledger: Ledger) -> None:
    sealed_with = ledger.closes()[1].sha256
    forge_file(ledger.folder / "2025-05", "reports/standing.csv", "program,partner_id\nelevate,P-1\n")
    (finding,) = damages(ledger)
    forged = hashlib.sha256((ledger.folder / "2025-05" / "manifest.json").read_bytes()).hexdigest()
    assert (finding.source, finding.message) == (
        "ledger/2025-06/manifest.json",
        f"it follows a close with the digest {sealed_with}, and that of 2025-05 is {forged}",
    )
    with pytest.raises(CannotRunError, match="it follows a close with the digest"):
        ledger.closes()


def test_of_the_last_close_only_its_digest_tells_that_it_was_forged(ledger: Ledger) -> None:
    noted = ledger.closes()[-1].sha256
    forge_file(ledger.folder / "2025-06", "reports/standing.csv", "program,partner_id\nelevate,P-1\n")
    assert damages(ledger) == []
    (finding,) = damages(ledger, noted)
    assert finding.source == "ledger/2025-06/manifest.json"
    assert finding.message == f"the last close has the digest {ledger.closes()[-1].sha256}, and not {noted}"


@pytest.mark.parametrize(
    ("removed", "message"),
    [
        ("2025-04", "and none of an earlier month is there"),
        ("2025-05", "its month begins on 2025-06-01, and the close before it, 2025-04, is followed by 2025-05-01"),
    ],
)
def test_a_close_that_was_removed_is_missed(ledger: Ledger, removed: str, message: str) -> None:
    shutil.rmtree(ledger.folder / removed)
    found = damages(ledger)[0]
    assert found.source == ("ledger/2025-05/manifest.json" if removed == "2025-04" else "ledger/2025-06/manifest.json")
    assert found.message.endswith(message)


def test_that_the_last_close_was_removed_only_its_digest_tells(ledger: Ledger) -> None:
    noted = ledger.closes()[-1].sha256
    shutil.rmtree(ledger.folder / "2025-06")
    assert damages(ledger) == []
    assert sources(ledger, noted) == ["ledger/2025-05/manifest.json"]


def test_that_all_closes_were_removed_only_the_digest_tells(ledger: Ledger) -> None:
    shutil.rmtree(ledger.folder)
    assert damages(ledger) == []
    (finding,) = damages(ledger, "0" * 64)
    assert (finding.source, finding.message) == ("ledger", f"no close has the digest {'0' * 64}")


def test_a_close_that_was_swapped_for_the_one_set_aside_is_found(ledger: Ledger) -> None:
    shutil.rmtree(ledger.folder / "2025-05")
    shutil.copytree(ledger.folder / "reopened" / "2025-05.1", ledger.folder / "2025-05")
    assert "ledger/2025-06/manifest.json" in sources(ledger)


def test_a_close_that_was_copied_to_another_month_is_found(ledger: Ledger) -> None:
    shutil.copytree(ledger.folder / "2025-06", ledger.folder / "2025-07")
    (finding,) = damages(ledger)
    assert (finding.source, finding.message) == ("ledger/2025-07/manifest.json", "it is the manifest of 2025-06")


def test_clocks_have_no_part_in_the_order(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    for label, closed_at in (("2025-04", "2030-01-01T00:00:00Z"), ("2025-05", "1999-01-01T00:00:00Z")):
        sealed(ledger, label, record={"closed_at": closed_at, "closed_by": "kim"})
    for number, path in enumerate(sorted(ledger.folder.rglob("*"), reverse=True)):
        os.utime(path, (number, number))
    assert [close.label for close in ledger.closes()] == ["2025-04", "2025-05"]
    assert damages(ledger) == []


# ---- closes that were set aside


def test_a_close_set_aside_that_was_removed_is_missed(ledger: Ledger) -> None:
    shutil.rmtree(ledger.folder / "reopened" / "2025-05.1")
    assert sources(ledger) == ["ledger/reopened/2025-05.1"]
    (ledger.folder / "reopened" / "2025-05.1.json").unlink()
    assert [(finding.source, finding.message) for finding in damages(ledger)] == [
        ("ledger/reopened/2025-05.1", "the folder, which 2025-05 names as set aside before it, is missing")
    ]


def test_a_close_that_was_slipped_in_among_those_set_aside_is_found(ledger: Ledger) -> None:
    reopened = ledger.folder / "reopened"
    shutil.copytree(reopened / "2025-05.1", reopened / "2025-05.2")
    record = (reopened / "2025-05.1.json").read_text().replace("2025-05.1", "2025-05.2")
    (reopened / "2025-05.2.json").write_text(record)
    assert [(finding.source, finding.message) for finding in damages(ledger)] == [
        ("ledger/reopened/2025-05.2", "2025-05 was sealed later, and does not name it as set aside before"),
        ("ledger/reopened/2025-05.1", "2025-05.2 was sealed later, and does not name it as set aside before"),
    ]


def test_a_close_set_aside_that_was_forged_as_a_whole_is_found(ledger: Ledger) -> None:
    folder = ledger.folder / "reopened" / "2025-05.1"
    forge_file(folder, "reports/standing.csv", "program,partner_id\nelevate,P-1\n")
    forged = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    change(folder.with_name("2025-05.1.json"), lambda record: record.update(sha256=forged))
    (finding,) = damages(ledger)
    assert finding.source == "ledger/reopened/2025-05.1/manifest.json"
    assert finding.message.startswith("2025-05 names it with the digest ")


@pytest.mark.parametrize(
    ("label", "hint"),
    [
        ("2025-05", "that is the digest of 2025-05, which is not the last"),
        ("2025-05.1", "that is the digest of 2025-05.1, which was reopened"),
    ],
)
def test_the_digest_of_another_close_is_recognized(ledger: Ledger, label: str, hint: str) -> None:
    noted = ledger.close_of(label)
    assert noted is not None
    (finding,) = damages(ledger, noted.sha256)
    assert (finding.source, finding.hint) == ("ledger/2025-06/manifest.json", hint)


def test_nothing_is_written_while_checking(ledger: Ledger) -> None:
    before = tree(ledger.folder)
    flip(ledger.folder / "2025-05" / "close.json", 3)
    damages(ledger)
    flip(ledger.folder / "2025-05" / "close.json", 3)
    assert tree(ledger.folder) == before
