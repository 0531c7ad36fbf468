"""What a verification found, as lines of text: the ledger, then month by month what differs and why."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.text import Text

from tierctl.cli.common import shown
from tierctl.cli.difference_lines import Told, cause_lines, idle_lines, report_lines, row_lines
from tierctl.cli.layout import heading, number, paragraph, plural
from tierctl.cli.verified import Month, Verified
from tierctl.diffs.basis import RATE, REMOVED
from tierctl.ledger.positions import WrongKey
from tierctl.report.exact_json import plain

_LABEL: Final = 18
_STAY: Final = (
    "Closed months stay as sealed. What their rows earn otherwise today is posted in the first open month; their tiers"
    " stay what they were."
)
_HELD: Final = (
    "What was posted for rows that are missing is held, until they are back or a close accepts their removal."
)
_AS_SEALED: Final = ("as sealed", "green")


def lines(verified: Verified, width: int, out: Path | None) -> list[Text]:
    """All of it but for the head; no line is wider.

    Args:
        verified: what was found.
        width: no line is wider.
        out: the file that every difference was written to.
    """
    if verified.damaged:
        said = f"{plural(len(verified.damaged), 'file')} of the ledger not as sealed; no month was evaluated again."
        return [Text(), *paragraph(said, width, indent=0, style="bold")]
    if not verified.closes:
        return [Text("No month is closed, so there is nothing to verify.")]
    blocks = [_ledger(verified, width), *_months(verified, width, out), _after(verified, width)]
    return [line for block in blocks if block for line in (*block, Text())]


def head(verified: Verified) -> Text:
    """The digest by which the last close is known, whole."""
    return Text.assemble(("Head  ", "bold"), verified.closes[-1].sha256)


def fault_line(verified: Verified) -> str:
    """All that differs, in one line."""
    months = [month.close.label for month in verified.months if not month.is_as_sealed]
    wrong = verified.position.wrong if verified.position else 0
    parts = [
        f"{plural(len(verified.damaged), 'file')} of the ledger not as sealed" if verified.damaged else "",
        "what was posted does not add up" if wrong else "",
        "statements do not add up" if verified.statements and verified.statements.wrong else "",
        f"not as sealed: {', '.join(months)}" if months else "",
        "no month could be evaluated again" if verified.unread else "",
    ]
    return f"tierctl verify: {'; '.join(filter(None, parts))}"


def _ledger(verified: Verified, width: int) -> list[Text]:
    first, last = verified.closes[0].label, verified.closes[-1].label
    about = first if first == last else f"{first} to {last}"
    result = heading("Ledger", f"{plural(len(verified.closes), 'closed month')}, {about}", width)
    result.append(_line("files and chain", _AS_SEALED))
    return [*result, *_position(verified, width), *_statements(verified, width)]


def _position(verified: Verified, width: int) -> Iterator[Text]:
    position = verified.position
    if position is None or not position.wrong:
        yield _line("what was posted", ("adds up", "green"))
        return
    said = f"does not add up, of {plural(position.wrong, 'source row and month', 'source rows and months')}"
    yield _line("what was posted", (said, "red"))
    for each in position.examples:
        yield from _wrong(each, width)


def _statements(verified: Verified, width: int) -> Iterator[Text]:
    statements = verified.statements
    if statements is None or not statements.wrong:
        yield _line("statements", ("add up, and each opens with what was left", "green"))
        return
    yield _line("statements", (f"{plural(statements.wrong, 'amount')} that should be another", "red"))
    for each in statements.examples:
        name = each.amount.replace("_", " ")
        said = (
            f"{each.month} {each.partner_id}: {name} {plain(each.stated)} {each.currency},"
            f" and it should be {plain(each.expected)}"
        )
        yield from paragraph(said, width, indent=4)


def _wrong(wrong: WrongKey, width: int) -> list[Text]:
    names = ("partner_id", "rule", "source", "source_id", "earned_month")
    key = " ".join(wrong.key[name] for name in names)
    sides = [f"{plain(side['amount'])} less {plain(side['taken'])}" for side in (wrong.posted, wrong.sealed)]
    said = f"{key}: postings add up to {sides[0]} {wrong.key['currency']}, the position says {sides[1]}"
    return paragraph(said, width, indent=4)


def _months(verified: Verified, width: int, out: Path | None) -> Iterator[list[Text]]:
    """Months as they were sealed in one block of lines, every other one in a block of its own."""
    together: list[Text] = []
    for month in verified.months:
        if month.is_as_sealed:
            word = _AS_SEALED if month.is_evaluated else ("from an opening file, with nothing to evaluate", "dim")
            together.append(_line(month.close.label, word))
            continue
        if together:
            yield together
        together = []
        yield _differing(verified, month, width, out)
    yield together


def _differing(verified: Verified, month: Month, width: int, out: Path | None) -> list[Text]:
    if month.findings:
        return [_line(month.close.label, ("cannot be evaluated again; see the errors", "red"))]
    partners = month.differences["partner_id"].n_unique()
    said = f"differs for {plural(partners, 'partner')}" if partners else f"rows of {', '.join(month.reports)} differ"
    programs = [program for each in verified.opened.editions for program in each.programs]
    told = Told(programs, month.names, width, shown(out) if out else "--json", indent=4)
    return [
        _line(month.close.label, (said, "yellow")),
        *cause_lines(month.differences, told),
        *idle_lines(month.causes, month.differences, told),
        *row_lines(month.rows, told),
        *report_lines(month.reports, told),
    ]


def _after(verified: Verified, width: int) -> list[Text]:
    """What becomes of differences, and what was left out of today's exports."""
    causes = set(verified.differences["cause"])
    texts: list[str] = []
    if verified.unread:
        texts.append("No month was evaluated again, since today's exports cannot be read; see the errors.")
    if causes:
        texts.append(_STAY)
    if REMOVED in causes:
        texts.append(_HELD)
    if RATE in causes:
        texts.append("Rates of exchange change nothing: what was converted by them stays as it was.")
    rejected = verified.content["rejected_today"]
    if rejected:
        counts = ", ".join(f"{name} {number(count)}" for name, count in rejected.items())
        texts.append(f"Rejected today, and so missing: rows of {counts}. See tierctl check.")
    return [line for text in texts for line in paragraph(text, width, indent=0, style="dim")]


def _line(label: str, said: tuple[str, str]) -> Text:
    return Text.assemble(f"  {label:<{_LABEL}}", said)
