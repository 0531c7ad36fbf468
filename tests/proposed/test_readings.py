"""How columns are written: as which dates, numbers, truths and ids all of their cells can be read."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proposed.seen_cases import column, mixed
from tierctl.cell_patterns import day_of, patterns
from tierctl.export_format import Format
from tierctl.ingest.cell_texts import bare_number, number
from tierctl.proposed.date_patterns import BARE
from tierctl.proposed.readings import Booleans, Cell, Fit, Ids, booleans, dates, ids, missing_words, numbers


def said(fits: tuple[Fit, ...]) -> list[dict[str, object]]:
    return [dict(fit.settings) for fit in fits]


@pytest.mark.parametrize(
    ("texts", "settings"),
    [
        (["2025-01-31", "2025-02-01"], {}),
        (["31.01.2025", "1.2.2025"], {"date": "%d.%m.%Y"}),
        (["31/01/2025"], {"date": "%d/%m/%Y"}),
        (["01/31/2025"], {"date": "%m/%d/%Y"}),
        (["2025/01/31"], {"date": "%Y/%m/%d"}),
        (["31-01-2025"], {"date": "%d-%m-%Y"}),
        (["01-31-2025"], {"date": "%m-%d-%Y"}),
        (["31-Jan-2025"], {"date": "%d-%b-%Y"}),
        (["Jan 31, 2025"], {"date": "%b %d, %Y"}),
        (["January 31, 2025", "May 1, 2025"], {"date": "%B %d, %Y"}),
        (["31 January 2025"], {"date": "%d %B %Y"}),
        (["31-JAN-25"], {"date": "%d-%b-%y"}),
        (["20250131"], {"date": "%Y%m%d"}),
        (["2025-01-31 00:00:00"], {"date": "%Y-%m-%d %H:%M:%S"}),
        (["2025-01-31 00:00:00", "2025-02-01 09:30:00"], {"date": "%Y-%m-%d %H:%M:%S", "timeOfDay": "drop"}),
        (["2025-01-31T09:30:00Z"], {"date": "%Y-%m-%dT%H:%M:%S%z", "timeOfDay": "drop"}),
        (["2025-01-31T09:30:00.000+0000"], {"date": "%Y-%m-%dT%H:%M:%S.%f%z", "timeOfDay": "drop"}),
        (["1/31/2025 9:30 AM", "2/1/2025 12:05 PM"], {"date": "%m/%d/%Y %I:%M %p", "timeOfDay": "drop"}),
        (["1/31/2025, 9:30 AM"], {"date": "%m/%d/%Y, %I:%M %p", "timeOfDay": "drop"}),
        (["31.01.2025 9:05"], {"date": "%d.%m.%Y %H:%M", "timeOfDay": "drop"}),
        (["2025-01-31 09:30:00 UTC"], {"date": "%Y-%m-%d %H:%M:%S UTC", "timeOfDay": "drop"}),
        (["2025-01-01", "9999-12-31"], {}),
    ],
)
def test_dates_that_can_be_read_in_one_way_are_sure(texts: list[str], settings: dict[str, object]) -> None:
    found = dates(column(*texts))
    assert (found.how, said(found.fits), found.would_decide) == ("sure", [settings], "")
    assert (found.fits[0].is_whole, found.fits[0].example) == (True, Cell(1, texts[0]))


@pytest.mark.parametrize(
    ("texts", "patterns_said", "would_decide"),
    [
        (["01/02/2025", "12/12/2025"], ["%d/%m/%Y", "%m/%d/%Y"], "13/02/2025"),
        (["1.2.2025"], ["%d.%m.%Y", "%m.%d.%Y"], "13.02.2025"),
        (["01-02-2025"] * 9, ["%d-%m-%Y", "%m-%d-%Y"], "13-02-2025"),
        (["05.03.25", "07.03.25"], ["%d.%m.%y", "%m.%d.%y"], "13.02.25"),
        (["1/5/2025, 9:05 AM"], ["%d/%m/%Y, %I:%M %p", "%m/%d/%Y, %I:%M %p"], "13/02/2025, 12:00 AM"),
    ],
)
def test_what_fits_day_first_and_month_first_is_open_with_a_cell_that_decides(
    texts: list[str], patterns_said: list[str], would_decide: str
) -> None:
    found = dates(column(*texts))
    assert (found.how, [fit.settings["date"] for fit in found.fits]) == ("open", patterns_said)
    assert found.would_decide == would_decide
    assert "day and month up to 12" in found.why
    reads = [day_of(would_decide, patterns(Format(date=each)).days) is not None for each in patterns_said]
    assert sum(reads) == 1


@pytest.mark.parametrize(
    ("text", "pattern", "order"),
    [("28/03/2025", "%d/%m/%Y", "day first"), ("03/28/2025", "%m/%d/%Y", "month first")],
)
def test_one_row_decides_and_is_named(text: str, pattern: str, order: str) -> None:
    found = dates(column("01/02/2025", *["03/04/2025"] * 15, text))
    assert (found.how, said(found.fits)) == ("sure", [{"date": pattern}])
    assert found.why == f"record 17: {text} fits only {order}"


@pytest.mark.parametrize(("day", "how"), [("12", "open"), ("13", "sure")])
def test_twelve_decides_nothing_and_thirteen_does(day: str, how: str) -> None:
    assert dates(column(f"{day}/02/2025")).how == how


def test_two_rows_that_contradict_each_other_are_both_named() -> None:
    found = dates(column("01/02/2025", "13/02/2025", "02/03/2025", "02/14/2025"))
    assert (found.how, found.contradiction) == ("open", (Cell(2, "13/02/2025"), Cell(4, "02/14/2025")))
    assert found.why == "record 2: 13/02/2025 fits only day first; record 4: 02/14/2025 fits only month first"
    assert found.would_decide == ""


def test_a_few_cells_in_another_form_leave_the_others_likely() -> None:
    found = dates(column(*[f"2025-01-{n:02}" for n in range(1, 21)], "03/02/2025"))
    assert (found.how, said(found.fits), found.fits[0].unread) == ("likely", [{}], Cell(21, "03/02/2025"))
    assert found.contradiction == (Cell(1, "2025-01-01"), Cell(21, "03/02/2025"))


def test_a_stray_word_leaves_what_is_ambiguous_open() -> None:
    found = dates(column("01/02/2025", "TBD", "03/04/2025"))
    assert (found.how, found.would_decide) == ("open", "13/02/2025")
    assert found.fits[0].unread == Cell(2, "TBD")
    assert dates(column("01/02/2025", "TBD", "13/04/2025")).how == "likely"
    assert dates(column("01/02/2025", "TBD", "13/04/2025"), ["TBD"]).how == "sure"


def test_years_of_two_digits_are_told_by_their_spread() -> None:
    found = dates(column(*[f"{day:02}.03.25" for day in range(1, 32)]))
    assert (found.how, said(found.fits)) == ("likely", [{"date": "%d.%m.%y"}])
    assert found.why == "read day first the years are 2025 to 2025, and read year first the years are 2001 to 2031"


@pytest.mark.parametrize(
    ("text", "least"),
    [("45658", "2025-01-01"), ("30000", "1982-02-18"), ("60000", "2064-04-08")],
)
def test_day_numbers_of_a_spreadsheet_are_likely_dates_and_may_be_numbers(text: str, least: str) -> None:
    found = dates(column(text))
    assert (found.how, said(found.fits), found.is_bare, found.least) == ("likely", [{"date": "excel"}], True, least)
    assert said(found.others) == [{"date": "excel-1904"}]
    assert numbers(column(text)).how == "sure"


def test_day_numbers_in_a_workbook_that_does_not_show_them_as_dates() -> None:
    found = dates(column("45809", "45901", cell="number"))
    assert (found.how, said(found.fits), found.least) == ("likely", [{"date": "excel"}], "2025-06-01")


def test_ids_of_five_digits_are_no_day_numbers() -> None:
    assert dates(column("45658", "99999")).how == "none"


@pytest.mark.parametrize("text", ["29999", "60001", "4565", "Acme", "1E5", "31.02.2025", "12.50", "Q1 2025", "2025"])
def test_what_is_no_date(text: str) -> None:
    assert dates(column(text)).how == "none"


def test_a_time_of_day_in_a_day_number_has_to_be_dropped() -> None:
    assert said(dates(column("45658", "45658.5")).fits) == [{"date": "excel", "timeOfDay": "drop"}]


def test_dates_of_the_file_itself_need_no_pattern() -> None:
    found = dates(column("2025-01-31", "2025-02-01", cell="date"))
    assert (found.how, said(found.fits), found.greatest) == ("sure", [{}], "2025-02-01")
    moments = dates(column("2025-01-31 09:30:00", cell="date"))
    assert (said(moments.fits), moments.has_times) == ([{"timeOfDay": "drop"}], True)


def test_among_cells_that_are_dates_the_texts_say_how_dates_are_written() -> None:
    found = dates(mixed(("2025-01-31", "date"), ("2025-02-01", "date"), ("13/02/2025", "text")))
    assert (found.how, said(found.fits), found.fits[0].matched) == ("sure", [{"date": "%d/%m/%Y"}], 3)
    stray = dates(mixed(("2025-01-31", "date"), ("2025-02-01", "date"), ("TBD", "text")))
    assert (stray.how, said(stray.fits), stray.fits[0].unread) == ("likely", [{}], Cell(3, "TBD"))
    assert stray.why == "the file itself says that 2 of 3 are dates; record 3: 'TBD' is none of them"


def test_among_cells_that_are_numbers_a_text_may_be_none() -> None:
    found = numbers(mixed(("1.5", "number"), ("2", "number"), ("n/a", "text")))
    assert (found.how, said(found.fits), found.fits[0].unread) == ("likely", [{}], Cell(3, "n/a"))
    assert numbers(mixed(("1.5", "number"), ("x", "text"), ("y", "text"))).how == "none"


DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
WRITTEN = st.sampled_from([
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%b %d, %Y",
    "%d %B %Y", "%d.%m.%y", "%m/%d/%y", "%y-%m-%d", "%Y%m%d", "%d%m%Y", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M %p",
    "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M",
])  # fmt: skip


@given(days=st.lists(DAYS, min_size=1, max_size=30), pattern=WRITTEN, minutes=st.integers(0, 1439))
@settings(max_examples=150, deadline=None)
def test_dates_are_never_surely_another_day(days: list[date], pattern: str, minutes: int) -> None:
    moments = [datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes) for day in days]
    texts = [moment.strftime(pattern) for moment in moments]
    found = dates(column(*texts))
    assert found.how != "none"
    fits = [*found.fits, *found.others]
    formats = [patterns(Format.model_validate(fit.settings)).days for fit in fits]
    readings = [[day_of(text, each) for text in texts] for each in formats]
    assert days in readings
    if found.how == "sure":
        assert readings[0] == days


@given(days=st.lists(DAYS, min_size=1, max_size=20), pattern=WRITTEN)
@settings(max_examples=60, deadline=None)
def test_a_made_up_cell_decides_between_the_ways_that_fit(days: list[date], pattern: str) -> None:
    found = dates(column(*[day.strftime(pattern) for day in days]))
    if found.how == "open":
        formats = [Format(date=str(fit.settings.get("date", "%Y-%m-%d")), timeOfDay="drop") for fit in found.fits]
        reads = [day_of(found.would_decide, patterns(each).days) is not None for each in formats]
        assert sum(reads) == 1


@pytest.mark.parametrize(
    ("texts", "settings", "least"),
    [
        (["12", "1300"], {}, "12"),
        (["12.50", "-3"], {}, "-3"),
        (["12,50", "3"], {"decimalChar": ","}, "3"),
        (["1,234.50", "3"], {"groupChar": ","}, "3"),
        (["1.234,50"], {"decimalChar": ",", "groupChar": "."}, "1234.5"),
        (["1.234.567"], {"decimalChar": ",", "groupChar": "."}, "1234567"),
        (["1,234,567"], {"groupChar": ","}, "1234567"),
        (["1 234,50"], {"decimalChar": ",", "groupChar": " "}, "1234.5"),
        (["1\u00a0234,50"], {"decimalChar": ",", "groupChar": "\u00a0"}, "1234.5"),
        (["1\u202f234,50"], {"decimalChar": ",", "groupChar": "\u202f"}, "1234.5"),
        (["1'234.50"], {"groupChar": "'"}, "1234.5"),
        (["1\u2019234.50"], {"groupChar": "\u2019"}, "1234.5"),
        (["$12.50"], {"bareNumber": False}, "12.5"),
        (["($12.50)", "3.00"], {"bareNumber": False}, "-12.5"),
        (["12.50-"], {"bareNumber": False}, "-12.5"),
        (["1.234,50 €"], {"decimalChar": ",", "groupChar": ".", "bareNumber": False}, "1234.5"),
        (["0.125"], {}, "0.125"),
        (["0,125"], {"decimalChar": ","}, "0.125"),
    ],
)
def test_numbers_that_can_be_read_in_one_way_are_sure(
    texts: list[str], settings: dict[str, object], least: str
) -> None:
    found = numbers(column(*texts))
    assert (found.how, said(found.fits), found.least) == ("sure", [settings], Decimal(least))


@pytest.mark.parametrize(
    ("texts", "ways", "would_decide"),
    [
        (["1.234", "2.500"], [{}, {"decimalChar": ",", "groupChar": "."}], "12.5"),
        (["1,234", "12"], [{"decimalChar": ","}, {"groupChar": ","}], "12.5"),
        (
            ["€1.234"],
            [{"bareNumber": False}, {"decimalChar": ",", "groupChar": ".", "bareNumber": False}],
            "12.5",
        ),
    ],
)
def test_three_digits_behind_a_sign_may_be_decimals_or_thousands(
    texts: list[str], ways: list[dict[str, object]], would_decide: str
) -> None:
    found = numbers(column(*texts))
    assert (found.how, said(found.fits), found.would_decide) == ("open", ways, would_decide)


def test_one_number_decides_and_is_named() -> None:
    assert numbers(column("1.234", "2.500", "12.5")).why == "record 3: 12.5 fits only decimals after '.'"
    found = numbers(column("1.234", "2.500,50"))
    assert (found.how, said(found.fits)) == ("sure", [{"decimalChar": ",", "groupChar": "."}])


def test_numbers_that_are_not_written_alike_contradict_each_other() -> None:
    found = numbers(column("1,234.50", "7", "1.234,50"))
    assert (found.how, found.contradiction) == ("open", (Cell(1, "1,234.50"), Cell(3, "1.234,50")))


def test_what_stands_around_numbers_is_told() -> None:
    found = numbers(column("$5.00", "US$ 6", "7 EUR", "12%", "(3)", "$8"))
    assert dict(found.currencies) == {"$": 2, "EUR": 1}
    assert (found.percent, found.accounting) == (Cell(4, "12%"), Cell(5, "(3)"))
    assert found.why.endswith("record 4: 12% is rejected unless percent says which number it is")
    assert (found.how, found.fits[0].unread) == ("likely", Cell(2, "US$ 6"))


def test_leading_zeros_and_exponents_are_told_and_an_exponent_is_no_number() -> None:
    assert numbers(column("12", "007")).leading_zeros == Cell(2, "007")
    assert numbers(column("0", "0.5")).leading_zeros is None
    found = numbers(column("1E5", "2E7"))
    assert (found.how, found.exponent) == ("none", Cell(1, "1E5"))


@pytest.mark.parametrize(("texts", "is_whole"), [(["1", "2.00"], True), (["1", "2.01"], False)])
def test_whole_numbers(texts: list[str], is_whole: bool) -> None:
    assert numbers(column(*texts)).is_integer is is_whole


def test_numbers_of_the_file_itself_need_no_signs() -> None:
    found = numbers(column("0.3", "2", cell="number"))
    assert (found.how, said(found.fits), found.is_integer, found.greatest) == ("sure", [{}], False, Decimal(2))


@pytest.mark.parametrize(
    "texts", [["Acme"], ["A-1", "A-2"], ["INV-001", "INV-002"], ["QTY 12"], ["12", "x", "y"], ["2025-01-31"]]
)
def test_what_is_no_number(texts: list[str]) -> None:
    assert numbers(column(*texts)).how == "none"


@given(
    values=st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=20),
    decimal=st.sampled_from(".,"),
    group=st.sampled_from(["", ",", ".", " ", "'", "\u00a0"]),
)
@settings(max_examples=80, deadline=None)
def test_numbers_are_never_surely_other_numbers(values: list[Decimal], decimal: str, group: str) -> None:
    if group == decimal:
        return
    texts = [f"{value:,.2f}".translate({ord(","): group, ord("."): decimal}) for value in values]
    found = numbers(column(*texts))
    assert found.how == "sure"
    like = patterns(Format.model_validate(found.fits[0].settings))
    bare = bare_number(pl.col("text"), like)
    read = number(bare, bare.str.contains(like.precise_number), like, pl.Decimal(38, 6))
    assert pl.DataFrame({"text": texts}).select(read)["text"].to_list() == values


@pytest.mark.parametrize(
    ("texts", "how", "true_words", "false_words", "settings"),
    [
        (["true", "false"], "sure", ("true",), ("false",), {}),
        (["1", "0", "1"], "sure", ("1",), ("0",), {}),
        (["Yes", "no"], "sure", ("Yes",), ("no",), {"trueValues": ("Yes",), "falseValues": ("no",)}),
        (["JA"], "likely", ("JA",), ("NEIN",), {"trueValues": ("JA",), "falseValues": ("NEIN",)}),
        (["No"], "likely", ("Yes",), ("No",), {"trueValues": ("Yes",), "falseValues": ("No",)}),
        (["Gold", "Silver"], "none", (), (), {}),
        (["yes", "no", "maybe"], "none", (), (), {}),
    ],
)
def test_words_for_true_and_false(
    texts: list[str], how: str, true_words: tuple[str, ...], false_words: tuple[str, ...], settings: dict[str, object]
) -> None:
    found = booleans(column(*texts))
    assert (found.how, found.true_words, found.false_words, dict(found.settings)) == (
        how,
        true_words,
        false_words,
        settings,
    )


def test_a_lone_mark_means_true_where_it_stands() -> None:
    found = booleans(column("x", "x"))
    assert (found.how, found.true_words, found.is_mark) == ("likely", ("x",), True)


def test_booleans_of_the_file_itself() -> None:
    found = booleans(column("true", "false", cell="boolean"))
    assert found == Booleans("sure", ("true",), ("false",), why="the file itself says that they are true and false")


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["12", "N/A", "-", "13"], ("N/A", "-")),
        (["2025-01-31", "NULL"], ("NULL",)),
        (["#N/A", "12.5"], ("#N/A",)),
        (["P-1", "P-2", "n/a"], ("n/a",)),
        (["Acme", "-", "Bcme"], ()),
        (["Gold", "None"], ()),
        (["-"], ()),
        (["12", "13"], ()),
    ],
)
def test_words_for_nothing_are_told_by_what_stands_beside_them(texts: list[str], words: tuple[str, ...]) -> None:
    assert missing_words(column(*texts)) == words


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["P-1001", "P-1002"], Ids("P-9999", "P-", is_unique=True, has_leading_zeros=False, widths=(6, 6))),
        (["P-1", "P-20", "P-1"], Ids("P-9*", "P-", is_unique=False, has_leading_zeros=False, widths=(3, 4))),
        (["001", "012"], Ids("999", "", is_unique=True, has_leading_zeros=True, widths=(3, 3))),
        (["A1", "B22"], Ids("A9*", "", is_unique=True, has_leading_zeros=False, widths=(2, 3))),
        (["Acme Inc", "P-1"], Ids("", "", is_unique=True, has_leading_zeros=False, widths=(3, 8))),
    ],
)
def test_the_shape_of_ids(texts: list[str], expected: Ids) -> None:
    assert ids(column(*texts)) == expected


def test_bare_digits_may_be_dates_numbers_and_ids_at_once() -> None:
    of = column("20250131", "20250228")
    found = dates(of)
    assert (found.how, found.is_bare, found.fits[0].settings["date"] in BARE) == ("sure", True, True)
    assert (numbers(of).is_integer, ids(of).shape) == (True, "99999999")
