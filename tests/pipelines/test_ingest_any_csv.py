"""Whatever text cells hold: what a careful writer writes comes back cell by cell, record by record."""

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.ingest_cases import Case, faults_of, rows_of

CELL = st.text(alphabet="ab ,;\"'\né", max_size=6)
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}
ABOVE = [[], ["", "Report, of 2025"], ['"a"', "b\nc", "1;2;3"]]
BELOW = [[""], ["Total", "9"], ["All rights, reserved", "", "", "x"]]
ROWS = st.lists(st.tuples(CELL, CELL, st.booleans()), max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    line_end=st.sampled_from(["\n", "\r\n"]),
    quotes_all=st.booleans(),
    batch_rows=st.sampled_from([1, 2, 100]),
)
def test_cells_come_back_as_they_were_and_wide_rows_alone_are_rejected(
    rows: list[tuple[str, str, bool]], line_end: str, quotes_all: bool, batch_rows: int
) -> None:
    """A row whose flag is set gets a cell more than the header has."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL if quotes_all else csv.QUOTE_MINIMAL)
    writer.writerow(["partner_id", "name", "country"])
    for n, (name, country, is_wide) in enumerate(rows):
        writer.writerow([f"P{n}", f"n{name}", country, *(["x"] if is_wide else [])])
    with TemporaryDirectory() as folder:
        case = Case(Path(folder))
        case.write("p.csv", text.getvalue())
        ingested = case.export("partners", "p.csv").read(batch_rows=batch_rows)
        accepted = rows_of(ingested, "partners").select("partner_id", "name", "country").rows()
    assert [record for _, record, *_ in faults_of(ingested)] == [n for n, row in enumerate(rows, start=1) if row[2]]
    assert accepted == [
        (f"P{n}", f"n{name}", country if country.strip() else None)
        for n, (name, country, is_wide) in enumerate(rows)
        if not is_wide
    ]


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be"]),
    packing=st.sampled_from(sorted(PACK)),
    above=st.integers(0, len(ABOVE)),
    below=st.lists(st.sampled_from(BELOW), max_size=4),
)
def test_the_oddest_file_of_the_same_rows_is_read_like_the_plain_one(
    *,
    rows: list[tuple[str, str, bool]],
    line_end: str,
    encoding: str,
    packing: str,
    above: int,
    below: list[list[str]],
) -> None:
    lines = [
        [f"P{n}", f"n{name}", country, *(["x"] if is_wide else [])] for n, (name, country, is_wide) in enumerate(rows)
    ]
    lines.insert(0, ["partner_id", "name", "country"])
    footer = sum(any(row) for row in below)
    fmt = {"encoding": encoding, "headerRow": above + 1, "footerRows": footer}
    with TemporaryDirectory() as folder:
        case = Case(Path(folder))
        case.write("plain.csv", _written(lines, "\n"))
        case.write(
            f"odd.csv{packing}", PACK[packing](_written([*ABOVE[:above], *lines, *below], line_end).encode(encoding))
        )
        plain = case.export("partners", "plain.csv").read()
        odd = case.export("partners", f"odd.csv{packing}", format=fmt).read()
        assert rows_of(odd, "partners").equals(rows_of(plain, "partners"))
        assert odd.rejects.drop("file").equals(plain.rejects.drop("file"))


def _written(rows: list[list[str]], line_end: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()
