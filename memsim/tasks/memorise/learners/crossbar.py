"""A crossbar an image, trained in place with a local rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.arrays import Crossbar, CrossbarLayer, check_bounds
from memsim.arrays.compensation import SPAN
from memsim.data.corruptions import CORRUPTIONS
from memsim.energy.report import LayerEvents
from memsim.metrics.severities import reads_under_noise
from memsim.metrics.two_columns import snr
from memsim.philox import Occasion, Purpose
from memsim.profiles import DeviceProfile
from memsim.results.weights import Kept
from memsim.tasks.aged_layers import AgedLayers, program_again
from memsim.tasks.energy_costs import split_by_array
from memsim.tasks.kept import WEIGHTS
from memsim.tasks.memorise.learners.block import TARGETS, Block, Memory, histogram
from memsim.tasks.memorise.schema import LearnerSpec

# Cell updates between two chances to stop a run from the keyboard, of so many images; a second or less on one core.
_UPDATES, _IMAGES = 1 << 28, 64


class CrossbarLearner:
    """Memorises each image in the target column of an array of its own; the control column is never trained.

    With what an earlier training left, the arrays are those of this training.
    """

    def __init__(
        self, spec: LearnerSpec, device: DeviceProfile, backend: str, keep: Sequence[str], earlier: Kept | None = None
    ) -> None:
        self.spec = spec
        self.device = device
        self.backend = backend
        self.keep = keep
        self.earlier = earlier
        check_bounds(spec.array.learning_bounds, device)

    def memorise(self, block: Block) -> list[Memory]:
        """Train an array on every image of a block, unless it is trained, and read the corrupted copies."""
        crossbar = self._fresh(block)
        if self.earlier is None:
            self._train(crossbar, block)
        else:
            self.earlier.rows(block.first, len(block.images)).restore(crossbar)
        kept = crossbar.memory() if WEIGHTS in self.keep else {}  # before reads move correlated noise on
        layer = CrossbarLayer(crossbar).calibrate(block.images[:, None, :], gain=False)
        events = self._events(layer.count_reads(block.images[:, None, :]).crossbar)
        occasions = {kind: Occasion(Purpose.TEST, CORRUPTIONS[kind]) for kind in block.noisy}
        noisy = [layer.read(copies, occasions[kind]) for kind, copies in block.noisy.items()]
        x = block.images
        clean = layer.read(x[:, None, :], noise=False)[:, 0]
        variance = crossbar.difference_variance(x[:, None, :])[:, 0]
        sigma = np.sqrt(variance)
        state = crossbar.state.values
        learned = state[:, :, 0]
        effective = crossbar.effective_state.values
        lead = np.zeros((1, 1, effective.shape[2]), effective.dtype)  # of the first output over the second
        lead[0, 0, :2] = 1, -1
        slope = crossbar.steepened(x[:, None, :], (effective[:, :, 0] - effective[:, :, 1])[:, None], lead)[:, 0]
        cells = state.reshape(len(x), -1)
        pulses = crossbar.pulses
        low, high = crossbar.window
        models = {
            "read_margin": np.divide(clean[:, 0] - clean[:, 1], sigma, out=np.full(len(x), np.nan), where=sigma > 0),
            "weight_mean": cells.mean(1, dtype=float),
            "weight_std": cells.std(1, dtype=float),
            "weight_min": cells.min(1),
            "weight_max": cells.max(1),
            "saturated_share": crossbar.saturated.values[:, :, 0].mean(1),
            "pulses_set": pulses.set.sum(1),
            "pulses_reset": pulses.reset.sum(1),
            "half_selects": pulses.half_selected.sum(1),
        }
        if "conductance" in self.keep:
            models["conductance"] = crossbar.conductance.values
        examples = {}
        if block.first == 0:
            examples = {
                "example_sensitivity": slope[0].astype(float),
                "example_conductance": low + learned[0] * (high - low),
                **histogram(cells[0]),
            }
        if block.times:
            models |= self._over_time(layer, block)
        steepness = np.linalg.norm(slope.astype(float), axis=1)
        return [Memory(np.stack(noisy, axis=1), clean, steepness, models, examples, kept, events)]

    def _events(self, crossbar: Crossbar) -> list[dict[str, LayerEvents]]:
        """Events so far of the array of each image."""
        return split_by_array({"array": crossbar.event_counts}, crossbar.shape[0])

    def _over_time(self, layer: CrossbarLayer, block: Block) -> dict[str, np.ndarray]:
        """Registered variables (image, time) of reads at the times of a block; all reads of a time within a second."""
        states = layer.crossbar.state.values
        layers = AgedLayers({"the array": layer}, self.spec.aging, lambda: program_again(layer, states))
        parts: dict[str, list[np.ndarray]] = {"aged_snr": [], "aged_clean_snr": [], "aged_correct": []}
        for number, time in enumerate(block.times, 1):
            layers.advance(time, number)
            outputs = np.stack(
                [
                    layer.read(copies, Occasion(Purpose.TEST, CORRUPTIONS[kind], time=number), within=SPAN)
                    for kind, copies in block.noisy.items()
                ],
                axis=1,
            )
            target, control = (reads_under_noise(outputs[..., column], block.levels) for column in range(2))
            clean = layer.read(block.images[:, None, :], noise=False)[:, 0]
            parts["aged_snr"].append(snr(target, control).mean((1, 2)))
            parts["aged_clean_snr"].append(snr(clean[:, 0], clean[:, 1]))
            parts["aged_correct"].append((target > control).mean((1, 2)))
        return {name: np.stack(values, axis=-1) for name, values in parts.items()}

    def _fresh(self, block: Block) -> Crossbar:
        """A fresh array for each image."""
        array = self.spec.array
        return Crossbar(
            self.device,
            rows=block.images.shape[1],
            cols=len(TARGETS),
            arrays=len(block.images),
            seed=block.seed,
            bounds=array.learning_bounds,
            initial=array.initial,
            column=array.column,
            dtype=array.dtype,
            backend=self.backend,
            first_array=block.first,
            **array.circuit,
        )

    def _train(self, crossbar: Crossbar, block: Block) -> None:
        """Train each array on its image."""
        x, learning = block.images, self.spec.learning
        rule, encoding = learning.local_rule, learning.encoded(self.device.spec.encoding)
        # The same for blocks of all sizes: half-selected cells count with their conductances before these steps.
        at_once = max(1, _UPDATES // (_IMAGES * x.shape[1] * len(TARGETS)))
        for step in range(0, learning.steps, at_once):
            steps = min(at_once, learning.steps - step)
            crossbar.train(rule, x[:, None, :], TARGETS, steps=steps, encoding=encoding)
            block.report(len(x) * (step + steps) / learning.steps)
        if crossbar.planned:
            crossbar.program()
