"""A second, slow tierctl in plain Python, to check the real one against.

It is written from the design alone, one partner and where that is simplest one day at a time, and shares no line with
`tierctl`. Everything here prefers the obvious to the quick: a metric walks all rows, a grant is one item of a list, the
first day a tier was attained is found by going back day by day.
"""

from tests.oracle.calendar import Calendar, FiscalMonth
from tests.oracle.closed import Closed
from tests.oracle.review import Tables, close, review

__all__ = ["Calendar", "Closed", "FiscalMonth", "Tables", "close", "review"]
