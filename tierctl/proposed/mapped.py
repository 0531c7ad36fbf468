"""Their headers → our columns: what is settled, what is open with its rivals, and what is needed and not there."""

from collections.abc import Sequence
from typing import Final

from tierctl.contracts import Contract, Field
from tierctl.proposed import words
from tierctl.proposed.cells import listed
from tierctl.proposed.claims import Claim, Columns
from tierctl.proposed.lines import Confidence, Line, Part, Question, together
from tierctl.proposed.needs import Need
from tierctl.proposed.tables import Table, tidy

_COLUMNS: Final = ("columns",)
_CURRENCY: Final = "currency"


def mapped_columns(table: Table, need: Need, columns: Columns) -> Part:
    """Which of their headers is which column of an export, in the file's order; then what is open.

    Args:
        table: the files.
        need: the export.
        columns: what was matched.
    """
    settled = sorted(columns.settled, key=lambda claim: claim.place)
    lines = [
        Line(_COLUMNS, claim.header, claim.field.name, claim.confidence, claim.why)
        for claim in settled
        if claim.header != claim.field.name
    ]
    fields = [field for field in need.contract.fields if columns.claim(field.name) is None]
    unfilled = Part(questions=tuple(_unfilled(need, claim) for claim in settled if _is_unfilled(table, need, claim)))
    return together(Part(tuple(lines)), unfilled, *(_lacking(table, need, columns, field) for field in fields))


def _is_unfilled(table: Table, need: Need, claim: Claim) -> bool:
    """Whether a column that the program reads has no cell, where that is more than that nothing has happened yet."""
    field = claim.field
    days = {day for each in need.contract.fields for day, _ in each.before}
    means_more = field.default is not None or field.name in days
    return means_more and field.name in need.columns and table.rows > 0 and not table.filled(table.column(claim.place))


def _unfilled(need: Need, claim: Claim) -> Question:
    said = f"no cell of {claim.header!r} is filled, which the program reads as {claim.field.name}"
    return Question(need.name, claim.field.name, said, claim.field.description.strip().removesuffix("."), False)


def _lacking(table: Table, need: Need, columns: Columns, field: Field) -> Part:
    """A column that nothing is settled for."""
    open_ = columns.open_for(field.name)
    if open_:
        return _rivals(need, field, open_)
    used = {claim.place for claim in columns.settled}
    refused = [claim for claim in columns.refused if claim.field is field and claim.place not in used]
    if field.name == _CURRENCY and _pays(columns, need):
        return _fixed_currency(table, need, columns, refused)
    if refused and (need.is_needed(field) or refused[0].says >= words.CLEAR):
        return _refused(table, need, field, refused)
    return _absent(table, need, columns, field) if need.is_needed(field) else Part()


def titled(named: Field | Contract) -> str:
    """A column's or an export's name, with its title where that says more."""
    is_same = words.plain(named.title) == words.plain(named.name)
    return named.name if is_same else f"{named.name} ({named.title.lower()})"


def _rivals(need: Need, field: Field, open_: Sequence[Claim]) -> Part:
    names = [claim.header for claim in open_]
    lines = [Line(_COLUMNS, claim.header, field.name, Confidence.OPEN, _beside(claim, names)) for claim in open_]
    if len(names) > 1:
        said = f"which of {listed(names)} is {field.name}: {open_[0].why}"
    else:
        said = f"whether {listed(names)} is {field.name}: {open_[0].why}"
    what = "keep one line" if len(names) > 1 else "take the comment sign off the line, or leave it out,"
    decides = f"{what} in [exports.{need.name}.columns]"
    return Part(tuple(lines), (Question(need.name, field.name, said, decides, need.is_needed(field)),))


def _beside(claim: Claim, names: Sequence[str]) -> str:
    others = [name for name in names if name != claim.header]
    return "; ".join([*([f"or {listed(others)}"] if others else []), claim.why])


def _refused(table: Table, need: Need, field: Field, refused: Sequence[Claim]) -> Part:
    """Headers that say they are the column, with cells that are not."""
    lines = tuple(Line(_COLUMNS, claim.header, field.name, Confidence.OPEN, claim.why) for claim in refused)
    lines += _as_fractions(table, field, refused[0])
    said = f"whether {refused[0].header!r} is {field.name}: {refused[0].cells.said}"
    return Part(lines, (Question(need.name, field.name, said, "", need.is_needed(field)),))


def _as_fractions(table: Table, field: Field, claim: Claim) -> tuple[Line, ...]:
    """How percentages are written in a column that has to have fractions."""
    found = table.numbers(table.column(claim.place))
    if field.maximum is None or found.percent is None or not found.fits:
        return ()
    signs = {key: value for key, value in found.fits[0].settings.items() if key in {"decimalChar", "groupChar"}}
    why = f"where {claim.header!r} is {field.name}: {found.percent.text}"
    written = ({"percent": "fraction"} | signs).items()
    return tuple(Line(("formats", field.name), key, value, Confidence.OPEN, why) for key, value in written)


def _absent(table: Table, need: Need, columns: Columns, field: Field) -> Part:
    """A column that nothing in the file looks like."""
    over = "" if left_over(table, columns) else "; no header is left over"
    if not field.required:
        return _stays_empty(need, field, over) if table.rows else Part()
    what = f"; one of {', '.join(field.enum)}" if field.enum else ""
    line = Line(_COLUMNS, "their header", field.name, Confidence.OPEN, f"no header fits{what}{over}")
    said = f"no header is {titled(field)}, which every row needs{over}"
    fixed = f", or say it once for all rows in [exports.{need.name}.fixed]" if field.enum else ""
    decides = f"map a header to it in [exports.{need.name}.columns]{fixed}"
    return Part((line,), (Question(need.name, field.name, said, decides, seeks=True),))


def _stays_empty(need: Need, field: Field, over: str) -> Part:
    """A column that the program reads and no header is, with what it means that its cells are empty."""
    words_ = need.words.get(field.name, ()) if not field.enum else ()
    apart = f"; the program tells {' and '.join(words_)} apart in it" if words_ else ""
    meant = field.description.strip().removesuffix(".")
    said = f"no header is {titled(field)}, which the program reads, so that it stays empty{apart}{over}"
    where = f"[exports.{need.name}.columns]"
    decides = f"{meant}; map a header to it in {where} where one is meant" if not over else f"{meant}"
    return Part((), (Question(need.name, field.name, said, decides, bool(words_) and not over, seeks=not over),))


def left_over(table: Table, columns: Columns) -> tuple[str, ...]:
    """The headers that nothing is read from, as tierctl.toml may write them."""
    used = {claim.place for claim in columns.settled}
    return tuple(dict.fromkeys(tidy(column.header) for column in table.columns if column.place not in used))


# ---- a currency that no column brings


def _pays(columns: Columns, need: Need) -> bool:
    """Whether the export has amounts, so that their currency has to be known."""
    needs = any(field.name == _CURRENCY and field.required for field in need.contract.fields)
    return needs or any(claim.field.is_money for claim in columns.settled)


def _fixed_currency(table: Table, need: Need, columns: Columns, refused: Sequence[Claim]) -> Part:
    amounts = [claim for claim in columns.settled if claim.field.is_money]
    signs = {sign: 0 for claim in amounts for sign in table.numbers(table.column(claim.place)).currencies}
    filled = 0
    for claim in amounts:
        found = table.numbers(table.column(claim.place))
        filled += found.fits[0].filled if found.fits else 0
        for sign, rows in found.currencies.items():
            signs[sign] += rows
    if len(signs) == 1 and filled:
        sign, rows = next(iter(signs.items()))
        code = "EUR" if sign == "€" else sign if sign in words.currencies() else ""
        if code and rows == filled:
            line = Line(("fixed",), _CURRENCY, code, Confidence.LIKELY, f"no column says it; all amounts are in {sign}")
            return Part((line,))
    headers = dict.fromkeys(unit for claim in amounts if (unit := words.unit_of(claim.header)))
    said = next((unit for unit in headers if unit in words.currencies()), "")
    proposed = said or need.currency
    why = "the header says so" if said else "the program's own" if proposed else "write its code"
    seen = f"; the amounts have {' and '.join(signs)}" if signs else ""
    over = f"; {refused[0].header!r} has other cells" if refused else ""
    line = Line(("fixed",), _CURRENCY, proposed, Confidence.OPEN, f"{why}; no column says the currency{seen}{over}")
    sentence = f"which currency the amounts are in: no column says it{seen}"
    decides = f"take the comment sign off currency in [exports.{need.name}.fixed] where it is right"
    field = need.contract.field(_CURRENCY)
    needed = field.required or any(need.is_needed(claim.field) for claim in amounts)
    return Part((line,), (Question(need.name, _CURRENCY, sentence, decides, needed),))
