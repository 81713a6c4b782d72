"""The files that memsim ships: devices, component tables, experiments, studies and trained networks, found by name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from memsim.errors import InputError, nearest

Kind = Literal["devices", "components", "experiments", "studies", "onnx", "weights"]

_PACKAGE = Path(__file__).resolve().parents[1]
_FOLDERS = {
    "devices": "devices",
    "components": "components",
    "experiments": "experiments",
    "studies": "experiments/studies",
    "onnx": "experiments/networks",
    "weights": "experiments/networks",
}
_NAMES = {
    "devices": "device",
    "components": "component table",
    "experiments": "experiment",
    "studies": "study",
    "onnx": "network",
    "weights": "network",
}
_LISTING = {
    "devices": "memsim device list",
    "components": "memsim cost",
    "experiments": "memsim list",
    "studies": "memsim verify",
    "onnx": "memsim show infer-01",
    "weights": "memsim show infer-01",
}
_YAML = (".yaml", ".yml")
_SUFFIXES: dict[str, tuple[str, ...]] = {"onnx": (".onnx",), "weights": (".nc", ".safetensors")}
"""Endings of the files of a kind that are no YAML."""


def library(kind: Kind) -> dict[str, Path]:
    """Name -> path of every shipped file of a kind, sorted by name.

    Raises
    ------
    InputError
        The folder is not where the installation should have put it.
    """
    suffixes = _SUFFIXES.get(kind, _YAML)
    # A wheel carries the folders inside the package; a source checkout has them beside it.
    for folder in (_PACKAGE / "shipped" / _FOLDERS[kind], _PACKAGE.parent / _FOLDERS[kind]):
        if folder.is_dir():
            return {file.stem: file for file in sorted(folder.iterdir()) if file.suffix in suffixes}
    raise InputError(f"the shipped {kind} are missing from {_PACKAGE}; reinstall memsim")


def find(kind: Kind, name_or_path: str | os.PathLike[str]) -> Path:
    """Path of a shipped file by name, or the given path (which need not exist).

    Raises
    ------
    InputError
        It is neither a shipped name nor a path, or names a device where an experiment is meant.
    """
    shipped = library(kind)
    name = os.fspath(name_or_path)
    if name in shipped:
        return shipped[name]
    if kind == "experiments" and name in library("devices"):
        raise InputError(
            f"'{name}' is a device, not an experiment: memsim device show {name}, or a run of an experiment with "
            f"device='{name}'"
        )
    if name == "-":
        raise InputError(f"-: the standard input is not read; name a file ('{_LISTING[kind]}' shows those of memsim)")
    separators = {os.sep, os.altsep or os.sep, "/"}
    if not isinstance(name_or_path, str) or name.endswith(_SUFFIXES.get(kind, _YAML)) or separators & set(name):
        return Path(name)
    if name and Path(name).exists():
        return Path(name)
    hint = _similar_file(name, kind) or similar(name, shipped)
    raise InputError(f"unknown {_NAMES[kind]} '{name}'{hint} ('{_LISTING[kind]}' shows all)")


def _similar_file(name: str, kind: Kind) -> str:
    """Hint at a file in the working folder whose name is nearly that, or begins with it; empty if there is none."""
    endings = (*_SUFFIXES.get(kind, _YAML), *((".nc",) if kind == "experiments" else ()))
    try:
        files = [file.name for file in Path().iterdir() if file.suffix in endings]
    except OSError:
        return ""
    stems = [file for file in files if Path(file).stem == name]
    hint = nearest(name, stems or files) if "." in name or stems else ""
    return hint if "did you mean" in hint else ""


def similar(name: str, known: Iterable[str]) -> str:
    """As `memsim.errors.nearest`, but first the shortest known name that contains this one."""
    names = list(known)
    near = sorted((other for other in names if name and name.lower() in other.lower()), key=len)
    return f"; did you mean '{near[0]}'?" if near else nearest(name, names)
