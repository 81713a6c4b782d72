"""Trains the network of infer-01 on the embedded digits: ``digits_network.py FOLDER``.

It writes the weights as `digits-cnn.nc` and, where the extra onnx is installed, the same network as `digits-cnn.onnx`.
The test images have no part in the training. Its settings were chosen by hand for a file of less than 200 kB.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import memsim as ms
from memsim.errors import InputError
from memsim.exchange import write_onnx
from memsim.networks import Adam, Architecture, CrossEntropy, Network, evaluate, fit
from memsim.networks.checkpoint import save


def main(folder: Path) -> None:
    """Train and write the network."""
    digits = ms.load_labelled("digits")
    samples = {
        name: (part.pixels[:, None], np.eye(len(digits.classes), dtype=np.float32)[part.labels])
        for name, part in (("train", digits.train), ("validation", digits.validation), ("test", digits.test))
    }
    architecture = Architecture("cnn", (1, 8, 8), len(digits.classes), channels=(8, 16), dropout=0.1, dtype="float32")
    trained = fit(
        Network.fresh(architecture, seed=1),
        samples["train"],
        samples["validation"],
        loss=CrossEntropy(),
        optimiser=Adam(rate=0.01),
        epochs=30,
        batch=32,
        seed=1,
    )
    best = trained.network
    accuracy = evaluate(best, samples["test"], CrossEntropy()).accuracy
    print(f"{best.count:,} parameters; accuracy of the test images {accuracy:.2%}")
    path = save(trained.state, folder / "digits-cnn.nc", force=True)
    print(f"{path}: {path.stat().st_size / 1000:.1f} kB")
    try:
        path = write_onnx(best, folder / "digits-cnn.onnx", force=True)
        print(f"{path}: {path.stat().st_size / 1000:.1f} kB")
    except InputError as error:
        print(error)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
