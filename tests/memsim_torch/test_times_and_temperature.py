"""Evaluations at a temperature, with exact references, and the time until the accuracy falls by one point."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from torch import nn  # noqa: E402

import memsim as ms  # noqa: E402
import memsim.torch as mt  # noqa: E402


def chip(**retention):
    """One layer on cells without noise whose conductance falls as (1 + t/1 s)^-0.05, and inputs."""
    torch.manual_seed(0)
    law = {"model": "drift", "exponent": 0.05, "spread": 0, "reference_time": "1 s", "status": "assumed"}
    device = ms.load_device("ideal").replace({"retention": law | retention})
    layer = nn.Linear(8, 3, bias=False)
    return mt.program(mt.convert(layer, mt.Hardware(device), quiet=True)), [(torch.randn(20, 8), torch.zeros(20))]


HOT = {"activation": {"energy": "1.6e-19 J", "reference": "300 K"}}


def test_a_temperature_shortens_times_by_the_law_of_arrhenius():
    model, batches = chip(**HOT)
    result = mt.evaluate(model, batches, times=["1 h"], temperature=360.0)
    faster = math.exp(1.6e-19 / 1.380649e-23 * (1 / 300 - 1 / 360))
    lost = 1 - (1 + 3600 * faster) ** -0.05
    assert float(result.cell_weight_error[0, 0, 0]) == pytest.approx(lost, rel=1e-4)
    assert "0.999 eV, is assumed; time runs 625 times as fast at 360 K" in result.attrs["notes"]
    assert result.attrs["temperature"] == "360 K"


def test_a_compensation_counts_its_reads():
    model, batches = chip()
    counts = []
    for kind in ("none", "global", "affine"):
        result = mt.evaluate(model, batches, times=["1 h"], compensation=kind, reference="exact")
        counts.append(result.attrs["compensation_reads"])
        assert result.attrs["reference"] == "exact"
    assert counts == [0, 32, 128]  # once: the reference is exact
    assert float(result.cell_weight_error.max()) < 1e-4


def test_lifetimes_follow_from_the_accuracies():
    model, (batch,) = chip()
    result = mt.evaluate(model, [batch], times=[1.0, 10.0])
    assert np.isinf(result.accuracy_lifetime).all()  # a common factor changes no class


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 360.0}, "does not say how its retention depends on it"),
        ({"temperature": -1.0}, "-1.0 is not a number above 0 [K]"),
        ({"reference": "exakt"}, "did you mean 'exact'?"),
        ({"times": ["1 day", "1 h"]}, "1 h after 1 day"),
        ({"compensation": "batch-norm"}, "the model has none; allowed: none, global, column, affine"),
    ],
)
def test_mistakes_of_times_are_one_line(options, message):
    model, batches = chip(**(HOT if options.get("temperature") == -1.0 else {}))
    with pytest.raises(ms.InputError) as problem:
        mt.evaluate(model, batches, **options)
    text = str(problem.value)
    assert message in text.replace("3600 s after 86400 s", "1 h after 1 day") and "\n" not in text
