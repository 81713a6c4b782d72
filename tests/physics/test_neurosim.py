"""The NeuroSim pulse model against its closed form and its published points."""

from __future__ import annotations

import numpy as np
import pytest

from memsim import Crossbar, Hebbian
from memsim.cells.functions import exponential_ratio
from memsim.cells.neurosim import MAX_SLOW_LABEL, Neurosim, change, curvature, label, rates
from memsim.errors import InputError
from memsim.profiles import load_device
from memsim.profiles.nominal import nominal_cell

# Chen & Yu, IEEE Design & Test (2018), doi:10.1109/MDAT.2018.2890229, table I: states of set and reset, labels of LTP
# and LTD; the 100 reset levels of Ag:a-Si are those of NeuroSim 3.0.
PUBLISHED = {
    "agsi-jo2010": ((97, 100), 2.4, -4.88),
    "taox-tio2-chen2018": ((102, 102), 1.85, -1.79),
    "taox-hfox-wu2018": ((128, 128), 0.04, -0.63),
    "pcmo-park2013": ((50, 50), 3.68, -6.76),
    "alox-hfo2-woo2016": ((40, 40), 1.94, -0.61),
    "gst-kuzum2011": ((100, 100), 0.105, 2.4),
    "epiram-choi2018": ((64, 64), 0.5, -0.5),
    "hzo-jerry2017": ((32, 32), 1.75, 1.46),
}


def constant_of(magnitude):
    """A of a label: the largest distance of the curve from the straight line, found by bisection on a grid."""
    x = np.linspace(0, 1, 20001)
    low, high = np.log(0.01), np.log(1000.0)
    for _ in range(60):
        a = np.exp((low + high) / 2)
        distance = 10.1015 * (np.expm1(-x / a) / np.expm1(-1 / a) - x).max()
        low, high = (np.log(a), high) if distance > magnitude else (low, np.log(a))
    return np.exp((low + high) / 2)


def published_branch(nl, potentiation, pulses):
    """Share of the window after 0 to `pulses` pulses of a branch, from G_LTP(P) and G_LTD(P) of Chen, Peng & Yu (2018).

    A has the sign that its label has in the code: with LTD and a positive label, and with LTP and a negative one, steps
    are small first.
    """
    a = constant_of(abs(nl)) * np.sign(nl if potentiation else -nl) * pulses
    b = 1 / (1 - np.exp(-pulses / a))
    counts = np.arange(pulses + 1)
    if potentiation:
        return b * (1 - np.exp(-counts / a))
    position = pulses - counts  # P, which reset pulses count down from P_max
    return -b * (1 - np.exp((position - pulses) / a)) + 1


def cell(nonlinearity_set, nonlinearity_reset, pulses, low=0.0, high=1.0, real=float):
    start_set, decay_set = rates(nonlinearity_set, pulses)
    start_reset, decay_reset = rates(-nonlinearity_reset, pulses)
    return Neurosim(*map(real, (low, high, 0.0, start_set, decay_set, start_reset, decay_reset)))


def test_labels_agree_with_the_published_points():
    assert label(1 / 0.5) == pytest.approx(2.40, abs=0.005)
    assert label(1 / 0.2) == pytest.approx(4.88, abs=0.005)


def test_the_label_is_ten_times_the_largest_distance_from_the_straight_line():
    x = np.linspace(0, 1, 200001)
    for a in (0.3, 2.0, 10.0):
        curve = (1 - np.exp(-x * a)) / (1 - np.exp(-a))
        assert label(a) == pytest.approx(10.1015 * (curve - x).max(), rel=1e-6)


def test_inverting_a_label_gives_back_its_curvature():
    for a in (1e-3, 0.1, 1.0, 5.0, 40.0):
        assert curvature(label(a)) == pytest.approx(a, rel=1e-6)
        assert curvature(-label(a)) == pytest.approx(-a, rel=1e-6)
    assert curvature(0.0) == 0


def test_one_and_forty_eight_reset_pulses_of_agsi_fall_as_published():
    p = cell(2.4, -4.88, 97)
    assert 1 + change(1.0, -1.0, p) == pytest.approx(0.949, abs=5e-4)
    assert 1 + change(1.0, -48.0, p) == pytest.approx(0.078, abs=5e-4)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.1, 0.8)])
def test_pulses_trace_the_closed_form_curve_and_end_at_the_window(low, high):
    p = cell(2.4, -4.88, 97, low, high)
    a_set, a_reset = curvature(2.4), curvature(4.88)
    n = np.arange(98)
    up = low + (high - low) * np.expm1(-n / 97 * a_set) / np.expm1(-a_set)
    down = high - (high - low) * np.expm1(-n / 97 * a_reset) / np.expm1(-a_reset)
    assert np.allclose([low + change(low, float(k), p) for k in n], up, atol=1e-13)
    assert np.allclose([high + change(high, -float(k), p) for k in n], down, atol=1e-13)


def test_pulses_one_by_one_equal_the_same_number_at_once():
    p = cell(0.04, -0.63, 128)
    for sign, state in ((1.0, 0.1), (-1.0, 0.9)):
        at_once = state + change(state, sign * 20, p)
        for _ in range(20):
            state = state + change(state, sign, p)
        assert state == pytest.approx(at_once, abs=1e-13)


def test_a_vanishing_label_is_the_linear_limit():
    p = cell(0.0, 0.0, 50)
    assert change(0.3, 7.0, p) == pytest.approx(7 / 50, abs=1e-15)
    assert change(0.3, -7.0, p) == pytest.approx(-7 / 50, abs=1e-15)
    for nearly in (1e-6, -1e-6):
        assert change(0.3, 7.0, cell(nearly, nearly, 50)) == pytest.approx(7 / 50, rel=1e-5)
        assert change(0.3, -7.0, cell(nearly, nearly, 50)) == pytest.approx(-7 / 50, rel=1e-5)


def test_no_pulse_changes_nothing():
    assert change(0.4, 0.0, cell(2.4, -4.88, 97)) == 0


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-7), (np.float64, 5e-16)])
def test_the_exponential_ratio_is_exact_to_the_rounding_of_its_dtype(dtype, tolerance):
    y = np.concatenate([np.geomspace(1e-8, 300, 4001), -np.geomspace(1e-8, 79, 4001)]).astype(dtype)
    value = np.array([exponential_ratio(v) for v in y], float)
    exact = -np.expm1(-y.astype(np.longdouble)) / y.astype(np.longdouble)
    assert np.abs(value / exact - 1).max() < tolerance
    assert exponential_ratio(dtype(0)) == 1


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_device_follows_the_closed_form_of_both_branches(name):
    counts, up, down = PUBLISHED[name]
    _, p = nominal_cell(load_device(name).spec)
    for real in (np.float32, np.float64):
        q = type(p)(*map(real, p))
        for pulses, nl, potentiation in zip(counts, (up, down), (True, False), strict=True):
            expected = published_branch(nl, potentiation, pulses)
            sign, start = (real(1), real(0)) if potentiation else (real(-1), real(1))
            at_once = [start + change(start, sign * real(n), q) for n in range(pulses + 1)]
            state, one_by_one = start, [start]
            for _ in range(pulses):
                state = real(state + change(state, sign, q))
                one_by_one.append(state)
            assert np.abs(np.array(at_once, float) - expected).max() < 5e-4
            assert np.abs(np.array(one_by_one, float) - expected).max() < 5e-4


def test_half_of_the_reset_pulses_of_gst_leave_as_much_as_published():
    _, p = nominal_cell(load_device("gst-kuzum2011").spec)
    # 1 - (e^(1/2A) - 1)/(e^(1/A) - 1) with A = 0.5
    assert 1 + change(1.0, -50.0, p) == pytest.approx(0.731, abs=1e-3)
    _, q = nominal_cell(load_device("gst-kuzum2011").replace({"update.nonlinearity.reset": -2.4}).spec)
    assert 1 + change(1.0, -50.0, q) == pytest.approx(0.269, abs=1e-3)


@pytest.mark.parametrize("nl", [0.1, 2.4, 4.88, 6.0])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.1, 0.8)])
def test_a_branch_of_opposite_label_is_the_same_branch_run_backwards(nl, low, high):
    fast, slow = cell(nl, -nl, 60, low, high), cell(-nl, nl, 60, low, high)
    n = np.arange(61)
    up = np.array([low + change(low, float(k), fast) for k in n])
    back = np.array([high + change(high, -float(k), slow) for k in n])
    assert np.allclose(back, up[::-1], atol=1e-12)
    down = np.array([high + change(high, -float(k), fast) for k in n])
    forth = np.array([low + change(low, float(k), slow) for k in n])
    assert np.allclose(forth, down[::-1], atol=1e-12)


def test_steps_of_a_slow_branch_grow_and_those_of_a_fast_branch_shrink():
    fast, slow = cell(2.4, -2.4, 50), cell(-2.4, 2.4, 50)
    x = np.linspace(0, 1, 11)
    for p, sign in ((fast, -1), (slow, 1)):
        assert (sign * np.diff([change(v, 1.0, p) for v in x]) > 0).all()
        assert (sign * np.diff([-change(v, -1.0, p) for v in x[::-1]]) > 0).all()


def test_behind_the_limit_of_a_slow_branch_no_pulse_moves_the_state_back():
    p = cell(-6.0, 6.0, 50)
    assert change(-0.5, 3.0, p) == 0
    assert change(1.5, -3.0, p) == 0


@pytest.mark.parametrize("pulses", [32, 100, 1000])
def test_a_slow_branch_holds_in_single_precision_up_to_its_largest_label(pulses):
    p = cell(-MAX_SLOW_LABEL, MAX_SLOW_LABEL, pulses, real=np.float32)
    a = 1 / constant_of(MAX_SLOW_LABEL)
    expected = 1 - np.expm1(a * np.arange(pulses + 1) / pulses) / np.expm1(a)
    state, states = np.float32(1), [1.0]
    for _ in range(pulses):
        state = np.float32(state + change(state, np.float32(-1), p))
        states.append(float(state))
    assert np.abs(states - expected).max() < 5e-4


def test_a_slow_branch_beyond_its_largest_label_is_refused():
    with pytest.raises(InputError, match=r"nonlinearity.reset: .*slow first .* at most 6"):
        load_device("gst-kuzum2011").replace({"update.nonlinearity.reset": 6.5})
    with pytest.raises(InputError, match=r"nonlinearity.set: .*slow first .* at most 6"):
        load_device("gst-kuzum2011").replace({"update.nonlinearity.set": -6.5})


def train_lengths(falls, cells):
    """Pulses that each cell of `yflash-wang2022` takes to the threshold of the measured trains, and its states."""
    size = 1e-9
    start = (1 - size, 1 + size) if falls else (-size, size)
    array = Crossbar("yflash-wang2022", rows=100, cols=cells // 100, seed=3, initial=start, dtype="float64")
    states, lengths = [array.state.values.copy()], np.zeros((100, cells // 100))
    for _ in range(130):
        array.train(Hebbian(rate=-1.0 if falls else 1.0), np.ones(100), np.ones(cells // 100), encoding="sign")
        states.append(array.state.values.copy())
        lengths += (states[-2] > 1e-6) if falls else (states[-2] < 1 - 1e-6)
    return lengths, np.array(states)


@pytest.mark.parametrize(("falls", "mean", "deviation"), [(True, 36.8, 8.3), (False, 24.1, 6.2)])
def test_cells_of_y_flash_take_as_many_pulses_to_the_threshold_as_measured(falls, mean, deviation):
    lengths, states = train_lengths(falls, 10_000)
    assert lengths.mean() == pytest.approx(mean, abs=0.5)  # the profile's pulses are whole numbers
    assert lengths.std() == pytest.approx(deviation, abs=0.25)
    assert (states[-1] < 1e-6).all() if falls else (states[-1] > 1 - 1e-6).all()


def test_a_program_train_of_y_flash_has_left_3_percent_of_the_range_at_its_middle():
    _, p = nominal_cell(load_device("yflash-wang2022").spec)
    assert 1 + change(1.0, -18.0, p) == pytest.approx(0.034, abs=2e-4)
    assert change(0.0, 12.0, p) == pytest.approx(0.034, abs=2e-4)


def test_pulses_of_both_directions_spread_independently_where_both_are_told():
    device = load_device("yflash-wang2022")
    up, down = (train_lengths(falls, 10_000)[0].ravel() for falls in (False, True))
    assert abs(np.corrcoef(up, down)[0, 1]) < 0.04
    with pytest.raises(
        InputError, match=r"update.reset_pulses.*this profile has no update.reset_pulses that could vary"
    ):
        device.replace({"update.reset_pulses": None})
    with pytest.raises(InputError, match=r"this profile has no update\.reset_pulses that could vary"):
        device.replace({"update.reset_pulses": None})
    spread = {"sigma": "10 %", "relative_to": "value"}
    ideal = load_device("ideal-chen2018")
    with pytest.raises(InputError, match=r"this profile has no update\.pulses that could vary"):
        ideal.replace({"variability": {"d2d": {"update.pulses": spread}}})


def test_wished_changes_become_pulses_of_their_own_direction():
    device = load_device("agsi-jo2010").replace({"variability": None, "update.nonlinearity": {"set": 0, "reset": 0}})
    array = Crossbar(device, rows=200, cols=50, seed=1, initial=(0.499, 0.501))
    for rate, pulses in ((0.2, 97), (-0.2, 100)):
        before = array.state.values.mean()
        array.train(Hebbian(rate=rate), np.ones(200), np.ones(50))
        assert array.state.values.mean() - before == pytest.approx(rate, abs=2e-4)
        counts = array.pulses
        delivered = (counts.set if rate > 0 else counts.reset).sum() / 10_000
        assert delivered == pytest.approx(0.2 * pulses, abs=0.03)
