"""The proposed tierctl.toml as text: valid whatever headers hold, each line with its reason, what is open commented."""

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from tierctl.proposed.exports import ExportProposal
from tierctl.proposed.lines import Confidence, Line, Question, Value
from tierctl.proposed.proposal import STARTS, Proposal
from tierctl.proposed.told_files import NOT_READ, FileProposal

_WIDTH: Final = 120
_WIDEST_VALUE: Final = 60
_LEAST_COMMENT: Final = 30
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES: Final = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_MOST_OPEN: Final = 40


def toml_text(proposal: Proposal, programs: Sequence[str], folder: str) -> str:
    """The whole file.

    Args:
        proposal: what is proposed.
        programs: the programs, as the file names them.
        folder: the exports' folder, as a person would call it.
    """
    parts = [*_top(proposal, folder), "", *_settings(programs)]
    for export in proposal.exports:
        parts += ["", *_export(export)]
    parts += _others(proposal)
    return "\n".join(line.rstrip() for line in parts) + "\n"


def quoted(text: str) -> str:
    r"""A text as TOML writes it in quotes, with signs that nobody sees escaped.

    >>> quoted('a "b"\n'), quoted("\x7f"), quoted("Währung")
    ('"a \\"b\\"\\n"', '"\\u007F"', '"Währung"')
    """
    return '"' + "".join(_escaped(sign) for sign in text) + '"'


def key(text: str) -> str:
    """A text as a key: bare where TOML allows that."""
    return text if _BARE.fullmatch(text) else quoted(text)


def _escaped(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign == " " or unicodedata.category(sign) not in _UNSEEN:
        return sign
    number = ord(sign) if unicodedata.category(sign) != "Cs" else 0xFFFD  # half a pair is no character in TOML
    return f"\\u{number:04X}" if number <= 0xFFFF else f"\\U{number:08X}"  # noqa: PLR2004  # four digits hold no more


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(quoted(each) for each in value)}]"
    return str(value) if isinstance(value, int) else quoted(value)


def _plain(text: str) -> str:
    """A sentence for a comment: in one line, with nothing that nobody sees."""
    return " ".join("".join(sign if sign == " " else _unseen(sign) for sign in text).split())


def _unseen(sign: str) -> str:
    return "\\n" if sign == "\n" else _escaped(sign) if unicodedata.category(sign) in _UNSEEN else sign


def _comment(text: str, *, first: str = "# ", rest: str = "# ") -> list[str]:
    """A sentence as lines of comment, none of them too long."""
    return textwrap.wrap(_plain(text), _WIDTH, initial_indent=first, subsequent_indent=rest) or [first.rstrip()]


def _top(proposal: Proposal, folder: str) -> Iterator[str]:
    read = sum(1 for file in proposal.files if file.is_read)
    seen = f"{len(proposal.files)} file{'' if len(proposal.files) == 1 else 's'} in {folder}"
    yield from _comment(f"Proposed by tierctl init from {seen}, of which {read} {'is' if read == 1 else 'are'} read.")
    yield from _comment(
        "On the left of each line stands their header or word, on the right tierctl's. What follows a # is why; a line"
        " that begins with # is not in force: what is open stands so, with OPEN behind it, until somebody decides it."
    )
    for file in proposal.files:
        if not file.is_table and file.why.startswith(NOT_READ):
            yield from _comment(f"{NOT_READ}{file.name}, {file.why.removeprefix(NOT_READ)}", rest="#   ")
    questions = [question for question in proposal.questions if question.is_needed]
    if not questions:
        yield from _comment("Nothing that a review needs is open. Next: tierctl check")
        return
    yield "#"
    yield f"# Open, {len(questions)}:"
    for question in questions[:_MOST_OPEN]:
        yield from _comment(_asked(question), first="# - ", rest="#   ")
    sought = {question.export for question in questions if question.seeks}
    for export in proposal.exports:
        if export.name in sought:
            yield from _comment(
                f"{export.name}, headers left over: {_listed(export.unread)}", first="# - ", rest="#   "
            )
    if len(questions) > _MOST_OPEN:
        yield f"# - and {len(questions) - _MOST_OPEN} more below"


def _listed(headers: Sequence[str]) -> str:
    return ", ".join(repr(header) for header in headers)


def _asked(question: Question) -> str:
    place = f"{question.export}.{question.about}" if question.about else question.export
    return f"{place}: {question.said}" + (f"; {question.decides}" if question.decides else "")


def _settings(programs: Sequence[str]) -> list[str]:
    return [
        f"programs = {_shown(tuple(programs))}",
        'reports  = "reports"',
        "",
        "[ledger]",
        'path = "ledger"',
        *_comment(f"With which fiscal month money begins: {STARTS}."),
        '# starts = "YYYY-MM"',
        "",
        "# No export says which fiscal year a company has: say it here.",
        "[calendar]",
        'kind        = "months"   # fiscal months are calendar months; or 4-4-5, 4-5-4, 5-4-4, table',
        "year_starts = 1          # and the fiscal year begins in January",
    ]


def _export(export: ExportProposal) -> Iterator[str]:
    mark = "# " if export.confidence is Confidence.OPEN else ""
    yield from _comment(f"── {export.title}: {export.confidence} ──")
    if export.files:
        yield from _comment(f"{', '.join(export.files)}: {export.why}.")
    else:
        yield from _comment(f"{export.why}.")
    for note in export.notes:
        yield from _comment(f"Note: {note}.")
    if export.own:
        yield from _comment(f"Under tierctl's own names, so that nothing is to be mapped: {', '.join(export.own)}.")
    if export.unread:
        yield from _comment(f"Left unread: {', '.join(export.unread)}.")
    yield from _keys(export, mark)
    for rival in export.rivals:
        yield ""
        yield from _comment(f"Or {', '.join(rival.files)}: {rival.why}.")
        yield from _keys(rival, mark)


def _keys(export: ExportProposal, mark: str) -> Iterator[str]:
    """The tables of an export."""
    yield f"{mark}[exports.{key(export.name)}]"
    previous: tuple[str, ...] = ()
    for table in _tables(export.lines):
        lines = [line for line in export.lines if line.table == table]
        is_open = bool(mark) or all(line.confidence is Confidence.OPEN for line in lines)
        if table != previous:
            yield ""
            yield ("# " if is_open else "") + f"[exports.{'.'.join(key(part) for part in (export.name, *table))}]"
            previous = table
        yield from _lines(lines, all_open=bool(mark))


def _tables(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """The tables of the lines: the export's own first, then in the order in which tables are written by hand."""
    order = ("columns", "fixed", "values", "format", "formats")
    found = list(dict.fromkeys(line.table for line in lines))
    return sorted(found, key=lambda table: order.index(table[0]) if table else -1)


def _lines(lines: Sequence[Line], *, all_open: bool) -> Iterator[str]:
    """The lines of one table, their signs of equality and their comments each in one column."""
    once = list({line.key: line for line in lines if line.confidence is not Confidence.OPEN}.values())
    open_ = [line for line in lines if line.confidence is Confidence.OPEN]
    written = [(line, _name(line), _shown(line.value)) for line in (*once, *open_)]
    widest = max((len(name) for _, name, _ in written if len(name) <= _WIDEST_VALUE), default=0)
    texts = [
        ("# " if all_open or line.confidence is Confidence.OPEN else "") + f"{name:<{widest}} = {value}"
        for line, name, value in written
    ]
    column = max((len(text) for text in texts if len(text) <= _WIDEST_VALUE), default=0)
    for (line, _, _), text in zip(written, texts, strict=True):
        yield from _commented(text, _reason(line), column)


def _name(line: Line) -> str:
    """The key: their words always in quotes, tierctl's own bare."""
    return quoted(line.key) if line.table[:1] in {("columns",), ("values",)} else key(line.key)


def _reason(line: Line) -> str:
    if line.confidence is Confidence.OPEN:
        return f"OPEN: {line.why}" if line.why else "OPEN"
    if line.confidence is Confidence.LIKELY:
        return f"likely: {line.why}" if line.why else "likely"
    return line.why


def _commented(text: str, reason: str, column: int) -> Iterator[str]:
    """A line with its reason behind it, or above it where there is no room."""
    if not reason:
        yield text
        return
    start = max(column, len(text)) + 3
    wrapped = _comment(reason, first="", rest="") if _WIDTH - start < _LEAST_COMMENT else []
    behind = f"{text:<{start - 3}}   # {_plain(reason)}"
    if not wrapped and len(behind) <= _WIDTH:
        yield behind
        return
    yield from _comment(reason)
    yield text


def _others(proposal: Proposal) -> list[str]:
    """The files that no program reads, and what they look like."""
    unread = [file for file in proposal.files if not file.is_read]
    if not unread:
        return []
    lines = ["", *_comment("── Files that the programs do not read ──")]
    for file in unread:
        lines += _comment(f"{file.name}: {_looks(file)}", rest="#   ")
    return lines


def _looks(file: FileProposal) -> str:
    return f"looks like {file.export}" if file.export else file.why
