"""What an array knows besides settings and seed: another one goes on from it bit for bit, and refuses what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from waiting import let_pass

import memsim as ms
from memsim.errors import OutputError

X = np.random.default_rng(0).random((3, 20))
ASSUMED = {"status": "assumed"}
LIVELY = {
    "variability.write": {"sigma": "2 %", "relative_to": "range", **ASSUMED},
    "read.telegraph": {"amplitude": "10 %", "relative_to": "value", "empty": "1 us", "filled": "1 us", **ASSUMED},
    "retention": {"model": "drift", "exponent": 0.05, "spread": 0.01, "reference_time": "1 s", **ASSUMED},
}
FRESH = {
    "pairs of a lively device": lambda: ms.Crossbar(
        ms.load_device("taox-hfox-wu2018").replace(LIVELY), 20, 2, arrays=2, column="pair", seed=9
    ),
    "a reference column": lambda: ms.Crossbar("agsi-jo2010", 20, 2, arrays=3, column="reference"),
    "one matrix": lambda: ms.Crossbar("epiram-choi2018", 20, 2, dtype="float64"),
    "a plan that is not programmed": lambda: ms.Crossbar("pcm-joshi2020", 20, 2, arrays=2),
}


def used(crossbar):
    return crossbar.train(ms.Hebbian(0.1), X, np.ones((3, 2)), steps=2)


@pytest.mark.slow
@pytest.mark.parametrize("make", FRESH.values(), ids=FRESH)
def test_an_array_goes_on_from_the_memory_of_another_one_also_in_float64(make):
    first = used(make())
    memory = first.memory()
    assert all(len(values) == (first.shape[0] if len(first.shape) == 3 else 1) for values in memory.values())
    second = make().restore({name: values.astype(float) for name, values in memory.items()})
    for crossbar in (first, second):
        if not crossbar.planned:
            let_pass(crossbar, 5.0)
    assert np.array_equal(first.state, second.state) and first.planned == second.planned
    assert np.array_equal(first.read(X), second.read(X))
    assert np.array_equal(used(first).state, used(second).state)
    assert all(np.array_equal(*counts) for counts in zip(first.pulses, second.pulses, strict=True))


def test_a_plan_that_is_programmed_is_left_out():
    crossbar = used(FRESH["a plan that is not programmed"]())
    assert "plan_state" in crossbar.memory()
    programmed = crossbar.program().memory()
    assert not any(name.startswith("plan_") for name in programmed)
    again = FRESH["a plan that is not programmed"]().restore(programmed)
    assert not again.planned and np.array_equal(again.read(X), crossbar.read(X))


def test_memory_is_a_copy():
    crossbar = FRESH["a reference column"]()
    memory = crossbar.memory()
    before = memory["state"].copy()
    used(crossbar)
    assert np.array_equal(memory["state"], before)


WRONG = {
    "nothing": (lambda memory: memory.clear(), "no 'counters'"),
    "no levels": (lambda memory: memory.pop("levels"), "no 'levels'"),
    "another shape": (lambda memory: memory.update(state=memory["state"][:, :1]), "'state' is float32"),
    "no numbers": (lambda memory: memory.update(state=memory["state"] * np.nan), "not finite numbers"),
    "levels that are no integers": (lambda memory: memory.update(levels=memory["levels"] + 0.5), "no uint32"),
    "infinite levels": (lambda memory: memory.update(levels=memory["levels"] * np.inf), "no uint32"),
    "an infinite clock": (lambda memory: memory.update(clock=memory["clock"] + np.inf), "not finite numbers"),
    "other clocks": (lambda memory: memory["clock"].__setitem__((0, 0), 3.0), "'clock'"),
    "negative pulses": (lambda memory: memory.update(pulses=memory["pulses"] - 999), "'pulses' is out of range"),
    "negative counters": (lambda memory: memory.update(counters=memory["counters"] - 9), "'counters' is out of range"),
}


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize(("spoil", "says"), WRONG.values(), ids=WRONG)
def test_memory_that_does_not_fit_is_refused(spoil, says):
    make = FRESH["pairs of a lively device"]
    memory = used(make()).memory()
    spoil(memory)
    with pytest.raises(OutputError, match=says):
        make().restore(memory)
