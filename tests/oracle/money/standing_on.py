"""Standing on any day, by what a month's review knows of it."""

from dataclasses import dataclass
from datetime import date

from tests.oracle.calendar import DAY, FiscalMonth
from tests.oracle.fold import Review
from tests.oracle.grants import standing
from tests.oracle.ladder import Node
from tests.oracle.money.account import Account

WITHOUT_WORD = ("terminated", "expired")
"""The statuses of a review that does not look at the gate."""


@dataclass(frozen=True)
class Standings:
    """The standing of a partner on one ladder, on any day."""

    account: Account
    node: Node

    def known(self, day: date, month: FiscalMonth) -> Review | None:
        """The review that is asked for a day when a month is worked out: the month's, of later days their own."""
        asked = max(month.label, self.account.calendar.month_of(day).label)
        return self.account.reviews.get(self.node, {}).get(asked)

    def rank(self, day: date, month: FiscalMonth) -> int | None:
        """The rank of the tier that stands on a day; None where none does."""
        review = self.known(day, month)
        world = self.account.world(self.node[0], month.last)
        if review is None or world.start is None or day < world.start or not world.is_enrolled(day):
            return None
        if self.account.terminated_by(day) or self.is_suspended(day, review):
            return None
        grant = standing(review.grants, day)
        return grant.rank if grant else None

    def tier(self, day: date | None, month: FiscalMonth) -> str | None:
        """The id of the tier that stands on a day; None where none does, and for no day."""
        rank = None if day is None else self.rank(day, month)
        if day is None or rank is None:
            return None
        review = self.known(day, month)
        assert review
        return review.ids[rank]

    def at_least(self, name: str, day: date | None, month: FiscalMonth) -> bool:
        """Whether a tier or one above it, or a qualification, stands on a day."""
        rank = None if day is None else self.rank(day, month)
        if day is None or rank is None:
            return False
        review = self.known(day, month)
        assert review
        return name in review.ids and rank >= review.ids.index(name)

    def unbroken(self, name: str, since: date | None, month: FiscalMonth) -> bool:
        """Whether the same stands on the month's last day and on every day from one on to it."""
        if since is None or not self.at_least(name, month.last, month):
            return False
        day = month.last
        while day >= since and self.at_least(name, day, month):
            day -= DAY
        return day < since

    def is_suspended(self, day: date, review: Review) -> bool:
        """Whether the last review up to a day that looked at the gate found it failing; before the first, that one.

        Only reviews up to the one asked are known.
        """
        said = [one for one in self.reviews_to(review) if one.status not in WITHOUT_WORD]
        before = [one for one in said if one.month.last <= day]
        last = before[-1] if before else said[0] if said else None
        return last is not None and last.status == "suspended"

    @staticmethod
    def reviews_to(review: Review) -> list[Review]:
        """A review and all before it, oldest first."""
        found = [review]
        while (before := found[0].previous) is not None:
            found.insert(0, before)
        return found
