"""What a program pays, by the oracle: every month's entitlements worked out anew, and what is posted their difference.

Nothing is kept from one month to the next but what was posted: for each month the whole is asked again, row by row and
earned month by earned month, as the rows read on that month's last day.
"""

from tests.oracle.money.books import money

__all__ = ["money"]
