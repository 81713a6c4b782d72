"""No module of memsim imports itself by way of others, imports for type checkers and inside functions included."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import memsim

ROOT = Path(memsim.__file__).parent


def modules(root: Path) -> dict[str, Path]:
    """Files of all modules of the package in a folder, by dotted name."""
    files = {}
    for file in root.rglob("*.py"):
        parts = file.relative_to(root.parent).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return files


def imports(root: Path) -> dict[str, set[str]]:
    """Modules that each module names in an import statement, wherever it stands."""
    files = modules(root)
    graph: dict[str, set[str]] = {name: set() for name in files}
    for name, file in files.items():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names} & files.keys()
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}: a relative import"
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    graph[name] |= {whole if whole in files else str(node.module)} & files.keys()
    return graph


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one cycle, or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_imports_have_no_cycle():
    graph = imports(ROOT)
    assert len(graph) > 400 and sum(map(len, graph.values())) > 1500
    assert cycle(graph) == []


@pytest.mark.parametrize(
    "text",
    [
        "from package import one",
        "import package.one",
        "from package.one import name",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from package.one import name",
        "def function():\n    from package.one import name",
    ],
)
def test_every_kind_of_import_makes_a_cycle(tmp_path, text):
    root = tmp_path / "package"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "one.py").write_text("from package.two import other")
    (root / "two.py").write_text("import math")
    assert cycle(imports(root)) == []
    (root / "two.py").write_text(text)
    assert set(cycle(imports(root))) == {"package.one", "package.two"}
