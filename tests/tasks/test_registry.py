"""The registry is the only place that knows the tasks, and describes them without importing what they need."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import memsim
from memsim.tasks.base import Task, load_object
from memsim.tasks.registry import RESULT_KINDS, TASKS

ROOT = Path(memsim.__file__).parent
REGISTRY = ROOT / "tasks" / "registry.py"


def texts(source: str) -> set[str]:
    """Names of imported modules and all other text in code."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


OTHER_MEANINGS = {"program": ("fit/reading/directions.py", "torch/__init__.py")}
"""Words that modules use in another sense: the direction of a pulse in a table, and a public function."""


def test_no_module_outside_the_package_of_a_task_names_it():
    files = [file for file in ROOT.rglob("*.py") if file != REGISTRY]
    assert len(files) > 300
    naming = {}
    for file in files:
        source = file.read_text(encoding="utf-8")
        names = [name for name in TASKS if name in source and ROOT / "tasks" / name not in file.parents]
        words = texts(source) if names else set()
        naming[file] = [
            word
            for name in names
            for word in words
            if f"{word}.".startswith((f"memsim.tasks.{name}.", f"memsim.tasks.{name}:"))
            or (word == name and file not in [ROOT / other for other in OTHER_MEANINGS.get(name, ())])
        ]
    assert {file: words for file, words in naming.items() if words} == {}


@pytest.mark.parametrize("name", list(TASKS))
def test_every_path_of_a_description_leads_somewhere(name):
    task = TASKS[name]
    assert isinstance(task, Task) and task.name == name
    for reference in (task.schema, task.run, task.load_images, task.memory, task.default_figure):
        assert reference is None or callable(load_object(reference))
    for reference in (task.print_overview, task.print_metrics, task.print_notes):
        assert callable(load_object(reference))
    assert all(callable(load_object(drawing.draw)) for drawing in task.figures.values())
    assert load_object(task.schema).model_fields["task"].default == name
    for metric in (*task.metrics, *task.panels):
        assert metric.variable in task.variables


def test_every_dimension_with_labels_is_a_coordinate_of_its_kind():
    for kind in RESULT_KINDS.values():
        for name, coordinate in kind.coordinates.items():
            dims = {dim for variable in kind.variables.values() for dim in variable.dims}
            assert coordinate.dimension in dims, (kind.name, name)


def test_descriptions_of_tasks_import_neither_numba_nor_matplotlib():
    code = (
        "import sys; from memsim.tasks.registry import RESULT_KINDS; dict(RESULT_KINDS); "
        "print([name for name in ('numba', 'matplotlib', 'xarray', 'pydantic', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
