"""Numbers of tensors as arrays of the machine on which they lie, and back, without copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from memsim.backends import resolve
from memsim.errors import BackendError, InputError

HOST = "cpu"


def backend_for(device: torch.device) -> str:
    """Name of the backend whose arrays share memory with the tensors of a device."""
    return "cuda" if device.type == "cuda" else HOST


def check_device(label: str, device: torch.device) -> None:
    """Refuse a device on which no cells can be made.

    Raises
    ------
    InputError
        If tensors there have no numbers, or lie on another card than the current one.
    BackendError
        If memsim cannot compute on cards here.
    """
    if device.type == "meta":
        raise InputError(
            f"{label}: weights on the device 'meta' have no numbers; move the model with to_empty and load its weights"
        )
    if backend_for(device) == HOST:
        return
    try:
        resolve("cuda")
    except BackendError as error:
        raise BackendError(f"{label}: weights on {device}, but {error}") from None
    if device.index is not None and device.index != torch.cuda.current_device():
        raise InputError(
            f"{label}: weights on {device}, but the current card is cuda:{torch.cuda.current_device()}; call "
            f"torch.cuda.set_device({device.index}) first"
        )


def array_of(x: Tensor) -> Any:
    """The numbers of a tensor: an array of NumPy, or of CuPy where it is on a card, in the same memory.

    Work that arrays start waits for what the current stream of torch has to do before.
    """
    if backend_for(x.device) == HOST:
        return x.cpu().numpy()
    return resolve("cuda").xp.from_dlpack(x.detach())


def tensor_of(y: Any, like: Tensor) -> Tensor:
    """A tensor of numbers on the machine and in the type of another one; without a copy where both are the same.

    The current stream of torch waits until the numbers of a card are computed.
    """
    if isinstance(y, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(y)).to(like)
    return torch.from_dlpack(y).to(like)


def host_array(values: Tensor) -> np.ndarray:
    """The numbers of a tensor on the host, one after the other; a copy where they lie elsewhere."""
    return np.ascontiguousarray(values.detach().cpu().numpy())
