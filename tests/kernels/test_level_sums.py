"""Sums of levels over reads, against NumPy and against counting digit by digit."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.backends.backend import Backend
from memsim.backends.cpu import CpuBackend


def levels(dtype: str, shape: tuple[int, int, int] = (2, 1300, 33)) -> np.ndarray:
    x = np.random.default_rng(3).uniform(-1, 1, shape)
    return np.where(np.abs(x) < 0.3, 0, x).astype(dtype)


def sums(x, coding, unit=1.0, backend=CpuBackend.add_levels):
    driven, square = np.zeros((2, x.shape[0], x.shape[2]))
    backend(CpuBackend(), x, coding, unit, driven, square)
    return driven, square


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", [CpuBackend.add_levels, Backend.add_levels])
def test_levels_are_added_up_over_reads(dtype, method):
    x = levels(dtype)
    exact = x.astype(float)
    for coding, expected in (("voltage", (exact**2).sum(1)), ("width", np.abs(exact).sum(1))):
        driven, strength = sums(x, coding, backend=method)
        np.testing.assert_array_equal(driven, np.count_nonzero(x, axis=1))
        np.testing.assert_allclose(strength, expected, rtol=1e-13)


@pytest.mark.parametrize("method", [CpuBackend.add_levels, Backend.add_levels])
def test_the_digits_of_codes_are_counted(method):
    codes = np.random.default_rng(4).integers(-65535, 65536, (1, 701, 9))
    x = (codes * 0.25).astype(np.float32)
    digits = np.vectorize(lambda code: bin(abs(code)).count("1"))(codes).sum(1)
    for part in sums(x, "serial", 0.25, method):
        np.testing.assert_array_equal(part, digits)


def test_sums_are_added_to_earlier_ones():
    x = levels("float32", (1, 5, 7))
    driven, square = np.ones((2, 1, 7))
    CpuBackend().add_levels(x, "width", 1.0, driven, square)
    np.testing.assert_array_equal(driven, 1 + np.count_nonzero(x, axis=1))
    np.testing.assert_allclose(square, 1 + np.abs(x.astype(float)).sum(1), rtol=1e-13)


def test_sums_do_not_depend_on_the_number_of_threads(monkeypatch):
    x = levels("float32", (2, 130, 700))
    several = sums(x, "voltage")
    monkeypatch.setattr("memsim.kernels.compile.threads", lambda: 1)
    for one, other in zip(several, sums(x, "voltage"), strict=True):
        np.testing.assert_array_equal(one, other)
