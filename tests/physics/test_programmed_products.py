"""The task `program` beside tables that were computed from the sources' equations without memsim.

PCM: equations of aihwkit for 1e6 differential pairs, G_max 25 uS, t_c 20 s. CMO/HfOx: products of 64 x 64 weights
around an exact middle, window 8 to 90 uS, w and x uniform in [-1, 1]. Technology C: the authors' measured values.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import memsim as ms

PCM = {  # time: alpha, relative error of raw and compensated products, and the latter without 1/f noise
    "0 s": (1.0, 0.080, 0.080, 0.063),
    "1 h": (1.288, 0.240, 0.094, 0.076),
    "1 day": (1.503, 0.346, 0.110, 0.093),
    "30 day": (1.771, 0.445, 0.132, 0.115),
    "1 y": (1.997, 0.507, 0.149, 0.133),
}
CMO = {"1 s": 0.050, "1 h": 0.122, "1 day": 0.154, "10 y": 0.239}
HEAD = "name: reference\ntask: program\n"


def result(arrays, tmp_path, **keys):
    """The result of some arrays."""
    text = HEAD + "arrays:\n" + "".join(f"  - {array}\n" for array in arrays)
    text += "".join(f"{key}: {value}\n" for key, value in keys.items())
    path = tmp_path / "reference.yaml"
    path.write_text(text, encoding="utf-8")
    return ms.run(path)


def pairs(name, changes=""):
    device = f"{{extends: pcm-joshi2020, conductance: {{min: 0 S}}{changes}}}"
    return f"{{name: {name}, array: {{device: {device}, mapping: pair}}, aging: {{compensation: global}}}}"


@pytest.mark.slow
def test_products_of_phase_change_pairs_over_a_year(tmp_path):
    measured = result(
        [pairs("noisy"), pairs("quiet", ", read: {flicker: none}")],
        tmp_path,
        rows=256,
        columns=256,
        inputs=256,
        repeats=2,
        times=f"[{', '.join(PCM)}]",
    ).mean("repeat")
    for number, (alpha, raw, compensated, without) in enumerate(PCM.values()):
        noisy, quiet = (measured.isel(array=k, time=number) for k in (0, 1))
        assert float(noisy.compensation_factor) == pytest.approx(alpha, rel=0.03)
        assert float(noisy.raw_product_error) == pytest.approx(raw, rel=0.03)
        assert float(noisy.product_error) == pytest.approx(compensated, rel=0.03)
        assert float(quiet.product_error) == pytest.approx(without, rel=0.03)
        # Inputs without correlation: the squares of the parts of the weight error add up to that of the products.
        parts = noisy.weight_drift**2 + noisy.weight_spread**2 + noisy.weight_noise**2
        assert math.sqrt(float(parts)) == pytest.approx(float(noisy.product_error), rel=0.03)


@pytest.mark.slow
def test_normal_weights_in_phase_change_pairs(tmp_path):
    measured = result(
        [pairs("noisy")],
        tmp_path,
        rows=256,
        columns=256,
        inputs=256,
        repeats=2,
        targets="{kind: normal, sigma: 0.3333}",
        times="[0 s, 1 day, 1 y]",
    )
    for error, published in zip(measured.product_error[0].mean("repeat").values, (0.111, 0.142, 0.183), strict=True):
        assert error == pytest.approx(published, rel=0.03)


@pytest.mark.slow
def test_products_of_oxide_cells_over_ten_years(tmp_path):
    device = "{extends: cmo-hfox-falcone2025, conductance: {min: 8 uS, max: 90 uS}}"
    measured = result(
        [f"{{name: cmo, array: {{device: {device}, mapping: offset}}}}"],
        tmp_path,
        rows=64,
        columns=64,
        inputs=200,
        repeats=20,
        times=f"[{', '.join(CMO)}]",
    )
    rmse = np.sqrt(np.square(measured.product_rmse[0]).mean("repeat")).values
    for error, published in zip(rmse, CMO.values(), strict=True):
        assert error == pytest.approx(published, rel=0.05)


def test_levels_of_technology_c_relax_as_measured(tmp_path):
    # Rows of the measured table at 39.3 uS, the nearest to the highest level; the lowest level has its own row.
    measured = result(
        ["{name: c, array: {device: rram-technology-c-levy2021}}"],
        tmp_path,
        rows=128,
        columns=128,
        inputs=1,
        repeats=1,
        targets="{kind: levels, count: 2}",
        times="[0 s, 1 s, 1e5 s]",
    ).isel(array=0, level=1)
    shift = 1e6 * (measured.level_mean - measured.level_target).values
    spread = 1e6 * measured.level_spread.values
    assert shift == pytest.approx([0.0, -0.46, -2.1], abs=0.1)
    assert spread == pytest.approx([0.35, math.hypot(0.35, 1.45), math.hypot(0.35, 2.93)], rel=0.03)
