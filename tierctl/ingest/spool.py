"""The typed spool: an export's sound rows as Parquet, in buckets of partners that follow one another.

A bucket holds a range of partner ids, and every bucket those before the next one's: what is made bucket by bucket, each
sorted by itself, is sorted as a whole. Exports of as many buckets have the same ranges, so that a partner's rows are in
the same bucket of each.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import polars as pl

from tierctl.disk import temporary
from tierctl.ingest.files import Source

_MOST_BUCKETS = 32
_BYTES_PER_BUCKET = {"csv": 32_000_000, "parquet": 4_000_000}
_ROWS_PER_BUCKET = 300_000
HELD_ROWS = 250_000


@dataclass
class Spool:
    """Writes batches into `folder`, one sub-folder per bucket; a partner's rows are all in one bucket.

    `begins` are the partner ids, in order, with which every bucket but the first begins; empty: one bucket. Rows
    without a partner are in the last bucket.

    Rows are held until there are enough of them that the files are not too many, and then written in a thread of
    their own while the next ones come in. What goes wrong there is raised by a later call of `add` or `close`. Used in
    a `with` block, whose end waits for the thread.
    """

    folder: Path
    begins: pl.Series
    schema: pl.Schema
    _held: list[pl.DataFrame] = field(default_factory=list)
    _files: dict[int, list[Path]] = field(default_factory=dict)
    _rounds: int = 0
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="spool"))
    _writing: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def add(self, df: pl.DataFrame) -> None:
        """Takes in a batch of typed rows."""
        self._held.append(df)
        if sum(held.height for held in self._held) >= HELD_ROWS:
            self._hand_over()

    def close(self) -> list[pl.LazyFrame]:
        """Writes what is held; every bucket in order, those without rows too."""
        self._hand_over()
        self._wait()
        return [self._bucket(number) for number in range(self.begins.len() + 1)]

    def _bucket(self, number: int) -> pl.LazyFrame:
        files = self._files.get(number)
        return pl.scan_parquet(files, glob=False) if files else self.schema.to_frame().lazy()

    def _hand_over(self) -> None:
        """Has the rows held written, once those before them are: no more than twice `HELD_ROWS` are in memory."""
        self._wait()
        held, self._held = self._held, []
        self._writing = self._pool.submit(self._write, held)

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()

    def _write(self, held: list[pl.DataFrame]) -> None:
        df = pl.concat(held) if held else self.schema.to_frame()
        if df.is_empty():
            return
        if self.begins.is_empty():
            self._write_bucket(0, df)
        else:
            partner = pl.col("partner_id")
            found = pl.lit(self.begins).search_sorted(partner, side="right")
            bucket = pl.when(partner.is_null()).then(self.begins.len()).otherwise(found).cast(pl.UInt8)
            parts = df.with_columns(__bucket=bucket).partition_by("__bucket", as_dict=True, include_key=False)
            for (number,), part in parts.items():
                self._write_bucket(number, part)
        self._rounds += 1

    def _write_bucket(self, bucket: int, df: pl.DataFrame) -> None:
        path = self.folder / f"bucket-{bucket:02}" / f"{self._rounds:04}.parquet"
        with temporary(self.folder):
            path.parent.mkdir(parents=True, exist_ok=True)
            df.write_parquet(path, compression="zstd", compression_level=1, statistics=False)
        self._files.setdefault(bucket, []).append(path)


def bucket_begins(
    sources: list[Source], schema: pl.Schema, roster: pl.Series | None, *, more_rows: int = 0
) -> pl.Series:
    """The partner ids with which all buckets of an export but the first begin; none: one bucket.

    There are as many buckets as suit the size of the files, about 300,000 rows each, and one for what knows no partner.
    The ranges hold equally many partners each: how many rows each partner has is not known before they are read.

    Args:
        sources: the export's files.
        schema: its columns.
        roster: the accepted partners, sorted and each of them once; None: they are not known.
        more_rows: how many rows come from elsewhere than the files.
    """
    if "partner_id" not in schema or roster is None:
        return pl.Series("partner_id", [], dtype=pl.String())
    share = sum(source.path.stat().st_size / _BYTES_PER_BUCKET[source.kind] for source in sources)
    share += more_rows / _ROWS_PER_BUCKET
    buckets = max(1, min(_MOST_BUCKETS, round(share), roster.len()))
    return roster.gather([roster.len() * number // buckets for number in range(1, buckets)])
