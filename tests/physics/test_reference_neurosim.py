"""Curves of the eight NeuroSim devices against the published closed form, with labels inverted numerically."""

from __future__ import annotations

import numpy as np
import pytest
from reference import neurosim_reference as reference

import memsim as ms
from memsim.profiles.idealised import idealised

TOLERANCE = 0.005
"""Of the range."""


def trace(name: str, direction: int, pulses: int) -> np.ndarray:
    """States after 0, 1, ... pulses from the far end of the window, without noise and spread."""
    device = idealised(ms.load_device(name), ["c2c", "d2d"]).device
    start = 0.0 if direction > 0 else 1.0
    initial = (start, start + 1e-9) if direction > 0 else (start - 1e-9, start)
    xbar = ms.Crossbar(device, rows=1, cols=1, initial=initial, column="single", dtype="float64")
    states = [xbar.state.values.item()]
    for _ in range(pulses):
        xbar.train(ms.Hebbian(rate=1.0), [1.0], [float(direction)], encoding="sign")
        states.append(xbar.state.values.item())
    return np.array(states)


def test_the_transcription_gives_the_published_points():
    assert reference.label(0.5) == pytest.approx(2.40, abs=0.005)
    assert reference.label(0.2) == pytest.approx(4.88, abs=0.005)
    falling = 1 - reference.curve(-4.88, np.array([1, 48]) / 97, fast_first=True)
    assert falling == pytest.approx([0.949, 0.078], abs=5e-4)
    gst = reference.reset_states(reference.SYNAPSES["gst-kuzum2011"])
    assert gst[len(gst) // 2] == pytest.approx(0.73, abs=0.005)


@pytest.mark.slow
@pytest.mark.parametrize("direction", [1, -1], ids=["set", "reset"])
@pytest.mark.parametrize("name", reference.SYNAPSES)
def test_every_neurosim_device_follows_its_closed_form(name, direction):
    synapse = reference.SYNAPSES[name]
    expected = reference.set_states(synapse) if direction > 0 else reference.reset_states(synapse)
    measured = trace(name, direction, len(expected) - 1)
    worst = int(np.abs(measured - expected).argmax())
    assert np.abs(measured - expected).max() <= TOLERANCE, (
        f"{name}, {'set' if direction > 0 else 'reset'}: after {worst} of {len(expected) - 1} pulses "
        f"x expected {expected[worst]:.4f}, measured {measured[worst]:.4f}; allowed is {TOLERANCE}"
    )


@pytest.mark.parametrize(("name", "left"), [("gst-kuzum2011", 0.731), ("hzo-jerry2017", 0.643)])
def test_a_positive_reset_label_leaves_most_of_the_range_after_half_of_the_pulses(name, left):
    pulses = reference.SYNAPSES[name].pulses_reset // 2
    measured = trace(name, -1, pulses)[-1]
    assert measured == pytest.approx(left, abs=0.01), f"{name}: {measured:.3f} is left, closed form {left}"
