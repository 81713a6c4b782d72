"""Complex and masked arrays are refused wherever users pass arrays, and not turned into others."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.networks.architecture import Architecture
from memsim.networks.network import Network
from memsim.networks.scores import checked

PLAIN = np.array([[0.1, 0.2], [0.3, 0.4]])
COMPLEX = PLAIN + np.array([[0, 0], [0, 0.1j]])
MASKED = np.ma.masked_array(PLAIN, mask=[[0, 1], [0, 0]])
UNIT = np.array([1.0, 0.5])


def crossbar():
    return ms.Crossbar("taox-hfox-wu2018", 2, 2)


USES = {
    "x": lambda values: crossbar().read(values),
    "state": lambda values: crossbar().program(values),
    "inputs": lambda values: crossbar().train("hebbian", values, PLAIN),
    "targets": lambda values: crossbar().train("hebbian", PLAIN, values),
    "weights": lambda values: ms.Crossbar.from_weights(values, "taox-hfox-wu2018"),
    "sensitivities": lambda values: crossbar().program(PLAIN, "selective", sensitivities=values),
    "faults": lambda values: ms.Crossbar("taox-hfox-wu2018", 2, 2, faults=values),
    "conductance": lambda values: ms.solve_wires(values, UNIT, word_resistance=1.0, bit_resistance=1.0),
}


@pytest.mark.parametrize("name", USES)
def test_complex_numbers_are_refused(name):
    with pytest.raises(ms.InputError, match=rf"^{name}: of type complex(64|128); allowed: real numbers$"):
        USES[name](COMPLEX)


@pytest.mark.parametrize("name", USES)
def test_masked_numbers_are_refused(name):
    with pytest.raises(ms.InputError, match=rf"^{name}: 1 of 4 values are masked; allowed: numbers without a mask"):
        USES[name](MASKED)


def test_an_array_whose_mask_hides_nothing_is_taken():
    whole = np.ma.masked_array(PLAIN, mask=False)
    plain = ms.Crossbar.from_weights(PLAIN, "ideal").weights
    assert np.array_equal(ms.Crossbar.from_weights(whole, "ideal").weights, plain)


def test_lists_with_complex_numbers_are_refused():
    with pytest.raises(ms.InputError, match=r"weights: of type complex(64|128)"):
        ms.Crossbar.from_weights([[1.0, 2j]], "ideal")


def test_arrays_in_files_are_refused(tmp_path):
    np.save(tmp_path / "complex.npy", COMPLEX)
    with pytest.raises(ms.DataError, match="array of type complex128"):
        ms.read_conductance_map(tmp_path / "complex.npy", unit="uS")
    with pytest.raises(ms.DataError, match="array of type complex128"):
        ms.load_data(tmp_path / "complex.npy", shape=(2, 2))


def test_networks_refuse_inputs_and_labels():
    network = Network.fresh(Architecture("linear", (2,), 2), seed=0)
    labels = np.array([0, 1])
    for values, what in ((COMPLEX, "of type complex128"), (MASKED, "1 of 4 values are masked")):
        with pytest.raises(ms.InputError, match=f"inputs: .*{what}"):
            network.outputs(values)
        with pytest.raises(ms.InputError, match=f"train: inputs: .*{what}"):
            checked(network, values, labels, "train")
    with pytest.raises(ms.InputError, match="train: labels: 1 of 2 values are masked"):
        checked(network, PLAIN, np.ma.masked_array(labels, mask=[1, 0]), "train")


def test_networks_of_pytorch_with_complex_weights_are_refused():
    torch = pytest.importorskip("torch")
    mt = pytest.importorskip("memsim.torch")
    model = torch.nn.Sequential(torch.nn.Linear(3, 2, dtype=torch.complex64))
    with pytest.raises(ms.InputError, match=r"0\.weight: of type complex(64|128); allowed: real numbers"):
        mt.convert(model, mt.Hardware("taox-hfox-wu2018"))
