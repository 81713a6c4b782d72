"""Device profiles with the numbers of another tool."""

from __future__ import annotations

from typing import Any

from memsim.document import Document
from memsim.profiles import DeviceProfile

READ = {
    "voltage": "0.5 V",
    "duration": "5 ns",
    "status": "assumed",
    "note": "not part of the description; read pulse of the Chen & Yu device table",
}
"""How cells are read, where the other tool does not say."""


def profile(name: str, title: str, source: dict[str, str], sections: dict[str, Any]) -> DeviceProfile:
    """The profile of a device that another tool describes.

    Parameters
    ----------
    name : str
        Of the profile.
    title : str
        One line for people.
    source : dict of str to str
        How to cite the tool; it has the key "tool" in the profile, and its numbers are fitted unless a section says
        something else.
    sections : dict
        `conductance`, `update` and so on, as in a file.
    """
    data = {
        "name": name,
        "title": title,
        "technology": "as described for another tool",
        "sources": {"tool": source},
        "source": "tool",
        "status": "fitted",
        **sections,
    }
    return DeviceProfile.from_document(Document.from_data(data, name))


def percent(share: float) -> str:
    """A share as a profile writes it."""
    return f"{100 * share!r} %"


def microsiemens(conductance: float) -> str:
    """A conductance in uS as a profile writes it."""
    return f"{conductance!r} uS"
