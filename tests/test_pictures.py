"""The pictures in README and docs show what tierctl prints and draws today."""

from pathlib import Path

from tests.pictures import PAGE, ROOT, TERMINAL, terminal_svg

_PNG = b"\x89PNG\r\n\x1a\n"


def test_the_terminal_in_the_readme_is_what_a_review_prints(tmp_path: Path) -> None:
    assert TERMINAL.read_text(encoding="utf-8") == terminal_svg(tmp_path / "reports"), "python -m tests.pictures"


def test_no_picture_asks_a_browser_for_anything() -> None:
    assert "http" not in TERMINAL.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")


def test_the_readme_shows_both_pictures() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert PAGE.read_bytes().startswith(_PNG)
    assert all(f"(docs/images/{picture.name})" in readme for picture in (TERMINAL, PAGE))
