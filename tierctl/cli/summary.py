"""The summary of a review that a person reads: what moved, who needs a call, what was left out, where the files lie."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from rich.console import Console
from rich.text import Text

from tierctl.cli import words
from tierctl.cli.common import shown
from tierctl.cli.faults import MOST_KINDS, count_lines, reject_lines
from tierctl.cli.layout import align, bar, beside_or_below, heading, number, page_width, paragraph, plural, signed
from tierctl.cli.money_lines import Money, money_lines
from tierctl.cli.opening_lines import opening_line, opening_lines
from tierctl.findings import Finding, Severity
from tierctl.report.formats import WHOLE, Format, file_of, formats_of
from tierctl.report.summary import OUTLOOKS, worst_outlooks

if TYPE_CHECKING:
    from tierctl.cli.steps import Made
    from tierctl.ingest import Ingested
    from tierctl.ledger.closes import Close
    from tierctl.program.model import Program
    from tierctl.reviewed import Review

_BAR: Final = 24
_MOST_ACTIONS: Final = 8
_MOST_AT_RISK: Final = 6
# The tiers do not show who is in one of these.
_WAITING: Final = ("pending_approval", "remediation", "expired")
_ORDER_OF_OUTLOOKS: Final = ("at_risk", "cannot_by_pace", "on_pace")


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


@dataclass(frozen=True)
class Done:
    """A review that was made: `counts` is summary.json, `folder` None where nothing was written.

    `tables` are the names of the reports, `formats` those that were asked for; None: each in its usual one. `previous`
    is the close that the review opened from; None: no month before it is closed. `opens_at_zero`: so do all balances,
    since nothing says either with which month money starts.
    """

    review: "Review"
    programs: "Sequence[Program]"
    ingested: "Ingested"
    counts: Mapping[str, Any]
    folder: Path | None
    tables: Collection[str]
    formats: Sequence[Format] | None
    previous: "Close | None" = None
    opens_at_zero: bool = False

    def file(self, table: str) -> str:
        """Where a reader finds all rows of a table."""
        return file_of(table, self.formats) if self.folder else "--json"


def done(made: "Made", folder: Path | None, formats: Sequence[Format] | None) -> Done:
    """A review as made, with where its reports were written."""
    tables, plan = tuple(made.tables), made.plan
    return Done(
        made.review,
        plan.programs,
        made.ingested,
        made.counts,
        folder,
        tables,
        formats,
        plan.previous,
        opens_at_zero=plan.previous is None and plan.money_from is None,
    )


@dataclass(frozen=True)
class _Part:
    """One track of one program: the rows of each report that are its own."""

    done: Done
    program: "Program"
    track: str
    width: int
    has_bars: bool

    @property
    def counts(self) -> Mapping[str, Any]:
        counts: Mapping[str, Any] = self.done.counts["programs"][self.program.id]["tracks"][self.track]
        return counts

    def rows(self, table: str) -> pl.DataFrame:
        here = (pl.col("program") == self.program.id) & (pl.col("track") == self.track)
        df: pl.DataFrame = self.done.review.tables[table]
        return df.filter(here)

    def named(self, table: str) -> pl.DataFrame:
        """The rows with `partner_name`, which only standing has."""
        names = self.rows("standing").select("partner_id", "partner_name")
        return self.rows(table).join(names, on="partner_id", how="left", maintain_order="left", validate="m:1")


def lines(done: Done, console: Console) -> list[Text]:
    """The whole summary, no line wider than the terminal; bars and colours only where it is one."""
    width = page_width(console.width)
    blocks: list[list[Text]] = []
    for program in done.programs:
        blocks.append(_title(done, program, width))
        for track in program.tracks:
            part = _Part(done, program, track, width, console.is_terminal)
            if len(program.tracks) > 1:
                blocks.append([Text(words.track_name(program, track), style="bold underline")])
            blocks += [_tiers(part), _movements(part), _actions(part), _at_risk(part)]
            if done.folder is None:
                blocks.append(_evidence(part))
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
            blocks.append(_tiers(_Part(done, program, track, width, console.is_terminal)))
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


def _tiers(part: _Part) -> list[Text]:
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


def _bar(part: _Part, count: int, total: int) -> Text:
    return Text(bar(count, total, _BAR) if part.has_bars else "", style="cyan")


def _movements(part: _Part) -> list[Text]:
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
        result += _more(rows.height - kind.most, part.done.file("standing"))
    return result


def _reason(part: _Part, row: Mapping[str, Any]) -> str:
    """Why a partner stands there; that a newcomer starts at the base, or with nothing, needs no reason."""
    is_newcomer = row["change"] == "enrolled" and row["status"] == "active" and row["basis"] in {None, "base"}
    return "" if is_newcomer else words.grouped(part.program, row["reason"] or "")


def _movement(part: _Part, row: Mapping[str, Any]) -> list[str | Text]:
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


def _actions(part: _Part) -> list[Text]:
    actions = part.named("actions").sort("due_on", "action", "partner_id", "detail")
    if actions.is_empty():
        return []
    result = heading("Needs a person", plural(actions.height, "action"), part.width)
    for (action,), rows in actions.group_by("action", maintain_order=True):
        result += _actions_of_a_kind(part, str(action), rows)
    return result


def _actions_of_a_kind(part: _Part, action: str, rows: pl.DataFrame) -> list[Text]:
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
    return [*result, *_more(rows.height - _MOST_ACTIONS, part.done.file("actions"))]


def _detail(part: _Part, action: str, name: str, detail: str | None) -> str:
    """What an action's detail says beyond the name that stands above it."""
    said, separator, rest = (detail or "").partition("; ")
    text = rest if said in {action, name} else f"{said}{separator}{rest}"
    return words.grouped(part.program, text)


def _at_risk(part: _Part) -> list[Text]:
    outlooks: Mapping[str, int] = part.counts["outlooks"]
    if not any(outlooks.values()):
        return []
    counted = " · ".join(f"{words.OUTLOOKS[word]} {number(outlooks[word])}" for word in OUTLOOKS if outlooks[word])
    result = heading("Requalification", counted, part.width)
    worst = worst_outlooks(part.named("requalification"), part.rows("standing"))
    # The nearest misses come first: there a call still makes a difference.
    risky = pl.concat(
        worst.filter((pl.col("outlook") == word) & pl.col("falls_on").is_not_null()) for word in _ORDER_OF_OUTLOOKS
    )
    rows = list(risky.head(_MOST_AT_RISK).iter_rows(named=True))
    if not rows:
        return result
    cells: list[list[str | Text]] = [
        [
            row["partner_id"],
            row["partner_name"] or "",
            Text(words.move(part.program, part.track, row["tier"], row["falls_to"]), style="yellow"),
            Text(f"on {row['falls_on']}", style="dim"),
        ]
        for row in rows
    ]
    aligned = align(cells, part.width, give=[1, 2], indent=2)
    for block in beside_or_below(aligned, [_misses(part, row) for row in rows], part.width, indent=4):
        result += block
    return [*result, *_more(risky.height - _MOST_AT_RISK, part.done.file("requalification"))]


def _misses(part: _Part, worst: Mapping[str, Any]) -> str:
    """The criterion of a tier that decides, and below it the other that is missed too; of several only how many."""
    rows = part.rows("requalification").filter(
        (pl.col("partner_id") == worst["partner_id"])
        & (pl.col("tier") == worst["tier"])
        & (pl.col("criterion") != worst["criterion"])
        & (pl.col("outlook") != "requalified")
    )
    others = [_miss(part, row) for row in rows.iter_rows(named=True)]
    if len(others) > 1:
        others = [f"and {number(len(others))} more criteria"]
    return "\n".join([_miss(part, worst), *others])


def _miss(part: _Part, row: Mapping[str, Any]) -> str:
    what = words.metric_name(part.program, row["criterion"])
    text = f"{what}: {words.figure(row['value'])} of {words.figure(row['threshold'])}"
    if row["needed_per_month"] is not None:
        text += f"; {number(row['needed_per_month'])} a month needed"
    return f"{text}; {words.OUTLOOKS[row['outlook']]}{_past_years(part, row)}"


def _past_years(part: _Part, row: Mapping[str, Any]) -> str:
    """Where past years say that a criterion goes; empty where there are none to go by."""
    same = pl.all_horizontal(pl.col(name) == row[name] for name in ("partner_id", "tier", "criterion"))
    told = part.rows("forecast").filter(same & pl.col("low").is_not_null()).to_dicts()
    bands = [" to ".join(dict.fromkeys((number(one["low"]), number(one["high"])))) for one in told]
    return "".join(f"; {band} as past years went" for band in bands)


def _evidence(part: _Part) -> list[Text]:
    """Every criterion of the partners asked for, where no report holds it."""
    evidence = part.rows("evidence")
    if evidence.is_empty():
        return []
    result = heading("Evidence", plural(evidence["partner_id"].n_unique(), "partner"), part.width)
    looks = evidence.group_by("partner_id", "tier", "window_from", "window_through", maintain_order=True)
    for (partner, tier, first, last), rows in looks:
        name = words.tier_name(part.program, part.track, str(tier))
        result.append(Text.assemble(f"  {partner}  {name}", (f"  {first} to {last}", "dim")))
        cells = [_criterion(part, row) for row in rows.iter_rows(named=True)]
        result += align(cells, part.width, right={1, 3}, give=[0], indent=4)
    return result


def _criterion(part: _Part, row: Mapping[str, Any]) -> list[str | Text]:
    # What a partner holds is met or not, without figures.
    is_measured = row["value"] is not None or row["threshold"] is not None
    return [
        words.metric_name(part.program, row["criterion"]),
        *([words.figure(row["value"]), words.plain(row["operator"])] if is_measured else ["", ""]),
        words.figure(row["threshold"]) if is_measured else "",
        Text(words.plain(row["outcome"]), style="green" if row["outcome"] == "met" else ""),
    ]


def _money(done: Done, program: "Program", width: int) -> list[Text]:
    """What the program pays and takes off; nothing where it has no rules."""
    counts = done.counts["programs"][program.id].get("money")
    if not counts:
        return []
    statements = done.review.tables["statements"].filter(pl.col("program") == program.id)
    return money_lines(Money(program, counts, statements, done.file("not_earned"), done.opens_at_zero), width)


def _more(rest: int, place: str) -> list[Text]:
    return [Text(f"    and {number(rest)} more in {place}", style="dim")] if rest > 0 else []


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
