"""Where a training stands: everything that its next epoch depends on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from memsim.errors import InputError
from memsim.networks.chain import Chain
from memsim.networks.network import Network
from memsim.networks.optimise import Memory

_UNSTATED = {"weight_noise": 0.0}
"""Settings of trainings in files that do not state them, since memsim did not have them then."""


class Epoch(NamedTuple):
    """What an epoch brought; the validation is that of the averaged weights where these are kept.

    Attributes
    ----------
    loss : float
        Mean over the samples at the steps they were trained on, with dropout, mixup and noise of weights.
    accuracy : float
        Share of them whose largest output was at the largest target, at the same steps.
    validation_loss, validation_accuracy : float
        Of the validation samples after the epoch.
    snr : float
        Largest output minus the second largest, mean over the validation samples; what robust-vision calls SNR. The
        right class does not enter.
    """

    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    snr: float


@dataclass(frozen=True)
class State:
    """A training after some epochs.

    Attributes
    ----------
    network : Network
        With the weights of the last step.
    memory : Memory
        Of the optimiser.
    average : mapping of str to array, or None
        Running mean of the weights, where one is kept.
    best : mapping of str to array
        Parameters of the best checkpoint.
    best_epoch : int
        Its epoch, counted from 1; 0 before the first: the fresh network.
    history : tuple of Epoch
        Of all epochs so far.
    settings : mapping
        What the numbers depend on beside the data, as plain values.
    """

    network: Network
    memory: Memory
    average: Mapping[str, Any] | None
    best: Mapping[str, Any]
    best_epoch: int
    history: tuple[Epoch, ...]
    settings: Mapping[str, Any]

    def to(self, xp: Any) -> State:
        """The same with its arrays in another library, from NumPy."""

        def moved(arrays: Mapping[str, Any]) -> dict[str, Any]:
            return {name: xp.asarray(array) for name, array in arrays.items()}

        return replace(
            self,
            network=self.network.to(xp),
            memory=Memory(self.memory.step, {slot: moved(arrays) for slot, arrays in self.memory.slots.items()}),
            average=None if self.average is None else moved(self.average),
            best=moved(self.best),
        )

    def computed_by(self, engine: type[Chain]) -> State:
        """The same with another engine, see `Network`."""
        return replace(self, network=replace(self.network, engine=engine))

    def check(self, network: Network, settings: Mapping[str, Any]) -> None:
        """Refuse to go on with another architecture or other settings.

        Raises
        ------
        InputError
            Names the first difference.
        """
        difference = self.network.architecture.difference(network.architecture)
        if difference:
            raise InputError(f"resume: the training has {difference}")
        for name, value in settings.items():
            before = self.settings.get(name, _UNSTATED.get(name))
            if before != value:
                stored, given = (json.dumps(v) for v in (before, value))
                raise InputError(f"resume: the training has {name} {stored} instead of {given}")
