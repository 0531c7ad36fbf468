"""Ingest: exports read strictly into typed rows, with every row that is not sound listed and nothing guessed."""

from tierctl.ingest.export import Export
from tierctl.ingest.read import Ingested, InputFile, read_exports

__all__ = ["Export", "Ingested", "InputFile", "read_exports"]
