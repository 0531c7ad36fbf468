"""Ingest: exports read strictly into typed rows, with every row that is not sound listed and nothing guessed."""

from tierctl.ingest.export import Export
from tierctl.ingest.kept import Kept, kept_for
from tierctl.ingest.read import Ingested, InputFile, read_exports
from tierctl.ingest.row_check import RowCheck, TableCheck
from tierctl.ingest.sealed import write_inputs

__all__ = [
    "Export",
    "Ingested",
    "InputFile",
    "Kept",
    "RowCheck",
    "TableCheck",
    "kept_for",
    "read_exports",
    "write_inputs",
]
