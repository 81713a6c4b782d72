"""Hardware and training settings of publications and other programs, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from memsim.arrays import ADC, DAC
from memsim.profiles import DeviceProfile
from memsim.registry import Registry
from memsim.torch.hardware import Hardware
from memsim.torch.training import Training

_TILE = (512, 1024)
"""512 inputs and 512 pairs of columns."""


@dataclass(frozen=True)
class Preset:
    """Settings that belong together.

    Parameters
    ----------
    device : DeviceProfile or str
        The cells.
    seed : int
        Key of every random number.
    """

    name: ClassVar[str]
    device: DeviceProfile | str = "ideal"
    seed: int = 0

    @property
    def hardware(self) -> Hardware:
        """What the layers run on."""
        raise NotImplementedError

    @property
    def training(self) -> Training:
        """What acts while they are trained."""
        return Training()


@dataclass(frozen=True)
class StandardHWA(Preset):
    """The standard setting of hardware-aware training of Rasch et al. (2023).

    =================================================  =========================================================
    of the setting                                     in memsim
    =================================================  =========================================================
    inputs and outputs of 8 bits                       DAC and ADC of 8 bits
    largest output 10, output noise 0.04               ``ADC(range=10, noise=0.04)``
    512 inputs of a tile, any number of outputs        512 rows; the number of columns matters with wires alone
    digital bias                                       ``bias="digital"``
    weights scaled by column, learned output scales    ``scales="column"``, ``learn_scales``
    weights clipped at 1                               ``clip_value=1``
    input ranges learned, from 3 standard deviations   ``learn_input_range``, ``range_decay=0.001``; from the first
    of 100 batches                                     batch
    noise model of phase-change memory                 the device ``pcm-joshi2020``
    =================================================  =========================================================

    Without a counterpart in training are the read noise of phase-change memory (0.0175, which grows with the current of
    an output), the voltage drop of wires (their approximation times 1), and the remapping of the columns after each
    step; factors begin at the remapped scales here. After programming, the read noise is that of the device, and
    `Hardware.wires` can be set. The setting compensates drift by one factor for each layer, which is
    ``evaluate(compensation="global")``.

    Source: Rasch et al., Nat. Commun. 14, 5282 (2023), arXiv:2302.08469, as `StandardHWATrainingPreset` of aihwkit 1.2
    states it.
    """

    name: ClassVar[str] = "standard-hwa"
    device: DeviceProfile | str = "pcm-joshi2020"

    @property
    def hardware(self) -> Hardware:
        """What the layers run on."""
        return Hardware(
            device=self.device,
            tile=_TILE,
            dac=DAC(bits=8),
            adc=ADC(bits=8, range=10.0, noise=0.04),
            scales="column",
            bias="digital",
            seed=self.seed,
        )

    @property
    def training(self) -> Training:
        """What acts while they are trained."""
        return Training(clip_value=1.0, learn_scales=True, learn_input_range=True, range_decay=0.001)


@dataclass(frozen=True)
class AihwkitPresets(Preset):
    """Converters of the training presets of aihwkit: 7 bits in, 9 bits out, largest output 20, output noise 0.1.

    Two parts have no counterpart: aihwkit divides each input vector by its largest element, where memsim has one input
    range for a layer, which `calibrate` sets or training learns; and it halves the inputs until no output exceeds the
    range. The presets are for training in place, so there are no further settings of training.

    Source: `PresetIOParameters` of aihwkit 1.2, tiles of 512 x 512 weights.
    """

    name: ClassVar[str] = "aihwkit-presets"

    @property
    def hardware(self) -> Hardware:
        """What the layers run on."""
        return Hardware(
            device=self.device, tile=_TILE, dac=DAC(bits=7), adc=ADC(bits=9, range=20.0, noise=0.1), seed=self.seed
        )


@dataclass(frozen=True)
class AihwkitDefault(Preset):
    """Converters that aihwkit has by default: 7 bits in, 9 bits out, largest output 12, output noise 0.06.

    What has no counterpart is as for `AihwkitPresets`.

    Source: `IOParameters` of aihwkit 1.2, tiles of 512 x 512 weights.
    """

    name: ClassVar[str] = "aihwkit-default"

    @property
    def hardware(self) -> Hardware:
        """What the layers run on."""
        return Hardware(
            device=self.device, tile=_TILE, dac=DAC(bits=7), adc=ADC(bits=9, range=12.0, noise=0.06), seed=self.seed
        )


PRESETS: Registry[Preset] = Registry("preset", (StandardHWA, AihwkitPresets, AihwkitDefault))
"""All presets by name."""


def preset(name: str, **settings: Any) -> tuple[Hardware, Training]:
    """Hardware and training settings that a publication or another program states.

    Other settings are changed by ``dataclasses.replace``.

    Parameters
    ----------
    name : str
        "standard-hwa", "aihwkit-presets" or "aihwkit-default"; see `memsim.torch.presets` for their sources, and for
        what has no counterpart in memsim.
    **settings
        `device` and `seed`, see `Hardware`.

    Raises
    ------
    InputError
        If there is no such preset, or it does not have a setting.

    Examples
    --------
    >>> hardware, training = preset("standard-hwa", seed=7)
    >>> chip = prepare(convert(model, hardware), training)
    """
    entry = PRESETS.make(name, **settings)
    return entry.hardware, entry.training
