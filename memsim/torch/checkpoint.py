"""Checkpoints: files of plain tensors, from which a training goes on as if it had not been interrupted."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import numbers
import pickle
import re
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from memsim.errors import InputError, OutputError, nearest
from memsim.storage.files import write_file
from memsim.storage.inputs import no_file
from memsim.torch.modules import analog_layers

VERSION = 1
"""Layout of checkpoints."""
_KEY, _HASH = "memsim_checkpoint", "sha256"
_PLAIN = (int, float, str, bool, type(None))


def save(path: str | Path, model: nn.Module, optimiser: Any = None, *, force: bool = False, **others: Any) -> Path:
    """Write a checkpoint of a converted model, and return its path; the file appears whole or not at all.

    It holds plain tensors, numbers and texts alone: weights, ranges of converters, hardware with its device, counters
    of passes and programmings, and torch's random state. Cells are not in it; they are made again from the weights.

    Parameters
    ----------
    path : str or Path
        The file, such as "training.pt".
    model : nn.Module
        From `convert`.
    optimiser : torch.optim.Optimizer, optional
        What trains it.
    force : bool
        Replace a file of this name.
    **others
        What else a training needs: numbers and texts, such as ``epoch=3``, and objects with a state dict, such as
        schedulers.

    Raises
    ------
    InputError
        If weights have changed since they were programmed, or something cannot be stored as plain data.
    OutputError
        If the file exists and `force` is false, or it cannot be written.

    Examples
    --------
    >>> mt.save("training.pt", model, optimiser, epoch=3, force=True)
    >>> epoch = mt.load("training.pt", model, optimiser)["epoch"]
    """
    for name, layer in analog_layers(model).items():
        if layer.changed:
            raise InputError(
                f"{name or layer.label}: the weights have changed since they were programmed; call "
                "memsim.torch.program(model) first"
            )
    parts = {name: value for name, value in others.items() if hasattr(value, "state_dict")}
    if optimiser is not None:
        parts["optimiser"] = optimiser
    content = {
        _KEY: VERSION,
        "memsim_version": version("memsim"),
        "torch": str(torch.__version__),
        "model": {name: _plain(value, f"model.{name}") for name, value in model.state_dict().items()},
        "kinds": {name: type(part).__name__ for name, part in parts.items()},
        "parts": {name: _plain(part.state_dict(), name) for name, part in parts.items()},
        "values": {name: _plain(value, name) for name, value in others.items() if name not in parts},
        "random": _random(model),
    }
    content[_HASH] = _sha256(content)
    return write_file(Path(path), lambda file: torch.save(content, file), force=force)


def load(
    path: str | Path, model: nn.Module, optimiser: Any = None, *, random_state: bool = False, **others: Any
) -> dict[str, Any]:
    """Bring a model to the state in a checkpoint, and return the numbers and texts that were stored with it.

    Nothing in the file is executed, and nothing is changed if it does not fit.

    Parameters
    ----------
    path : str or Path
        A file from `save`.
    model : nn.Module
        Converted with the same hardware; for a training, prepared in the same way, before its optimiser was made.
    optimiser : torch.optim.Optimizer, optional
        Of the kind that was stored.
    random_state : bool
        Whether to restore torch's random state, too, on which dropout and the order of samples depend.
    **others
        Objects with a state dict that were stored, such as schedulers, by the same names.

    Raises
    ------
    OutputError
        If the file is missing, damaged or no checkpoint.
    InputError
        If it is of another model, other hardware or another kind of optimiser; names what differs.
    """
    file = Path(path)
    content = _read(file)
    parts = others if optimiser is None else others | {"optimiser": optimiser}
    _check_model(file, content["model"], model)
    for name, layer in analog_layers(model).items():
        layer.set_extra_state(content["model"][f"{name}._extra_state" if name else "_extra_state"])
    for name, part in parts.items():
        _check_part(file, content, name, part)
    before = copy.deepcopy((model.state_dict(), {name: part.state_dict() for name, part in parts.items()}))
    try:
        model.load_state_dict(content["model"])
        for name, part in parts.items():
            part.load_state_dict(content["parts"][name])
            if isinstance(part, torch.optim.Optimizer):
                _check_order(file, name, part)
    except BaseException:
        model.load_state_dict(before[0])
        for name, part in parts.items():
            with contextlib.suppress(Exception):  # a part that refuses the state has kept its own
                part.load_state_dict(before[1][name])
        raise
    if random_state:
        torch.set_rng_state(content["random"]["cpu"])
        if "cuda" in content["random"] and torch.cuda.is_available():
            torch.cuda.set_rng_state(content["random"]["cuda"])
    return dict(content["values"])


def _check_order(file: Path, name: str, optimiser: torch.optim.Optimizer) -> None:
    """Refuse the memory of parameters of other shapes, such as those in another order."""
    for parameter, memory in optimiser.state.items():
        for value in memory.values():
            if isinstance(value, Tensor) and value.ndim and value.shape != parameter.shape:
                raise InputError(
                    f"{file}: '{name}' was stored for parameters in another order; make the optimiser as before"
                )


def _random(model: nn.Module) -> dict[str, Tensor]:
    """Torch's random state on the CPU, and on the card of a model there."""
    states = {"cpu": torch.get_rng_state()}
    if any(values.is_cuda for values in model.parameters()):
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _plain(value: Any, where: str) -> Any:
    """A value made of plain tensors, numbers, texts, lists and mappings."""
    if isinstance(value, Tensor):
        return value.detach()
    if type(value) in _PLAIN:
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, Mapping):
        return {_plain(key, where): _plain(own, f"{where}.{key}") for key, own in value.items()}
    if isinstance(value, tuple | list):
        values = [_plain(own, f"{where}.{place}") for place, own in enumerate(value)]
        return tuple(values) if isinstance(value, tuple) else values
    raise InputError(
        f"{where}: {type(value).__name__} cannot be stored; allowed: tensors, numbers, texts, lists of them"
    )


def _read(file: Path) -> dict[str, Any]:
    """The content of a checkpoint."""
    problem = no_file(file)
    if problem:
        raise OutputError(f"{file}: {problem}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch says of files that it does not know
            content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if not (_is_pickle(file) or re.search("unsupported (global|class)", str(error), re.IGNORECASE)):
            raise OutputError(f"{file}: damaged, or not a file of PyTorch") from None
        raise OutputError(
            f"{file}: holds objects of Python, which may run any code, and was not opened; save models with "
            "memsim.torch.save, or their state dict"
        ) from None
    except PermissionError:
        raise OutputError(f"{file}: cannot be read (permission denied)") from None
    except Exception:  # whatever torch meets in a damaged file
        raise OutputError(f"{file}: damaged, or not a file of PyTorch") from None
    stated = content.get(_KEY) if isinstance(content, Mapping) else None
    if stated is None:
        what = (
            "a state dict"
            if isinstance(content, Mapping) and all(map(_is_tensor, content.values()))
            else "something else"
        )
        raise OutputError(f"{file}: holds {what}, not a checkpoint of memsim.torch.save")
    if not isinstance(stated, int) or stated > VERSION:
        raise OutputError(f"{file}: written with layout {stated}, this version reads up to {VERSION}; update memsim")
    shapes = {"model": dict, "kinds": dict, "parts": dict, "values": dict, "random": dict}
    if not all(isinstance(content.get(key), kind) for key, kind in shapes.items()):
        raise OutputError(f"{file}: damaged; parts of the checkpoint are missing")
    if content.pop(_HASH, None) != _sha256(content):
        raise OutputError(f"{file}: damaged; its numbers are not those that were written")
    return dict(content)


def _is_pickle(file: Path) -> bool:
    """Whether a file begins as a pickle does; torch's own files are archives, or hold one number first."""
    with file.open("rb") as opened:
        start = opened.read(2)
    return start[:1] == pickle.PROTO and start[1:] <= bytes([pickle.HIGHEST_PROTOCOL])


def _sha256(content: Any) -> str:
    """SHA-256 of plain data, numbers of tensors included."""
    digest = hashlib.sha256()

    def add(value: Any) -> None:
        if isinstance(value, Tensor):
            flat = value.detach().cpu().contiguous().reshape(-1)
            digest.update(f"{value.dtype} {tuple(value.shape)}".encode())
            digest.update(flat.view(torch.uint8).numpy().tobytes())
        elif isinstance(value, Mapping):
            for key, own in value.items():
                digest.update(repr(key).encode())
                add(own)
        elif isinstance(value, tuple | list):
            digest.update(f"{type(value).__name__} {len(value)}".encode())
            for own in value:
                add(own)
        else:
            digest.update(repr(value).encode())

    add(content)
    return digest.hexdigest()


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)


def _check_model(file: Path, stored: Mapping[str, Any], model: nn.Module) -> None:
    """Refuse the state of another model."""
    state = model.state_dict()
    for name in stored:
        if name not in state:
            raise InputError(f"{file}: is of another model; it has '{name}', which this one lacks{_hint(name, state)}")
    for name, value in state.items():
        if name not in stored:
            raise InputError(f"{file}: is of another model; it lacks '{name}'{_hint(name, stored)}")
        if isinstance(value, Tensor) and not name.endswith("_extra_state"):
            shape = tuple(stored[name].shape) if isinstance(stored[name], Tensor) else type(stored[name]).__name__
            if shape != tuple(value.shape):
                raise InputError(f"{file}: is of another model; '{name}' is {shape}, here {tuple(value.shape)}")


def _hint(name: str, names: Any) -> str:
    hint = nearest(name, names)
    return hint if "did you mean" in hint else ""


def _check_part(file: Path, content: Mapping[str, Any], name: str, part: Any) -> None:
    """Refuse an optimiser, or another part, whose state the checkpoint does not have."""
    if name not in content["parts"]:
        raise InputError(
            f"{file}: has no {name}{_hint(name, content['parts'])}; stored are: {_listed(content['parts'])}"
        )
    kind = type(part).__name__
    if content["kinds"].get(name) != kind:
        raise InputError(f"{name}: {kind}, but {file} has the state of {content['kinds'].get(name)}")
    if isinstance(part, torch.optim.Optimizer):
        sizes = [
            [len(group["params"]) for group in groups]
            for groups in (content["parts"][name]["param_groups"], part.param_groups)
        ]
        if sizes[0] != sizes[1]:
            raise InputError(f"{name}: groups of {sizes[1]} parameters, but {file} has groups of {sizes[0]}")


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(names) or "none"
