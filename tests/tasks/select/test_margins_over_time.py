"""Read margins of passive arrays over time, against the closed form of grounded lines without wires."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.experiments.loading import experiment_from_text
from memsim.plotting import draw, render

TEXT = """
name: aged
task: select
times: [0 s, 10 s, 100 s]
arrays:
  - name: Cells
    array:
      device:
        extends: epiram-choi2018
        retention: {model: leak, rest: 0.5, lifetime: {mean: 50 s, status: assumed}, status: assumed}
    wires: {word_resistance: 0 Ohm, bit_resistance: 0 Ohm}
schemes: [grounded]
lines: [2, 4]
"""


def test_a_selected_cell_relaxes_towards_its_rest():
    """Without wires and with grounded lines, the current is V G of the cell: w(t) = r + (w - r) exp(-t/tau)."""
    text = TEXT.replace("{mean: 50 s, status: assumed}", "50 s")
    result = ms.run(experiment_from_text(text, "aged"))
    window = ms.load_device("epiram-choi2018").spec.conductance
    decay = np.exp(-np.array([0.0, 10.0, 100.0]) / 50.0)
    on, off = 0.5 + 0.5 * decay, 0.5 - 0.5 * decay
    siemens = window.min + np.stack([on, off]) * (window.max - window.min)
    expected = 1 - siemens[1] / siemens[0]
    np.testing.assert_allclose(result.aged_worst_margin.values[0, 0, -1], expected, rtol=1e-6)
    np.testing.assert_allclose(result.aged_worst_margin[0, 0, :, 0], result.worst_margin[0, 0], rtol=1e-9)
    assert len(render(draw(result, "aging"), "figure.png")) > 5000


def test_a_temperature_needs_an_activation_energy():
    text = TEXT.replace("{mean: 50 s, status: assumed}", "50 s") + "\n"
    text = text.replace("    wires:", "    aging: {temperature: 400 K}\n    wires:")
    with pytest.raises(ms.InputError, match=r"aging\.temperature: device .* does not say"):
        ms.run(experiment_from_text(text, "aged"))
