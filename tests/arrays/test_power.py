"""Power of reads: worked values, the balance of what sources deliver and resistances dissipate, and its labels."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import memsim as ms
from memsim.errors import InputError
from tests.netlist_reference import parsed, solved

QUIET = ms.load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})  # read at 0.5 V
LAWS = {
    "ohmic": QUIET,
    "sinh": QUIET.replace({"conduction": {"model": "sinh", "voltage": "0.25 V"}}),
    "exponential": QUIET.replace({"conduction": {"model": "exponential", "voltage": "0.25 V"}}),
    "polynomial": QUIET.replace({"conduction": {"model": "polynomial", "quadratic": "0.5 uS", "cubic": "0.3 uS"}}),
    "state-polynomial": ms.load_device("hfo2-milo2021"),
}
LINES = ms.Wires(20.0, 12.0, driver_resistance=50.0, sense_resistance=30.0, series_resistance=2e3)
TERMINALS = ms.Wires(driver_resistance=50.0, sense_resistance=30.0, series_resistance=2e3)
"""Circuits of it need no kernels, which take long to compile."""
WIRES = {
    "no wires": None,
    "lines without resistance": ms.Wires(),
    "one end": LINES,
    "both ends": ms.Wires(20.0, 12.0, 50.0, 30.0, drive="both ends", sense="both ends"),
    "word lines only": ms.Wires(20.0, 0.0, sense_resistance=30.0, sense="both ends"),
    "bit lines only": ms.Wires(0.0, 12.0, driver_resistance=50.0, drive="both ends"),
    "small resistances": ms.Wires(1e-3, 1e-3, driver_resistance=0.01, series_resistance=0.1),
    "large resistances": ms.Wires(1e4, 1e4, driver_resistance=1e5, sense_resistance=1e3, series_resistance=1e5),
    "terminals only": TERMINALS,
}
EACH = [
    pytest.param(name, marks=pytest.mark.slow if wires and wires.word_resistance + wires.bit_resistance else ())
    for name, wires in WIRES.items()
]
PARTS = ("cell_power", "series_power", "word_line_power", "bit_line_power", "driver_power", "sense_power")
X = np.random.default_rng(0).uniform(-1, 1, (4, 7))


def crossbar(law="ohmic", rows=7, cols=3, **options):
    """A crossbar with different cells; those of the state polynomial are programmed with their errors."""
    settings = {"seed": 7, "dtype": "float64", "initial": (0.0, 1.0), "wires": TERMINALS} | options
    xbar = ms.Crossbar(LAWS[law], rows, cols, **settings)
    if law == "state-polynomial":
        lines = cols * (2 if options.get("column") == "pair" else 1)
        xbar.program(np.random.default_rng(3).random((rows, lines)))
    return xbar


def assert_balance(powers):
    """What the sources deliver is dissipated in the parts, each of which is at least 0."""
    total = sum(powers[part] for part in PARTS)
    assert (np.abs(total - powers.power) <= 1e-9 * np.abs(powers.power)).all()
    assert all((powers[part] >= 0).all() for part in PARTS)
    assert (powers.power > 0).all()


def test_ten_microsiemens_at_half_a_volt_take_two_and_a_half_microwatts():
    powers = ms.Crossbar.from_conductance([[10e-6]], QUIET, dtype="float64").power([1.0])
    assert float(powers.power) == pytest.approx(2.5e-6, rel=1e-12)
    assert float(powers.cell_power) == pytest.approx(2.5e-6, rel=1e-12)
    assert all(float(powers[part]) == 0 for part in PARTS if part != "cell_power")


@pytest.mark.slow
def test_one_cell_with_wires_takes_the_power_of_resistances_in_series():
    wires = ms.Wires(3.0, 4.0, driver_resistance=100.0, sense_resistance=50.0, series_resistance=1000.0)
    xbar = ms.Crossbar.from_conductance([[5e-6]], QUIET, dtype="float64", wires=wires)
    powers = xbar.power([0.8])
    current = 0.4 / (200e3 + 1000 + 100 + 50 + 3 + 4)
    assert float(powers.power) == pytest.approx(0.4 * current, rel=1e-9)
    resistances = (200e3, 1000.0, 3.0, 4.0, 100.0, 50.0)
    for part, resistance in zip(PARTS, resistances, strict=True):
        assert float(powers[part]) == pytest.approx(resistance * current**2, rel=1e-9)


@pytest.mark.slow
def test_terminals_at_both_ends_halve_the_resistance_of_lines_with_one_cell():
    wires = ms.Wires(30.0, 40.0, driver_resistance=100.0, sense_resistance=60.0, drive="both ends", sense="both ends")
    powers = ms.Crossbar.from_conductance([[5e-6]], QUIET, dtype="float64", wires=wires).power([1.0])
    current = 0.5 / (200e3 + 130 / 2 + 100 / 2)
    expected = (200e3, 0.0, 15.0, 20.0, 50.0, 30.0)
    for part, resistance in zip(PARTS, expected, strict=True):
        assert float(powers[part]) == pytest.approx(resistance * current**2, rel=1e-9)


@pytest.mark.parametrize("wires", EACH)
def test_sources_deliver_what_parts_of_arrays_of_ohmic_cells_dissipate(wires):
    assert_balance(crossbar(wires=WIRES[wires]).power(X))


@pytest.mark.slow
@pytest.mark.parametrize("wires", WIRES)
@pytest.mark.parametrize("law", [law for law in LAWS if law != "ohmic"])
def test_sources_deliver_what_parts_of_arrays_of_other_cells_dissipate(law, wires):
    assert_balance(crossbar(law, wires=WIRES[wires]).power(X))


@pytest.mark.slow
@pytest.mark.parametrize("law", ["ohmic", "sinh"])
def test_the_balance_holds_for_a_large_tile(law):
    xbar = crossbar(law, 128, 100, wires=ms.Wires.of_node(22, driver_resistance=100.0))
    assert_balance(xbar.power(np.random.default_rng(1).uniform(0, 1, (2, 128))))


def dissipated(file):
    """Power in the elements of a netlist, by the first letters of their names [W]."""
    elements = parsed(file.read_text())
    voltages, currents = solved(elements)
    powers = {}
    for element in elements:
        across = voltages[element.first] - voltages[element.second]
        kind = element.name.split("_")[0]
        powers[kind] = powers.get(kind, 0.0) + across * currents[element.name]
    return powers


def assert_parts_of_netlist(xbar, file):
    powers, reference = xbar.power(X[0]), dissipated(file)
    for part, kinds in (
        ("cell_power", ("rcell", "bcell")),
        ("series_power", ("rseries",)),
        ("word_line_power", ("rword",)),
        ("bit_line_power", ("rbit",)),
        ("driver_power", ("rdrive",)),
        ("sense_power", ("rsense",)),
    ):
        expected = sum(reference.get(kind, 0.0) for kind in kinds)
        assert float(powers[part]) == pytest.approx(expected, rel=1e-7, abs=1e-18)
    assert float(powers.power) == pytest.approx(-reference["vdrive"], rel=1e-9)


@pytest.mark.parametrize("wires", EACH)
def test_parts_are_those_of_a_nodal_analysis_of_ohmic_cells(tmp_path, wires):
    xbar = crossbar(wires=WIRES[wires], tile=(4, 2))
    assert_parts_of_netlist(xbar, xbar.to_spice(tmp_path / "array.cir", X[0]))


@pytest.mark.slow
@pytest.mark.parametrize("law", [law for law in LAWS if law != "ohmic"])
def test_parts_are_those_of_a_nodal_analysis_of_other_cells(tmp_path, law):
    xbar = crossbar(law, column="pair", tile=(4, 3), wires=LINES)
    assert_parts_of_netlist(xbar, xbar.to_spice(tmp_path / "array.cir", X[0]))


@pytest.mark.parametrize("column", ["single", "pair", "reference"])
def test_power_without_wires_is_the_sum_of_voltages_times_currents(column):
    xbar = crossbar(column=column, wires=None)
    g = xbar.conductance.values.sum(1)
    if column == "reference":
        g = g + QUIET.spec.conductance.min  # the cells of the reference column
    assert np.allclose(xbar.power(X).power, (0.5 * X) ** 2 @ g, rtol=1e-12)


@pytest.mark.slow
def test_power_without_wires_follows_the_law_of_the_cells():
    xbar = crossbar("sinh", wires=None)
    volts = 0.5 * X
    current = 0.5 * np.sinh(volts / 0.25) / np.sinh(2.0)  # of 1 S
    assert np.allclose(xbar.power(X).power, (volts * current) @ xbar.conductance.values.sum(1), rtol=1e-9)


def test_tiles_take_the_power_of_arrays_of_their_own():
    xbar = crossbar(rows=7, cols=3, tile=(4, 2))
    g, parts = xbar.conductance.values, []
    for rows in (slice(0, 4), slice(4, 7)):
        for lines in (slice(0, 2), slice(2, 3)):
            tile = ms.Crossbar.from_conductance(g[rows, lines], QUIET, dtype="float64", wires=TERMINALS)
            parts.append(tile.power(X[:, rows]))
    xr.testing.assert_allclose(xbar.power(X), sum(parts[1:], parts[0]), rtol=1e-9)


def test_power_of_ohmic_cells_goes_with_the_square_of_the_inputs():
    xbar = crossbar()
    xr.testing.assert_allclose(xbar.power(2 * X), 4 * xbar.power(X), rtol=1e-9)


def test_many_samples_have_the_powers_of_single_ones():
    xbar, x = crossbar(), np.random.default_rng(1).uniform(-1, 1, (50, 7))
    together = xbar.power(x)
    for number in (0, 17, 49):
        xr.testing.assert_allclose(together.isel(sample=number), xbar.power(x[number]), rtol=1e-9)


def test_powers_are_taken_without_read_noise_and_count_no_read():
    noise = {"sigma": "20 %", "relative_to": "value", "status": "assumed"}
    quiet, device = crossbar(), QUIET.replace({"read.noise": noise})
    noisy = ms.Crossbar.from_conductance(quiet.conductance.values, device, dtype="float64", wires=TERMINALS)
    xr.testing.assert_allclose(noisy.power(X), quiet.power(X), rtol=1e-12)
    assert noisy.events.reads == 0


def test_converters_of_inputs_act_on_the_voltages():
    coarse = crossbar(dac=ms.DAC(3))
    rounded = np.rint(X * 3) / 3
    xr.testing.assert_allclose(coarse.power(X), crossbar().power(rounded), rtol=1e-9)


def test_a_stack_has_the_dimension_of_its_arrays():
    xbar = crossbar(arrays=3, first_array=5)
    shared = xbar.power(X)
    assert dict(shared.sizes) == {"array": 3, "sample": 4}
    assert shared.array.values.tolist() == [5, 6, 7]
    each = xbar.power(np.stack([X, 0.5 * X, 0.1 * X]))
    xr.testing.assert_allclose(each.isel(array=1), 0.25 * shared.isel(array=1), rtol=1e-9)
    one = xbar.power(X, array=2)
    xr.testing.assert_allclose(one, shared.isel(array=2), rtol=1e-12)
    assert one.array.item() == 7
    assert xbar.power(X[0]).power.dims == ("array",)
    assert xbar.power(X[0], array=0).power.dims == ()
    assert xbar.power(np.ones((2, 3, 4, 7))).power.dims == ("batch", "array", "sample")


def test_a_matrix_has_the_dimensions_of_its_inputs():
    xbar = crossbar()
    assert xbar.power(X[0]).power.dims == ()
    assert xbar.power(X).power.dims == ("sample",)
    assert xbar.power(np.ones((2, 4, 7))).power.dims == ("batch", "sample")
    assert xbar.power(np.ones((5, 2, 4, 7))).power.dims == ("batch_0", "batch_1", "sample")
    assert xbar.power(np.ones((0, 7))).power.shape == (0,)
    named = xr.DataArray(X.T, {"row": np.arange(7), "image": list("abcd")}, ("row", "image"))
    powers = xbar.power(named)
    assert powers.power.dims == ("image",) and powers.image.values.tolist() == list("abcd")
    xr.testing.assert_allclose(powers.drop_vars("image").rename(image="sample"), xbar.power(X))


def test_every_variable_has_a_name_and_a_unit():
    powers = crossbar().power(X)
    assert list(powers) == ["power", *PARTS]
    assert all(powers[name].attrs["units"] == "W" and powers[name].attrs["long_name"] for name in powers)
    assert powers.attrs == {"device": "taox-hfox-wu2018"}


def test_what_has_no_power_of_one_read_is_refused_in_one_line():
    for xbar, options, message in (
        (
            crossbar(dac=ms.DAC(polarity="phases")),
            {},
            "dac.polarity: 'phases' makes an output of several reads, and po",
        ),
        (crossbar(dac=ms.DAC(polarity="offset")), {}, "dac.polarity: 'offset' .* allowed: 'unsigned' or 'bipolar'"),
        (crossbar(dac=ms.DAC(coding="width")), {}, "dac.coding: 'width' makes pulses, .* allowed: 'voltage'"),
        (crossbar(), {"x": np.ones(8)}, r"x: shape \(8,\) does not fit; allowed: \(\.\.\., row\) with 7 rows"),
        (crossbar(), {"x": np.full(7, np.inf)}, "x: contains NaN or infinity"),
        (crossbar(arrays=2), {"array": 2}, "array: 2 is not a whole number from 0 to 1"),
        (crossbar(arrays=2), {"array": True}, "array: True is not a whole number from 0 to 1"),
        (ms.Crossbar("ideal", 7, 3, bounds=(-1, 1), initial=(-0.9, -0.5)), {}, "power: a cell of device 'ideal' has -"),
        (crossbar("sinh"), {"x": np.full(7, 1000.0)}, "x: 1e.03 read voltages are too many"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            xbar.power(**({"x": X} | options))
        assert str(caught.value).isprintable()
