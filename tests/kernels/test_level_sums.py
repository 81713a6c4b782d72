"""Sums of levels over reads, against NumPy and against counting digit by digit."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.backends.backend import Backend
from memsim.backends.cpu import CpuBackend


def levels(dtype: str, shape: tuple[int, int, int] = (2, 1300, 33)) -> np.ndarray:
    x = np.random.default_rng(3).uniform(-1, 1, shape)
    return np.where(np.abs(x) < 0.3, 0, x).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_levels_are_added_up_over_reads(dtype):
    x = levels(dtype)
    driven, sizes, squares = CpuBackend().level_sums(x)
    exact = x.astype(float)
    np.testing.assert_array_equal(driven, np.count_nonzero(x, axis=1))
    np.testing.assert_allclose(sizes, np.abs(exact).sum(1), rtol=1e-13)
    np.testing.assert_allclose(squares, (exact**2).sum(1), rtol=1e-13)
    for ours, plain in zip((driven, sizes, squares), Backend.level_sums(CpuBackend(), x), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-13)


def test_the_digits_of_codes_are_counted():
    codes = np.random.default_rng(4).integers(-65535, 65536, (1, 700, 9))
    x = (codes * 0.25).astype(np.float32)
    digits = np.vectorize(lambda code: bin(abs(code)).count("1"))(codes).sum(1)
    np.testing.assert_array_equal(CpuBackend().bit_sums(x, 0.25), digits)
    np.testing.assert_array_equal(Backend.bit_sums(CpuBackend(), x, 0.25), digits)


def test_sums_do_not_depend_on_the_number_of_threads(monkeypatch):
    x = levels("float32")
    several = CpuBackend().level_sums(x)
    monkeypatch.setattr("memsim.kernels.compile.threads", lambda: 1)
    for one, other in zip(several, CpuBackend().level_sums(x), strict=True):
        np.testing.assert_array_equal(one, other)
