"""Damaged inputs are loaded, or refused in one line, within bounds; `python -m tests.attack` runs more of them."""

from __future__ import annotations

import os

import pytest
from attack.__main__ import main
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


@pytest.mark.slow
def test_kernels_may_be_written_to_a_fresh_cache(inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    with running() as server:
        inputs.write("device", SOUND, tmp_path)
        assert server.load("device", tmp_path / "input.yaml")["problems"] == []
    assert list((tmp_path / "kernels").rglob("*.kernel"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["devise=20"], "devise=20: unknown kind 'devise'; did you mean 'device'?"),
        (["device"], "'device' is not of the form KIND=N, such as device=10"),
        (["device=x"], "device=x: 'x' is not a whole number of at least 1"),
        (["zzzz=3"], "zzzz=3: unknown kind 'zzzz'; allowed: device, components"),
        ([], "allowed is one of: KIND=N (several if you like) or --all N; --repeat KIND SEED"),
        (["--all", "0"], "--all: '0' is not a whole number of at least 1"),
        (["--first", "-1", "device=3"], "--first: '-1' is not a whole number of at least 0"),
        (["--repeat", "devise", "1"], "--repeat: unknown kind 'devise'; did you mean 'device'?"),
        (["--repeat", "device", "x"], "--repeat: 'x' is not a whole number of at least -1"),
    ],
)
def test_the_command_of_the_attacks_refuses_wrong_words_in_one_line(words, message, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_a_repeated_attack_prints_lines(tmp_path, capsys):
    assert main(["--repeat", "device", "3", "--kept", str(tmp_path)]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{tmp_path / 'device-3'}") and "s of processor time" in first
    assert all(line.startswith("  message: ") for line in rest)
