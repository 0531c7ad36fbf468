"""Ingest: exports read strictly into typed rows, with every row that is not sound listed and nothing guessed."""

from tierctl.ingest.export import Export
from tierctl.ingest.read import Ingested, InputFile, read_exports
from tierctl.ingest.row_check import RowCheck, TableCheck

__all__ = ["Export", "Ingested", "InputFile", "RowCheck", "TableCheck", "read_exports"]
