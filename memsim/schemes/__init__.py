"""In-situ training schemes, one a file, and their registry."""

from memsim.registry import Registry
from memsim.schemes.agad import Agad
from memsim.schemes.chopped import Chopped
from memsim.schemes.mixed_precision import MixedPrecision
from memsim.schemes.reading import Reading
from memsim.schemes.scheme import Scheme
from memsim.schemes.sgd import Sgd
from memsim.schemes.tiki_taka_v2 import TikiTakaV2

SCHEMES: Registry[Scheme] = Registry("scheme", (Sgd, MixedPrecision, TikiTakaV2, Chopped, Agad))
"""Schemes by the name that experiments give them."""

__all__ = ["SCHEMES", "Agad", "Chopped", "MixedPrecision", "Reading", "Scheme", "Sgd", "TikiTakaV2"]
