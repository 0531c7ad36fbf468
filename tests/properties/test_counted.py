"""On generated programs, too, the rows that count add up to the value, and each other row fails something."""

import pytest
from hypothesis import given

from tests.properties.generated import Case, cases
from tests.properties.language import FEATURES, language_cases
from tests.properties.reviews import begun, tried
from tests.scenarios import program_text
from tests.scenarios.run import engine_calendar, parsed
from tests.traced_law import broken, climbs
from tierctl.climbing import Sources


def unexplained(case: Case) -> list[str]:
    """What the traced tables of a case do not explain."""
    exports, calendar = begun(case), engine_calendar(case.calendar)
    month = calendar.month(case.month)
    sources = Sources.of(exports, calendar, month, repeating=(), carried=None, partners=None)
    programs = [parsed(program_text(program)) for program in case.editions]
    return [line for ladder, climb in climbs(programs, sources) for line in broken(ladder, climb)]


@tried(20)
@given(case=cases())
def test_what_counts_adds_up(case: Case) -> None:
    assert unexplained(case) == []


@pytest.mark.parametrize("feature", FEATURES)
def test_what_counts_adds_up_on_the_whole_language(feature: str) -> None:
    @tried(4)
    @given(case=language_cases(feature))
    def adds_up(case: Case) -> None:
        assert unexplained(case) == []

    adds_up()
