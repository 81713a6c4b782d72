"""Searches for a maximum: several starts, a check at the end, and a second optimiser beside them; sweeps and loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import differential_evolution

from memsim.errors import DataError
from memsim.fit.reading.table import Table, table_of
from memsim.fit.sections.iv import fit_iv
from memsim.fit.sections.search import highest_peak, profile_interval

LOW, HIGH = np.array([-5.0, -5.0]), np.array([5.0, 5.0])


def test_the_higher_of_two_peaks_is_taken_and_its_covariance_is_the_inverse_curvature():
    matrix = np.array([[4.0, 1.0], [1.0, 2.0]])

    def negative(at):
        near, far = at - np.array([1.0, -1.0]), at + np.array([2.0, 2.0])
        return -np.logaddexp(-0.5 * near @ matrix @ near, -3.0 - 0.5 * far @ far)

    peak = highest_peak(negative, [(-2.0, -2.0), (2.0, 0.0)], LOW, HIGH)
    assert not peak.trouble and peak.at == pytest.approx([1.0, -1.0], abs=1e-2)
    assert peak.covariance == pytest.approx(np.linalg.inv(matrix), rel=0.01)


def test_the_profile_of_a_parabola_ends_at_196_standard_errors():
    matrix = np.array([[4.0, 1.5], [1.5, 1.0]])
    peak = highest_peak(lambda at: 0.5 * at @ matrix @ at, [(1.0, 1.0)], LOW, HIGH)
    half = 1.96 * np.sqrt(np.linalg.inv(matrix)[0, 0])
    assert profile_interval(lambda at: 0.5 * at @ matrix @ at, peak, 0, LOW, HIGH) == pytest.approx(
        (-half, half), rel=0.01
    )


def test_a_flat_direction_has_no_limit_and_a_parameter_at_its_limit_is_no_failure():
    flat = highest_peak(lambda at: (at[0] - 1) ** 2, [(0.0, 0.0)], LOW, HIGH)
    assert (
        not flat.trouble and flat.covariance[1, 1] == np.inf and flat.covariance[0, 0] == pytest.approx(0.5, rel=0.01)
    )
    assert profile_interval(lambda at: (at[0] - 1) ** 2, flat, 1, LOW, HIGH) == (-np.inf, np.inf)
    edge = highest_peak(lambda at: (at[0] - 1) ** 2 + at[1], [(0.0, 0.0)], LOW, HIGH)
    assert not edge.trouble and edge.at[1] == -5.0


def test_a_search_that_stops_before_a_maximum_says_so():
    saddle = highest_peak(lambda at: at[0] ** 2 - at[1] ** 2, [(1.0, 0.0)], LOW, HIGH)
    assert saddle.trouble == "the search stopped at a saddle of the log-likelihood"
    crest = highest_peak(lambda at: 1e3 * abs(at[0] - at[1]) - at.sum(), [(1.0, 0.0)], LOW, HIGH)
    assert "where the log-likelihood still rises" in crest.trouble
    nothing = highest_peak(lambda at: np.nan, [(0.0, 0.0)], LOW, HIGH)
    assert nothing.trouble == "the likelihood is not finite"


CURVES = {
    "linear": (lambda v, t: v, 0),
    "sinh": (lambda v, t: np.sinh(np.exp(t[0]) * v) / np.exp(t[0]), 1),
    "exponential": (lambda v, t: v * np.exp(np.exp(t[0]) * np.abs(v)), 1),
    "polynomial": (lambda v, t: v + t[0] * v * np.abs(v) + t[1] * v**3, 2),
}


def sweep(curve, *, noise=0.01, floor=1e-3, seed=3, heading="V (V),I (uA)", magnitude=False) -> Table:
    rng = np.random.default_rng(seed)
    v = np.linspace(-1.0, 1.0, 60)
    i = curve(v) * (1 + noise * rng.standard_normal(60)) + floor * rng.standard_normal(60)
    rows = [f"{a},{abs(b) if magnitude else b}" for a, b in zip(v, i, strict=True)]
    return table_of("\n".join([heading, *rows]), "iv.csv")


@pytest.mark.slow
@pytest.mark.parametrize("truth", list(CURVES))
def test_maxima_of_all_forms_are_those_of_differential_evolution(truth):
    points = {"linear": (), "sinh": (1.0,), "exponential": (0.7,), "polynomial": (0.2, 0.6)}[truth]
    table = sweep(lambda v: 5 * CURVES[truth][0](v, points))
    v, i = (np.array([float(c) for c in column.cells]) for column in table.columns)
    largest = np.abs(i).max()
    fit = fit_iv(table)
    assert fit.forms[0].name == truth
    for form in fit.forms:
        curve, shapes = CURVES[form.name]

        def negative(t, curve=curve, shapes=shapes):
            mean = np.exp(t[shapes]) * curve(v, t)
            variance = np.exp(2 * t[shapes + 1]) + np.exp(2 * t[shapes + 2]) * mean**2
            return 0.5 * (np.log(2 * np.pi * variance) + (i / largest - mean) ** 2 / variance).sum()

        bounds = [*[(-4.6, 3) if form.name != "polynomial" else (-5, 30)] * shapes, (-5, 1), (-15, 0), (-15, 0)]
        other = differential_evolution(negative, bounds, seed=1, tol=1e-10, maxiter=2000)
        ours = form.log_likelihood + 60 * np.log(largest * 1e-6)
        assert ours == pytest.approx(-other.fun, abs=0.05)


@pytest.mark.slow
def test_magnitudes_of_currents_get_the_sign_of_the_voltage():
    signed = fit_iv(sweep(lambda v: 2 * np.sinh(v / 0.4), floor=1e-6))
    magnitudes = fit_iv(sweep(lambda v: 2 * np.sinh(v / 0.4), floor=1e-6, heading="V (V),abs I (uA)", magnitude=True))
    assert magnitudes.section == signed.section and magnitudes.forms == signed.forms
    assert magnitudes.notes[0] == "'abs I' has no negative value: each current gets the sign of its voltage"


@pytest.mark.slow
def test_currents_over_eight_decades_and_currents_without_scatter_are_fitted():
    steep = fit_iv(sweep(lambda v: v * np.exp(np.abs(v) / 0.05), floor=0.0)).numbers[0]
    assert steep.low < 0.05 < steep.high
    exact = fit_iv(sweep(lambda v: np.sinh(v / 0.4), noise=0.0, floor=0.0))
    assert exact.section == {"model": "sinh", "voltage": "400 mV"} and "below any instrument's" in exact.notes[-1]
    assert exact.numbers[0].low < exact.numbers[0].high


def looped(gap, noise, returns=True) -> Table:
    rng = np.random.default_rng(2)
    v = np.concatenate([np.linspace(0, 1, 40), np.linspace(1, 0, 40)[1:]]) if returns else np.linspace(0, 1, 79)
    state = np.concatenate([np.zeros(40), np.full(39, gap)])
    i = 3 * np.sinh(2 * v) * (1 + state) * (1 + noise * rng.standard_normal(79))
    return table_of("\n".join(["V (V),I (mA)", *(f"{a},{b}" for a, b in zip(v, i, strict=True))]), "loop.csv")


def test_a_hysteresis_loop_is_refused_in_one_line_and_a_noisy_return_is_not():
    with pytest.raises(DataError) as refusal:
        fit_iv(looped(0.5, 0.01))
    message = str(refusal.value)
    assert message.startswith("loop.csv:") and "a hysteresis loop" in message and "\n" not in message
    assert fit_iv(looped(0.0, 0.05)).section["model"] == "sinh"


def test_a_current_that_no_form_describes_is_refused():
    with pytest.raises(DataError, match=r"no form describes the current of device 1: the best, \w+, errs by \d+ %"):
        fit_iv(sweep(lambda v: np.where(v > 0, 5 * v, v)))
