"""The energy of reads of patches is that of the same patches as rows of inputs."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.arrays import ADC, DAC, Crossbar, CrossbarLayer, Patches

IMAGE, KERNEL = (2, 5, 6), (3, 2)


def counted(images: np.ndarray, patches: Patches | None, bias: float, dac: DAC | None, outputs: int) -> dict:
    """Counts of the reads of images, as patches or gathered one by one."""
    rows = IMAGE[0] * KERNEL[0] * KERNEL[1]
    whole = rows + (bias != 0)
    xbar = Crossbar("taox-hfox-wu2018", whole, outputs, seed=2, count=True, dac=dac, adc=ADC(range=4.0), tile=(7, 5))
    if patches is not None:
        CrossbarLayer(xbar, bias=bias, patches=patches).read(images)
    else:
        padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (0, 0)))
        gathered = [
            padded[:, :, y : y + KERNEL[0], x : x + KERNEL[1]].reshape(len(images), rows)
            for y in range(0, padded.shape[2] - KERNEL[0] + 1, 2)
            for x in range(padded.shape[3] - KERNEL[1] + 1)
        ]
        CrossbarLayer(xbar, bias=bias).read(np.concatenate(gathered))
    return vars(xbar.event_counts.counts["inference"])


@pytest.mark.parametrize("outputs", [3, 40])
@pytest.mark.parametrize("coding", [None, "voltage", "width", "serial"])
@pytest.mark.parametrize("bias", [0.0, 0.6])
def test_patches_cost_as_much_as_the_same_rows(outputs, coding, bias):
    rng = np.random.default_rng(1)
    images = np.maximum(rng.uniform(-0.5, 1, (4, *IMAGE)), 0).astype(np.float32)
    dac = None if coding is None else DAC(bits=5, coding=coding)
    patches = Patches(IMAGE, KERNEL, (2, 1), (1, 0))
    ours, plain = (counted(images, one, bias, dac, outputs) for one in (patches, None))
    assert ours["reads"] == plain["reads"] > 0
    for name in ("drives", "squares", "read_energy"):
        assert ours[name].sum() > 0
        np.testing.assert_allclose(ours[name], plain[name], rtol=1e-6)
