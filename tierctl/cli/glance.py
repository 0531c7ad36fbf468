"""What tierctl.toml says as far as a completion needs it: looked up at once, and never checked.

Nothing here says what is wrong with a file: it raises whatever its reading raises, and who asks offers nothing then.
"""

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tierctl import resources
from tierctl.cli import machine
from tierctl.fiscal import Calendar, FiscalMonth, TableRow

_MOST_ROWS: Final = 200_000
_TEXT: Final = frozenset({".csv", ".tsv", ".txt"})
_ID: Final = "partner_id"
_NAME: Final = "name"


@dataclass(frozen=True)
class Glance:
    """A workspace at a glance: its folder, and the tables of its tierctl.toml."""

    root: Path
    toml: Mapping[str, Any]

    @classmethod
    def at(cls, root: Path) -> "Glance":
        """The workspace in a folder."""
        return cls(root, tomllib.loads((root / "tierctl.toml").read_text(encoding="utf-8-sig")))

    @property
    def exports(self) -> Mapping[str, Any]:
        """The exports that are configured, by name."""
        found: Mapping[str, Any] = self.toml.get("exports", {})
        return found

    def programs(self) -> Iterator[Mapping[str, Any]]:
        """The tables of the program files that are in use."""
        folder = resources.bundled_programs()
        for ref in self.toml["programs"]:
            bundled = (folder / f"{ref}.toml").is_file()
            for path in [folder / f"{ref}.toml", *folder.glob(f"{ref}-*.toml")] if bundled else [self.root / ref]:
                yield tomllib.loads(path.read_text(encoding="utf-8-sig"))

    def months(self) -> list[FiscalMonth]:
        """The months that can be reviewed and have ended, oldest first; as far back as the calendar reaches."""
        calendar = self._calendar()
        begins = min(program["effective_from"] for program in self.programs() if "effective_from" in program)
        ledger = self.toml.get("ledger")
        if isinstance(ledger, Mapping) and "starts" in ledger:
            begins = max(begins, calendar.month(ledger["starts"]).first)
        month, found = calendar.month("last", today=machine.today()), list[FiscalMonth]()
        with suppress(ValueError):
            while month.last >= begins:
                found.append(month)
                month = calendar.shift(month, -1)
        return found[::-1]

    def closed(self) -> list[str]:
        """The labels of the closed months, oldest first."""
        ledger = self.toml.get("ledger", "ledger")
        return _months_in(self.root / (ledger.get("path", "ledger") if isinstance(ledger, Mapping) else ledger))

    def reviewed(self) -> list[str]:
        """The labels of the months that have reports, oldest first."""
        return _months_in(self.root / self.toml.get("reports", "reports"))

    def partners(self, begin: str) -> Iterator[tuple[str, str]]:
        """The partners whose ids begin like that, each once, with their names, in the roster's order."""
        config = self.exports["partners"]
        paths = config["path"] if isinstance(config["path"], list) else [config["path"]]
        files = [path for pattern in paths for path in self._files(pattern)]
        theirs = config.get("values", {}).get(_ID, {})
        known: set[str] = set()
        for file in files:
            for id_, name in _roster(file, config):
                ours = theirs.get(id_.strip(), id_)
                if ours.startswith(begin) and ours.strip() and ours not in known:
                    known.add(ours)
                    yield ours, name

    def _files(self, pattern: str) -> list[Path]:
        path = self.root / pattern
        return [path] if path.is_file() else sorted(self.root.glob(pattern))

    def _calendar(self) -> Calendar:
        table = dict(self.toml.get("calendar", {}))
        kind = table.pop("kind", "months")
        if kind == "months":
            return Calendar.months(**table)
        if kind != "table":
            return Calendar.weeks(kind, **table)
        with (self.root / table["path"]).open(encoding="utf-8-sig", newline="") as file:
            return Calendar.table([_fiscal_month(record) for record in csv.DictReader(file)])


def _fiscal_month(record: Mapping[str, str]) -> TableRow:
    cell = {key: value.strip() for key, value in record.items() if value}
    first, last = date.fromisoformat(cell["first_day"]), date.fromisoformat(cell["last_day"])
    return TableRow(int(cell["fiscal_year"]), int(cell["period"]), first, last, cell.get("month"))


def _months_in(folder: Path) -> list[str]:
    """The names of the folders that are called by a month."""
    calendar, found = Calendar.months(), []
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(ValueError):
            found += [calendar.month(path.name).label] if path.name != "last" else []
    return sorted(found)


def _roster(file: Path, config: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """The ids and names that a file of the roster has; none where it is of a kind that takes long to open."""
    columns = {_plain(theirs): ours for theirs, ours in config.get("columns", {}).items()}
    if file.suffix.lower() in _TEXT:
        yield from _of_text(file, config.get("format", {}), columns)
    elif file.suffix.lower() == ".parquet":
        import polars as pl  # noqa: PLC0415  # text is read without it

        lf = pl.scan_parquet(file, glob=False)
        names = {columns.get(_plain(header), _plain(header)): header for header in lf.collect_schema()}
        wanted = [pl.col(names[name]).cast(pl.String).fill_null("") for name in (_ID, _NAME)]
        yield from lf.select(wanted).head(_MOST_ROWS).collect().iter_rows()


def _of_text(file: Path, fmt: Mapping[str, Any], columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    encoding = fmt.get("encoding", "utf-8")
    with file.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace", newline="") as text:
        rows = csv.reader(text, delimiter=fmt.get("delimiter", ","), quotechar=fmt.get("quoteChar", '"') or None)
        header = next(islice(rows, fmt.get("headerRow", 1) - 1, None))
        names = [columns.get(_plain(each), _plain(each)) for each in header]
        id_, name = names.index(_ID), names.index(_NAME)
        for row in islice(rows, _MOST_ROWS):
            if len(row) > max(id_, name):
                yield row[id_], row[name]


def _plain(header: str) -> str:
    """A header as it is compared: every run of blanks and line breaks as one blank."""
    return " ".join(header.split())
