"""What a claim is evidence for: whether parameters were fitted to its published number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from memsim.studies.verdict import VERDICTS

CALIBRATED, PREDICTED = "calibrated", "predicted"
BASES = {
    CALIBRATED: "parameters of the model or of its tables were fitted to this number, or follow from it; it tests the "
    "structure of the model alone",
    PREDICTED: "no parameter was fitted to this number",
}
"""What a claim may say of itself, and what that means; a claim that says nothing leaves it open."""


def meanings(bases: Iterable[str]) -> str:
    """What the bases of some claims mean, in words; empty where none says one."""
    named = set(bases)
    return "; ".join(f"{name}: {text}" for name, text in BASES.items() if name in named)


def split_counts(verdicts: Iterable[tuple[str, str]]) -> str:
    """How many claims of each basis have each verdict, from pairs of basis and verdict; empty where none says one."""
    counts = Counter(verdicts)
    by_basis = {
        basis: [f"{verdict} {counts[basis, verdict]}" for verdict in VERDICTS if counts[basis, verdict]]
        for basis in BASES
    }
    return "; ".join(f"{basis}: {', '.join(texts)}" for basis, texts in by_basis.items() if texts)
