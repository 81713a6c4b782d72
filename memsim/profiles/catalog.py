"""Finding and loading device profiles."""

from __future__ import annotations

import os

from memsim.document import Document
from memsim.errors import InputError
from memsim.profiles.inherit import resolved
from memsim.profiles.profile import DeviceProfile
from memsim.storage.library import find, library


def device_names() -> list[str]:
    """Names of the shipped profiles, sorted."""
    return list(library("devices"))


def load_device(name_or_path: str | os.PathLike[str]) -> DeviceProfile:
    """Profile of a shipped device by name, or of a YAML file by path.

    Raises
    ------
    InputError
        Nothing of that name is shipped, or the file, or one that it extends, is not a valid profile.
    """
    path = find("devices", name_or_path)
    document = Document.from_file(path, what="a device profile")
    return DeviceProfile.from_document(resolved(document, path.parent, (path.resolve(),)))


def device_of(device: object) -> DeviceProfile:
    """The profile itself, or that of a name or path; what arguments called `device` accept.

    Raises
    ------
    InputError
        It is neither, or there is no such profile.
    """
    if isinstance(device, DeviceProfile):
        return device
    if isinstance(device, (str, os.PathLike)):
        return load_device(device)
    raise InputError(f"device: {type(device).__name__}; allowed: a name, a path or a DeviceProfile")


def device_from_text(text: str, name: str = "device") -> DeviceProfile:
    """Profile in a YAML text, called `name` in errors."""
    return DeviceProfile.from_document(resolved(Document.from_text(text, name), None))
