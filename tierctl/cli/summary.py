"""The summary of a review that a person reads: what moved, who needs a call, what was left out, where the files lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from rich.console import Console
from rich.text import Text

from tierctl.cli import words
from tierctl.cli.common import shown
from tierctl.cli.done import Done, Part, more
from tierctl.cli.faults import MOST_KINDS, count_lines, reject_lines
from tierctl.cli.layout import align, bar, beside_or_below, heading, number, page_width, paragraph, plural, signed
from tierctl.cli.money_lines import Money, money_lines
from tierctl.cli.opening_lines import opening_line, opening_lines
from tierctl.cli.outlook_lines import evidence_lines, risk_lines
from tierctl.findings import Finding, Severity
from tierctl.report.formats import WHOLE, Format, formats_of

if TYPE_CHECKING:
    from tierctl.ingest import Ingested
    from tierctl.program.model import Program

_BAR: Final = 24
_MOST_ACTIONS: Final = 8
# The tiers do not show who is in one of these.
_WAITING: Final = ("pending_approval", "remediation", "expired")


@dataclass(frozen=True)
class Movement:
    """How a change is shown: its mark, its colour, and how many partners are named before the rest is only counted."""

    mark: str
    style: str
    most: int


# The order of the summary: what costs or brings a partner something stands before what only goes on.
MOVEMENTS: Final[Mapping[str, Movement]] = {
    "promoted": Movement("▲", "green", 8),
    "demoted": Movement("▼", "red", 8),
    "terminated": Movement("▼", "red", 8),
    "expired": Movement("▼", "red", 8),
    "suspended": Movement("▼", "red", 8),
    "reinstated": Movement("▲", "green", 8),
    "requalified": Movement("=", "green", 4),
    "enrolled": Movement("+", "", 4),
}


def lines(done: Done, console: Console) -> list[Text]:
    """The whole summary, no line wider than the terminal; bars and colours only where it is one."""
    width = page_width(console.width)
    blocks: list[list[Text]] = []
    for program in done.programs:
        blocks.append(_title(done, program, width))
        for track in program.tracks:
            part = Part(done, program, track, width, console.is_terminal)
            if len(program.tracks) > 1:
                blocks.append([Text(words.track_name(program, track), style="bold underline")])
            blocks += [_tiers(part), _movements(part), _actions(part), risk_lines(part)]
            if done.folder is None:
                blocks.append(evidence_lines(part))
        blocks += [_money(done, program, width), opening_lines(done.counts, program.id, width)]
    rejected = reject_lines(done.ingested, width, MOST_KINDS, done.file("rejects"))
    blocks += [rejected, count_lines(done.ingested, width), _place(done, width)]
    return spaced(blocks)


def closed_lines(done: Done, console: Console) -> list[Text]:
    """What a close seals, in figures: tiers, money, closed months, rows; who moved and why is told by the reports."""
    width = page_width(console.width)
    blocks: list[list[Text]] = []
    for program in done.programs:
        blocks.append(_title(done, program, width))
        for track in program.tracks:
            if len(program.tracks) > 1:
                blocks.append([Text(words.track_name(program, track), style="bold underline")])
            blocks.append(_tiers(Part(done, program, track, width, console.is_terminal)))
        blocks += [_money(done, program, width), opening_lines(done.counts, program.id, width)]
    blocks += [reject_lines(done.ingested, width, MOST_KINDS, done.file("rejects")), count_lines(done.ingested, width)]
    return spaced(blocks)


def fault_line(done: Done, findings: Sequence[Finding], command: str = "review") -> str:
    """Everything that was wrong, in one line; `command` is the one that was asked for."""
    rejected = [(name, export.rejected) for name, export in sorted(done.ingested.exports.items()) if export.rejected]
    parts = [f"{plural(count, 'row')} of {name} rejected" for name, count in rejected]
    others = not_of_rows(done.ingested, findings)
    errors = sum(finding.severity is Severity.ERROR for finding in others)
    parts += [plural(errors, "error")] if errors else []
    where = f"; see {shown(done.folder / done.file('rejects'))}" if done.folder and rejected else ""
    return f"tierctl {command} {done.review.month.label}: {', '.join(parts)}{where}"


def not_of_rows(ingested: "Ingested", findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those of rejected rows, which the summary tells with counts and places."""
    rules = set(ingested.rejects["rule"])
    of_rows = {finding for finding in ingested.findings if finding.code in rules}
    return [finding for finding in findings if finding not in of_rows]


def spaced(blocks: Sequence[list[Text]]) -> list[Text]:
    """The blocks that say something, a blank line between them."""
    filled = [block for block in blocks if block]
    return [line for block in filled for line in (*block, Text())][:-1]


def _title(done: Done, program: "Program", width: int) -> list[Text]:
    month = done.review.month
    year, _, number_ = month.label.partition("-")
    names = [month.label] if month.code == f"FY{year}-P{number_}" else [month.label, month.code]
    return heading(program.name, " · ".join([*names, f"review day {month.last}"]), width)


def _tiers(part: Part) -> list[Text]:
    tiers: Mapping[str, Mapping[str, int]] = part.counts["tiers"]
    total, without = part.counts["partners"], part.counts["without_tier"]
    was_any = any(counted["previous"] for counted in tiers.values())
    rows: list[list[str | Text]] = []
    for tier in reversed(list(tiers)):
        now, before = tiers[tier]["partners"], tiers[tier]["previous"]
        change = Text(signed(now - before), style="" if now == before else "bold") if was_any else Text("")
        rows.append([words.tier_name(part.program, part.track, tier), number(now), change, _bar(part, now, total)])
    if without:
        rows.append([words.NO_TIER.capitalize(), number(without), "", _bar(part, without, total)])
    about = f"{plural(total, 'partner')}; change against the month before" if was_any else plural(total, "partner")
    lines = [*heading("Tiers", about, part.width), *align(rows, part.width, right={1, 2}, give=[0], indent=2)]
    statuses: Mapping[str, int] = part.counts["statuses"]
    if any(statuses[status] for status in _WAITING):
        marked = [f"{words.plain(status)} {number(count)}" for status, count in statuses.items() if count]
        lines += paragraph(" · ".join(marked), part.width, indent=2, style="dim")
    return lines


def _bar(part: Part, count: int, total: int) -> Text:
    return Text(bar(count, total, _BAR) if part.has_bars else "", style="cyan")


def _movements(part: Part) -> list[Text]:
    changes: Mapping[str, int] = part.counts["changes"]
    result = heading("Movements", f"{number(changes['retained'])} retained", part.width)
    if not any(changes[change] for change in MOVEMENTS):
        return [*result, Text("  Nobody moved.", style="dim")]
    ranks = part.program.tracks[part.track].ranks
    rank = pl.col("tier").replace_strict(ranks, default=None, return_dtype=pl.Int64)
    standing = part.rows("standing").with_columns(rank=rank).sort("rank", "partner_id", descending=[True, False])
    for change, kind in MOVEMENTS.items():
        rows = standing.filter(pl.col("change") == change)
        if rows.is_empty():
            continue
        named = list(rows.head(kind.most).iter_rows(named=True))
        result.append(Text(f"  {kind.mark} {change} {number(rows.height)}", style=kind.style))
        cells = [_movement(part, row) for row in named]
        aligned = align(cells, part.width, give=[1, 2], indent=4)
        reasons = [_reason(part, row) for row in named]
        for block in beside_or_below(aligned, reasons, part.width, indent=6):
            result += block
        result += more(rows.height - kind.most, part.done.file("standing"))
    return result


def _reason(part: Part, row: Mapping[str, Any]) -> str:
    """Why a partner stands there; that a newcomer starts at the base, or with nothing, needs no reason."""
    is_newcomer = row["change"] == "enrolled" and row["status"] == "active" and row["basis"] in {None, "base"}
    return "" if is_newcomer else words.grouped(part.program, row["reason"] or "")


def _movement(part: Part, row: Mapping[str, Any]) -> list[str | Text]:
    before = row["tier"] if row["change"] == "enrolled" else row["previous_tier"]
    through = f"to {row['valid_through']}" if row["valid_through"] else ""
    if row["status"] == "remediation":
        through = f"remediation to {row['remediation_ends_on']}"
    return [
        row["partner_id"],
        row["partner_name"],
        words.move(part.program, part.track, before, row["tier"]),
        Text(through, style="dim"),
    ]


def _actions(part: Part) -> list[Text]:
    actions = part.named("actions").sort("due_on", "action", "partner_id", "detail")
    if actions.is_empty():
        return []
    result = heading("Needs a person", plural(actions.height, "action"), part.width)
    for (action,), rows in actions.group_by("action", maintain_order=True):
        result += _actions_of_a_kind(part, str(action), rows)
    return result


def _actions_of_a_kind(part: Part, action: str, rows: pl.DataFrame) -> list[Text]:
    """One kind of action, the next due first; what all of them have in common is said once, above them."""
    name = words.action_name(part.program, action)
    days = rows["due_on"].unique()
    due = f"by {days[0]}" if days.len() == 1 else f"from {rows['due_on'][0]} on"
    result = [Text.assemble("  ", (due, "yellow"), f"  {name}")]
    details = [_detail(part, action, name, detail) for detail in rows["detail"]]
    is_common = rows.height > 1 and len(set(details)) == 1
    result += paragraph(details[0], part.width, indent=4, style="dim") if is_common else []
    named = list(rows.head(_MOST_ACTIONS).iter_rows(named=True))
    cells = [[row["partner_id"], row["partner_name"] or "", str(row["due_on"])] for row in named]
    cells = [row[:2] for row in cells] if days.len() == 1 else cells
    aligned = align(cells, part.width, give=[1], indent=4)
    notes = [""] * len(named) if is_common else details[: len(named)]
    for block in beside_or_below(aligned, notes, part.width, indent=6):
        result += block
    return [*result, *more(rows.height - _MOST_ACTIONS, part.done.file("actions"))]


def _detail(part: Part, action: str, name: str, detail: str | None) -> str:
    """What an action's detail says beyond the name that stands above it."""
    said, separator, rest = (detail or "").partition("; ")
    text = rest if said in {action, name} else f"{said}{separator}{rest}"
    return words.grouped(part.program, text)


def _money(done: Done, program: "Program", width: int) -> list[Text]:
    """What the program pays and takes off; nothing where it has no rules."""
    counts = done.counts["programs"][program.id].get("money")
    if not counts:
        return []
    statements = done.review.tables["statements"].filter(pl.col("program") == program.id)
    return money_lines(Money(program, counts, statements, done.file("not_earned"), done.opens_at_zero), width)


def _place(done: Done, width: int) -> list[Text]:
    opened = [opening_line(done.previous)] if done.previous else []
    if done.folder is None:
        said = "Nothing was written: name a folder with --out to keep these partners' reports."
        return [*opened, *paragraph(said, width, indent=0)]
    of_tables = (each for table in sorted(done.tables) for each in formats_of(table, done.formats))
    formats = ", ".join(dict.fromkeys([*of_tables, *(done.formats or ())]))
    reports = Text.assemble(("Reports  ", "bold"), f"{shown(done.folder)}/", (f"  {formats}", "dim"))
    if Format.HTML not in (done.formats or ()):
        return [*opened, reports]
    return [*opened, reports, Text.assemble(("Page     ", "bold"), shown(done.folder / WHOLE[Format.HTML]))]
