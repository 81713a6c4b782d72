"""memsim: memristor-hardware simulation from device profiles to labelled results.

>>> import memsim as ms
>>> ds = ms.run("physical-01")
>>> ds.snr.mean()
"""

# Ctrl-C ends the command with one line from here on, also while the handler of signals itself is being imported.
try:
    from memsim import stopping

    stopping.prepare_command()
except KeyboardInterrupt:
    from memsim import stopping

    stopping.stop_command()
    raise

from typing import TYPE_CHECKING, Any

from memsim.lazy_names import lazy_names

if TYPE_CHECKING:
    from memsim.arrays import ADC, DAC, Crossbar, Mapping, PulseCounts, Wires
    from memsim.arrays.wires import WireSolution, effective_conductance, solve_wires
    from memsim.assessment import assess
    from memsim.attribution import attribute, limits
    from memsim.cells import register_step
    from memsim.costs import cost
    from memsim.data.images import Images, load_data
    from memsim.data.labelled import Labelled, load_labelled
    from memsim.errors import (
        BackendError,
        ConvergenceError,
        DataError,
        EnduranceWarning,
        InputError,
        KernelCacheWarning,
        MemsimError,
        MemsimWarning,
        OutputError,
        RetentionWarning,
        WindowWarning,
    )
    from memsim.evaluation import evaluate
    from memsim.exchange.crosssim import from_crosssim
    from memsim.experiments.experiment import Experiment
    from memsim.experiments.loading import experiment_names, load_experiment
    from memsim.exporting import export_network
    from memsim.fit import fit_device
    from memsim.fit.maps.conductance_map import read_conductance_map
    from memsim.learning import Delta, Encoding, Hebbian, Manhattan, MarginDelta, Oja, Perceptron
    from memsim.plotting import overview
    from memsim.profiles import DeviceProfile, device_names, load_device
    from memsim.profiles.hysteresis import hysteresis
    from memsim.repeat import rerun
    from memsim.results.combination import combine
    from memsim.results.dataset import load, save
    from memsim.results.weights import stored_weights
    from memsim.schemes.network import InSituNetwork
    from memsim.simulate import run
    from memsim.studies import study_names, verify

# Imported at first use: `memsim --help` must not wait for Numba.
_MODULES = {
    "ADC": "memsim.arrays",
    "BackendError": "memsim.errors",
    "ConvergenceError": "memsim.errors",
    "Crossbar": "memsim.arrays",
    "DAC": "memsim.arrays",
    "DataError": "memsim.errors",
    "Delta": "memsim.learning",
    "DeviceProfile": "memsim.profiles",
    "Encoding": "memsim.learning",
    "EnduranceWarning": "memsim.errors",
    "Experiment": "memsim.experiments.experiment",
    "Hebbian": "memsim.learning",
    "Images": "memsim.data.images",
    "InSituNetwork": "memsim.schemes.network",
    "InputError": "memsim.errors",
    "KernelCacheWarning": "memsim.errors",
    "Labelled": "memsim.data.labelled",
    "Manhattan": "memsim.learning",
    "Mapping": "memsim.arrays",
    "MarginDelta": "memsim.learning",
    "MemsimError": "memsim.errors",
    "MemsimWarning": "memsim.errors",
    "Oja": "memsim.learning",
    "OutputError": "memsim.errors",
    "Perceptron": "memsim.learning",
    "PulseCounts": "memsim.arrays",
    "RetentionWarning": "memsim.errors",
    "WindowWarning": "memsim.errors",
    "WireSolution": "memsim.arrays.wires",
    "Wires": "memsim.arrays",
    "assess": "memsim.assessment",
    "attribute": "memsim.attribution",
    "cost": "memsim.costs",
    "combine": "memsim.results.combination",
    "device_names": "memsim.profiles",
    "effective_conductance": "memsim.arrays.wires",
    "evaluate": "memsim.evaluation",
    "experiment_names": "memsim.experiments.loading",
    "export_network": "memsim.exporting",
    "fit_device": "memsim.fit",
    "from_crosssim": "memsim.exchange.crosssim",
    "hysteresis": "memsim.profiles.hysteresis",
    "limits": "memsim.attribution",
    "load": "memsim.results.dataset",
    "load_data": "memsim.data.images",
    "load_device": "memsim.profiles",
    "load_experiment": "memsim.experiments.loading",
    "load_labelled": "memsim.data.labelled",
    "overview": "memsim.plotting",
    "read_conductance_map": "memsim.fit.maps.conductance_map",
    "register_step": "memsim.cells",
    "rerun": "memsim.repeat",
    "run": "memsim.simulate",
    "save": "memsim.results.dataset",
    "solve_wires": "memsim.arrays.wires",
    "stored_weights": "memsim.results.weights",
    "study_names": "memsim.studies",
    "verify": "memsim.studies",
}

__all__ = [
    "ADC",
    "DAC",
    "BackendError",
    "ConvergenceError",
    "Crossbar",
    "DataError",
    "Delta",
    "DeviceProfile",
    "Encoding",
    "EnduranceWarning",
    "Experiment",
    "Hebbian",
    "Images",
    "InSituNetwork",
    "InputError",
    "KernelCacheWarning",
    "Labelled",
    "Manhattan",
    "Mapping",
    "MarginDelta",
    "MemsimError",
    "MemsimWarning",
    "Oja",
    "OutputError",
    "Perceptron",
    "PulseCounts",
    "RetentionWarning",
    "WindowWarning",
    "WireSolution",
    "Wires",
    "assess",
    "attribute",
    "combine",
    "cost",
    "device_names",
    "effective_conductance",
    "evaluate",
    "experiment_names",
    "export_network",
    "fit_device",
    "from_crosssim",
    "hysteresis",
    "limits",
    "load",
    "load_data",
    "load_device",
    "load_experiment",
    "load_labelled",
    "overview",
    "read_conductance_map",
    "register_step",
    "rerun",
    "run",
    "save",
    "solve_wires",
    "stored_weights",
    "study_names",
    "verify",
]

_lazy = lazy_names("memsim", _MODULES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("memsim")
    return _lazy(name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
