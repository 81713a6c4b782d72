"""Strict YAML documents (profiles and experiments) that know the line every key came from."""

from memsim.document.document import Document, Place
from memsim.document.problems import DocumentError
from memsim.document.reader import parse_value

__all__ = ["Document", "DocumentError", "Place", "parse_value"]
