"""Their words → ours: what the cells of a column mean, where only certain words have a meaning to tierctl."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tierctl.contracts import Field
from tierctl.proposed import words
from tierctl.proposed.cells import is_currency, listed, quote
from tierctl.proposed.claims import Claim, Columns
from tierctl.proposed.lines import Confidence, Line, Part, Question, together
from tierctl.proposed.mapped import left_over
from tierctl.proposed.needs import Need
from tierctl.proposed.tables import Table

_MOST: Final = 200
_DOLLAR: Final = "$"
_LADDERS: Final = frozenset({"program", "track", "tier", "criterion"})


def values(table: Table, need: Need, claim: Claim) -> Part:
    """The words of one column, and what each of them means.

    Args:
        table: the files.
        need: the export.
        claim: which header is the column.
    """
    field, column = claim.field, table.column(claim.place)
    said = table.words(column, _MOST)
    if said is None:
        return Part()
    match field.type:
        case "boolean":
            return _mark(table, claim)
        case "number" | "integer":
            return _answers(need, field, said)
        case "string":
            return _words(need, field, said)
        case "date":
            return Part()


def open_values(table: Table, need: Need, columns: Columns) -> Part:
    """What the words mean of columns whose header is open, where the program tells some of them apart from others.

    Nothing is set: which header it is has to be decided first. It is asked all the same, since a review that does not
    know such a word pays as if it were any other.

    Args:
        table: the files.
        need: the export.
        columns: what was matched.
    """
    told = [field for field in need.contract.fields if need.words.get(field.name) and not field.enum]
    claims = {field.name: columns.claims_of(field.name) for field in told if columns.claim(field.name) is None}
    is_any = bool(left_over(table, columns))
    lacking = [field for field in told if is_any and claims.get(field.name) == [] and not field.required]
    parts = [_if_it_is(claim, values(table, need, claim)) for found in claims.values() for claim in found]
    return together(*parts, *(_unsaid(need, field) for field in lacking))


def _if_it_is(claim: Claim, part: Part) -> Part:
    """What is said of a column's words, for the case that the header is the column's."""
    where = f"where {claim.header!r} is {claim.field.name}"
    lines = tuple(
        replace(line, confidence=Confidence.OPEN, why=f"{where}{f': {line.why}' if line.why else ''}")
        for line in part.lines
    )
    return Part(lines, tuple(replace(each, said=f"{where}: {each.said}") for each in part.questions))


def _unsaid(need: Need, field: Field) -> Part:
    """A column that nothing looks like, with words that the program tells apart."""
    own = need.words[field.name]
    why = f"write the word that means {_either(own)}, once a header is mapped to {field.name}"
    return Part((_line(field, "their word", own[0], Confidence.OPEN, why),))


def _words(need: Need, field: Field, said: list[str]) -> Part:
    own = need.words.get(field.name, ())
    if is_currency(field):
        return _currencies(need, field, said)
    if field.enum:
        return _mapped(need, field, said, field.enum, {})
    if own and field.name in _LADDERS:
        return _mapped(need, field, said, own, need.names.get(field.name, {}))
    return _told_apart(need, field, said, own) if own else Part()


def _line(field: Field, theirs: str, ours: str, confidence: Confidence, why: str = "") -> Line:
    return Line(("values", field.name), theirs, ours, confidence, why)


def _mapped(need: Need, field: Field, said: list[str], own: tuple[str, ...], names: Mapping[str, str]) -> Part:
    """A column in which every word has to be one of ours."""
    lines: list[Line] = []
    unknown: list[str] = []
    for word in said:
        ours = words.meaning(word, need.name, field, (*own, *names))
        ours = names.get(ours, ours)
        if not ours:
            unknown.append(word)
        elif ours != word:
            lines.append(_line(field, word, ours, Confidence.SURE))
    return together(Part(tuple(lines)), _unknown(need, field, unknown, own))


def _unknown(need: Need, field: Field, unknown: list[str], own: tuple[str, ...]) -> Part:
    if not unknown:
        return Part()
    what = f"one of {', '.join(own)}" if len(own) > 1 else f"is it {own[0]}?"
    lines = tuple(
        _line(field, word, own[0] if len(own) == 1 else "", Confidence.OPEN, "" if place else what)
        for place, word in enumerate(unknown)
    )
    is_one = len(unknown) == 1
    sentence = f"what {listed(unknown)} {'means' if is_one else 'mean'}; {field.name} is {_either(own)}"
    decides = f"write what {'it is' if is_one else 'each is'} in [exports.{need.name}.values.{field.name}]"
    return Part(lines, (Question(need.name, field.name, sentence, decides, need.is_needed(field)),))


def _either(own: tuple[str, ...]) -> str:
    return own[0] if len(own) == 1 else f"{', '.join(own[:-1])} or {own[-1]}"


def _told_apart(need: Need, field: Field, said: list[str], own: tuple[str, ...]) -> Part:
    """A column of free words, of which the program tells some apart from all others."""
    known = {word: words.meaning(word, need.name, field, own) for word in said}
    lines = [_line(field, word, ours, Confidence.SURE) for word, ours in known.items() if ours not in {"", word}]
    missing = [word for word in own if word not in known.values()]
    rest = [word for word, ours in known.items() if not ours]
    if not missing or not rest:
        return Part(tuple(lines))
    what = _either(tuple(missing))
    lines += [_line(field, word, missing[0], Confidence.OPEN, f"is it {what}?") for word in rest[:12]]
    be = "is" if len(missing) == 1 else "are"
    sentence = f"which of {listed(rest)} {be} {what}, if any: the program tells it apart"
    decides = f"write it in [exports.{need.name}.values.{field.name}], or leave it where none is"
    return Part(tuple(lines), (Question(need.name, field.name, sentence, decides),))


def _currencies(need: Need, field: Field, said: list[str]) -> Part:
    lines: list[Line] = []
    unknown: dict[str, str] = {}
    for word in said:
        ours = word.upper() if word.upper() in words.currencies() else words.meaning(word, need.name, field)
        if not ours or _DOLLAR in word:  # which several currencies have
            unknown[word] = ours
        elif ours != word:
            lines.append(_line(field, word, ours, Confidence.SURE))
    open_ = tuple(_line(field, word, ours, Confidence.OPEN, "which currency is it?") for word, ours in unknown.items())
    part = Part((*lines, *open_))
    if not unknown:
        return part
    sentence = f"which currency {listed(list(unknown))} is"
    decides = f'write its code, such as "USD", in [exports.{need.name}.values.{field.name}]'
    return together(part, Part(questions=(Question(need.name, field.name, sentence, decides),)))


def _answers(need: Need, field: Field, said: list[str]) -> Part:
    """Words that stand for numbers, such as Yes for 1."""
    known = {word: words.meaning(word, need.name, field) for word in said}
    if not all(known.values()) or all(ours == word for word, ours in known.items()):
        return Part()
    return Part(tuple(_line(field, word, ours, Confidence.SURE) for word, ours in known.items()))


def _mark(table: Table, claim: Claim) -> Part:
    """A mark in some rows and nothing in the others: nothing means no there, whatever it stands for elsewhere."""
    found = table.booleans(table.column(claim.place))
    if not found.is_mark or claim.field.default is False:
        return Part()
    why = f"only {quote(found.true_words[0])} or nothing stands there" if found.true_words else ""
    return Part((_line(claim.field, "", "false", Confidence.LIKELY, why),))
