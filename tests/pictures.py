"""The pictures in README and docs, taken from real runs on the sample data: `python -m tests.pictures`.

The terminal is drawn by Rich as SVG, text that a test can compare; the report is photographed in Chromium.
"""

import os
import pty
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text
from typer.testing import CliRunner

from tests.browser import FLAGS, executable
from tierctl.cli import app

ROOT: Final = Path(__file__).parents[1]
IMAGES: Final = ROOT / "docs" / "images"
TERMINAL: Final = IMAGES / "review-terminal.svg"
PAGE: Final = IMAGES / "review-page.png"
COMMAND: Final = ("-C", "sample_data/elevate", "review", "--month", "2025-05")
# What of the page the picture shows, in pixels: its head, the tiers, and the first who moved.
_WIDTH: Final = 1280
_HEIGHT: Final = 1010

_COLUMNS: Final = 96
_LINES: Final = 48
# Rich's own drawing without the fonts that it would have a browser fetch.
_DRAWING: Final = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def terminal_svg(out: Path) -> str:
    """What a person sees of the review, drawn; its reports go into `out`."""
    said = _seen((*COMMAND, "--out", str(out))).replace(str(out), "sample_data/elevate/reports/2025-05")
    lines = said.splitlines()[:_LINES]
    console = Console(record=True, width=_COLUMNS, file=StringIO())
    console.print(Text.from_ansi("\n".join([*lines, "…"])), no_wrap=True)
    title = f"tierctl {' '.join(COMMAND)}"
    return console.export_svg(title=title, theme=DIMMED_MONOKAI, code_format=_DRAWING, unique_id="review")


def _seen(arguments: tuple[str, ...]) -> str:
    """What tierctl writes to a terminal of that width, colours and all."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(_COLUMNS), "LINES": "60", "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "tierctl", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=follower, stderr=subprocess.DEVNULL) as process:
        os.close(follower)
        parts = []
        while True:
            try:
                part = os.read(leader, 1 << 16)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            parts.append(part)
        process.wait()
    os.close(leader)
    return b"".join(parts).decode().replace("\r\n", "\n")


def photograph(page: Path, picture: Path) -> None:
    """Take a picture of how a page begins, as Chromium shows it."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        window = chromium.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        window.goto(page.as_uri())
        window.screenshot(path=picture)
        chromium.close()


def take(folder: Path) -> None:
    """Take every picture anew."""
    IMAGES.mkdir(exist_ok=True)
    TERMINAL.write_text(terminal_svg(folder / "terminal"), encoding="utf-8", newline="\n")
    CliRunner().invoke(app, [*COMMAND, "--format", "html", "--out", str(folder / "page")], catch_exceptions=False)
    photograph(folder / "page" / "review.html", PAGE)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        take(Path(folder))
