"""Studies by name and from files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from memsim.document import Document
from memsim.storage.library import find, library
from memsim.studies.claims import StudySpec
from memsim.studies.expression import Expression


@dataclass(frozen=True)
class Study:
    """A study that was read.

    Attributes
    ----------
    document : Document
        The YAML with the origin of every value.
    spec : StudySpec
        The validated claims.
    folder : Path or None
        Folder of the file, in which its own experiments may lie; None for a shipped study.
    """

    document: Document
    spec: StudySpec
    folder: Path | None

    @property
    def quantities(self) -> list[str]:
        """Quantities that its claims need, those in causes included, in the order of the file."""
        needed = {name for claim in self.spec.claims for name in claim.quantities}
        return [name for name in self.spec.quantities if name in needed]

    @property
    def over_seeds(self) -> list[str]:
        """Those of them that are measured with several seeds."""
        measured = {
            name for claim in self.spec.claims if claim.seeds for name in Expression.parse(claim.measured).names
        }
        return [name for name in self.quantities if name in measured or self.spec.quantities[name].seed_spread]


def study_names() -> list[str]:
    """Names of the shipped studies, sorted."""
    return list(library("studies"))


def load_study(name_or_path: str | Path) -> Study:
    """A shipped study by name, or one from a YAML file.

    Raises
    ------
    InputError
        If there is no such study, or its YAML is not valid (with file, line and the nearest match).
    """
    path = find("studies", name_or_path)
    document = Document.from_file(path, str(name_or_path), "a study")
    folder = None if str(name_or_path) in library("studies") else path.parent
    return Study(document, document.validate(StudySpec), folder)
