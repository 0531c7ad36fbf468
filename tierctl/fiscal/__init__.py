"""Fiscal calendars: the fiscal month, quarter, half or year that a day belongs to.

A calendar follows one of three rules: whole calendar months from any first month; weeks in a 4-4-5, 4-5-4 or 5-4-4
pattern, the year ending on a given weekday; or a table that lists every fiscal month. Dates are inclusive at both ends.

A fiscal year is named by the calendar year of its nominal last day (`year_named_by="start"`: of its nominal first day).
For weeks the nominal last day is the one that the rule speaks of, wherever the weekday falls: where years end on the
Sunday nearest December 31, the year that ends on 2006-01-01 is 2005 and the one that ends on 2006-12-31 is 2006. So no
name is given twice and none is left out, although two years end in one calendar year and none in another.

A fiscal month's label is the calendar month whose 15th it holds, and it holds exactly one: so every label names one
fiscal month. A calendar for which that cannot be is refused when it is built; a table may bring labels of its own.

>>> from datetime import date
>>> federal = Calendar.months(year_starts=10)
>>> federal.month("2025-05").code
'FY2025-P08'
>>> retail = Calendar.weeks("4-5-4", "saturday nearest january 31", year_named_by="start")
>>> january = retail.month("2023-01")
>>> january.code, str(january.first), str(january.last)
('FY2022-P12', '2023-01-01', '2023-01-28')
>>> retail.instance("fiscal_year", date(2023, 12, 25)).days // 7
53
"""

from tierctl.fiscal.calendars import Calendar
from tierctl.fiscal.spans import PERIODS, CalendarError, FiscalMonth, Period, Span
from tierctl.fiscal.table import TableRow

__all__ = ["PERIODS", "Calendar", "CalendarError", "FiscalMonth", "Period", "Span", "TableRow"]
