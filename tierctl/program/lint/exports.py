"""Checks of the exports that a program declares, of what it reads rows from, and of what it joins to them."""

import re
from collections.abc import Iterator
from decimal import Decimal

from tierctl.contracts import Contract, export_contract, export_names, report_names
from tierctl.findings import Finding
from tierctl.located import Key
from tierctl.program.exports import DeclaredExport, DeclaredField
from tierctl.program.lint.columns import TYPES, fits
from tierctl.program.lint.subject import NUMBERS, ROSTER, Check, Subject
from tierctl.program.lint.walk import MONTH_END, Test, condition_holders, joiners
from tierctl.validation import closest, did_you_mean, shown

_COLUMN = re.compile(r"[a-z][a-z0-9_]*")
_PARTNER, _CURRENCY = "partner_id", "currency"
_RESERVED = ("any", "all", "partner", MONTH_END)


def check_declared(subject: Subject) -> Iterator[Finding]:
    """A table of the program's own is whole; a standard one gets further columns and no other key."""
    for name, declared in subject.program.exports.items():
        path: Key = ("exports", name)
        is_own = name not in export_names()
        if name in (*report_names(), "partner"):
            message = f"{name} cannot be an export's id: it means something else"
            yield subject.error("reserved-id", path, message)
        if is_own and not declared.fields and not subject.may_lack(path, "fields"):
            message = "fields is missing: the columns of the table"
            hint = f'as in fields = [{{ name = "{_PARTNER}" }}, {{ name = "signed_on", type = "date" }}]'
            yield subject.error("missing-key", (*path, "fields"), message, hint)
        for key in ("primaryKey", "rowDate") if not is_own else ():
            if declared.primary_key if key == "primaryKey" else declared.row_date:
                message = f"{name} is a standard export, which has its {key} already: only columns can be added to it"
                yield subject.error("unfit-key", (*path, key), message)
        if not is_own and declared.adjusts is not None and export_contract(name).adjusts is not None:
            message = f"{name} is a standard export, whose {export_contract(name).adjusts} says what a row adjusts"
            yield subject.error("unfit-key", (*path, "adjusts"), message)
        for index, field in enumerate(declared.fields):
            yield from _check_field(subject, name, declared, index, field)
        if declared.fields or not is_own:
            yield from _check_named(subject, name, declared, path)


def _check_field(
    subject: Subject, export: str, declared: DeclaredExport, index: int, field: DeclaredField
) -> Iterator[Finding]:
    path: Key = ("exports", export, "fields", index)
    names = [each.name for each in declared.fields]
    if not subject.is_whole((*path, "name")):
        return
    if field.name in names[:index]:
        message = f"{field.name} stands there already, as number {names.index(field.name) + 1}"
        yield subject.error("listed-twice", (*path, "name"), message)
    elif export in export_names() and field.name in export_contract(export).names:
        message = f"{field.name} is a column of {export} already"
        yield subject.error("listed-twice", (*path, "name"), message)
    if not _COLUMN.fullmatch(field.name):
        message = f"{shown(field.name)} should be lower-case letters, digits and _, a letter first"
        hint = "a file's own header is mapped to it in tierctl.toml, under columns"
        yield subject.error("wrong-value", (*path, "name"), message, hint)
    elif field.name in _RESERVED:
        message = f"{field.name} cannot be a column's name: in a condition it means something else"
        yield subject.error("reserved-id", (*path, "name"), message)
    yield from _check_constraints(subject, field, path)
    if field.money and field.type not in NUMBERS:
        message = f"money is an amount, and {field.name} is {TYPES[field.type]}"
        yield subject.error("column-type", (*path, "money"), message, 'say type = "number"')
    elif field.money and _CURRENCY not in subject.brought(export).names:
        message = f"{field.name} is money, and {export} has no column {_CURRENCY} that says of which currency"
        yield subject.error("unfit-export", (*path, "money"), message, f'add {{ name = "{_CURRENCY}" }} to fields')
    if field.known_ahead and field.type != "date":
        message = f"knownAhead is for dates, and {field.name} is {TYPES[field.type]}"
        yield subject.error("column-type", (*path, "knownAhead"), message)
    if field.name == _PARTNER and field.type != "string":
        yield subject.error("column-type", (*path, "type"), f"{_PARTNER} is text, as in the roster")


def _check_constraints(subject: Subject, field: DeclaredField, path: Key) -> Iterator[Finding]:
    """Constraints and default fit the column's type and each other."""
    if not subject.is_whole((*path, "type")):
        return
    given = field.constraints
    wanted = {"enum": ("string",), "pattern": ("string",), "minimum": NUMBERS, "maximum": NUMBERS}
    for key, types in wanted.items():
        place = (*path, "constraints", key)
        if getattr(given, key) is not None and field.type not in types:
            message = f"{key} is for {'texts' if types == ('string',) else 'numbers'}, and {field.name} is not"
            yield subject.error("column-type", place, message)
        elif field.type == "integer" and isinstance(getattr(given, key), Decimal) and getattr(given, key) % 1:
            yield subject.error(
                "wrong-value", place, f"{field.name} is a whole number, and {getattr(given, key)} is not"
            )
    if given.minimum is not None and given.maximum is not None and given.minimum > given.maximum:
        message = f"no number is at least {given.minimum} and at most {given.maximum}"
        yield subject.error("wrong-value", (*path, "constraints", "maximum"), message)
    if given.pattern is not None and not _is_pattern(given.pattern):
        message = f"{shown(given.pattern)} is not a regular expression"
        yield subject.error("wrong-value", (*path, "constraints", "pattern"), message)
    yield from _check_default(subject, field, path)


def _check_default(subject: Subject, field: DeclaredField, path: Key) -> Iterator[Finding]:
    given = field.constraints
    if field.default is None:
        return
    if not fits(field.default, field.type):
        message = f"{shown(field.default)} is not {TYPES[field.type]}, and {field.name} is"
        yield subject.error("wrong-value", (*path, "default"), message)
    elif given.enum and field.default not in given.enum:
        message = f"{shown(field.default)} is not one of the values of {field.name}: {', '.join(given.enum)}"
        yield subject.error("wrong-value", (*path, "default"), message, did_you_mean(field.default, given.enum))
    elif given.required:
        message = f"{field.name} is required, so no cell of it is empty and `default` never applies"
        yield subject.error("unfit-key", (*path, "default"), message)


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _check_named(subject: Subject, name: str, declared: DeclaredExport, path: Key) -> Iterator[Finding]:
    """Key, day, validity and what a row adjusts name columns of the table, days where days are needed."""
    contract = subject.brought(name)
    named: list[tuple[str, Key, tuple[str, ...]]] = []
    if name not in export_names():
        named += [(column, (*path, "primaryKey"), tuple(TYPES)) for column in declared.primary_key]
        named += [(declared.row_date, (*path, "rowDate"), ("date",))] if declared.row_date else []
    if declared.valid is not None:
        named.append((declared.valid.since, (*path, "valid", "since"), ("date",)))
        named += [(declared.valid.through, (*path, "valid", "through"), ("date",))] if declared.valid.through else []
    named += [(declared.adjusts, (*path, "adjusts"), ("string",))] if declared.adjusts else []
    for column, place, types in named:
        if not subject.is_whole((*path, "fields")):
            return
        if column not in contract.names:
            yield subject.unknown("unknown-column", place, f"column of {name}", column, contract.names)
        elif contract.field(column).type not in types:
            needed = "a date" if types == ("date",) else TYPES[types[0]]
            message = f"{column} is {TYPES[contract.field(column).type]}; here {needed} is needed"
            yield subject.error("column-type", place, message)
    if (
        declared.adjusts in contract.names
        and _key_of_text(contract) is None
        and subject.is_whole((*path, "primaryKey"))
    ):
        message = f"{name} has no key of one column of texts, so no cell can name the row that a row adjusts"
        yield subject.error("unfit-export", (*path, "adjusts"), message)
    are_names = all(_COLUMN.fullmatch(field.name) for field in declared.fields) and subject.is_whole((*path, "fields"))
    if declared.valid is not None and _PARTNER not in contract.names and are_names:
        message = f"{name} has no {_PARTNER}, so no row of it is in force for a partner"
        yield subject.error("unfit-export", (*path, "valid"), message)


def _key_of_text(contract: Contract) -> str | None:
    """The column of texts that is the key; None: the key is another one."""
    keys = [key for key in contract.primary_key if key in contract.names and contract.field(key).type == "string"]
    return keys[0] if keys and len(contract.primary_key) == 1 else None


def check_sources(subject: Subject) -> Iterator[Finding]:
    """Rows are measured per partner, so they name theirs."""
    for holder, path in condition_holders(subject.program):
        if holder.from_ not in subject.exports or not _is_read(subject, holder.from_):
            continue
        if _PARTNER not in subject.brought(holder.from_).names:
            message = f"{holder.from_} has no column {_PARTNER}, so its rows are nobody's"
            yield subject.error("unfit-export", (*path, "from"), message)


def check_joins(subject: Subject) -> Iterator[Finding]:
    """What is joined has one row for each: the one in force on a day, or the one of a key."""
    for holder, table in joiners(subject.program):
        for export, column in holder.with_.items():
            path: Key = (*table, "with", export)
            if export in subject.exports and _is_read(subject, export):
                yield from _check_join(subject, export, column, path, holder.from_)
    for name, benefit in subject.program.benefits.items():
        for export, column in benefit.with_.items():
            path = ("benefits", name, "with", export)
            if export in subject.exports and _is_read(subject, export):
                yield from _check_benefit_join(subject, export, column, path)


def _is_read(subject: Subject, export: str) -> bool:
    return subject.is_whole(("exports", export)) and export in subject.declared_well


def _check_join(subject: Subject, export: str, column: str, path: Key, source: str | None) -> Iterator[Finding]:
    contract = subject.brought(export)
    if export == ROSTER:
        message = "the roster is always there, as partner.COLUMN: it cannot be joined"
        yield subject.error("unfit-export", path, message)
        return
    if contract.valid is None and len(contract.primary_key) != 1:
        message = f"{export} cannot be joined: it has neither a validity nor a key of one column"
        yield subject.error("unfit-export", path, message)
        return
    if source not in subject.exports or not subject.is_sound(source):
        return
    if contract.valid is not None and column == MONTH_END:
        return
    own = subject.exports[source]
    wanted = "date" if contract.valid is not None else _key_type(contract)
    if column == MONTH_END:
        message = f"{export} is joined by its key {contract.primary_key[0]}: name the column that holds it"
        yield subject.error("unfit-export", path, message)
    elif column not in own.names:
        allowed = (*own.names, *([MONTH_END] if contract.valid is not None else []))
        yield subject.unknown("unknown-column", path, f"column of {source}", column, allowed)
    elif own.field(column).type != wanted:
        how = "the day on which the row in force is looked for" if contract.valid else f"the {contract.primary_key[0]}"
        message = f"{column} is {TYPES[own.field(column).type]}; here {TYPES[wanted]} is needed: {how}"
        fitting = [field.name for field in own.fields if field.type == wanted]
        yield subject.error("column-type", path, message, f"{TYPES[wanted]} is in: {', '.join(fitting) or 'none'}")


def _key_type(contract: Contract) -> str:
    (key,) = contract.primary_key
    return contract.field(key).type


def _check_benefit_join(subject: Subject, export: str, column: str, path: Key) -> Iterator[Finding]:
    if subject.brought(export).valid is None:
        fitting = [name for name, contract in subject.exports.items() if contract.valid is not None]
        message = f"{export} has no validity, so no row of it is in force for a partner on a day"
        yield subject.error("unfit-export", path, message, f"with one: {', '.join(fitting)}")
    elif column != MONTH_END:
        message = f'a benefit is read on the review day: write {export} = "{MONTH_END}"'
        yield subject.error("wrong-value", path, message, did_you_mean(column, [MONTH_END]))


def check_used(subject: Subject) -> Iterator[Finding]:
    """The tables that a program declares of its own are read by something."""
    own = subject.program.exports
    read = {*subject.program.reads, *(column.from_ for column in subject.program.columns.values()), *export_names()}
    named = {test.name.partition(".")[0] for test, _, scope in subject.of(Test) if scope.is_of_rows}
    meant = {closest(name, own) for name in read - subject.exports.keys()}
    for name in own:
        if name not in read | named | meant:
            yield subject.warning("unused", ("exports", name), f"nothing reads the export {name}")


WHOLE: tuple[Check, ...] = (check_declared,)
CHECKS: tuple[Check, ...] = (check_sources, check_joins, check_used)
