"""Measure: metrics from rows, for every partner and every reading at once.

Exact throughout: sums are Decimals, counts are whole numbers, quotients are kept as two of them; no float comes near a
bound.
"""

from tierctl.measure.attested import measure_attested
from tierctl.measure.known import in_force, rows_on, unseen
from tierctl.measure.values import measure, values_at

__all__ = ["in_force", "measure", "measure_attested", "rows_on", "unseen", "values_at"]
