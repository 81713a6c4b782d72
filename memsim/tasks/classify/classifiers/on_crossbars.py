"""Networks of another learner, programmed onto crossbars, a set of arrays for each seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.arrays import CrossbarLayer, ProgrammedLayer
from memsim.arrays.interconnect import TileMaps
from memsim.energy.report import LayerEvents
from memsim.philox import Occasion, Purpose
from memsim.profiles import DeviceProfile
from memsim.results.weights import Kept
from memsim.tasks.classify.classifiers.classifier import (
    Account,
    CellWeights,
    History,
    Lesson,
    no_history,
    sets_of,
)
from memsim.tasks.classify.classifiers.deployed import Deployed
from memsim.tasks.classify.classifiers.gradient import Gradient, gradients, samples
from memsim.tasks.classify.schema import ClassifierSpec
from memsim.tasks.programming_costs import Programming, programming


class OnCrossbars:
    """The networks of a trained learner on the arrays of a device; see `Classifier`."""

    def __init__(
        self, spec: ClassifierSpec, device: DeviceProfile, trained: Gradient, lesson: Lesson, backend: str
    ) -> None:
        if spec.programmed is None:
            raise TypeError("a learner that programs nothing")
        self.history: History = no_history(lesson.seeds)
        self.notes: list[str] = []
        self._wired = spec.array.wires is not None
        self.trained = trained
        self._networks = trained.networks
        self._image_axes = lesson.train.pixels.ndim
        self._training_operations = trained.account().training_operations
        self._arrays: list[Deployed] = []
        for number, network in enumerate(trained.networks):
            self._arrays.append(
                Deployed(
                    network,
                    device,
                    seed=lesson.seed,
                    number=number,
                    bounds=spec.array.bounds,
                    initial=spec.array.initial,
                    cycles=spec.programmed.cycles,
                    clip=spec.programmed.clip,
                    error=spec.programmed.error,
                    algorithm=None if spec.array.programming is None else spec.array.programming.chosen,
                    dtype=spec.array.dtype,
                    backend=backend,
                    training=(samples(lesson.train.pixels, network), lesson.train.labels),
                    **spec.array.circuit,
                )
            )
            if spec.array.dac is not None or (spec.array.adc is not None and spec.array.adc.calibrated):
                self._arrays[-1].calibrate(samples(lesson.train.pixels, network))
            lesson.report((number + 1) / lesson.seeds)

    @property
    def analog_layers(self) -> dict[str, CrossbarLayer]:
        """The layers of all networks; see `CellClassifier`."""
        return {
            f"layer {name} of repeat {number}": layer
            for number, arrays in enumerate(self._arrays)
            for name, layer in arrays.layers.items()
        }

    @property
    def event_counts(self) -> list[dict[str, LayerEvents]]:
        """Events of each layer so far, of each network; see `CellClassifier`."""
        return [{name: layer.crossbar.event_counts for name, layer in arrays.layers.items()} for arrays in self._arrays]

    def outputs(self, x: np.ndarray, *, occasion: Occasion, first: int = 0, noise: bool = True) -> np.ndarray:
        """Outputs (seed, image, class); see `Classifier`."""
        sets = self._sets(x)
        return np.stack(
            [
                arrays.outputs(samples(own, arrays.network), index=occasion, first=first, noise=noise)
                for arrays, own in zip(self._arrays, sets, strict=True)
            ]
        )

    def sensitivity(self, x: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """Gradient by the pixels, (seed, image, y, x), of the weights that the arrays hold; see `Classifier`."""
        return gradients([arrays.effective for arrays in self._arrays], self._sets(x), slope)

    def _sets(self, x: np.ndarray) -> Sequence[np.ndarray]:
        """The images of each seed."""
        return sets_of(x, self._image_axes, len(self._arrays))

    def programming(self) -> list[Programming]:
        """What the programming of each network by write and verify took, all layers together."""
        return [programming(list(arrays.crossbars.values()), verified=True) for arrays in self._arrays]

    @property
    def state_error(self) -> np.ndarray:
        """Root mean square of states minus their targets, of all cells of each network, (seed,)."""
        errors = []
        for arrays in self._arrays:
            deviations = [layer.state_deviations.ravel() for layer in arrays.layers.values()]
            errors.append(np.sqrt(np.square(np.concatenate(deviations)).mean()))
        return np.array(errors)

    def cell_weights(self) -> CellWeights:
        """The weights of all layers in units of their scales, biases included; see `CellClassifier`."""
        parts: list[list[np.ndarray]] = [[], [], []]
        for arrays in self._arrays:
            layers = list(arrays.layers.values())
            deviations = (np.abs(layer.correction) * layer.crossbar.weight_deviation() for layer in layers)
            for part, values in zip(
                parts,
                (
                    [layer.cell_weights / layer.scale for layer in layers],
                    [layer.targets / layer.scale for layer in layers],
                    [own * layer.unit / layer.scale for own, layer in zip(deviations, layers, strict=True)],
                ),
                strict=True,
            ):
                part.append(np.concatenate([own.ravel() for own in values]))
        return CellWeights(*map(np.stack, parts))

    @property
    def cell_pulses(self) -> np.ndarray:
        """Pulses of the cells of all layers; see `CellClassifier`."""
        return np.stack(
            [
                np.concatenate([own.cell_pulses.values.sum(-1).ravel() for own in arrays.crossbars.values()])
                for arrays in self._arrays
            ]
        )

    def program(self) -> None:
        """Program all layers once more; see `CellClassifier`."""
        for layer in self.analog_layers.values():
            assert isinstance(layer, ProgrammedLayer)
            layer.program()

    def renormalise(self, x: np.ndarray, occasion: Occasion) -> None:
        """Compute the statistics of batch normalisations again; see `CellClassifier`."""
        for arrays in self._arrays:
            arrays.renormalise(samples(x, arrays.network), occasion)

    def product_snr(self, x: np.ndarray) -> np.ndarray:
        """Signal-to-noise ratio of the products of each layer for images, (seed, layer) [dB]."""
        occasion = Occasion(Purpose.PRODUCTS)
        return np.stack([arrays.product_snr(samples(x, arrays.network), occasion) for arrays in self._arrays])

    def tile_maps(self) -> TileMaps | None:
        """What wires do to the first tile of the first layer of seed 0; None without wires."""
        if not self._wired:
            return None
        return next(iter(self._arrays[0].crossbars.values())).tile_maps()

    def kept(self) -> Kept:
        """Nothing: the learner that trained the networks keeps them, and an evaluation programs them again."""
        return Kept()

    def account(self) -> Account:
        """Cells, operations and pulses."""
        none = np.full(len(self._arrays), np.nan)
        network = self._networks[0]
        pulses = np.array([arrays.pulses for arrays in self._arrays], float)
        return Account(
            parameters=float(network.count),
            cells=float(self._arrays[0].cells),
            operations=float(network.operations),
            training_operations=self._training_operations,
            epochs=none,
            best_epoch=none,
            pulses_set=pulses[:, 0],
            pulses_reset=pulses[:, 1],
            weight_error=np.array([arrays.weight_error for arrays in self._arrays]),
        )
