"""JSON Schema of a profile, with which editors complete and check while typing.

A profile that extends another may leave out any key but its name and title, so all sections exist twice: whole, and as
changes.
"""

from __future__ import annotations

import json
import re
from typing import Any

from memsim.document.json_schema import DRAFT, NULL, Editor, beside
from memsim.profiles.inherit import OWN
from memsim.profiles.schema import DeviceSpec

_CHANGES = "Changes"
_NAMES = "name of the model; `memsim device models NAME` prints its equation and its keys"


def device_schema() -> dict[str, Any]:
    """JSON Schema of a device profile."""
    raw = DeviceSpec.model_json_schema()
    sections = raw.pop("$defs") | {"Profile": raw}
    whole, changes = _Editor(""), _Editor(_CHANGES)
    definitions = {name: whole.section(part) for name, part in sections.items()}
    definitions |= {name + _CHANGES: changes.section(part) for name, part in sections.items()}
    definitions |= whole.numbers | changes.numbers
    definitions["Profile"]["anyOf"] = [{"required": ["update"]}, {"required": ["programming"]}]
    definitions["Profile" + _CHANGES]["required"] = [key for key in raw["required"] if key in OWN]
    return {
        "$schema": DRAFT,
        "title": "memsim device profile",
        "type": "object",
        "if": {"required": ["extends"]},
        "then": {"$ref": f"#/definitions/Profile{_CHANGES}"},
        "else": {"$ref": "#/definitions/Profile"},
        "definitions": dict(sorted(definitions.items())),
    }


def changes_schema() -> tuple[dict[str, Any], dict[str, Any]]:
    """JSON Schema of values that replace those of a profile, and the definitions that it refers to."""
    raw = DeviceSpec.model_json_schema()
    sections, editor = raw.pop("$defs"), _Editor(_CHANGES)
    definitions = {name + _CHANGES: editor.section(part) for name, part in sections.items()}
    return editor.section(raw), definitions | editor.numbers


def device_schema_text() -> str:
    """The same as JSON text."""
    return json.dumps(device_schema(), indent=1, ensure_ascii=False) + "\n"


class _Editor(Editor):
    """Turns the schema of a profile into draft-07; numbers of one unit and range share a definition."""

    def __init__(self, suffix: str) -> None:
        super().__init__(suffix)
        self.numbers: dict[str, Any] = {}

    def section(self, part: dict[str, Any]) -> dict[str, Any]:
        """A definition, whole or as changes."""
        section: dict[str, Any] = self.clean(part)
        if self.suffix:
            section.pop("required", None)
        return section

    def clean(self, node: Any) -> Any:
        """A part of pydantic's schema in draft-07."""
        if isinstance(node, dict) and node.get("anyOf", [{}])[-1].get("required") == ["value"]:
            return self.number({key: item for key, item in node.items() if key != "title"})
        return super().clean(node)

    def optional(self, node: dict[str, Any]) -> Any:
        """What may be left out: null unsets it in changes, and is of no use elsewhere."""
        parts = [part for part in node.pop("anyOf") if part != NULL]
        inner = parts[0] if len(parts) == 1 else {"anyOf": parts}
        if not self.suffix:
            return self.clean(inner | node)
        shown = {key: self.value(key, item) for key, item in node.items()}
        return {**shown, "anyOf": [self.clean(inner | {k: node[k] for k in ("description",) if k in node}), NULL]}

    def number(self, node: dict[str, Any]) -> dict[str, Any]:
        """A reference to the definition of a number, which is the same for all fields with its unit and range."""
        told = [part["patternErrorMessage"] for part in node["anyOf"] if "patternErrorMessage" in part]
        name = re.sub(r"[^A-Za-z0-9.]+", "-", (told or [node["description"].rpartition("; ")[2]])[0])
        self.numbers[name] = {"anyOf": self.clean(node.pop("anyOf"))}
        rest = {key: self.value(key, item) for key, item in node.items()}
        return beside({**rest, "$ref": f"#/definitions/{name}"})

    def choice(self, node: dict[str, Any], words: dict[str, Any]) -> dict[str, Any]:
        """A section whose keys follow from the model it names; changes may leave the name out."""
        key = node["discriminator"]["propertyName"]
        named = self.branches(node, None, _NAMES)
        if not self.suffix:
            return {"type": "object", **words, "required": [key], **named}
        unnamed = {"anyOf": [branch["then"] for branch in named["allOf"]]}
        return {"type": "object", **words, "if": {"type": "object", "required": [key]}, "then": named, "else": unnamed}
