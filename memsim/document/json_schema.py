"""JSON Schema of documents in draft-07, with which editors complete keys and check values while typing.

Draft-07 is what all versions of the YAML extension of VS Code read. Where a key chooses the rest of its section, the
other keys follow from it by if/then: editors then offer the keys of that choice alone.
"""

from __future__ import annotations

from typing import Any

from memsim.document.reader import parse_value

DRAFT = "http://json-schema.org/draft-07/schema#"
NULL = {"type": "null"}
DEFAULT_CHOICE = "default_choice"
"""Key of a union in pydantic's schema, and the choice of a section that names none."""


class Editor:
    """Turns pydantic's schema into draft-07.

    Parameters
    ----------
    suffix : str
        What the names of definitions end in, to tell schemas in one file apart.
    """

    def __init__(self, suffix: str = "") -> None:
        self.suffix = suffix

    def clean(self, node: Any) -> Any:
        """A part of pydantic's schema in draft-07."""
        if isinstance(node, list):
            return [self.clean(item) for item in node]
        if not isinstance(node, dict):
            return node
        node = {key: item for key, item in node.items() if key != "title" and not (key == "default" and item is None)}
        if NULL in node.get("anyOf", ()):
            return self.optional(node)
        if "discriminator" in node:
            return self.choice(node, {key: node[key] for key in ("description",) if key in node})
        if "$ref" in node:
            return beside({key: self.value(key, item) for key, item in node.items()})
        if "propertyNames" in node:
            return self.listed(node)
        return {self.word(key): self.value(key, item) for key, item in node.items()}

    def word(self, key: str) -> str:
        """The word of draft-07 for one of later drafts."""
        return "items" if key == "prefixItems" else key

    def value(self, key: str, item: Any) -> Any:
        """The value of a word."""
        if key == "properties":
            return {name: self.clean(part) for name, part in item.items()}
        if key == "examples":
            return [parse_value(example) if isinstance(example, str) else example for example in item]
        if key == "$ref":
            return item.replace("#/$defs/", "#/definitions/") + self.suffix
        return item if key in ("default", "enum", "const", "required") else self.clean(item)

    def listed(self, node: dict[str, Any]) -> dict[str, Any]:
        """A section with any of some keys, as properties, which all editors complete."""
        names = node["propertyNames"]
        names, *patterns = names.get("anyOf", [names])
        if "enum" not in names:
            return {self.word(key): self.value(key, item) for key, item in node.items()}
        each = self.clean(node["additionalProperties"])
        own = ("propertyNames", "additionalProperties")
        rest = {key: self.value(key, item) for key, item in node.items() if key not in own}
        keys = {"properties": dict.fromkeys(names["enum"], each), "additionalProperties": False}
        return rest | keys | ({"patternProperties": {part["pattern"]: each for part in patterns}} if patterns else {})

    def optional(self, node: dict[str, Any]) -> Any:
        """What may be null."""
        return {key: self.value(key, item) for key, item in node.items()}

    def choice(self, node: dict[str, Any], words: dict[str, Any]) -> dict[str, Any]:
        """A section whose keys follow from one of them, or from the default choice where it has none."""
        return {"type": "object", **words, **self.branches(node, node.get(DEFAULT_CHOICE))}

    def branches(self, node: dict[str, Any], default: str | None, description: str = "") -> dict[str, Any]:
        """The values of the key that chooses, and what follows from each."""
        key, mapping = node["discriminator"]["propertyName"], node["discriminator"]["mapping"]
        follows = []
        for name, target in mapping.items():
            told: dict[str, Any] = {"properties": {key: {"const": name}}}
            stated = told if name == default else {"type": "object", "required": [key], **told}
            follows.append({"if": stated, "then": self.clean({"$ref": target} if isinstance(target, str) else target)})
        described = {"description": description} if description else {}
        return {"properties": {key: {"enum": list(mapping), **described}}, "allOf": follows}


def beside(node: dict[str, Any]) -> dict[str, Any]:
    """A reference together with what is said about it; draft-07 ignores what stands beside a bare reference."""
    reference = {"$ref": node.pop("$ref")}
    return {**node, "allOf": [reference]} if node else reference
