"""What a review refuses to replace."""

import json
from pathlib import Path

import pytest

from tierctl.findings import CannotRunError
from tierctl.report.write import refuse_foreign


def test_a_hidden_folder_is_not_a_review_s_own(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(CannotRunError, match=r"tierctl did not write what is in it: \.git"):
        refuse_foreign(tmp_path)


def test_a_link_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "here").symlink_to(tmp_path / "there")
    with pytest.raises(CannotRunError, match="is a link"):
        refuse_foreign(tmp_path / "here")


@pytest.mark.parametrize("outputs", [None, 1, ["standing.csv"], [1], [{}]])
def test_a_manifest_of_another_shape_lists_nothing(tmp_path: Path, outputs: object) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"tierctl": "1", "outputs": outputs}), encoding="utf-8")
    (tmp_path / "standing.csv").touch()
    with pytest.raises(CannotRunError, match=r"standing\.csv"):
        refuse_foreign(tmp_path)


def test_a_review_s_own_files_may_be_replaced(tmp_path: Path) -> None:
    content = {"tierctl": "1", "outputs": [{"path": "standing.csv"}]}
    (tmp_path / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "standing.csv").touch()
    (tmp_path / ".DS_Store").touch()
    refuse_foreign(tmp_path)
