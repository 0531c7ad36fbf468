"""How an export's cells are written: one format for most of its columns, and what single columns say otherwise."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tierctl.export_format import Format
from tierctl.proposed.answers import Dates, Numbers, Setting
from tierctl.proposed.answers import Fit as Way
from tierctl.proposed.cells import quote
from tierctl.proposed.claims import Claim
from tierctl.proposed.columns import SeenColumn
from tierctl.proposed.lines import Confidence, Line, Part, Question, together
from tierctl.proposed.needs import Need
from tierctl.proposed.tables import Table, tidy
from tierctl.proposed.truths import filled, truth_words

_DATES: Final = ("date", "timeOfDay")
_NUMBERS: Final = ("decimalChar", "groupChar", "bareNumber")
_FORMAT: Final = ("format",)
_MOST: Final = 60


@dataclass(frozen=True, eq=False)
class _Column:
    """One column that is settled, and the ways in which all that can be read of it is."""

    claim: Claim
    found: Dates | Numbers
    ways: tuple[Mapping[str, Setting], ...]

    @property
    def name(self) -> str:
        return self.claim.field.name

    @property
    def is_open(self) -> bool:
        return self.found.how == "open"


def cell_formats(table: Table, need: Need, claims: Sequence[Claim]) -> Part:
    """How the cells of the columns that are settled are written.

    Args:
        table: the files.
        need: the export.
        claims: which header is which column.
    """
    dates = _columns(table, claims, ("date",), table.dates)
    numbers = _columns(table, claims, ("number", "integer"), table.numbers)
    parts = [_ways(need, dates, _DATES), _ways(need, numbers, _NUMBERS), truth_words(table, need, claims)]
    return together(*parts, _missing(table, claims))


def _columns(
    table: Table, claims: Sequence[Claim], types: Collection[str], read: Callable[[SeenColumn], Dates | Numbers]
) -> list[_Column]:
    """The columns of some types that can be read as such."""
    found = [(claim, read(_of(table, claim))) for type_ in types for claim in filled(table, claims, type_)]
    return [_column(claim, reading) for claim, reading in found if reading.fits]


def _of(table: Table, claim: Claim) -> SeenColumn:
    return table.column(claim.place)


def _column(claim: Claim, found: Dates | Numbers) -> _Column:
    """A column and the ways that read as much of it as any does."""
    fits = found.fits if found.how == "open" else found.fits[:1]
    best = max(fit.matched for fit in found.fits)
    also = [fit for fit in found.others if fit.matched >= best and isinstance(found, Numbers)]
    return _Column(claim, found, tuple(_whole(fit) for fit in (*fits, *also)))


def _whole(way: Way) -> dict[str, Setting]:
    """A way to read cells with every key that it leaves at its default."""
    default = Format()
    keys = _DATES if {"date", "timeOfDay"} & way.settings.keys() else ()
    return {key: getattr(default, key) for key in keys} | dict(way.settings)


def _key(way: Mapping[str, Setting], keys: Sequence[str]) -> tuple[tuple[str, Setting | None], ...]:
    default = Format()
    every = dict.fromkeys([*keys, *way])
    return tuple((key, way.get(key, getattr(default, key))) for key in every)


def _ways(need: Need, columns: Sequence[_Column], keys: Sequence[str]) -> Part:
    """The format that most columns are written in, and what the others are written in."""
    if not columns:
        return Part()
    decided = [column for column in columns if not column.is_open]
    ways = dict.fromkeys(_key(way, keys) for column in decided or columns for way in column.ways)
    votes = {way: sum(_reads(column, way, keys) for column in decided or columns) for way in ways}
    most = max(votes.values())
    # Where columns of whole numbers leave it open how fractions are written, the plainest way is as good as any.
    leading = [way for way, count in votes.items() if count == most]
    common = min(leading, key=_said_more)
    if not decided and len(leading) > 1:
        return _open(need, columns, keys)
    parts = [_set(_FORMAT, common, [column for column in columns if _reads(column, common, keys)])]
    for column in columns:
        if not _reads(column, common, keys):
            parts.append(_own(need, column, common, keys))
        elif column.is_open:
            parts.append(Part(notes=(_by_others(column, common, decided),)))
    return together(*parts)


def _said_more(way: tuple[tuple[str, Setting | None], ...]) -> int:
    default = Format()
    return sum(value != getattr(default, key) for key, value in way)


def _reads(column: _Column, common: tuple[tuple[str, Setting | None], ...], keys: Sequence[str]) -> bool:
    """Whether the format that most columns are written in reads a column as well as its own does."""
    said = dict(common)
    return any(_key(way, keys) == common or _is_read_too(column, way, said) for way in column.ways)


def _is_read_too(column: _Column, way: Mapping[str, Setting], common: Mapping[str, Setting | None]) -> bool:
    """Whether numbers without a sign for thousands are read where others have one; whole ones by any decimal sign."""
    if not isinstance(column.found, Numbers) or "groupChar" in way or way.get("bareNumber", True) is False:
        return False
    return column.found.is_integer or way.get("decimalChar", ".") == common["decimalChar"]


def _set(
    table: tuple[str, ...],
    way: tuple[tuple[str, Setting | None], ...],
    columns: Sequence[_Column],
    base: Mapping[str, Setting | None] | None = None,
) -> Part:
    default = Format()
    lines = []
    for key, value in way:
        usual = getattr(default, key) if base is None else base.get(key, getattr(default, key))
        if value != usual and columns:
            first = next((each for each in columns if not each.is_open), columns[0])
            confidence = Confidence.SURE if first.found.how == "sure" else Confidence.LIKELY
            why = _example(key, columns)
            why = f"{why}; {first.found.why}" if first.found.how == "likely" and first.found.why else why
            lines.append(Line(table, key, "" if value is None else value, confidence, why))
    return Part(tuple(lines))


def _example(key: str, columns: Sequence[_Column]) -> str:
    """A cell that is read so; of a key for numbers one that has the sign."""
    if key == "timeOfDay":
        return "the day as it is written; no time zone is reckoned with"
    written = [column for column in columns if key in column.found.fits[0].settings] or columns
    return written[0].found.fits[0].example.text


def _by_others(column: _Column, common: tuple[tuple[str, Setting | None], ...], decided: Sequence[_Column]) -> str:
    said = dict(common).get("date") or "as the others"
    deciding = decided[0]
    return (
        f"{column.name} alone could be read in several ways; {tidy(deciding.claim.header)} decides that it is {said}:"
        f" {quote(deciding.found.fits[0].example.text)}"
    )


def _own(need: Need, column: _Column, common: tuple[tuple[str, Setting | None], ...], keys: Sequence[str]) -> Part:
    """The format of a column that is not written like the others."""
    if column.is_open:
        return _open(need, [column], keys, table=("formats", column.name))
    way = _key(column.ways[0], keys)
    return _set(("formats", column.name), way, [column], dict(common))


def _open(need: Need, columns: Sequence[_Column], keys: Sequence[str], table: tuple[str, ...] = _FORMAT) -> Part:
    """What several ways read: not set, and what would decide it."""
    column = next((each for each in columns if each.found.contradiction), columns[0])
    found, about = column.found, columns[0].name
    default = Format()
    said = {
        key: [way.get(key, getattr(default, key)) for way in column.ways] for key in keys if _differs(column.ways, key)
    } or {keys[0]: [column.ways[0].get(keys[0], getattr(default, keys[0]))]}
    decides = f"a row such as {found.would_decide} decides it" if found.would_decide else ""
    lines = tuple(
        Line(table, key, _first(each), Confidence.OPEN, "; ".join(filter(None, (_or(each), found.why, decides))))
        for key, each in said.items()
    )
    both = [key for key, value in _key(column.ways[0], keys) if key not in said and value != getattr(default, key)]
    lines += tuple(Line(table, key, column.ways[0][key], Confidence.LIKELY, found.why) for key in both)
    names = [each.name for each in columns]
    sentence = f"how {_and(names)} {'is' if len(names) == 1 else 'are'} written: {_choices(column, said)}"
    needed = any(need.is_needed(each.claim.field) for each in columns)
    return Part(lines, (Question(need.name, about, sentence, decides, needed),))


def _first(said: Sequence[Setting | None]) -> Setting:
    """What an open line proposes: of several that which says something."""
    return next((each for each in said if each is not None), "")


def _or(said: Sequence[Setting | None]) -> str:
    """What an open key may say instead; nothing is what leaving it out says."""
    first = _first(said)
    others = [f'"{each}"' if each is not None else "none at all" for each in dict.fromkeys(said) if each != first]
    return f"or {' or '.join(others)}" if others else ""


def _differs(ways: Sequence[Mapping[str, Setting]], key: str) -> bool:
    return len({way.get(key, getattr(Format(), key)) for way in ways}) > 1


def _choices(column: _Column, said: Mapping[str, Sequence[Setting | None]]) -> str:
    found = column.found
    if found.contradiction:
        one, other = found.contradiction
        both = f"record {one.record:,} has {quote(one.text)} and record {other.record:,} {quote(other.text)}"
        return f"{both}, which no one way reads"
    pairs = zip(*said.values(), strict=True)
    written = [
        ", ".join(f'{key} = "{each}"' for key, each in zip(said, pair, strict=True) if each is not None)
        for pair in pairs
    ]
    ways = " or ".join(dict.fromkeys(written))
    return f"{ways}; {found.why}" if found.why else ways


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _missing(table: Table, claims: Sequence[Claim]) -> Part:
    """The words that stand for nothing in any of the columns."""
    found: dict[str, str] = {}
    for claim in claims:
        for word in table.missing(_of(table, claim)):
            found.setdefault(word, tidy(claim.header))
    if not found:
        return Part()
    first = next(iter(found))
    why = f"{quote(first)} stands among the cells of {found[first]}"
    return Part((Line(_FORMAT, "missingValues", ("", *found), Confidence.SURE, why),))
