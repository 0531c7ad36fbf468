"""Work done ahead of whoever reads its results: in a few threads, in order, and never far ahead.

Polars lets other threads run while it works, so that several batches are parsed and validated at a time.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_MOST_WORKERS = 4

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def worked_ahead(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """The result for every item, in the items' order.

    Items are drawn in the reader's thread, as far ahead as there are threads to work on them, so that a long source
    is never held whole. What `work` or the source raises is raised here, in its turn among the results.
    """
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="ingest")
    pending: deque[Future[_Result]] = deque()
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) > workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
