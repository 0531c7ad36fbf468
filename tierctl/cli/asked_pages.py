"""The pages that a review writes beside its tables, where they are asked for."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from tierctl.report.formats import WHOLE, Format, file_of

if TYPE_CHECKING:
    from tierctl.cli.steps import Made
    from tierctl.findings import Finding

PartnerPagesOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--partner-pages", help="Also write a page for each partner, its statement and scorecard, to be mailed."
    ),
]


def asked_pages(
    made: "Made", findings: "Sequence[Finding]", formats: Sequence[Format] | None, *, is_by_partner: bool
) -> Iterator[tuple[str, str]]:
    """Each page by its path in the reports' folder, made only when its turn comes.

    Args:
        made: the month as reviewed.
        findings: everything that was found.
        formats: the formats asked for; None: the usual ones, which no page is one of.
        is_by_partner: whether every partner gets a page.
    """
    # Imported only where a page is asked for: what draws takes a second to load.
    if Format.HTML in (formats or ()):
        from tierctl.cli.pages import partner_files, review_page  # noqa: PLC0415

        linked = partner_files(made) if is_by_partner else None
        file = partial(file_of, asked=formats)
        yield WHOLE[Format.HTML], review_page(made, findings, file=file, partner_files=linked)
    if is_by_partner:
        from tierctl.cli.pages import partner_pages  # noqa: PLC0415

        yield from partner_pages(made)
