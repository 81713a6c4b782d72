"""Reads that are counted without being made have the events of reads that are made, and change nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import memsim as ms
from memsim.arrays import CrossbarLayer

pytestmark = pytest.mark.slow  # each kernel is compiled once more to count


@pytest.mark.parametrize(
    "circuit",
    [
        {},
        {"dac": ms.DAC(bits=4, polarity="phases"), "adc": ms.ADC(bits=6, range=8.0), "tile": (4, 2)},
        {"dac": ms.DAC(bits=4, coding="serial")},
        pytest.param({"wires": ms.Wires(2.0, 3.0)}, marks=pytest.mark.slow),
    ],
)
def test_counted_reads_have_the_events_of_reads(circuit):
    x = np.linspace(0, 1, 30).reshape(2, 3, 5)
    counted, read = (
        ms.Crossbar("taox-hfox-wu2018", 5, 4, arrays=2, seed=3, initial=(0.1, 0.9), count=True, **circuit)
        for _ in range(2)
    )
    before = counted.state.values.copy(), counted.events
    CrossbarLayer(counted, bias=0.0).count_reads(x)
    CrossbarLayer(read, bias=0.0).read(x)
    counts, others = (xbar.event_counts.counts["inference"] for xbar in (counted, read))
    for item in dataclasses.fields(counts):
        np.testing.assert_array_equal(getattr(counts, item.name), getattr(others, item.name), item.name)
    assert counts.reads > 0 and (counted.state.values == before[0]).all() and counted.events == before[1]


def test_without_a_counter_nothing_is_counted():
    assert isinstance(ms.Crossbar("ideal", 5, 4).count_reads(np.ones(5)), ms.Crossbar)
