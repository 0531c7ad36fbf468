"""What exports bring where certain programs are in use: the standard columns, and all that any program declares.

Editions and programs that read one export share its rows, so they have to agree on every column that they declare.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from tierctl.contracts import Contract, Field, ForeignKey, export_contract, export_names
from tierctl.export_config import KnownExports
from tierctl.findings import Finding, error
from tierctl.located import Document, parse
from tierctl.program.exports import DeclaredExport
from tierctl.program.load import find, name_of
from tierctl.program.model import Program
from tierctl.validation import shown

_PARTNER, _ROSTER = "partner_id", "partners"
_OF_THE_MEANING = ("type", "required", "enum", "pattern", "minimum", "maximum", "default", "is_money", "is_known_ahead")
_WORDS = {"is_money": "money", "is_known_ahead": "knownAhead", "primary_key": "primaryKey", "row_date": "rowDate"}


@dataclass(frozen=True)
class _Declared:
    """What one program file says of one export; `contract` is None where that cannot be read."""

    export: str
    contract: Contract | None
    document: Document


def exports_in_use(refs: Iterable[str], root: Path) -> tuple[KnownExports, list[Finding]]:
    """The exports that there are where these programs are in use, and an error for each column declared in two ways.

    A program file is only read for its exports: whatever else is wrong with it is told by whoever loads it.

    Args:
        refs: bundled programs' ids, or the paths of program files.
        root: the folder that relative paths start from.
    """
    contracts = {name: export_contract(name) for name in export_names()}
    unsure: set[str] = set()
    findings: list[Finding] = []
    documents = [_document(path, root) for ref in dict.fromkeys(refs) for path in _paths(ref, root)]
    first: dict[str, str] = {}
    for declared in (each for document in documents if document for each in _declared(document)):
        name = declared.export
        if declared.contract is None:
            unsure.add(name)
        elif name in contracts:
            findings += _differences(contracts[name], declared, first.get(name, ""))
            contracts[name] = _merged(contracts[name], declared.contract)
        else:
            contracts[name] = declared.contract
        first.setdefault(name, declared.document.source)
    is_whole = None not in documents
    return KnownExports(contracts, frozenset(unsure), is_whole), findings


def contracts_of(programs: Iterable[Program]) -> dict[str, Contract]:
    """Every export that there is where these programs are in use, which agree on what they declare."""
    contracts = {name: export_contract(name) for name in export_names()}
    for program in programs:
        for name in program.exports:
            declared = _of_the_roster(name, program.contract(name))
            contracts[name] = _merged(contracts[name], declared) if name in contracts else declared
    return contracts


def _paths(ref: str, root: Path) -> tuple[Path | None, ...]:
    """The files that a reference means; None in place of one that is not found."""
    return find(ref, root)[0] or (None,)


def _document(path: Path | None, root: Path) -> Document | None:
    """A program file's tables; None: it cannot be read."""
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    return parse(text, name_of(path, root), "program")[0]


def _declared(document: Document) -> Iterator[_Declared]:
    exports = document.data.get("exports", {})
    for name, table in exports.items() if isinstance(exports, Mapping) else ():
        try:
            contract = _of_the_roster(name, DeclaredExport.model_validate(table).contract(name))
        except (ValidationError, ValueError):
            yield _Declared(name, None, document)
        else:
            yield _Declared(name, contract, document)


def _of_the_roster(name: str, contract: Contract) -> Contract:
    """A program's own table whose partners have to stand in the roster, as those of every export."""
    if name in export_names() or _PARTNER not in contract.names:
        return contract
    return replace(contract, foreign_keys=(ForeignKey((_PARTNER,), _ROSTER, (_PARTNER,)),))


def _merged(known: Contract, declared: Contract) -> Contract:
    further = [field for field in declared.fields if field.name not in known.names]
    valid, adjusts = declared.valid or known.valid, declared.adjusts or known.adjusts
    return replace(known, fields=(*known.fields, *further), valid=valid, adjusts=adjusts)


def _differences(known: Contract, declared: _Declared, first: str) -> Iterator[Finding]:
    """What a program says of an export otherwise than the programs before it."""
    contract = declared.contract
    if contract is None or not first:
        return
    fields = [
        (field.name, _different(known.field(field.name), field)) for field in contract.fields if _is_in(known, field)
    ]
    wholes = ["primary_key", "row_date", "adjusts"] if declared.export not in export_names() else []
    if contract.adjusts and known.adjusts and not wholes:  # one that says nothing of it leaves it to the other
        wholes = ["adjusts"]
    told = [(f"{declared.export}.{name}", said) for name, said in fields]
    told.append((declared.export, [_said(word, getattr(known, word), getattr(contract, word)) for word in wholes]))
    for subject, said in told:
        differing = [each for each in said if each]
        if differing:
            message = f"{subject} is declared otherwise than in {first}: {'; '.join(differing)}"
            place = declared.document.subject(("exports", declared.export))
            hint = "their rows are read once for all programs in use: declare it alike in all of them, or rename one"
            yield error("program-two-declarations", declared.document.source, place, message, hint)


def _is_in(contract: Contract, field: Field) -> bool:
    return field.name in contract.names


def _different(known: Field, declared: Field) -> list[str]:
    return [_said(word, getattr(known, word), getattr(declared, word)) for word in _OF_THE_MEANING]


def _said(word: str, known: object, declared: object) -> str:
    """How a word differs; empty: it does not."""
    if known == declared:
        return ""
    return f"{_WORDS.get(word, word)} is {_shown(declared)} here and {_shown(known)} there"


def _shown(value: object) -> str:
    return "not said" if value in (None, (), "") else shown(value)
