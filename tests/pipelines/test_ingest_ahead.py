"""Work ahead of its reader: in order, bounded, and with its errors in their place."""

import threading
from collections.abc import Iterator

import pytest

from tests.pipelines.ingest_cases import Case, mrr_csv, mrr_line
from tierctl.ingest import export
from tierctl.ingest import spool as spooling
from tierctl.ingest.ahead import worked_ahead


@pytest.fixture(autouse=True)
def _three_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)


def test_results_come_in_the_items_order_whoever_is_done_first() -> None:
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            second_is_done.wait(timeout=10)
        if item == 1:
            second_is_done.set()
        return item * 10

    assert list(worked_ahead(work, range(20))) == [item * 10 for item in range(20)]


def test_items_are_drawn_no_further_ahead_than_there_are_workers() -> None:
    drawn: list[int] = []

    def source() -> Iterator[int]:
        for item in range(100):
            drawn.append(item)
            yield item

    results = worked_ahead(lambda item: item, source())
    assert next(results) == 0
    assert len(drawn) == 4
    assert next(results) == 1
    assert len(drawn) == 5


def test_what_a_worker_raises_comes_after_the_results_before_it() -> None:
    results = worked_ahead(lambda item: 10 // item, [5, 2, 0, 1])
    assert [next(results), next(results)] == [2, 5]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_reader_that_leaves_early_leaves_no_thread_behind() -> None:
    results = worked_ahead(lambda item: item, range(100))
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ingest")]


@pytest.mark.parametrize("batch_rows", [1, 2, 5])
def test_a_file_that_breaks_midway_stops_the_run_whatever_was_read_ahead(case: Case, batch_rows: int) -> None:
    lines = [mrr_line(f"L{n}") for n in range(12)]
    case.write("mrr.csv", mrr_csv(*lines[:8], 'L8,P1,"C"1,add,1,USD,2025-05-01', *lines[9:]))
    assert case.export("mrr", "mrr.csv").refused("mrr", batch_rows=batch_rows) == [
        ("unreadable-file", "mrr.csv", "record 9")
    ]


def test_a_fault_of_the_check_itself_is_not_swallowed(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise LookupError("no such thing")

    case.write("mrr.csv", mrr_csv(mrr_line()))
    monkeypatch.setattr(export, "check", fail)
    with pytest.raises(LookupError, match="no such thing"):
        case.export("mrr", "mrr.csv").read("mrr")


def test_a_disk_that_is_full_is_not_swallowed(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    case.write("mrr.csv", mrr_csv(*(mrr_line(f"L{n}") for n in range(9))))
    monkeypatch.setattr(spooling.Spool, "_write_bucket", fail)
    monkeypatch.setattr(spooling, "HELD_ROWS", 2)
    with pytest.raises(OSError, match="No space left"):
        case.export("mrr", "mrr.csv").read("mrr", batch_rows=1)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("ingest", "spool"))]
