"""Hardware in state dicts: as bytes of JSON in a plain tensor, so that a file of them holds no objects."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from torch import Tensor

from memsim.errors import InputError, MemsimError
from memsim.profiles import DeviceProfile, device_from_text
from memsim.results.differences import differing, flat
from memsim.results.hardware import differing_hardware
from memsim.torch.hardware import Hardware

_MOST = 3
"""Differences that an error names."""


def state_of(hardware: Hardware) -> Tensor:
    """Settings and device of hardware as JSON in UTF-8, uint8."""
    assert isinstance(hardware.device, DeviceProfile)
    text = json.dumps({"settings": hardware.settings(), "device": hardware.device.to_yaml()})
    return torch.from_numpy(np.frombuffer(text.encode(), np.uint8).copy())


def check_state(label: str, state: Any, hardware: Hardware) -> None:
    """Refuse a state that `state_of` made of other hardware.

    Raises
    ------
    InputError
        If it is of other hardware (names the settings that differ), or damaged.
    """
    expected = state_of(hardware)
    if isinstance(state, Tensor) and torch.equal(state.cpu(), expected):
        return
    first, second = _content(label, state), _content(label, expected)
    rows = differing_hardware(first["settings"], second["settings"])
    if first["device"] != second["device"] and not any(key == "device" for key, *_ in rows):
        try:
            profiles = [device_from_text(text) for text in (first["device"], second["device"])]
        except MemsimError as error:
            raise InputError(f"{label}: the device in its state is not valid: {error}") from None
        specs = [flat(profile.spec.model_dump(mode="json", by_alias=True)) for profile in profiles]
        rows += [(f"device.{key}", *values) for key, *values in differing(*specs)]  # type: ignore[misc]
    if rows:
        words = "; ".join(f"{key} is {one}, here {other}" for key, one, other in rows[:_MOST])
        more = f"; and {len(rows) - _MOST} more" if len(rows) > _MOST else ""
        raise InputError(
            f"{label}: the state is of other hardware: {words}{more}; to use its weights here, convert "
            "memsim.torch.to_torch(model) again"
        )


def _content(label: str, state: Any) -> dict[str, Any]:
    try:
        content = json.loads(state.cpu().numpy().tobytes())
        valid = isinstance(content["settings"], dict) and isinstance(content["device"], str)
    except (AttributeError, ValueError, TypeError, KeyError, RecursionError):
        valid = False
    if not valid:
        raise InputError(f"{label}: the hardware in its state is damaged")
    return content
