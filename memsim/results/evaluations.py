"""What a result says of the evaluations that made it: of which weights, and with which changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from memsim.errors import OutputError
from memsim.results.dataset import source

if TYPE_CHECKING:
    import xarray as xr

_ATTRIBUTE = "evaluations"


class Evaluation(NamedTuple):
    """An evaluation of stored weights.

    Attributes
    ----------
    file : str
        Name of the file that holds them; empty for a Dataset that comes from none.
    sha256 : str
        Hash of this file; empty for a Dataset.
    weights_sha256 : str
        Hash of the numbers of the weights.
    images_sha256 : str
        Hash of the images of that result.
    changes : mapping of str to str
        What was changed, and to what.
    """

    file: str
    sha256: str
    weights_sha256: str
    images_sha256: str
    changes: Mapping[str, str]

    def in_words(self, images_sha256: str) -> str:
        """What was evaluated and what was changed, for a reader; `images_sha256` is the hash of the images read."""
        short = (self.sha256 or self.weights_sha256)[:12]
        changes = ", ".join(f"{key}={value}" for key, value in self.changes.items())
        parts = [f"of {self.file or 'a Dataset'} ({short}), not trained again"]
        parts += [f"changed: {changes}"] if changes else []
        parts += ["other images"] if images_sha256 != self.images_sha256 else []
        return "; ".join(parts)


def evaluations_of(dataset: xr.Dataset) -> list[Evaluation]:
    """The evaluations that made a result, that of a run first; none for a run.

    Raises
    ------
    OutputError
        If the attribute is damaged.
    """
    try:
        steps = [Evaluation(**step) for step in json.loads(dataset.attrs.get(_ATTRIBUTE, "[]"))]
        texts = [text for step in steps for text in (*step[:-1], *step.changes, *step.changes.values())]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("not a text")
    except (TypeError, ValueError, AttributeError, RecursionError):
        raise OutputError(f"{source(dataset)}: its attribute '{_ATTRIBUTE}' is damaged") from None
    return steps


def set_evaluations(dataset: xr.Dataset, steps: list[Evaluation]) -> None:
    """State in a result which evaluations made it."""
    dataset.attrs[_ATTRIBUTE] = json.dumps([step._asdict() for step in steps])
