"""Dotted paths into plain data: where they lead, and setting a value there."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from memsim.document.problems import DocumentError, Path, brief, dotted
from memsim.document.reader import MAX_DEPTH, MAX_DIGITS, MAX_KEY, MAX_NODES
from memsim.errors import nearest


def find(data: Any, target: str) -> Path | None:
    """Keys and indices that a dotted path leads through, or None where it leads nowhere."""
    path: Path = ()
    parts = target.split(".")
    while parts:
        step, used = _step(data, parts, ())
        if not _holds(data, step):
            return None
        path, data, parts = (*path, step), data[step], parts[used:]
    return path


def assign(
    data: dict[str, Any], target: str, value: Any, failed: str, dotted_keys: Mapping[str, Collection[str]]
) -> tuple[Path, int]:
    """Set `value` at a dotted path of `data`, in place.

    Parameters
    ----------
    data : dict
        Plain data.
    target : str
        Keys joined by dots; list items by their ``name`` or index. The longest key that exists wins.
    value : object
        Plain value.
    failed : str
        What errors start with.
    dotted_keys : mapping
        Dotted path of a section -> keys with dots that may be created in it.

    Returns
    -------
    path, created
        Keys and indices to the value, and the length of the first part of it that did not exist before.
    """
    here: Any = data
    path: Path = ()
    created = 0
    parts = target.split(".")
    if "" in parts:
        raise DocumentError([f"{failed}: a path is written as 'section.key'"])
    while True:
        step, used = _step(here, parts, dotted_keys.get(dotted(data, path), ()))
        if isinstance(here, list) and not _holds(here, step):
            raise DocumentError([f"{failed}: no item '{step}' in {dotted(data, path)}{_items(here, step)}"])
        path, parts = (*path, step), parts[used:]
        if not parts:
            here[step] = value
            return path, created or len(path)
        if isinstance(here, dict) and here.get(step) is None:
            here[step] = {}
            created = created or len(path)
        here = here[step]
        if not isinstance(here, dict | list):
            raise DocumentError([f"{failed}: {dotted(data, path)} is a value ({brief(here)}), not a section"])


def plain(value: Any, failed: str) -> Any:
    """A copy made of dict, list, str, int, float, bool and None only, within the reader's bounds.

    Raises
    ------
    DocumentError
        Something in it has no plain form; the message starts with `failed`.
    """
    return _plain(value, failed, [0], 0)


def _plain(value: Any, failed: str, nodes: list[int], depth: int) -> Any:
    nodes[0] += 1
    if nodes[0] > MAX_NODES or depth > MAX_DEPTH:
        raise DocumentError([f"{failed}: more than {MAX_NODES} values, or nested deeper than {MAX_DEPTH} levels"])
    if hasattr(value, "tolist"):  # NumPy arrays and scalars
        value = value.tolist()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str):
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise DocumentError([f"{failed}: half a surrogate pair is not text"])
        return str(value)
    if isinstance(value, int):
        if abs(value) >= 10**MAX_DIGITS:
            raise DocumentError([f"{failed}: a number has more than {MAX_DIGITS} digits"])
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or len(key) > MAX_KEY:
                raise DocumentError([f"{failed}: key {brief(key)} is not text of at most {MAX_KEY} characters"])
        return {_plain(key, failed, [0], 0): _plain(item, failed, nodes, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, failed, nodes, depth + 1) for item in value]
    raise DocumentError([f"{failed}: a value of type {type(value).__name__} cannot be written in YAML"])


def _step(here: Any, parts: list[str], known: Collection[str]) -> tuple[str | int, int]:
    """The next key or index of a dotted path, and how many of its parts that uses."""
    joined = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    if isinstance(here, list):
        names = [item.get("name") if isinstance(item, dict) else None for item in here]
        for key in joined:
            if key in names:
                return names.index(key), key.count(".") + 1
        index = parts[0].isascii() and parts[0].isdigit() and len(parts[0]) < 9
        return (int(parts[0]) if index else parts[0]), 1
    for key in joined:
        if isinstance(here, dict) and (key in here or key in known):
            return key, key.count(".") + 1
    return parts[0], 1


def _holds(here: Any, step: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(step, int) and step < len(here)
    return isinstance(here, dict) and step in here


def _items(here: list[Any], step: str | int) -> str:
    names = [str(item["name"]) for item in here if isinstance(item, dict) and "name" in item]
    if isinstance(step, str) and names:
        return nearest(step, names)
    return f"; it has {len(here)} items, counted from 0"
