"""A workspace of small programs, to be closed with an opening file that a test writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from tierctl.cli import opening_run, run, steps
from tierctl.cli.opening_run import OpeningFile
from tierctl.cli.terminal import Terminal
from tierctl.findings import CannotRunError, Finding
from tierctl.ledger.closes import Ledger

HEADER = "program,track,partner_id,tier,qualification,basis,from,through,remediation_ends_on,status,currency,balance"
MONTH = "2025-05"

_HEAD = """
id = "{id}"
name = "Of the tests"
clause = "1"
currency = "USD"
enrollment = "{enrollment}"
effective_from = {since}

[policy]
rounding = "half_even"
takes_effect = "month_end"
{policy}
"""
_DEALS = """
[metrics.deals]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = { days = 90 }
"""
_YEAR = """
[metrics.year]
from = "opportunities"
count = "opportunity_id"
on = "submitted_on"
window = "calendar_year"
"""
_SHARE = """
[commissions.share]
clause = "2"
track = "partner"
from = "opportunities"
earned_on = "submitted_on"
base = "amount"
rate = "10 %"

[payout]
clause = "3"
currency = "{currency}"
pay_when.at_least = 100
"""
_PARTNER = """
[tracks.partner]
promotion = "automatic"
each_tier_requires = "its_own"
{gate}
[[tracks.partner.tiers]]
id = "member"

[[tracks.partner.tiers]]
id = "gold"
requires.year.at_least = 1
holds = "through_next_calendar_year"

[[tracks.partner.tiers]]
id = "elite"
requires.year.at_least = 2
holds = "through_next_calendar_year"
"""
_EXPERT = """
[tracks.partner.qualifications.expert]
requires.deals.at_least = 1
holds = "through_next_calendar_year"

[tracks.partner.qualifications.helper]
requires.deals.at_least = 1
holds = "while_met"
"""
_SERVICE = """
[tracks.service]
promotion = "automatic"
downgrade = "{downgrade}"
remediation_days = {days}
each_tier_requires = "its_own"

[[tracks.service.tiers]]
id = "bronze"
requires.deals.at_least = 1
holds = "while_met"

[[tracks.service.tiers]]
id = "silver"
requires.deals.at_least = 2
holds = "while_met"
"""
_CLUB = """
[tracks.club]
promotion = "on_decision"
each_tier_requires = "its_own"

[[tracks.club.tiers]]
id = "guest"

[[tracks.club.tiers]]
id = "host"
requires.deals.at_least = 1
holds = "through_enrollment"
"""


def _head(id_: str, *, since: str = "2025-01-01", pays: bool = False, enrollment: str = "automatic") -> str:
    policy = 'terminated_partners = "until_terminated"' if pays else ""
    return _HEAD.format(id=id_, enrollment=enrollment, since=since, policy=policy)


_GATE = "gate.partner.good_standing = true\n"
_BOTH = _DEALS + _YEAR
PROGRAMS = {
    "mini": _head("mini", pays=True)
    + _BOTH
    + _PARTNER.format(gate=_GATE)
    + _SERVICE.format(downgrade="automatic", days=60)
    + _SHARE.format(currency="USD"),
    "world": _head("world", pays=True)
    + _BOTH
    + _PARTNER.format(gate='downgrade = "automatic"\nremediation_days = 30\n')
    + _EXPERT
    + _SERVICE.format(downgrade="on_decision", days=60)
    + _SHARE.format(currency="as_earned"),
    "swift": _head("swift") + _DEALS + _SERVICE.format(downgrade="automatic", days=0),
    "club": _head("club", enrollment="required") + _DEALS + _CLUB,
    "later": _head("later", since="2025-06-01") + _YEAR + _PARTNER.format(gate=""),
}
TOML = """
programs = ["mini.toml", "world.toml", "swift.toml", "club.toml", "later.toml"]
[exports]
partners = { path = "partners.csv" }
opportunities = { path = "opportunities.csv" }
enrollments = { path = "enrollments.csv" }
"""
PARTNERS = """\
partner_id,name,joined_on,terminated_on,payee_id
A,Ada,2025-01-10,,PAY-A
B,Bo,,,
LAST,Cy,2025-05-31,,
NEXT,Di,2025-06-01,,
GONE,Ed,,2025-05-31,
007,Fay,,,
"""
ENROLLMENTS = """\
partner_id,program,track,enrolled_on,expires_on
A,club,club,2024-03-01,2024-12-31
A,club,club,2025-02-01,2026-01-31
B,club,club,2025-02-01,2025-04-30
LAST,club,club,2025-05-31,
NEXT,club,club,2025-06-01,
"""


@dataclass(frozen=True)
class Opened:
    """What a close of the opening would seal, as far as a test looks at it."""

    made: steps.Made
    file: OpeningFile

    def state(self, name: str) -> pl.DataFrame:
        assert self.made.review.closing is not None
        df: pl.DataFrame = getattr(self.made.review.closing, name)
        return df

    def report(self, name: str) -> pl.DataFrame:
        df = self.made.tables[name]
        assert isinstance(df, pl.DataFrame)
        return df


@dataclass(frozen=True)
class Case:
    """The workspace."""

    root: Path

    @cached_property
    def plan(self) -> steps.Plan:
        """The plan of the month; workspace and programs are read once."""
        workspace = run.open_workspace(self.root)
        month = run.find_month(workspace.workspace, MONTH)
        return steps.plan(workspace, month, Ledger(workspace.workspace.ledger))

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        return path

    def of(self, *rows: str, header: str = HEADER) -> Path:
        return self.write("opening.csv", "\n".join([header, *rows, ""]))

    @contextmanager
    def opened(self, file: Path) -> Iterator[Opened]:
        with opening_run.close_with_opening(Terminal.open(quiet=True), self.plan, file) as (made, kept):
            yield Opened(made, kept)

    def findings(self, file: Path) -> list[Finding]:
        """All that is wrong with an opening; nothing if it can be sealed."""
        try:
            with self.opened(file):
                return []
        except CannotRunError as fault:
            return list(fault.findings)

    def faults(self, *rows: str, header: str = HEADER) -> list[tuple[str, str, str]]:
        """Code, place, and the first word of the message, which names the column of most."""
        told = self.findings(self.of(*rows, header=header))
        return [(each.code, each.subject, each.message.split(maxsplit=1)[0]) for each in told]


def row(who: str, **cells: str) -> str:
    """A row of the file: `who` is program, track and partner; what is not given is empty."""
    given = {name.rstrip("_"): value for name, value in cells.items()}
    program, track, partner = who.split()
    values = {"program": program, "track": track, "partner_id": partner} | given
    assert set(values) <= set(HEADER.split(","))
    return ",".join(values.get(name, "") for name in HEADER.split(","))


def workspace_of(root: Path) -> Case:
    """The workspace without an opening."""
    case = Case(root)
    for name, text in PROGRAMS.items():
        case.write(f"{name}.toml", text)
    case.write("tierctl.toml", TOML)
    case.write("partners.csv", PARTNERS)
    case.write("enrollments.csv", ENROLLMENTS)
    case.write("opportunities.csv", "opportunity_id,partner_id,submitted_on,stage,amount,currency\n")
    return case
