"""What the shell offers for a word that is not finished: months, partners, programs, tables, formats, workspaces.

A completion says nothing but what it offers, and offers nothing where anything is wrong. What it needs of a workspace
it looks up in `Glance`, without checking it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, cast

import typer

from tierctl import resources

if TYPE_CHECKING:
    from tierctl.cli.glance import Glance

Offered: TypeAlias = tuple[str, str]
"""A word, and what the shell shows beside it."""

Completion: TypeAlias = Callable[[typer.Context, str], list[Offered]]

_MOST: Final = 200
_FILE: Final = "tierctl.toml"
_ID: Final = re.compile(r"^id\s*=", re.MULTILINE)
_NAME: Final = re.compile(r'^name\s*=\s*"([^"\n]*)"', re.MULTILINE)
# Where a shell would take a word apart, or do what stands in it, the word is not offered.
_WORD: Final = re.compile(r"[\w.,@%+/=-]+")
_NOT_TEXT: Final = re.compile(r"[^\w.,&+/-]+")


def _offers(find: Callable[[typer.Context, str], Iterable[Offered]]) -> Completion:
    """A completion that never fails and offers no more than a person can look through."""

    def complete(ctx: typer.Context, incomplete: str) -> list[Offered]:
        try:
            fitting = (each for each in find(ctx, incomplete) if each[0].startswith(incomplete))
            words = [(word, _NOT_TEXT.sub(" ", text).strip()) for word, text in fitting if _WORD.fullmatch(word)]
            return words[:_MOST]
        except Exception:  # noqa: BLE001  # in the middle of a command line there is no room for a fault
            return []

    # Typer calls it by the names of its own parameters, so that of `find` it takes over no more than this.
    complete.__name__, complete.__doc__ = find.__name__, find.__doc__
    return complete


@_offers
def months(ctx: typer.Context, _incomplete: str) -> Iterator[Offered]:
    """`last`, then every month from the first that can be reviewed to the latest that has ended, newest first."""
    glance = _glance(ctx)
    ended = list(reversed(glance.months()))
    closed = set(glance.closed())
    yield from [("last", ended[0].label)] if ended else []
    for month in ended:
        yield month.label, f"{month.code}, closed" if month.label in closed else month.code


@_offers
def months_to_close(ctx: typer.Context, _incomplete: str) -> Iterator[Offered]:
    """The month whose turn it is, then those after it that have ended too."""
    glance = _glance(ctx)
    closed = glance.closed()
    ended = glance.months()
    following = [month for month in ended if not closed or month.label > closed[-1]]
    for month in following:
        yield month.label, f"{month.code}, the next to close" if month is following[0] else month.code
    yield from [("last", ended[-1].label)] if following else []


@_offers
def closed_months(ctx: typer.Context, _incomplete: str) -> Iterator[Offered]:
    """The months that are closed, newest first."""
    return ((label, "closed") for label in reversed(_glance(ctx).closed()))


@_offers
def reviewed_months(ctx: typer.Context, _incomplete: str) -> Iterator[Offered]:
    """The months that are closed or have reports, newest first."""
    glance = _glance(ctx)
    closed = glance.closed()
    for label in sorted({*closed, *glance.reviewed()}, reverse=True):
        yield label, "closed" if label in closed else "open"


@_offers
def partners(ctx: typer.Context, incomplete: str) -> Iterator[Offered]:
    """The partners of the roster whose ids begin like that, each with its name."""
    return islice(_glance(ctx).partners(incomplete), _MOST)


@_offers
def programs(ctx: typer.Context, incomplete: str) -> Iterator[Offered]:
    """The programs that come with tierctl, and program files in the folder that the word has come to."""
    yield from bundled()
    root, typed = _root(ctx), Path(incomplete)
    folder = typed if incomplete.endswith("/") else typed.parent
    for path in sorted((root / folder).glob("*.toml")):
        if _ID.search(text := path.read_text(encoding="utf-8", errors="replace")):
            yield (folder / path.name).as_posix(), _name_in(text)


@_offers
def programs_in_use(ctx: typer.Context, _incomplete: str) -> Iterator[Offered]:
    """The ids of the programs that the workspace names."""
    return ((program["id"], program.get("name", "")) for program in _glance(ctx).programs())


@_offers
def tables(_ctx: typer.Context, _incomplete: str) -> Iterator[Offered]:
    """The exports, the reports and the tables of the ledger."""
    for folder, what in (("exports", "export"), ("reports", "report"), ("ledger", "ledger")):
        for path in sorted((resources.schemas() / folder).glob("*.json")):
            yield path.stem, what


@_offers
def exports_with_files(ctx: typer.Context, incomplete: str) -> Iterator[Offered]:
    """The workspace's exports, each with `=` behind it; once that is there, the files that could follow."""
    name, sign, start = incomplete.partition("=")
    if not sign:
        yield from ((f"{export}=", "export") for export in sorted(_glance(ctx).exports))
        return
    for path in _beside(start):
        yield f"{name}={path.as_posix()}{'/' if path.is_dir() else ''}", ""


def formats(*words: str) -> Completion:
    """A completion of formats: the last one of a list that is joined by commas."""

    @_offers
    def complete(_ctx: typer.Context, incomplete: str) -> Iterator[Offered]:
        before, comma, _ = incomplete.rpartition(",")
        given = before.split(",")
        return ((f"{before}{comma}{word}", "") for word in words if word not in given)

    return complete


@_offers
def workspaces(_ctx: typer.Context, incomplete: str) -> Iterator[Offered]:
    """The folders that hold a tierctl.toml; where there is none, the shell offers every folder itself."""
    return ((path.as_posix(), "workspace") for path in _beside(incomplete) if (path / _FILE).is_file())


def bundled() -> Iterator[Offered]:
    """The ids of the programs that come with tierctl, and their names."""
    paths = sorted(resources.bundled_programs().glob("*.toml"))
    # Of several editions, which have their year behind the id, the first is the one that is called by the id alone.
    return ((path.stem, _name_in(path.read_text(encoding="utf-8"))) for path in paths if "-" not in path.stem)


def _name_in(program: str) -> str:
    found = _NAME.search(program)
    return found[1] if found else ""


def _beside(start: str) -> Sequence[Path]:
    """What lies in the folder that a path has come to; a name that begins with a point is hidden."""
    folder = Path(start) if start.endswith("/") else Path(start).parent
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _glance(ctx: typer.Context) -> "Glance":
    from tierctl.cli.glance import Glance  # noqa: PLC0415  # help completes nothing and needs none of it

    return Glance.at(_root(ctx))


def _root(ctx: typer.Context) -> Path:
    """The workspace that -C names, after the command or before it; the current folder if neither does."""
    named = [ctx.params.get(each.name or "") for each in ctx.command.params if "-C" in each.opts]
    if named and named[0] not in {None, Path()}:
        return Path(str(named[0])).expanduser()
    return _root(cast("typer.Context", ctx.parent)) if ctx.parent is not None else Path()
