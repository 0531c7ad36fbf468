"""`tierctl what-if`: what a month would have come to under other rules, or with further rows."""

from pathlib import Path
from typing import Annotated

import typer

from tierctl.cli import completion
from tierctl.cli.common import MONTH_HELP, JsonOption, QuietOption, WorkspaceOption, workspace_root
from tierctl.cli.format_option import FormatOption, formats_asked

_SET = "Give a value of the program file another one; may be repeated. KEY is as much of its path as names one value."
_SWEEP = "Go through values from A to B; a second one makes a grid. 5%:10%:1% for shares."
_PAGES = (".html", ".htm")


def what_if(
    context: typer.Context,
    *,
    month: Annotated[
        str | None, typer.Option("--month", "-m", metavar="MONTH", help=MONTH_HELP, autocompletion=completion.months)
    ] = None,
    first: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MONTH",
            help="Evaluate each month from this one, as if none closed.",
            autocompletion=completion.months,
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="MONTH", help="The last of these months.", autocompletion=completion.months),
    ] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=_SET)] = None,
    overlays: Annotated[
        list[Path] | None,
        typer.Option("--overlay", metavar="FILE", help="Put in what a TOML file says otherwise; may be repeated."),
    ] = None,
    sweeps: Annotated[list[str] | None, typer.Option("--sweep", metavar="KEY=A:B:STEP", help=_SWEEP)] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--also",
            metavar="EXPORT=FILE",
            help="Suppose these rows of an export too; a row with a key that is there replaces it.",
            autocompletion=completion.exports_with_files,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write every table into DIR, and the page whatif.html.")
    ] = None,
    format_: FormatOption = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page alone: tables and charts in one file.")
    ] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """What if: who would be on which tier, and at what cost, under other rules or with further rows.

    Held against the month as the program files and today's exports have it; nothing in the workspace changes. Exports
    are read and measured once, however many variants a sweep has.

    \b
    Example: tierctl init elevate trial &&
    tierctl -C trial what-if -m 2025-05 --set elite.net_new_mrr=20000
    """  # noqa: D301  # \b keeps the example's lines as they are
    from tierctl.cli import what_if_run  # noqa: PLC0415  # what it needs would slow help down

    asked = what_if_run.Request(
        root=workspace_root(context, workspace),
        months=_months(month, first, last),
        settings=tuple(settings or ()),
        overlays=tuple(overlays or ()),
        sweeps=tuple(sweeps or ()),
        also=_files(also or []),
        out=out,
        formats=formats_asked(format_) if format_ else None,
        html=_page(html),
    )
    if not (settings or overlays or sweeps or also):
        raise typer.BadParameter(
            "nothing is asked: say what would be otherwise with --set, --overlay, --sweep or --also"
        )
    raise typer.Exit(what_if_run.run_what_if(asked, quiet=quiet, as_json=json))


def _months(month: str | None, first: str | None, last: str | None) -> tuple[str, str | None]:
    """The month that was named, or the first and the last of several.

    Raises:
        BadParameter: neither, or both.
    """
    if month is not None and first is None and last is None:
        return month, None
    if month is None and first is not None and last is not None:
        return first, last
    raise typer.BadParameter("name one month with --month, or several with --from and --to", param_hint="'--month'")


def _files(texts: list[str]) -> tuple[tuple[str, Path], ...]:
    """The exports with the files of their further rows.

    Raises:
        BadParameter: a text is not EXPORT=FILE.
    """
    pairs = [text.partition("=") for text in texts]
    for name, _, file in pairs:
        if not name.strip() or not file:
            raise typer.BadParameter("write EXPORT=FILE, as in mrr=deals.csv", param_hint="'--also'")
    return tuple((name.strip(), Path(file)) for name, _, file in pairs)


def _page(path: Path | None) -> Path | None:
    """The file of the page.

    Raises:
        BadParameter: its name does not end as a page's does.
    """
    if path is not None and path.suffix.lower() not in _PAGES:
        raise typer.BadParameter(f"{path.name!r} does not end in {' or '.join(_PAGES)}", param_hint="'--html'")
    return path
