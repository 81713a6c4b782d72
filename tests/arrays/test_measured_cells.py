"""Crossbars of measured cells: reads are those of the measured conductances, and what follows begins there."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr
from circuit_reference import reference_currents
from waiting import let_pass

import memsim as ms
from memsim.arrays import cell_numbers
from memsim.backends.cpu import CpuBackend
from memsim.errors import InputError, OutputError, WindowWarning

RNG = np.random.default_rng(8)
MAP = RNG.uniform(1.2e-6, 9.8e-6, (70, 6))  # (row, col) [S], within the window of WU
WIDE = RNG.uniform(0.1e-6, 14e-6, (70, 6))
V = RNG.random((5, 70))  # in units of the read voltage
WU = "taox-hfox-wu2018"
ASSUMED = {"status": "assumed"}
DRIFT = {"retention": {"model": "drift", "exponent": 0.05, "reference_time": "1 s", **ASSUMED}}


def quietly(conductance, device=WU, **options):
    """The crossbar of a map, whose values outside the window are intended."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WindowWarning)
        return ms.Crossbar.from_conductance(conductance, device, **options)


def currents(crossbar, x=V):
    """Expected currents (..., col) [A]."""
    return crossbar.output(x, noise=False) * crossbar.full_scale


DEVICES = (
    WU,
    "ideal",
    "pcm-joshi2020",
    "hfo2-softbounds-gong2018",
    "om-reram-gong2022",
    "stt-mram-chen2018",
    "yflash-wang2022",
)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("dtype", "precision"), [("float32", 3e-7), ("float64", 6e-16)])
def test_conductances_come_back_whatever_the_window_of_the_device_is(device, dtype, precision):
    profile = ms.load_device(device)
    width = profile.spec.conductance.max
    map_ = RNG.uniform(0, 1.5, (70, 6)) * width
    crossbar = quietly(map_, profile, dtype=dtype, seed=2)
    error = np.abs(crossbar.conductance.values - map_)
    assert (error <= precision * np.maximum(map_, profile.spec.conductance.min)).all()


def test_currents_are_those_of_ohms_law():
    expected = ms.load_device(WU).spec.read.voltage * V @ WIDE
    assert np.allclose(currents(quietly(WIDE, dtype="float64")), expected, rtol=1e-12, atol=0)
    assert np.allclose(currents(quietly(WIDE)), expected, rtol=1e-6, atol=0)


def test_several_arrays_have_a_matrix_each_and_copies_differ_in_their_noise_alone():
    maps = RNG.uniform(1.2e-6, 9.8e-6, (3, 70, 6))
    crossbar = ms.Crossbar.from_conductance(maps, WU)
    assert np.allclose(currents(crossbar), crossbar.device.spec.read.voltage * V @ maps, rtol=1e-6)
    copies = ms.Crossbar.from_conductance(MAP, WU, arrays=2)
    assert np.array_equal(*copies.conductance.values)
    assert not np.array_equal(*copies.read(V))


def test_read_noise_has_the_variance_that_the_device_gives_to_these_conductances():
    device = ms.load_device(WU).replace({"read.noise": {"sigma": "4 %", "relative_to": "value", **ASSUMED}})
    crossbar = ms.Crossbar.from_conductance(MAP, device)
    x = np.ones((2000, 70))
    deviations = crossbar.read(x) - currents(crossbar, x)
    sigma = 0.04 * device.spec.read.voltage * np.sqrt((MAP**2).sum(0))
    ratio = (deviations**2).mean(0) / sigma**2  # chi-squared of 2000 values over their number: sigma 3.2 %
    assert (np.abs(ratio - 1) < 0.16).all()
    assert (np.abs(deviations.mean(0)) < 5 * sigma / np.sqrt(2000)).all()


@pytest.mark.parametrize(
    ("column", "segments"),  # resistances of word and bit lines; the solver of these takes long to compile
    [
        ("single", (0.0, 0.0)),
        *(pytest.param(column, (20.0, 30.0), marks=pytest.mark.slow) for column in ("single", "pair", "reference")),
    ],
)
def test_currents_through_wires_are_those_of_the_nodal_equations(column, segments):
    map_ = RNG.uniform(1e-6, 2e-4, (8, 4))
    wires = ms.Wires(*segments, driver_resistance=200.0, sense_resistance=100.0)
    crossbar = quietly(map_, "hfo2-ohmic-milo2021", wires=wires, column=column, dtype="float64")
    volts = crossbar.device.spec.read.voltage * V[:, :8]
    lines = map_[:, [0, 2, 1, 3]] if column == "pair" else map_  # the lines of a pair lie side by side
    if column == "reference":
        lines = np.column_stack([map_, np.full(8, crossbar.window[0])])
        crossbar = quietly(
            map_, crossbar.device.replace({"variability": None}), wires=wires, column=column, dtype="float64"
        )
    exact = reference_currents(lines, volts.T, *segments, 200.0, 100.0).T
    if column == "pair":
        exact = exact[:, ::2] - exact[:, 1::2]
    elif column == "reference":
        exact = exact[:, :4] - exact[:, 4:]
    assert np.allclose(currents(crossbar, V[:, :8]), exact, rtol=1e-6, atol=1e-12)


def test_time_counts_from_the_measurement():
    crossbar = quietly(WIDE, ms.load_device(WU).replace(DRIFT), dtype="float64")
    before = currents(crossbar)
    let_pass(crossbar, 99.0)
    assert np.allclose(crossbar.conductance.values, WIDE * 100.0**-0.05, rtol=1e-12)
    assert np.allclose(currents(crossbar), before * 100.0**-0.05, rtol=1e-12)


@pytest.mark.parametrize(
    ("device", "options"),
    [
        (WU, {}),
        *(
            pytest.param(*other, marks=pytest.mark.slow)
            for other in ((WU, {"bounds": (0.3, 0.6)}), ("hfo2-softbounds-gong2018", {}), ("ideal", {}))
        ),
    ],
)
def test_a_cell_that_gets_no_pulse_keeps_its_conductance_while_others_learn(device, options):
    crossbar = quietly(WIDE * (10 if device == "ideal" else 1), device, **options)
    before = crossbar.conductance.values
    crossbar.train(ms.Hebbian(0.2), np.ones((1, 70)), np.array([[1.0, 0, 0, 0, 0, 0]]), steps=3)
    after = crossbar.conductance.values
    assert np.array_equal(after[:, 1:], before[:, 1:])
    assert not np.array_equal(after[:, 0], before[:, 0])


def test_pulses_begin_at_the_measured_conductance_even_outside_the_window():
    device = ms.load_device(WU).replace({"variability": None})
    low, high = device.spec.conductance.min, device.spec.conductance.max
    map_ = np.array([[0.2 * low, low, 0.5 * (low + high), high, 1.4 * high]])
    crossbar = quietly(map_, device, dtype="float64")
    crossbar.train(ms.Hebbian(-1.5 / 128), [[1.0]], np.ones((1, 5)))  # reset pulses, of a 128th of the window or so
    change = crossbar.conductance.values - map_
    assert (np.abs(change) < 0.2 * (high - low)).all()
    assert (change[0, 2:] < 0).all() and change[0, 0] == 0


@pytest.mark.slow
def test_a_soft_end_is_where_the_cell_was_measured():
    """A set pulse moves a cell in proportion to its distance from its own upper end: not at all there."""
    device = ms.load_device("hfo2-softbounds-gong2018").replace({"variability": None})
    high = device.spec.conductance.max
    crossbar = quietly([[1.3 * high]], device, dtype="float64")
    crossbar.train(ms.Hebbian(0.05), [[1.0]], [[1.0]])
    assert crossbar.conductance.values[0, 0] == pytest.approx(1.3 * high, rel=1e-12)
    crossbar.train(ms.Hebbian(-0.05), [[1.0]], [[1.0]])
    assert 0.8 * high < crossbar.conductance.values[0, 0] < 1.3 * high


@pytest.mark.slow
def test_a_cell_with_two_states_returns_to_the_measured_one():
    device = ms.load_device("stt-mram-chen2018").replace(
        {"update.probability.set": 1.0, "update.probability.reset": 1.0, "variability": None}
    )
    low, high = device.spec.conductance.min, device.spec.conductance.max
    map_ = np.array([[low + 0.2 * (high - low)], [high - 0.1 * (high - low)], [1.2 * high]])
    crossbar = quietly(map_, device, dtype="float64")
    for rate, expected in ((1.0, [high, map_[1, 0], map_[2, 0]]), (-1.0, [map_[0, 0], low, low])):
        crossbar.train(ms.Hebbian(rate), [np.ones(3)], [[1.0]])
        assert np.allclose(crossbar.conductance.values[:, 0], expected, rtol=1e-12)


@pytest.mark.parametrize("ideal", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_stuck_cells_keep_their_measured_conductance_and_none_is_drawn(ideal):
    rates = {"faults": {"stuck_on": "50 %", "stuck_off": "49 %", **ASSUMED}}
    device = ms.load_device(WU).replace(rates)
    assert np.allclose(quietly(WIDE, device).conductance.values, WIDE, rtol=0, atol=3e-12)
    stuck = np.zeros(WIDE.shape, int)
    stuck[::2] = 1
    crossbar = quietly(WIDE, "ideal" if ideal else device, faults=stuck)
    crossbar.train(ms.Hebbian(0.3), np.ones((1, 70)), np.ones((1, 6)), steps=2)
    after = crossbar.conductance.values
    assert np.allclose(after[::2], WIDE[::2], rtol=0, atol=2e-11)
    assert (np.abs(after[1::2] - WIDE[1::2]) > 1e-8).mean() > 0.5  # others are at an end


def test_a_device_that_is_only_programmed_holds_the_map_and_trains_a_plan_from_it():
    device = ms.load_device("hfox-wan2022")
    assert device.spec.update is None
    map_ = RNG.uniform(0.5, 1.2, (70, 6)) * device.spec.conductance.max
    crossbar = quietly(map_, device, column="pair")
    assert not crossbar.planned
    expected = device.spec.read.voltage * V @ (map_[:, :3] - map_[:, 3:])
    assert np.allclose(currents(crossbar), expected, rtol=1e-4, atol=1e-10)
    let_pass(crossbar, 1.0)
    crossbar.train(ms.Hebbian(0.0), np.ones((1, 70)), np.zeros((1, 3)))
    assert crossbar.planned
    assert np.allclose(crossbar.conductance.values, map_, rtol=1e-6)


def test_an_array_in_a_file_goes_on_with_the_windows_of_the_measured_cells(tmp_path):
    crossbar = quietly(WIDE, WU, seed=5, faults=np.eye(70, 6, dtype=int)).train(ms.Hebbian(0.1), V, np.ones((5, 6)))
    back = ms.Crossbar.from_netcdf(crossbar.to_netcdf(tmp_path / "map.nc"))
    for one in (back, crossbar):
        one.train(ms.Hebbian(-0.2), V, np.ones((5, 6)), steps=2)
    assert np.array_equal(back.conductance, crossbar.conductance)
    assert np.array_equal(back.read(V), crossbar.read(V))


@pytest.mark.parametrize("device", [WU, pytest.param("hfo2-softbounds-gong2018", marks=pytest.mark.slow)])
def test_windows_of_measured_cells_are_the_same_for_any_block(device, monkeypatch):
    def widened():
        crossbar = quietly(np.stack([WIDE] * 2), device, seed=3, faults=np.eye(70, 6))
        return crossbar.train(ms.Hebbian(0.2), V, np.ones((5, 6))).state.values

    whole = widened()
    monkeypatch.setattr(CpuBackend, "kept", 0)
    monkeypatch.setattr(cell_numbers, "_BLOCK", 1)
    assert np.array_equal(widened(), whole)


def test_a_file_with_a_damaged_map_is_refused(tmp_path):
    dataset = xr.load_dataset(quietly(WIDE).to_netcdf(tmp_path / "map.nc"))
    dataset.measured_conductance[0, 2, 3] = -1e-6
    dataset.to_netcdf(tmp_path / "negative.nc")
    dataset.drop_vars("measured_conductance").assign(measured_conductance=("row", np.ones(70))).to_netcdf(
        tmp_path / "shape.nc"
    )
    with pytest.raises(OutputError, match=r"negative.nc: conductance: 1 of 420 are negative, the first \(-1 uS\) at"):
        ms.Crossbar.from_netcdf(tmp_path / "negative.nc")
    with pytest.raises(
        OutputError, match=r"shape.nc: not a whole crossbar \('measured_conductance' is float64 \(70,\)"
    ):
        ms.Crossbar.from_netcdf(tmp_path / "shape.nc")


def test_a_data_array_says_its_unit_and_the_order_of_its_axes():
    labelled = xr.DataArray(1e6 * MAP.T, dims=("col", "row"), attrs={"units": "uS"})
    one = ms.Crossbar.from_conductance(labelled, WU)
    assert np.allclose(one.conductance.values, MAP, rtol=1e-6)
    again = ms.Crossbar.from_conductance(one.conductance, WU)
    assert np.allclose(again.conductance, one.conductance, rtol=1e-6)


def test_cells_that_were_not_measured_have_the_conductance_that_missing_says():
    map_ = MAP.copy()
    map_[3, 1] = map_[5, 2] = np.nan
    for given in (map_, np.ma.masked_invalid(map_)):
        crossbar = quietly(given, missing=0.0)
        assert (crossbar.conductance.values[[3, 5], [1, 2]] == 0).all()
        volts = crossbar.device.spec.read.voltage * V
        assert np.allclose(currents(crossbar), volts @ np.nan_to_num(map_), rtol=1e-6)


def test_a_warning_counts_what_lies_outside_the_window_or_the_bounds():
    map_ = MAP.copy()
    map_[:2, 0] = 12e-6
    outside = (
        r"2 of 420 conductances \(1\.\d+ uS to 12 uS\) lie outside the window of device 'taox-hfox-wu2018' \(1 uS to 10"
    )
    with pytest.warns(WindowWarning, match=outside) as caught:
        ms.Crossbar.from_conductance(map_, WU)
    assert caught[0].filename == __file__ and len(caught) == 1
    with pytest.warns(
        WindowWarning, match=r"lie outside the bounds of the array \(1 uS to 5.5 uS\); pulses move such a"
    ):
        ms.Crossbar.from_conductance(MAP, WU, bounds=(0.0, 0.5))
    ms.Crossbar.from_conductance(MAP, WU)
    ms.Crossbar.from_conductance(MAP, "ideal")


LABELLED = xr.DataArray(MAP, dims=("row", "col"), attrs={"units": "S"})
NAN, NEGATIVE, INFINITE = (np.where(np.arange(6) == 4, value, MAP) for value in (np.nan, -1e-6, np.inf))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: measured(NAN),
            r"70 of 420 cells have no number \(NaN\), the first at \(row, col\) = \(0, 4\); missing=",
        ),
        (lambda: measured(NAN, missing=-1), r"missing: -1 is not a finite number of at least 0 \[S\]"),
        (lambda: measured(NAN, missing="0 S"), r"missing: '0 S' is not a finite number"),
        (lambda: measured(NEGATIVE), r"70 of 420 are negative, the first \(-1 uS\) at \(row, col\) = \(0, 4\); a cond"),
        (lambda: measured([INFINITE] * 2), r"are infinite, the first \(inf S\) at \(array, row, col\) = \(0, 0, 4\)"),
        (
            lambda: measured(1e6 * MAP),
            r"half of the cells exceed \d\.\d+ S, .* times G_max of device 'taox.* in siemens",
        ),
        (
            lambda: measured(MAP[0]),
            r"conductance: shape \(6,\) is no matrix; allowed: \(row, col\) or \(array, row, col\)",
        ),
        (lambda: measured(np.zeros((0, 3))), r"conductance: shape \(0, 3\) is no matrix"),
        (lambda: measured([[1e-6], [1e-6, 2e-6]]), "conductance: not an array of numbers"),
        (lambda: measured([["1e-6"]]), "conductance: of type <U4; allowed: real numbers"),
        (lambda: measured(MAP + 1j), "conductance: of type complex128; allowed: real numbers"),
        (lambda: measured(LABELLED.drop_attrs()), "the DataArray has no attribute 'units'; set it, e.g."),
        (lambda: measured(LABELLED.assign_attrs(units="kOhm")), "attribute 'units': '1 kOhm' is a resistance"),
        (lambda: measured(LABELLED.rename(row="y")), r"conductance: dimensions \('y', 'col'\); allowed: \(row, col\)"),
        (lambda: measured(MAP, rows=3), "rows: not allowed here; the conductances set it"),
        (lambda: measured(MAP, initial=(0, 1)), "initial: not allowed here"),
        (lambda: measured(MAP[:, :5], column="pair"), "column: 'pair' needs an even number of columns, .* not 5"),
        (lambda: measured(MAP, column="pears"), "column: unknown choice 'pears'; did you mean 'pair'"),
        (lambda: measured(np.stack([MAP] * 2), arrays=3), "conductance: 2 matrices do not fit arrays=3"),
    ],
)
def test_what_is_not_allowed_is_said_in_one_line(make, message):
    with pytest.raises(InputError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def measured(conductance, **options):
    return ms.Crossbar.from_conductance(conductance, WU, **options)
