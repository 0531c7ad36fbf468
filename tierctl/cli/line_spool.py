"""Where the lines of a review lie until they are written as reports: in files, so that no memory has to hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from tierctl.contracts import ContractError
from tierctl.disk import temporary
from tierctl.report.tables import Filed
from tierctl.reward.sink import LINES, line_contract


@dataclass
class LineSpool:
    """Takes in the lines of a review chunk by chunk, each into a file of its own in `folder`.

    `names` are the tables that there are, with lines or without.
    """

    folder: Path
    names: tuple[str, ...] = LINES
    _files: dict[str, list[Path]] = field(default_factory=dict)
    _rows: dict[str, int] = field(default_factory=dict)
    _last: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, table: str, lines: pl.DataFrame) -> None:
        """Takes in lines of a table, in its contract's columns and sorted by its key.

        Raises:
            ContractError: they do not come after those that were taken in before.
            CannotRunError: the folder cannot be written.
        """
        if lines.is_empty():
            return
        keys = lines.select(line_contract(table).primary_key)
        first, last = keys.row(0), keys.row(-1)
        if table in self._last and first <= self._last[table]:
            raise ContractError(f"{table}: lines of {first} came after those of {self._last[table]}")
        files = self._files.setdefault(table, [])
        path = self.folder / table / f"{len(files):06}.parquet"
        with temporary(self.folder):
            path.parent.mkdir(parents=True, exist_ok=True)
            lines.write_parquet(path, compression="zstd", compression_level=1, statistics=False)
        files.append(path)
        self._rows[table] = self._rows.get(table, 0) + lines.height
        self._last[table] = last

    @property
    def tables(self) -> Mapping[str, Filed]:
        """The tables, with all lines that were taken in."""
        return {
            name: Filed(line_contract(name).polars_schema, tuple(self._files.get(name, ())), self._rows.get(name, 0))
            for name in self.names
        }
