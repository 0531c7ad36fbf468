"""Exports that a program file declares: tables of its own, and further columns of the standard ones.

They are written in the words of Table Schema, as the standard exports are, with `money`, `default`, `knownAhead` and
`rowDate` for what those files call `tierctl:money` and so on.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import Field, StrictBool

from tierctl.contracts import Contract, FieldType, export_contract, export_names, extended, parse_contract
from tierctl.program.scalars import Amount, Cited, Names, Node
from tierctl.program.values import Scalar


class Constraints(Node):
    """What a column's cells must satisfy."""

    required: StrictBool = False
    enum: tuple[str, ...] | None = Field(default=None, min_length=1)
    pattern: str | None = None
    minimum: Amount | None = None
    maximum: Amount | None = None


class DeclaredField(Node):
    """One column."""

    name: str
    type: FieldType = "string"
    title: str | None = None
    description: str | None = None
    constraints: Constraints = Constraints()
    money: StrictBool = False
    default: Scalar | None = None
    known_ahead: StrictBool = Field(default=False, alias="knownAhead")

    STAND_INS: ClassVar[Mapping[str, object]] = MappingProxyType({"name": "column"})

    @property
    def descriptor(self) -> dict[str, Any]:
        """The column in the words of the standard exports' files."""
        constraints = self.constraints.model_dump(exclude_none=True)
        constraints |= {word: self._in_type(value) for word, value in constraints.items()}
        words = {
            "name": self.name,
            "title": self.title or self.name.replace("_", " ").capitalize(),
            "type": self.type,
            "description": self.description or "",
            "constraints": constraints,
            "tierctl:money": self.money,
            "tierctl:knownAhead": self.known_ahead,
        }
        said = {word: value for word, value in words.items() if value not in (None, "", False)}
        return said if self.default is None else said | {"tierctl:default": self._in_type(self.default)}

    def _in_type(self, value: Any) -> Any:
        """A value as a column of this type holds it: TOML's whole numbers came as Decimals."""
        return int(value) if self.type == "integer" and isinstance(value, Decimal) else value


class Validity(Node):
    """Which columns say from when and through when a row is in force; without `through`: until the next one is."""

    since: str
    through: str | None = None


class DeclaredExport(Cited):
    """A table of the program's own, or further columns of a standard export."""

    primary_key: Names = Field(default=(), alias="primaryKey")
    fields: tuple[DeclaredField, ...] = ()
    row_date: str | None = Field(default=None, alias="rowDate")
    valid: Validity | None = None
    adjusts: str | None = None

    def contract(self, name: str) -> Contract:
        """The contract of the export: the standard one with these columns after its own, or one of its own.

        Raises:
            ValueError: a column stands there twice, or one is named that is not there.
        """
        descriptor: dict[str, Any] = {
            "title": self.name or name.replace("_", " ").capitalize(),
            "fields": [field.descriptor for field in self.fields],
            "primaryKey": self.primary_key,
        }
        if self.row_date:
            descriptor["tierctl:rowDate"] = self.row_date
        if self.valid:
            descriptor["tierctl:valid"] = self.valid.model_dump(exclude_none=True)
        if self.adjusts:
            descriptor["tierctl:adjusts"] = self.adjusts
        if name in export_names():
            return extended(export_contract(name), descriptor)
        return parse_contract(name, descriptor)
