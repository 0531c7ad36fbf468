"""Headless Chromium for the tests of pages: one browser a session, one window a page, and no network.

What a page logs, throws or asks for is collected, so that a test can say that there was nothing. Without Chromium the
tests are skipped; in CI they fail.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page, Request, ViewportSize

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = (375, 800, 1440)
HEIGHT = 900
MISSING = "make system installs Chromium"


@dataclass
class Shown:
    """A page in a window, with what it logged, what it threw and what it asked for beyond itself."""

    page: "Page"
    address: str
    logged: list[str] = field(default_factory=list)
    thrown: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)

    @property
    def troubles(self) -> list[str]:
        return [*self.logged, *self.thrown, *self.asked_for]

    def load(self) -> None:
        """Listen to the page from its first byte on."""
        self.page.on("console", lambda message: self.logged.append(message.text))
        self.page.on("pageerror", lambda fault: self.thrown.append(str(fault)))
        self.page.on("dialog", self._dismiss)
        self.page.on("request", self._note)
        self.page.goto(self.address)

    def run(self, script: str, argument: object = None) -> Any:
        """What a function of JavaScript returns in the page."""
        return self.page.evaluate(script, argument)

    def _dismiss(self, dialog: "Dialog") -> None:
        self.thrown.append(dialog.message)
        dialog.dismiss()

    def _note(self, request: "Request") -> None:
        if request.url != self.address:
            self.asked_for.append(request.url)


Show: TypeAlias = Callable[..., Shown]


def executable() -> str | None:
    """Where Chromium is: where TIERCTL_CHROMIUM says, or under one of its names on the path."""
    found = (shutil.which(name) for name in NAMES)
    return os.environ.get("TIERCTL_CHROMIUM") or next((path for path in found if path), None)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One Chromium, started when a test first asks for it."""
    path = executable()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # most tests need no browser

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: "Browser", tmp_path: Path) -> Iterator[Show]:
    """Shows a page, its HTML or the file that holds it, in a window of its own; they close when the test ends."""
    pages: list[Page] = []

    def show(
        html: str | Path,
        *,
        width: int = WIDTHS[-1],
        scheme: Literal["light", "dark"] = "light",
        media: Literal["screen", "print"] = "screen",
        runs_scripts: bool = True,
    ) -> Shown:
        size: ViewportSize = {"width": width, "height": HEIGHT}
        page = browser.new_page(
            viewport=size,
            color_scheme=scheme,
            offline=True,
            reduced_motion="reduce",
            java_script_enabled=runs_scripts,
        )
        page.emulate_media(media=media)
        pages.append(page)
        file = html if isinstance(html, Path) else tmp_path / f"page-{len(pages)}.html"
        if isinstance(html, str):
            file.write_text(html, encoding="utf-8")
        shown = Shown(page, file.resolve().as_uri())
        shown.load()
        return shown

    yield show
    for page in pages:
        page.close()
