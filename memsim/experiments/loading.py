"""Experiments by name, from files and from text; settings as the command line states them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from memsim.document import Document, DocumentError
from memsim.errors import InputError
from memsim.experiments.devices import Devices, ProfileTexts
from memsim.experiments.experiment import Experiment, validated
from memsim.storage.library import find, library


def experiment_names() -> list[str]:
    """Names of the shipped experiments."""
    return sorted(library("experiments"))


def load_experiment(name_or_path: str | Path) -> Experiment:
    """A shipped experiment by name, or one from a YAML file.

    Raises
    ------
    InputError
        If there is no such experiment, or its YAML is not valid (with file, line and the nearest match).
    """
    document, devices = _read(name_or_path)
    return Experiment(document, validated(document, devices), devices)


def sound_part(name_or_path: str | Path) -> Experiment | None:
    """A shipped experiment, or one from a file, without the settings that are not valid; None if nothing valid is left.

    What else is wrong with it can then be told beside these settings.
    """
    document, devices = _read(name_or_path)
    try:
        spec = validated(document, devices)
    except DocumentError as error:
        try:
            document = document.sound(error)
            spec = validated(document, devices)
        except InputError:
            return None
    return Experiment(document, spec, devices)


def _read(name_or_path: str | Path) -> tuple[Document, Devices]:
    """The document of an experiment, and the devices that it may name."""
    name = str(name_or_path)
    path = find("experiments", name_or_path)
    document = Document.from_file(path, name, "an experiment")
    if document.find("conductance"):
        raise InputError(
            f"{name}: is a device profile, not an experiment; check it with: memsim device validate {name}"
        )
    return document, Devices(folder=None if name in library("experiments") else path.parent)


def experiment_from_text(text: str, name: str, profiles: Mapping[str, str] | None = None) -> Experiment:
    """An experiment from YAML text, with the YAML of the devices that belong to it, which is read when it is needed."""
    document = Document.from_text(text, name)
    devices = Devices(ProfileTexts(profiles or {}, name))
    return Experiment(document, validated(document, devices), devices)


def parse_setting(text: str) -> tuple[str, str]:
    """Key and value text of a ``KEY=VALUE`` setting.

    Raises
    ------
    InputError
        If there is no ``=``, no key or no value.
    """
    key, equals, value = (part.strip() for part in text.partition("="))
    if not (key and equals):
        raise InputError(f"--set {text}: not of the form KEY=VALUE, for example --set learning.rate=0.1")
    if not value:
        raise InputError(f"--set {text}: no value after '='; '' stands for empty text, none for no bounds")
    return key, value
