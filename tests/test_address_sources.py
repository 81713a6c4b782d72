"""The sources build counter words by the functions of `memsim.philox` alone."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

import memsim

ROOT = Path(memsim.__file__).parent
LAYOUT_FILE = "philox.py"
BITS = {
    "noise/normal.py": "bits of floating-point numbers, and the uniform number of a random word",
    "noise/two_level.py": "words that hold the levels of the processes of a cell",
    "kernels/fluctuate.py": "words that hold the levels of the processes of a cell",
    "kernels/cuda/fluctuate.py": "words that hold the levels of the processes of a cell",
    "kernels/trains.py": "time slots of pulse trains, and binary digits of chances",
    "kernels/cuda/trains.py": "time slots of pulse trains",
    "backends/backend.py": "binary digits of codes of converters",
    "cells/functions.py": "bits of floating-point numbers",
    "arrays/converters.py": "numbers of codes",
    "attribution/of_experiment.py": "combinations of imperfections",
    "attribution/of_function.py": "combinations of imperfections",
    "attribution/result.py": "combinations of imperfections",
    "attribution/shapley.py": "combinations of players",
    "exchange/onnx_file.py": "bytes in MiB",
    "exchange/weights_reader.py": "bytes in MiB",
    "schemes/trains.py": "time slots of pulse trains",
    "torch/attribution.py": "combinations of imperfections",
    "arrays/mapping.py": "slices of bits of weights",
    "data/cifar.py": "grey of colours in whole numbers",
    "data/images.py": "bytes in GiB",
    "metrics/intervals.py": "a sample drawn by a uniform number of 24 bits",
}
"""Files that shift numbers other than counter words, which may have no literal shift anywhere."""
COUNTER_WORDS = ("c0", "c1", "c2", "c3")
ADDRESS_KEYWORDS = ("step", "first_step", "first_array", "first_column", "first_sample", "first_tile", "index")
SHIFTS = (ast.LShift, ast.RShift)
PACKING = (*SHIFTS, ast.BitOr, ast.BitXor, ast.BitAnd)


def layout_functions() -> set[str]:
    """Functions of `memsim.philox` that kernels may call for a counter word."""
    tree = ast.parse((ROOT / LAYOUT_FILE).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


FUNCTIONS = layout_functions()


@functools.cache
@functools.cache
def sources() -> dict[str, ast.Module]:
    """The syntax trees of all other files of memsim, by path."""
    files = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
    return {file: ast.parse((ROOT / file).read_text()) for file in files if file != LAYOUT_FILE}


def name_of(node: ast.expr) -> str:
    """Last part of a dotted name without the underscore of private functions; empty for other expressions."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.lstrip("_")


def literal(node: ast.AST) -> bool:
    """Whether a node is a whole number other than 0."""
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value != 0


def packs(node: ast.AST) -> bool:
    """Whether a node combines or shifts bits."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, PACKING)


def kernels() -> dict[str, ast.Module]:
    """The syntax trees of the files of kernels that draw random numbers, by path."""
    drawing = {"memsim.philox", "memsim.kernels.draw"}
    return {
        file: tree
        for file, tree in sources().items()
        if file.startswith("kernels/") and any(getattr(node, "module", None) in drawing for node in tree.body)
    }


@functools.cache
def parameters() -> dict[str, dict[int, str]]:
    """Of each function of kernels, the places of its arguments that are counter words."""
    found: dict[str, dict[int, str]] = {"philox": dict(enumerate(COUNTER_WORDS))}
    for tree in kernels().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                words = {k: a.arg for k, a in enumerate(node.args.args) if a.arg in (*COUNTER_WORDS, "group")}
                if words:
                    found[node.name.lstrip("_")] = words
    return found


def shifted(tree: ast.AST) -> Iterator[ast.AST]:
    """Shifts that are not a size of two whole numbers, such as ``1 << 22``, standing for itself."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.BinOp) and isinstance(child.op, SHIFTS):
                adds = isinstance(node, ast.BinOp) and isinstance(node.op, (*PACKING, ast.Add, ast.Mult))
                if adds or not (literal(child.left) and literal(child.right)):
                    yield child


def built(tree: ast.AST) -> Iterator[ast.AST]:
    """Counter words that are not a name or the result of a function of `memsim.philox`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = [t for target in node.targets for t in getattr(target, "elts", [target])]
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value] * len(targets)
            for target, value in zip(targets, values, strict=False):
                if isinstance(target, ast.Name) and target.id.removeprefix("own_") in COUNTER_WORDS:
                    yield from arithmetic(value)
        elif isinstance(node, ast.Call):
            for place in parameters().get(name_of(node.func), {}):
                if place < len(node.args):
                    yield from arithmetic(node.args[place])


def arithmetic(value: ast.expr) -> Iterator[ast.AST]:
    """What makes a counter word anything else than a name or the result of a function of `memsim.philox`."""
    if isinstance(value, ast.Call) and name_of(value.func) == "uint32":
        yield from arithmetic(value.args[0])
    elif isinstance(value, ast.Call) and name_of(value.func) in FUNCTIONS:
        for argument in value.args:
            # 1 is the second of several numbers, such as the second word of a decision.
            parts = list(ast.walk(argument))
            yield from (part for part in parts if packs(part) or (literal(part) and part.value != 1))  # type: ignore[attr-defined]
    elif not isinstance(value, ast.Name | ast.Attribute | ast.Subscript):
        yield value


def addressed(tree: ast.AST) -> Iterator[ast.AST]:
    """Fields of addresses outside kernels that are whole numbers, or packed bits."""
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.Call):
            values = [k.value for k in node.keywords if k.arg in ADDRESS_KEYWORDS]
            if name_of(node.func) == "draw":
                values += node.args[3:]
        elif isinstance(node, ast.Dict):
            named = zip(node.keys, node.values, strict=True)
            values = [v for k, v in named if isinstance(k, ast.Constant) and k.value in ADDRESS_KEYWORDS]
        for value in values:
            yield from (part for part in ast.walk(value) if packs(part) or literal(part))


@pytest.mark.slow
def test_no_other_file_shifts_bits_except_those_of_other_numbers():
    trees = sources()
    shifting = {file: [node.lineno for node in shifted(tree)] for file, tree in trees.items()}  # type: ignore[attr-defined]
    assert {file: lines for file, lines in shifting.items() if lines and file not in BITS} == {}
    assert [file for file in BITS if not shifting[file]] == [], "no exception is needed any more"


@pytest.mark.slow
def test_counter_words_are_names_or_results_of_the_functions_of_the_layout():
    assert {"philox", "four_normals", "draw_uniforms", "draw_words", "move_processes"} <= set(parameters())
    wrong = {file: [ast.unparse(node) for node in built(tree)] for file, tree in kernels().items()}
    assert {file: nodes for file, nodes in wrong.items() if nodes} == {}


def test_addresses_outside_kernels_hold_no_whole_numbers_and_no_packed_bits():
    wrong = {file: [ast.unparse(node) for node in addressed(tree)] for file, tree in sources().items()}
    assert {file: nodes for file, nodes in wrong.items() if nodes} == {}


@pytest.mark.parametrize(
    "source",
    [
        "w = philox(uint32(tile * 16 + lane), c1, c2, c3, k0, k1)",
        "w = philox(c0, uint32(column | (digit << ROUND)), c2, c3, k0, k1)",
        "w = philox(c0, with_upper(c1 + 2, digit), c2, c3, k0, k1)",
        "c3 = uint32(word + uint32(STREAM))",
        "c1, c2 = 5, step",
        "z = four_normals(c0, c1, counter_word(step, row << 3), c3, k0, k1)",
        "x = site.draw('normal', shape, Stream.CONVERTER, first + number | tile << SHIFT)",
        "x = fill('uniform', shape, seed=seed, stream=Stream.SCENE, step=4)",
        "at = {'first_tile': part * 65536}",
        "occasion = Occasion(Purpose.TEST, kind << BITS | level)",
        "place = column + (1 << 26)",
    ],
)
def test_the_check_sees_a_counter_word_that_is_built_elsewhere(source):
    tree = ast.parse(source)
    assert list(shifted(tree)) + list(built(tree)) + list(addressed(tree))


@pytest.mark.parametrize(
    "source",
    [
        "_BLOCK = 1 << 22",
        "rows = max(1, (1 << 23) // values.size)",
        "c1, c2 = read_words(sample, first_sample, repeats, positions, index)",
        "c2 = counter_word(first_step, step * samples + sample)",
        "w = philox(group_word(first_tile + tile, lane), with_upper(c1, knot // WORDS), c2, in_stream(c3, TRAP))",
        "x = fill('uniform', shape, seed=seed, stream=Stream.SCENE, step=SceneDraw.PATCH, first_column=0)",
    ],
)
def test_the_check_accepts_names_and_functions_of_the_layout(source):
    tree = ast.parse(source)
    assert list(shifted(tree)) + list(built(tree)) + list(addressed(tree)) == []
