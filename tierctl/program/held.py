"""What a requirement may ask of a partner's standing: a tier of some track, or a qualification beside its ladder.

In rules that pay, the day is stated: `as_of` a date column of the row or "month_end", or `unbroken_since` a date
column, from whose day to the end of the earned month the standing must have had no gap.
"""

from tierctl.program.scalars import Node


class TierHeld(Node):
    """The tier that stands on the day read is `at_least` this one; without `track`, that of the table it stands in."""

    at_least: str
    track: str | None = None
    as_of: str | None = None
    unbroken_since: str | None = None


class QualificationHeld(Node):
    """The qualification of that name stands on the day read; without `track`, one of the table it stands in."""

    name: str
    track: str | None = None
    as_of: str | None = None
    unbroken_since: str | None = None
