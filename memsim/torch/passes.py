"""Where the noise of a forward pass has its addresses: (layer, call, patch or time step, tile, sample, read)."""

from __future__ import annotations

from dataclasses import dataclass, field

from memsim.errors import InputError
from memsim.philox import MAX_CALLS, MAX_POSITIONS, Occasion, Purpose


@dataclass
class Pass:
    """A forward pass of a network for some samples of a data set.

    Attributes
    ----------
    samples : int
        Samples in the pass.
    first_sample : int
        Index of the first one in the data set.
    purpose, read, time : int
        Why the network is read, the number of the read, and the number of the evaluation time; see `Occasion`.
    calls : dict of int to int
        For each layer, how often it was called so far in this pass.
    """

    samples: int
    first_sample: int = 0
    purpose: int = Purpose.NETWORK
    read: int = 0
    time: int = 0
    calls: dict[int, int] = field(default_factory=dict)

    def occasion(self, layer: int, name: str, reads: int, step: int = 0) -> Occasion:
        """Address of the next call of a layer, which reads its cells this many times.

        Later time steps of a sequence belong to the call of the first one.

        Raises
        ------
        InputError
            If the layer is called more often than a pass can address.
        """
        call = max(self.calls.get(layer, 0) - (step > 0), 0)
        self.calls[layer] = call + 1
        if call >= MAX_CALLS:
            raise InputError(f"{name}: more than {MAX_CALLS} calls in one forward pass; no more can be addressed")
        positions = self.positions(name, reads)
        if (step + 1) * positions > MAX_POSITIONS:
            raise InputError(f"{name}: more than {MAX_POSITIONS} time steps; no more can be addressed")
        return Occasion(self.purpose, self.read, call, self.time, positions, step * positions)

    def positions(self, name: str, reads: int) -> int:
        """Reads of each sample; of all together where they cannot be divided among the samples."""
        positions = reads // self.samples if self.samples and reads % self.samples == 0 else reads
        if positions > MAX_POSITIONS:
            raise InputError(f"{name}: {positions} reads of each sample; at most {MAX_POSITIONS} can be addressed")
        return max(1, positions)
