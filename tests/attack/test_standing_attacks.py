"""Damaged inputs are loaded, or refused in one line, within bounds; `python -m tests.attack` runs more of them."""

from __future__ import annotations

import os

import pytest
from attack.campaign import SOUND, attack, running
from attack.faults import FAULTS
from attack.inputs import KINDS, SLOWER, Inputs

LONG = int(os.environ.get("MEMSIM_ATTACKS", "40"))
"""Inputs of each kind in the slow test; fewer of those that take long."""


@pytest.fixture(scope="module")
def server():
    with running() as one:
        yield one


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return Inputs(tmp_path_factory.mktemp("sound"))


def failures(kind, seeds, inputs, server, tmp_path):
    """What failed, with the command that repeats it."""
    summary = attack(kind, seeds, inputs, server, tmp_path, tmp_path / "kept")
    print(f"{kind}: {summary}")
    return summary, [
        f"python -m tests.attack --repeat {kind} {seed}: {problem}"
        for seed, problems in summary.failures.items()
        for problem in problems
    ]


@pytest.mark.parametrize("kind", ["device", "array"])
def test_few_damaged_inputs_end_in_success_or_in_one_line(kind, inputs, server, tmp_path):
    _, failed = failures(kind, range(6), inputs, server, tmp_path)
    assert failed == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_inputs_end_in_success_or_in_one_line(kind, inputs, server, tmp_path):
    _, failed = failures(kind, range(-(-LONG // SLOWER.get(kind, 1))), inputs, server, tmp_path)
    assert failed == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_sound_inputs_are_loaded(kind, inputs, server, tmp_path):
    summary, failed = failures(kind, [SOUND, SOUND - 1, SOUND - 2], inputs, server, tmp_path)
    assert failed == []
    assert summary.outcomes["loaded"] == 3


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_noticed(fault, server, tmp_path):
    (tmp_path / "input").write_text(fault)
    problems = server.load("fault", tmp_path / "input")["problems"]
    assert any(FAULTS[fault][1] in problem for problem in problems), problems
