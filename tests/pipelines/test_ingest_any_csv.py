"""Whatever text cells hold: what a careful writer writes comes back cell by cell, record by record."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipelines.ingest_cases import Case, faults_of, rows_of

CELL = st.text(alphabet="ab ,;\"'\né", max_size=6)
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
