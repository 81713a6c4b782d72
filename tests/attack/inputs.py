"""Untrusted inputs of every kind: sound ones, and the damaged one that a kind and a seed stand for."""

from __future__ import annotations

import functools
import importlib.util
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from memsim.storage.library import Kind, library

from . import arrays, entries, mutations, networks, pictures, results, tables, yaml_documents

_STUDY = """\
name: small
title: A small study
source: nobody
quantities:
  snr: {experiment: physical-01, at: {learner: Hebbian Physical}, variable: snr, changes: {data.samples: 3}}
  noisy: {experiment: physical-01, at: {learner: Hebbian Physical, noise_level: 0.7}, variable: snr, statistic: median}
claims:
  - {name: one, text: SNR, where: a table, published: 1000, measured: snr, seeds: true}
  - {name: two, text: fall, where: a figure, published: 0, rule: above, unit: "%", measured: 100 * (noisy / snr - 1)}
"""


_NO_FILE = 0.03
"""Share of the inputs in which something that is no regular file stands in the place of one."""
_READ_FROM_PIPES = ("table", "fit")
"""Kinds that may come from a pipe, on purpose."""


class Inputs:
    """Sound inputs, made when they are first needed.

    Parameters
    ----------
    folder : Path
        Where results and trainings are written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, kind: str, seed: int, folder: Path) -> Path:
        """Write the input of a kind and a seed into an empty folder; the path that memsim is called with.

        A seed of -1 stands for a sound input.
        """
        rng = random.Random(f"{kind} {seed}")
        path = KINDS[kind](self, rng, folder, seed < 0)
        if seed >= 0 and rng.random() < _NO_FILE:
            entries.replaced(path, rng, pipes=kind not in _READ_FROM_PIPES)
        return path

    @functools.cache  # noqa: B019  (lives as long as the process)
    def texts(self, kind: Kind) -> Mapping[str, str]:
        """Shipped YAML files by name."""
        small = {"small": _STUDY} if kind == "studies" else {}
        return small | {name: path.read_text(encoding="utf-8") for name, path in library(kind).items()}

    @functools.cache  # noqa: B019
    def result(self, name: str) -> Path:
        """A result file, one of `results.SMALL`."""
        return results.write_result(self._folder / f"{name}.nc", name)

    @functools.cached_property
    def training(self) -> Path:
        """The file of a training."""
        return results.write_training(self._folder / "training.nc")

    @functools.cached_property
    def attribution(self) -> Path:
        """The file of an attribution."""
        import memsim as ms

        result = ms.attribute(
            lambda settings: [1.0 - sum(settings.values()), 0.9],
            {name: {name: 0.1} for name in ("ADC", "noise", "wires")},
        )
        return ms.save(result, self._folder / "attribution.nc")

    @functools.cached_property
    def crossbar(self) -> Path:
        """The file of a crossbar."""
        import memsim as ms

        return ms.Crossbar("agsi-jo2010", 4, 3, seed=1, adc=ms.ADC(8)).to_netcdf(self._folder / "crossbar.nc")

    @functools.cached_property
    def safetensors(self) -> Path:
        """A safetensors file with the weights of a small network."""
        from memsim.exchange import write_safetensors
        from memsim.networks import Architecture, Network

        network = Network.fresh(Architecture("two-layer", (1, 4, 4), 3, hidden=5, dtype="float32"), seed=1)
        return write_safetensors(network, self._folder / "network.safetensors")

    @functools.cached_property
    def torch_checkpoint(self) -> Path:
        """A checkpoint of a small converted model."""
        import memsim.torch as mt

        from .loaders import torch_model

        return mt.save(self._folder / "training.pt", torch_model(), epoch=3)


Write = Callable[[Inputs, random.Random, Path, bool], Path]
"""Writes an input into a folder: a damaged one, or, with True, a sound one."""


def _document(kind: Kind) -> Write:
    def write(inputs: Inputs, rng: random.Random, folder: Path, sound: bool) -> Path:
        texts = list(inputs.texts(kind).values())
        text = rng.choice(texts)
        if sound:
            return _placed(folder / "input.yaml", text.encode())
        if rng.random() < 0.85:
            text = yaml_documents.changed(text, texts, rng)
        else:
            return _placed(folder / "input.yaml", mutations.damaged(text.encode(), rng))
        content = text.encode("utf-8", "surrogatepass")
        return _placed(folder / "input.yaml", mutations.damaged(content, rng) if rng.random() < 0.1 else content)

    return write


def _table(names: Sequence[str]) -> Write:
    def write(inputs: Inputs, rng: random.Random, folder: Path, sound: bool) -> Path:
        text = tables.tables()[rng.choice(names)]
        content = text.encode() if sound else tables.changed(text, rng)
        return _placed(folder / "input.csv", _perhaps_damaged(content, rng, sound))

    return write


def _picture(inputs: Inputs, rng: random.Random, folder: Path, sound: bool) -> Path:
    name, content = rng.choice(list(pictures.pictures().items())[: 9 if sound else None])
    if not sound:
        content = pictures.changed(content, rng) if rng.random() < 0.6 else mutations.damaged(content, rng)
    ending = name.partition(".")[2] if name.endswith(("png", "jpg", "jpeg")) else "png"
    return _placed(folder / f"input.{ending}", content)


def _picture_folder(inputs: Inputs, rng: random.Random, folder: Path, sound: bool) -> Path:
    place = folder / "input"
    shown = {name: content for name, content in pictures.pictures().items() if "." in name and "other" not in name}
    by_class = rng.random() < 0.5
    for label in ("a", "b", "c") if by_class else ("",):
        for name, content in shown.items():
            _placed(place / label / name, content)
    if not sound:
        parts = [rng.choice(("a", "b", "train", "test", "x\n", "é", ".", "a/b"))] if by_class else []
        content = rng.choice(list(shown.values()))
        _placed(
            place.joinpath(*parts, rng.choice(("new.png", "grey.png", "a\nb.jpg", ".png"))),
            pictures.changed(content, rng),
        )
    return place


def _array(inputs: Inputs, rng: random.Random, folder: Path, sound: bool) -> Path:
    name, content = rng.choice(list(arrays.arrays().items()))
    content = content if sound else arrays.changed(content, rng)
    return _placed(folder / f"input{Path(name).suffix}", _perhaps_damaged(content, rng, sound))


def _data_folder(files: Callable[[random.Random | None], dict[str, bytes]]) -> Write:
    def write(inputs: Inputs, rng: random.Random, folder: Path, sound: bool) -> Path:
        for name, content in files(None if sound else rng).items():
            _placed(folder / "input" / name, _perhaps_damaged(content, rng, sound or rng.random() < 0.8))
        return folder / "input"

    return write


def _netcdf(source: Callable[[Inputs, random.Random], Path]) -> Write:
    def write(inputs: Inputs, rng: random.Random, folder: Path, sound: bool) -> Path:
        path, target = source(inputs, rng), folder / "input.nc"
        if sound or rng.random() < 0.35:
            return _placed(target, path.read_bytes() if sound else mutations.damaged(path.read_bytes(), rng))
        results.rewritten(path, target, rng)
        if rng.random() < 0.1:
            target.write_bytes(mutations.damaged(target.read_bytes(), rng))
        return target

    return write


def _any_result(inputs: Inputs, rng: random.Random) -> Path:
    return inputs.result(rng.choice(list(results.SMALL)))


def _torch(inputs: Inputs, rng: random.Random, folder: Path, sound: bool) -> Path:
    content = inputs.torch_checkpoint.read_bytes()
    return _placed(folder / "input.pt", content if sound else mutations.damaged(content, rng))


def _onnx(inputs: Inputs, rng: random.Random, folder: Path, sound: bool) -> Path:
    content = rng.choice(networks.networks())
    if not sound:
        content = networks.changed(content, rng) if rng.random() < 0.7 else mutations.damaged(content, rng)
    return _placed(folder / "input.onnx", content)


def _safetensors(inputs: Inputs, rng: random.Random, folder: Path, sound: bool) -> Path:
    content = inputs.safetensors.read_bytes()
    return _placed(folder / "input.safetensors", content if sound else mutations.damaged(content, rng))


def _perhaps_damaged(content: bytes, rng: random.Random, sound: bool) -> bytes:
    return content if sound or rng.random() < 0.7 else mutations.damaged(content, rng)


def _placed(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


KINDS: dict[str, Write] = {
    "device": _document("devices"),
    "components": _document("components"),
    "experiment": _document("experiments"),
    "study": _document("studies"),
    "table": _table(list(tables.tables())),
    "fit": _table(tables.PULSES),
    "picture": _picture,
    "picture-folder": _picture_folder,
    "array": _array,
    "idx": _data_folder(arrays.idx_folder),
    "cifar": _data_folder(arrays.cifar_folder),
    "result": _netcdf(_any_result),
    "figure": _netcdf(_any_result),
    "attribution": _netcdf(lambda inputs, rng: inputs.attribution),
    "training": _netcdf(lambda inputs, rng: inputs.training),
    "crossbar": _netcdf(lambda inputs, rng: inputs.crossbar),
}
"""What writes an input, by kind."""
SLOWER = {"fit": 20, "figure": 4}
"""How many times as long as most an input of some kinds takes, roughly."""
if importlib.util.find_spec("torch") is not None:
    KINDS["torch"] = _torch
if importlib.util.find_spec("onnx") is not None:
    KINDS["onnx"] = _onnx
if importlib.util.find_spec("safetensors") is not None:
    KINDS["safetensors"] = _safetensors
