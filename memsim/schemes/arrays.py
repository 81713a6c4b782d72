"""The arrays of one layer that learns in place: cells for each role, references, and digital numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from memsim.arrays.bank import Bank
from memsim.arrays.programming.delivery import pulse_settings, update_spec
from memsim.arrays.site import Site
from memsim.backends import resolve
from memsim.backends.backend import with_precision
from memsim.errors import InputError
from memsim.kernels.cell import UpdateSpec
from memsim.kernels.line_pulses import Cells
from memsim.learning import Encoding
from memsim.learning.encoding import coincidences, silent
from memsim.philox import NO_SCOPE, Scope, Stream, key, padded
from memsim.profiles import DeviceProfile
from memsim.schemes.layer import COUNTED, Layer
from memsim.schemes.scheme import Scheme
from memsim.schemes.symmetry import check_symmetry, measured_symmetry_points, symmetry_points

WEIGHTS, FAST, REFERENCE = 0, 1, 2
"""Roles of the arrays of a layer, in `memsim.philox.Scope`."""
ZERO = 0.5
"""State of a weight of 0: the middle of the nominal window."""
_TRAINS = Encoding("stochastic")
_NO_LIMITS = (-np.inf, np.inf)


class Reference(NamedTuple):
    """How the references of fast cells are found.

    Attributes
    ----------
    pairs : int
        Pairs of a set and a reset pulse by which symmetry points are found; 0 takes the exact ones.
    error : float
        Standard deviation of the error of each reference, in weights.
    """

    pairs: int = 0
    error: float = 0.0


EXACT = Reference()
"""References at the exact symmetry points."""


class LayerArrays:
    """Layers of an ensemble that learn in place by a scheme; weights lie in a symmetric window of single cells.

    Of the devices, the update, its noise and the spreads of cells act. Read noise, write noise, stuck cells, retention
    and endurance are left out.

    Parameters
    ----------
    scheme : Scheme
        The scheme.
    device, fast_device : DeviceProfile
        The cells of the weights, and those that collect gradients.
    shape : (int, int, int)
        Number of layers, of outputs and of inputs.
    seed : int
        Of all random numbers.
    reference : Reference
        How the references of the fast cells are found.
    scale : float
        Range of weights that the nominal window stands for.
    scope : Scope
        Network and layer, in random addresses.

    Attributes
    ----------
    layer : Layer
        Cells and numbers, as compiled loops take and change them.
    points : (array, line, padded row)
        Exact symmetry points of the fast cells, in states; the middle of the window for schemes without such cells.
    first : int
        Number of the first vector, in random addresses.

    Raises
    ------
    InputError
        If a device takes no pulses, or has no symmetry point where the scheme needs it.
    """

    def __init__(
        self,
        scheme: Scheme,
        device: DeviceProfile,
        fast_device: DeviceProfile,
        shape: tuple[int, int, int],
        *,
        seed: int,
        reference: Reference = EXACT,
        scale: float = 2.0,
        scope: Scope = NO_SCOPE,
    ) -> None:
        check_scheme(scheme, device, fast_device)
        arrays, lines, rows = shape
        self.scheme, self._shape, self._seed, self._scope = scheme, shape, seed, scope
        profiles = {WEIGHTS: device} | ({FAST: fast_device} if scheme.fast else {})
        banks = {role: self._bank(role, profile) for role, profile in profiles.items()}
        self._weights = banks[WEIGHTS]
        self.specs: list[UpdateSpec] = [_spec(bank) for bank in banks.values()]
        cells = [_cells(bank) for bank in banks.values()]
        self.first = 0
        self.points = references = np.full_like(cells[0].state, ZERO)
        if scheme.fast:
            self.points, references = self._references(cells[1], reference, scale)

        def numbers() -> np.ndarray:
            return np.zeros_like(cells[0].state)

        self.layer = Layer(
            weights=cells[0],
            fast=cells[-1],
            reference=references,
            hidden=numbers(),
            average=numbers(),
            held=numbers(),
            signs=np.ones((arrays, rows), np.float32),
            signed=np.zeros((arrays, rows), np.float32),
            reads=np.zeros((arrays, rows), np.int64),
            known=np.zeros((arrays, rows), np.int8),
            maxima=np.zeros((arrays, 2)),
            turn=np.zeros(arrays, np.int64),
            counts=np.zeros((arrays, len(COUNTED)), np.int64),
            row_words=np.zeros((arrays, padded(rows)), np.uint32),
            line_words=np.zeros((arrays, lines), np.uint32),
            numbers=scheme.numbers(),
            scale=float(scale),
            zero=ZERO,
            span=float(device.span),
            fast_span=float(fast_device.span),
        )

    @property
    def weights(self) -> np.ndarray:
        """Weights of all layers, (array, row, line)."""
        layer, rows = self.layer, self._shape[2]
        return layer.scale * (layer.weights.state[:, :, :rows].swapaxes(1, 2) - layer.zero)

    def set_weights(self, weights: np.ndarray) -> None:
        """Bring the cells to weights (array, row, line) exactly, as far as their windows allow."""
        layer, rows = self.layer, self._shape[2]
        states = np.full_like(layer.weights.state, layer.zero)
        states[:, :, :rows] = weights.swapaxes(1, 2) / layer.scale + layer.zero
        bank = self._weights
        low, high = (np.asarray(bank.cells.value(end)) for end in ("low", "high"))
        layer.weights.state[:] = np.clip(states, low, high)

    def _site(self, role: int) -> Site:
        scope = Scope(self._scope.network, self._scope.layer, role, self._scope.repetition)
        return Site(resolve("cpu"), self._seed, scope=scope)

    def _bank(self, role: int, profile: DeviceProfile) -> Bank:
        """Cells of a device, at the middle of the nominal window as far as their own windows allow."""
        arrays, lines, rows = self._shape
        fresh = np.full((arrays, lines, padded(rows)), ZERO, np.float32)
        return Bank(profile, self._site(role), self._shape, fresh, dtype=fresh.dtype, limits=_NO_LIMITS)

    def _references(self, cells: Cells, reference: Reference, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """Exact symmetry points, to which the cells are brought, and the states of the references."""
        points = symmetry_points(cells, self.specs[-1])
        if reference.pairs:
            references = measured_symmetry_points(cells, self.specs[-1], reference.pairs, self.first)
            self.first += 2 * reference.pairs
        else:
            cells.state[:] = points
            references = points.copy()
        if reference.error > 0:
            z = self._site(REFERENCE).draw("normal", self._shape, Stream.SCHEME)
            references = (references + reference.error / scale * z).astype(points.dtype)
        return points, references


def check_scheme(scheme: Scheme, device: DeviceProfile, fast_device: DeviceProfile) -> None:
    """Refuse devices on which a scheme cannot work.

    Raises
    ------
    InputError
        If one takes no pulses, or the fast cells have no symmetry point and the scheme needs it.
    """
    for profile in (device, fast_device):
        if profile.spec.update is None:
            raise InputError(
                f"device '{profile.name}' can only be programmed: it takes no pulses, so it cannot learn by "
                f"'{scheme.name}'"
            )
    if scheme.referred:
        try:
            check_symmetry(fast_device)
        except InputError as error:
            raise InputError(f"scheme '{scheme.name}' needs symmetry points, but {error}") from None


def _spec(bank: Bank) -> UpdateSpec:
    return update_spec(bank, change=coincidences, idle=silent, encoding=_TRAINS, one_sided=False)


def _cells(bank: Bank) -> Cells:
    """Cells as loops take them, with all parameters in the precision of the states."""
    real = bank.state.dtype.type
    settings = with_precision(pulse_settings(bank, _NO_LIMITS, _TRAINS), real)
    common, varying = with_precision(bank.cells.nominal, real), bank.cells.varying(slice(None), slice(None))
    words = key(bank.site.seed, bank.site.scope)
    return Cells(bank.state, common, varying, settings, bank.site.first_array, *words)
