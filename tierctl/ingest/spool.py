"""The typed spool: an export's sound rows as Parquet, in partner buckets."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from tierctl.ingest.files import Source

_MOST_BUCKETS = 32
_BYTES_PER_BUCKET = {"csv": 32_000_000, "parquet": 4_000_000}
HELD_ROWS = 1_000_000


@dataclass
class Spool:
    """Writes batches into `folder`, one sub-folder per bucket; a partner's rows are all in one bucket.

    Rows are held until there are enough of them that the files are not too many.
    """

    folder: Path
    buckets: int
    schema: pl.Schema
    _held: list[pl.DataFrame] = field(default_factory=list)
    _files: dict[int, list[Path]] = field(default_factory=dict)
    _rounds: int = 0

    def add(self, df: pl.DataFrame) -> None:
        """Takes in a batch of typed rows."""
        self._held.append(df)
        if sum(held.height for held in self._held) >= HELD_ROWS:
            self._write()

    def close(self) -> list[pl.LazyFrame]:
        """Writes what is held; the buckets that have rows, or one empty frame."""
        self._write()
        if not self._files:
            return [self.schema.to_frame().lazy()]
        return [pl.scan_parquet(self._files[bucket], glob=False) for bucket in sorted(self._files)]

    def _write(self) -> None:
        if not self._held:
            return
        df = pl.concat(self._held)
        self._held.clear()
        if df.is_empty():
            return
        if self.buckets == 1:
            self._write_bucket(0, df)
        else:
            bucket = pl.col("partner_id").hash() % self.buckets
            parts = df.with_columns(__bucket=bucket).partition_by("__bucket", as_dict=True, include_key=False)
            for (number,), part in parts.items():
                self._write_bucket(number, part)
        self._rounds += 1

    def _write_bucket(self, bucket: int, df: pl.DataFrame) -> None:
        path = self.folder / f"bucket-{bucket:02}" / f"{self._rounds:04}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        df.write_parquet(path, compression="zstd", compression_level=1, statistics=False)
        self._files.setdefault(bucket, []).append(path)


def count_buckets(sources: list[Source], schema: pl.Schema) -> int:
    """How many buckets suit the size of the files: about 300,000 rows each, and one for what knows no partner."""
    if "partner_id" not in schema:
        return 1
    share = sum(source.path.stat().st_size / _BYTES_PER_BUCKET[source.kind] for source in sources)
    return max(1, min(_MOST_BUCKETS, round(share)))
