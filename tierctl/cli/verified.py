"""What a verification found: of the ledger, of the position, of each month."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from tierctl.contracts import empty, report_contract

if TYPE_CHECKING:
    from tierctl.cli.run import Opened
    from tierctl.diffs.row_changes import RowChanges
    from tierctl.findings import Finding
    from tierctl.ingest import Ingested
    from tierctl.ledger.closes import Close
    from tierctl.ledger.positions import Rebuilt
    from tierctl.ledger.statement_chain import Chained


def rows_content(changes: "Iterable[RowChanges]") -> dict[str, Any]:
    """How the rows of exports differ, as JSON."""
    return {
        each.export: {
            "new": each.new,
            "changed": each.changed,
            "removed": each.removed,
            "examples": {kind: list(texts) for kind, texts in each.examples.items()},
        }
        for each in changes
    }


def _none() -> pl.DataFrame:
    return empty(report_contract("differences"))


@dataclass(frozen=True)
class Month:
    """One closed month, evaluated again.

    Attributes:
        close: the close.
        differences: what moves, by cause.
        reports: how many rows of which report differ.
        rows: how the rows of exports differ, where the month does.
        causes: all that differs between then and today, whether it moves anything or not.
        names: the names of the partners concerned, by id.
        findings: why it could not be evaluated again.
        is_evaluated: whether there is anything to evaluate: an opening file leaves nothing.
    """

    close: "Close"
    differences: pl.DataFrame = field(default_factory=_none)
    reports: Mapping[str, int] = field(default_factory=dict)
    rows: "tuple[RowChanges, ...]" = ()
    causes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    findings: "tuple[Finding, ...]" = ()
    is_evaluated: bool = True

    @property
    def is_as_sealed(self) -> bool:
        """Whether today's exports make of it what was sealed."""
        return not self.reports and not self.findings

    @property
    def content(self) -> dict[str, Any]:
        """The month as JSON, but for its differences."""
        word = "opening" if not self.is_evaluated else "as sealed" if self.is_as_sealed else "differs"
        return {
            "month": self.close.label,
            "sha256": self.close.sha256,
            "result": "not evaluated" if self.findings else word,
            "causes": list(self.causes),
            "reports": dict(self.reports),
            "rows": rows_content(self.rows),
            "findings": [finding.as_dict() for finding in self.findings],
        }


@dataclass(frozen=True)
class Verified:
    """All of it.

    Attributes:
        opened: today's workspace.
        closes: every close, oldest first; none where files are damaged.
        damaged: what is not as it was sealed.
        position: how the rebuilt position agrees; None: it was not asked for.
        months: those that were evaluated again.
        ingested: what was read today.
        statements: how the statements hold together; None: it was not asked for.
        unread: why today's exports cannot be read, so that no month was evaluated again.
    """

    opened: "Opened"
    closes: "tuple[Close, ...]"
    damaged: "tuple[Finding, ...]"
    position: "Rebuilt | None" = None
    months: tuple[Month, ...] = ()
    ingested: "Ingested | None" = None
    statements: "Chained | None" = None
    unread: "tuple[Finding, ...]" = ()

    @property
    def is_as_sealed(self) -> bool:
        """Whether nothing differs."""
        is_wrong = self.position is not None and self.position.wrong
        is_wrong = is_wrong or (self.statements is not None and self.statements.wrong)
        is_wrong = is_wrong or bool(self.unread)
        return not self.damaged and not is_wrong and all(month.is_as_sealed for month in self.months)

    @property
    def differences(self) -> pl.DataFrame:
        """The report `differences` of all months."""
        return pl.concat([_none(), *(month.differences for month in self.months)])

    @property
    def content(self) -> dict[str, Any]:
        """All of it as JSON, but for the differences."""
        position = self.position
        return {
            "result": "as sealed" if self.is_as_sealed else "differs",
            "closes": len(self.closes),
            "head": self.closes[-1].sha256 if self.closes else None,
            "damaged": [finding.as_dict() for finding in self.damaged],
            "position": None
            if position is None
            else {
                "wrong": position.wrong,
                "examples": [
                    {**each.key, "posted": dict(each.posted), "sealed": dict(each.sealed)} for each in position.examples
                ],
            },
            "statements": None
            if self.statements is None
            else {"wrong": self.statements.wrong, "examples": [asdict(each) for each in self.statements.examples]},
            "months": [month.content for month in self.months],
            "rejected_today": {
                name: export.rejected
                for name, export in sorted(self.ingested.exports.items() if self.ingested else ())
                if export.rejected
            },
            "findings": [finding.as_dict() for finding in (*self.opened.findings, *self.unread)],
        }
