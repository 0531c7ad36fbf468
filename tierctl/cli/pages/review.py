"""The review as one page for who runs the program: what moved, who needs a call, what it costs, what was left out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tierctl import __version__
from tierctl.cli import words
from tierctl.cli.layout import plural
from tierctl.cli.opening_lines import DIGITS
from tierctl.cli.pages.ahead import bars_section, near_section, risk_section
from tierctl.cli.pages.everyone import actions_section, partners_section
from tierctl.cli.pages.money import NOTHING_POSTED, closed_section, money_section, payable
from tierctl.cli.pages.parts import Figure, Section
from tierctl.cli.pages.quality import quality_section, rejected_figure
from tierctl.cli.pages.render import Templates
from tierctl.cli.pages.tiers import headline, movement_section, tiers_section
from tierctl.cli.pages.told import book
from tierctl.cli.pages.view import Ladder, Page
from tierctl.report.formats import WHOLE, Format

if TYPE_CHECKING:
    from tierctl.cli.steps import Made
    from tierctl.findings import Finding
    from tierctl.program.model import Program


_ELSEWHERE: Final = "the tables (--format csv)"


@dataclass(frozen=True)
class _Outline:
    """A program's sections, and where they hang: the page's own title where there is but one program."""

    program: "Program"
    is_alone: bool

    @property
    def level(self) -> int:
        return 2 if self.is_alone else 3

    @property
    def has_tracks(self) -> bool:
        return len(self.program.tracks) > 1


def review_page(
    made: "Made",
    findings: "Sequence[Finding]",
    *,
    file: Callable[[str], str],
    partner_files: Mapping[str, str] | None = None,
) -> str:
    """The page, in one file; the same review gives the same bytes.

    Args:
        made: the month as it was reviewed.
        findings: everything that was found, rejected rows among it.
        file: where a reader finds all rows of a table; empty, or this page itself: in no file.
        partner_files: the pages of partners that lie beside it, by partner id (see `names.page_files`).
    """

    def place(table: str) -> str:
        found = file(table)
        return _ELSEWHERE if found in {"", WHOLE[Format.HTML]} else found

    page = Page(made, book(made), place, partner_files or {})
    sections = [*_sections(page), quality_section(page, findings)]
    month = made.plan.month
    names = " · ".join(program.name for program in page.programs)
    return Templates().page(
        "review.html",
        has_script=True,
        title=f"{names} · review of {month.label}",
        heading=f"Review of {month.label}",
        programs=names,
        month=month,
        is_calendar=month.code == "FY{}-P{}".format(*month.label.split("-")),
        figures=list(_overall(page)),
        sections=sections,
        contents=_contents(sections),
        provenance=list(_provenance(page)),
    )


def _contents(sections: Sequence[Section]) -> list[list[Section]]:
    """The sections in lines: one for each that heads others, and one for what stands below none."""
    lines: list[list[Section]] = []
    for section in sections:
        is_below = bool(lines) and (not lines[-1][0].is_heading or lines[-1][0].level < section.level)
        if section.is_heading or not is_below:
            lines.append([])
        lines[-1].append(section)
    return lines


def _overall(page: Page) -> Iterator[Figure]:
    """What all programs come to, and how many rows were left out."""
    yield from headline([ladder for program in page.programs for ladder in _ladders(page, program)])
    if len(page.programs) == 1:
        yield from payable(page, page.programs[0])
    yield rejected_figure(page)


def _ladders(page: Page, program: "Program") -> list[Ladder]:
    return [Ladder(page, program, name) for name in program.tracks]


def _sections(page: Page) -> Iterator[Section]:
    is_alone = len(page.programs) == 1
    for program in page.programs:
        outline = _Outline(program, is_alone)
        if not is_alone:
            figures = (*headline(_ladders(page, program)), *payable(page, program))
            yield Section(f"{program.id}--all", program.name, figures=figures, level=2, is_heading=True)
        yield from _of_program(page, outline)


def _of_program(page: Page, outline: _Outline) -> Iterator[Section]:
    """Of each track how it stands and what lies ahead; the money; then the lists."""
    program, level = outline.program, outline.level
    ladders = _ladders(page, program)
    for ladder in ladders:
        own = [tiers_section(ladder)]
        own += [movement_section(ladder)] if ladder.counts["partners"] else []
        # Where no tier asks for anything, none is lost or near.
        has_tiers = ladder.counts["partners"] and ladder.track.earned_tiers
        own += [risk_section(ladder), near_section(ladder)] if has_tiers else []
        own += [section for section in (bars_section(ladder), actions_section(ladder)) if section]
        if outline.has_tracks:
            title = words.track_name(program, ladder.name)
            yield Section(ladder.id, title, figures=tuple(headline([ladder])), level=level, is_heading=True)
        yield from _at(own, level + outline.has_tracks)
    paid = (money_section(page, program), closed_section(page, program))
    yield from _at([section for section in paid if section], level)
    for ladder in (each for each in ladders if each.counts["partners"]):
        section = partners_section(ladder)
        name = f" · {words.track_name(program, ladder.name)}" if outline.has_tracks else ""
        yield replace(section, title=f"{section.title}{name}", level=level)


def _at(sections: Sequence[Section], level: int) -> Iterator[Section]:
    return (replace(section, level=level) for section in sections)


def _provenance(page: Page) -> Iterator[str]:
    """What the page was made from; no clock is in it."""
    plan, made = page.made.plan, page.made
    editions = ", ".join(f"{program.name} (in force from {program.effective_from})" for program in plan.programs)
    yield f"{editions}; month {plan.month.label}, {plan.month.first} to {plan.month.last}, the review day."
    rows = sum(file.rows for file in made.ingested.files)
    read = f"{plural(rows, 'row')} of {plural(len(made.ingested.files), 'file')}"
    opened = "no earlier month is closed"
    if plan.money_from is None and any(program.rules for program in page.programs):
        opened += f", and [ledger] starts is not set: {NOTHING_POSTED[:1].lower()}{NOTHING_POSTED[1:-1]}"
    if plan.previous:
        opened = f"opened from the close of {plan.previous.label} ({plan.previous.sha256[:DIGITS]})"
    yield f"Made from {read}; {opened}."
    names = ", ".join(dict.fromkeys(page.file(name) for name in sorted(made.tables)))
    yield f"All rows: {names}; what each file was made from: manifest.json."
    yield f"tierctl {__version__}"
