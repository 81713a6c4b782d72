"""A small solver of SPICE netlists: resistors, voltage sources and current sources that depend on a voltage.

Modified nodal analysis with dense matrices, and Newton's method where currents depend on voltages. It shares no code
with memsim, so that tests can hold written netlists against it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

_VOLTAGE = re.compile(r"v\((\w+),(\w+)\)")
_FUNCTIONS = {"sinh": np.sinh, "exp": np.exp, "abs": np.abs}


class Element(NamedTuple):
    """An element between two nodes; its value is in ohm or volt, or a function from volt to ampere."""

    name: str
    first: str
    second: str
    value: object


class Solution(NamedTuple):
    """Voltage of each node [V], and current through each element from its first to its second node [A]."""

    voltages: dict[str, float]
    currents: dict[str, float]


def parsed(text: str) -> list[Element]:
    """The elements of a netlist, names in lower case; every other line must be a comment or a known command."""
    elements, controlled = [], False
    for line in text.lower().splitlines():
        if line.startswith(".control"):
            controlled = True
        elif line.startswith(".endc"):
            controlled = False
        elif controlled:
            assert re.fullmatch(r"set numdgt=16|op|print i\(\w+\)|if \$\?batchmode|  quit|end", line), line
        elif line.startswith("*") or re.match(r"\.(options|op|end)\b", line):
            continue
        else:
            name, first, second, value = line.split()
            assert name[0] in "rvb", line
            elements.append(
                Element(name, first, second, _law(value, first, second) if name[0] == "b" else float(value))
            )
    names = [element.name for element in elements]
    assert len(set(names)) == len(names)
    assert all(element.value > 0 for element in elements if element.name[0] == "r")
    return elements


def _law(formula: str, first: str, second: str):
    """The current of a formula of the voltage between the nodes of its own element."""
    assert formula.startswith("i=")
    assert set(_VOLTAGE.findall(formula)) == {(first, second)}
    expression = _VOLTAGE.sub("v", formula.removeprefix("i="))
    assert set(re.findall(r"(?<![\d.])[a-z]+", expression)) <= {"v", *_FUNCTIONS}, formula
    code = compile(expression, "formula", "eval")
    return lambda v: eval(code, {"__builtins__": {}}, {**_FUNCTIONS, "v": v})


def solved(elements: list[Element]) -> Solution:
    """Voltages and currents by Kirchhoff's laws."""
    nodes = sorted({node for element in elements for node in (element.first, element.second)} - {"0"})
    sources = [element for element in elements if element.name[0] == "v"]
    index = {node: place for place, node in enumerate(nodes)}
    count = len(nodes)
    linear, right = np.zeros((count + len(sources),) * 2), np.zeros(count + len(sources))

    def incidence(element: Element) -> np.ndarray:
        ends = np.zeros(count + len(sources))
        for node, sign in ((element.first, 1.0), (element.second, -1.0)):
            if node != "0":
                ends[index[node]] += sign
        return ends

    for element in elements:
        if element.name[0] == "r":
            ends = incidence(element)
            linear += np.outer(ends, ends) / element.value
    for place, source in enumerate(sources, count):
        ends = incidence(source)
        linear[:, place] += ends
        linear[place] += ends
        right[place] = source.value
    curved = [(incidence(element), element.value) for element in elements if element.name[0] == "b"]
    state = np.linalg.solve(linear + np.diag([*[1e-12] * count, *[0.0] * len(sources)]), right)
    for _ in range(60):
        jacobian, missing = linear.copy(), linear @ state - right
        for ends, law in curved:
            across, small = ends @ state, 1e-6
            slope = (law(across + small) - law(across - small)) / (2 * small)
            jacobian += slope * np.outer(ends, ends)
            missing += law(across) * ends
        change = np.linalg.solve(jacobian, missing)
        state = state - change
        if np.abs(change[:count]).max() <= 1e-14 * np.abs(state[:count]).max():
            break
    else:
        raise AssertionError("the nodal analysis did not converge")
    voltages = {"0": 0.0} | {node: float(state[place]) for node, place in index.items()}
    currents = {source.name: float(state[place]) for place, source in enumerate(sources, count)}
    for element in elements:
        across = voltages[element.first] - voltages[element.second]
        if element.name[0] == "r":
            currents[element.name] = across / element.value
        elif element.name[0] == "b":
            currents[element.name] = float(element.value(across))
    return Solution(voltages, currents)
