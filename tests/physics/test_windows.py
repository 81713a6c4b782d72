"""Window functions of the ion-drift cells, whose published brackets are easily misplaced."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.cells.windows import WINDOWS, window

X = np.linspace(0, 1, 11)


def value(name, x, rising=True, exponent=1.0, scale=1.0):
    return window(float(x), rising, float(WINDOWS.index(name)), exponent, scale)


@pytest.mark.parametrize("exponent", [1.0, 2.0, 7.0])
def test_windows_agree_with_their_equations(exponent):
    for x in X:
        assert value("none", x, exponent=exponent) == 1
        assert value("joglekar", x, exponent=exponent) == pytest.approx(1 - (2 * x - 1) ** (2 * exponent), abs=1e-14)
        for rising, step in ((True, 0.0), (False, 1.0)):  # step(-i) is 1 for a negative current
            assert value("biolek", x, rising, exponent) == pytest.approx(1 - (x - step) ** (2 * exponent), abs=1e-14)
        prodromakis = 3 * (1 - ((x - 0.5) ** 2 + 0.75) ** exponent)
        assert value("prodromakis", x, exponent=exponent, scale=3.0) == pytest.approx(prodromakis, abs=1e-14)


def test_windows_are_largest_in_the_middle_and_vanish_at_the_end_ahead():
    assert value("joglekar", 0.5) == 1
    assert value("prodromakis", 0.5, exponent=2.0) == pytest.approx(1 - 0.75**2)
    for name in ("joglekar", "prodromakis"):
        assert value(name, 0.0) == pytest.approx(0) and value(name, 1.0) == pytest.approx(0)
    # Biolek's lets a boundary leave the end that it has reached.
    assert value("biolek", 1.0, rising=True) == 0 and value("biolek", 1.0, rising=False) == 1
    assert value("biolek", 0.0, rising=False) == 0 and value("biolek", 0.0, rising=True) == 1
