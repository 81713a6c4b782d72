"""JSON Schema of an experiment of any task, with which editors complete and check while typing."""

from __future__ import annotations

import json
from typing import Any

from memsim.document.json_schema import DRAFT, Editor
from memsim.experiments.devices import ChangedDevice
from memsim.profiles.json_schema import changes_schema
from memsim.tasks.base import Task
from memsim.tasks.registry import DEFAULT, TASKS

_DEVICE = "Device"
"""Definition of a device with values of its own, which all tasks share."""


def experiment_schema() -> dict[str, Any]:
    """JSON Schema of an experiment: its keys follow from its task."""
    values, definitions = changes_schema()
    definitions[_DEVICE] = {**values, "required": ["extends"]}
    follows = []
    for name, task in TASKS.items():
        definitions |= _definitions(task)
        stated: dict[str, Any] = {"properties": {"task": {"const": name}}}
        stated |= {} if name == DEFAULT else {"required": ["task"]}
        follows.append({"if": stated, "then": {"$ref": f"#/definitions/Experiment-{name}"}})
    return {
        "$schema": DRAFT,
        "title": "memsim experiment",
        "type": "object",
        "properties": {"task": {"enum": list(TASKS), "default": DEFAULT}},
        "allOf": follows,
        "definitions": dict(sorted(definitions.items())),
    }


def experiment_schema_text() -> str:
    """The same as JSON text."""
    return json.dumps(experiment_schema(), indent=1, ensure_ascii=False) + "\n"


def _definitions(task: Task) -> dict[str, Any]:
    """The sections of a task's experiments by name; names end in the task's, since tasks have equal ones."""
    editor = Editor(f"-{task.name}")
    raw = task.spec_type.model_json_schema()
    sections = raw.pop("$defs", {}) | {"Experiment": raw}
    cleaned = {f"{name}-{task.name}": editor.clean(part) for name, part in sections.items()}
    device = f"{ChangedDevice.__name__}-{task.name}"
    return {**cleaned, device: {"$ref": f"#/definitions/{_DEVICE}"}} if device in cleaned else cleaned
