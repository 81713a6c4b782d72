"""JSON Schema of a profile (draft-07), with which editors complete and check while typing.

Draft-07 is what all versions of the YAML extension of VS Code read. Where a `model` is chosen, its keys follow from it
by if/then: editors then offer the keys of that model alone. A profile that extends another may leave out any key but
its name and title, so all sections exist twice: whole, and as changes.
"""

from __future__ import annotations

import json
import re
from typing import Any

from memsim.document import parse_value
from memsim.profiles.inherit import OWN
from memsim.profiles.schema import DeviceSpec

DRAFT = "http://json-schema.org/draft-07/schema#"
_CHANGES = "Changes"
_NULL = {"type": "null"}
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


def device_schema_text() -> str:
    """The same as JSON text."""
    return json.dumps(device_schema(), indent=1, ensure_ascii=False) + "\n"


class _Editor:
    """Turns pydantic's schema into the words of draft-07, with references to definitions of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.numbers: dict[str, Any] = {}

    def section(self, part: dict[str, Any]) -> dict[str, Any]:
        """A definition, whole or as changes."""
        section = self.clean(part)
        if self.kind:
            section.pop("required", None)
        return section

    def clean(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.clean(item) for item in node]
        if not isinstance(node, dict):
            return node
        node = {key: item for key, item in node.items() if key != "title" and not (key == "default" and item is None)}
        if _NULL in node.get("anyOf", ()):
            return self.optional(node)
        if "discriminator" in node:
            return self.choice(node["discriminator"], {key: node[key] for key in ("description",) if key in node})
        if node.get("anyOf", [{}])[-1].get("required") == ["value"]:
            return self.number(node)
        if "$ref" in node:
            return _beside({key: self.value(key, item) for key, item in node.items()})
        names = node.get("propertyNames", {}).get("anyOf", [{}])
        if "enum" in names[0]:
            # As properties, which all editors complete.
            each = self.clean(node.pop("additionalProperties"))
            del node["propertyNames"]
            listed = {"properties": dict.fromkeys(names[0]["enum"], each), "additionalProperties": False}
            by_pattern = {part["pattern"]: each for part in names[1:]}
            return (
                {key: self.value(key, item) for key, item in node.items()} | listed | {"patternProperties": by_pattern}
            )
        return {key: self.value(key, item) for key, item in node.items()}

    def value(self, key: str, item: Any) -> Any:
        if key == "properties":
            return {name: self.clean(part) for name, part in item.items()}
        if key == "examples":
            return [parse_value(example) if isinstance(example, str) else example for example in item]
        if key == "$ref":
            return item.replace("#/$defs/", "#/definitions/") + self.kind
        return item if key in ("default", "enum", "const", "required") else self.clean(item)

    def optional(self, node: dict[str, Any]) -> Any:
        """What may be left out: null unsets it in changes, and is of no use elsewhere."""
        parts = [part for part in node.pop("anyOf") if part != _NULL]
        inner = parts[0] if len(parts) == 1 else {"anyOf": parts}
        if not self.kind:
            return self.clean(inner | node)
        shown = {key: self.value(key, item) for key, item in node.items()}
        return {**shown, "anyOf": [self.clean(inner | {k: node[k] for k in ("description",) if k in node}), _NULL]}

    def number(self, node: dict[str, Any]) -> dict[str, Any]:
        """A reference to the definition of a number, which is the same for all fields with its unit and range."""
        told = [part["patternErrorMessage"] for part in node["anyOf"] if "patternErrorMessage" in part]
        name = re.sub(r"[^A-Za-z0-9.]+", "-", (told or [node["description"].rpartition("; ")[2]])[0])
        self.numbers[name] = {"anyOf": self.clean(node.pop("anyOf"))}
        rest = {key: self.value(key, item) for key, item in node.items()}
        return _beside({**rest, "$ref": f"#/definitions/{name}"})

    def choice(self, discriminator: dict[str, Any], words: dict[str, Any]) -> dict[str, Any]:
        """A section whose keys follow from the model it names; changes may leave the name out."""
        key, mapping = discriminator["propertyName"], discriminator["mapping"]
        targets = {name: {"$ref": self.value("$ref", target)} for name, target in mapping.items()}
        branches = [
            {"if": {"type": "object", "required": [key], "properties": {key: {"const": name}}}, "then": target}
            for name, target in targets.items()
        ]
        named = {"properties": {key: {"enum": list(mapping), "description": _NAMES}}, "allOf": branches}
        if not self.kind:
            return {"type": "object", **words, "required": [key], **named}
        unnamed = {"anyOf": list(targets.values())}
        return {"type": "object", **words, "if": {"type": "object", "required": [key]}, "then": named, "else": unnamed}


def _beside(node: dict[str, Any]) -> dict[str, Any]:
    """A reference together with what is said about it; draft-07 ignores what stands beside a bare reference."""
    reference = {"$ref": node.pop("$ref")}
    return {**node, "allOf": [reference]} if node else reference
