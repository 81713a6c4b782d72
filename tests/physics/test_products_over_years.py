"""Weights and products over years, beside tables that were computed from the sources' equations without memsim.

PCM: equations of aihwkit for 1e6 differential pairs, G_max 25 uS, t_c 20 s, w uniform in [-1, 1]. CMO/HfOx: products of
64 x 64 weights around an exact middle, window 8 to 90 uS, w and x uniform in [-1, 1]; the figures of Falcone et al.,
arXiv:2502.04524, are 0.06 at 1 s and 0.2 after ten years.
"""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms

HOUR, DAY = 3600.0, 86400.0
YEAR = 365.25 * DAY
PCM = {  # elapsed: ratio of mean |w|, alpha, relative error, the same compensated, and this without 1/f noise
    0.0: (1.0, 1.0, 0.080, 0.080, 0.063),
    HOUR: (0.776, 1.288, 0.240, 0.094, 0.076),
    DAY: (0.665, 1.503, 0.346, 0.110, 0.093),
    30 * DAY: (0.565, 1.771, 0.445, 0.132, 0.115),
    YEAR: (0.501, 1.997, 0.507, 0.149, 0.133),
}
CMO = {1.0: 0.050, HOUR: 0.122, DAY: 0.154, 10 * YEAR: 0.239}


def end(value):
    return {"value": value, "status": "assumed"}


@pytest.mark.slow
def test_pairs_of_phase_change_cells_over_a_year():
    device = ms.load_device("pcm-joshi2020").replace({"conductance.min": end("0 S")})
    w = np.random.default_rng(0).uniform(-1, 1, (512, 512))
    pairs = {
        name: ms.Crossbar.from_weights(w, own, seed=3)
        for name, own in (("noisy", device), ("quiet", device.replace({"read.flicker": None})))
    }
    first, elapsed = None, 0.0
    for time, (ratio, alpha, raw, compensated, without) in PCM.items():
        held = {}
        for name, xbar in pairs.items():
            xbar.wait(time - elapsed)
            held[name] = xbar.product(np.eye(512))
        elapsed = time
        size = {name: np.abs(values).mean() for name, values in held.items()}
        first = first or size
        assert size["noisy"] / first["noisy"] == pytest.approx(ratio, rel=0.01)
        factor = {name: first[name] / size[name] for name in size}
        assert factor["noisy"] == pytest.approx(alpha, rel=0.01)
        error = {name: np.linalg.norm(held[name] * factor[name] - w) / np.linalg.norm(w) for name in held}
        assert np.linalg.norm(held["noisy"] - w) / np.linalg.norm(w) == pytest.approx(raw, rel=0.03)
        assert error["noisy"] == pytest.approx(compensated, rel=0.03)
        assert error["quiet"] == pytest.approx(without, rel=0.03)


@pytest.mark.slow
def test_products_of_oxide_cells_over_ten_years():
    device = ms.load_device("cmo-hfox-falcone2025").replace(
        {"conductance.min": end("8 uS"), "conductance.max": end("90 uS")}
    )
    rng = np.random.default_rng(0)
    squares = dict.fromkeys(CMO, 0.0)
    for seed in range(20):
        w, x = rng.uniform(-1, 1, (64, 64)), rng.uniform(-1, 1, (200, 64))
        xbar = ms.Crossbar.from_weights(w, device, mapping="offset", seed=seed)
        elapsed = 0.0
        for time in CMO:
            xbar.wait(time - elapsed)
            elapsed = time
            squares[time] += np.mean((xbar.product(x) - x @ w) ** 2) / 20
    for time, error in CMO.items():
        assert np.sqrt(squares[time]) == pytest.approx(error, rel=0.05)
