"""Texts in CSV that a spreadsheet would take for a formula: an apostrophe keeps them texts, and is taken off again.

Where a text begins with `=`, `+`, `-`, `@`, a tab or a line break, one `'` is put before it. So it is where such a
sign follows one or more `'`: what is read back is the text as it was, whatever it was.
"""

from pathlib import Path
from typing import Final

import polars as pl

_SIGN: Final = r"[=+\-@\t\r\n]"


def guarded(text: pl.Expr) -> pl.Expr:
    """A column of texts as CSV holds them.

    >>> pl.select(guarded(pl.Series(["=1+1", "'-x", "a-b", "it's", ""]))).to_series().to_list()
    ["'=1+1", "''-x", 'a-b', "it's", '']
    """
    # Looking first costs a quarter of replacing in every cell, and hardly any cell needs it.
    return pl.when(text.str.contains(f"^'*{_SIGN}")).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)


def unguarded(text: pl.Expr) -> pl.Expr:
    """A column of texts as they were before CSV held them.

    >>> pl.select(unguarded(pl.Series(["'=1+1", "''-x", "'t", "-x"]))).to_series().to_list()
    ['=1+1', "'-x", "'t", '-x']
    """
    return text.str.replace(f"^'('*{_SIGN})", "${1}")


def scan_csv(path: Path, schema: pl.Schema) -> pl.LazyFrame:
    """The cells of a CSV file that tierctl wrote, all as texts; those of the schema's texts as they were before.

    Raises:
        OSError: the file cannot be read.
        PolarsError: it is no CSV file.
    """
    lf = pl.scan_csv(path, infer_schema=False, glob=False)
    there = lf.collect_schema().names()
    texts = [name for name, dtype in schema.items() if dtype == pl.String and name in there]
    return lf.with_columns(unguarded(pl.col(name)) for name in texts)
