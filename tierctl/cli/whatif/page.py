"""The answer of a what-if as a page of its own: tables and drawings in one file that loads nothing and runs nothing."""

from pathlib import Path
from typing import Final

from tierctl.cli.whatif.charts import charts
from tierctl.cli.whatif.lines import baseline_text, row_texts, swept_texts, where
from tierctl.cli.whatif.tables import tables
from tierctl.cli.whatif.view import WhatIf
from tierctl.cli.whatif.words import said

_TEMPLATE: Final = "page.html"


def page(found: WhatIf, place: str) -> str:
    """The page; whatever stands in an export or a program file is text in it and never markup.

    Args:
        found: the answer.
        place: where a reader finds what is too long for a page.
    """
    # Imported here, as nothing else needs them.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    # The drawings are vl-convert's own, which escapes the texts in them.
    environment.filters["drawing"] = Markup
    return environment.get_template(_TEMPLATE).render(
        title=f"What if · {' to '.join(dict.fromkeys((found.months[0], found.months[-1])))}",
        programs=" · ".join(program.name or program.id for program in found.programs),
        asked=_asked(found),
        baseline=baseline_text(found),
        charts=list(charts(found)),
        tables=list(tables(found, place)),
    )


def _asked(found: WhatIf) -> list[str]:
    edits = [f"{edit.key}: {said(edit.before)} → {said(edit.after)} ({where(edit)})" for edit in found.edits]
    return [*edits, *swept_texts(found), *row_texts(found)]
