"""Write docs/data-dependence.png and the table of docs/energy.md anew: energies of reads that know the data, and not.

`python docs/data_dependence.py` trains three networks on the embedded digits, programs them onto two devices and counts
the reads of all test images. It takes about half a minute.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import memsim as ms
from memsim.energy.cost import Prices, layer_cost
from memsim.energy.estimates import ESTIMATES, LayerData, relative_errors
from memsim.energy.prices import prices_of
from memsim.networks.architecture import Architecture
from memsim.networks.losses import CrossEntropy
from memsim.networks.network import Network
from memsim.networks.optimise import Adam
from memsim.networks.training import fit
from memsim.plotting import render
from memsim.plotting.page import ending, entries, grid, headline, title
from memsim.plotting.style import INK, RC, line_style
from memsim.tasks.classify.classifiers.deployed import Deployed

FOLDER = Path(__file__).parent
GUIDE, PICTURE = FOLDER / "energy.md", FOLDER / "data-dependence.png"
DEVICES = {"pcm-joshi2020": 1, "taox-hfox-wu2018": 10}
"""Rounds of programming on each device."""
NETWORKS: dict[str, dict[str, Any]] = {
    "two-layer": {"epochs": 16},
    "cnn": {"epochs": 8},
    "residual": {"channels": (16, 32, 64), "epochs": 8},
}
"""Architectures of memsim with their settings."""
LABELS = {"two-layer": "MLP", "cnn": "CNN", "residual": "residual network"}
"""How the figure calls them."""
COMPONENTS, NODE, BITS = "neurosim-sar", "22 nm", 8
"""Component table of the converters, and their resolution."""
LITERATURE = {"network mean": (0.28, 0.70), "layer distributions": (0.03, 0.07)}
"""Mean and largest error over the layers of ResNet-18 against NeuroSim; CiMLoop, fig. 6. All analog parts together."""
IMAGES = "357 test images"
BEST = "layer distributions"
"""The estimate whose errors have panels of their own."""


class Measured(NamedTuple):
    """A layer after the inference of all test images.

    Attributes
    ----------
    network : str
        Its network.
    data : LayerData
        What its cells did.
    others : float
        Energy of all parts but the cells [J].
    """

    network: str
    data: LayerData
    others: float


def samples(part: Any) -> tuple[np.ndarray, np.ndarray]:
    """Images (sample, channel, y, x) and targets (sample, class) of a part of the digits."""
    return part.pixels.astype(np.float32)[:, None], np.eye(10, dtype=np.float32)[part.labels]


def trained(name: str, digits: Any) -> Network:
    """A network of memsim that is trained on the digits."""
    settings = dict(NETWORKS[name])
    epochs = settings.pop("epochs")
    fresh = Network.fresh(Architecture(name, (1, 8, 8), 10, dtype="float32", **settings), seed=0)
    how = {"loss": CrossEntropy(), "optimiser": Adam(0.01), "epochs": epochs, "seed": 0, "batch": 64}
    return fit(fresh, samples(digits.train), samples(digits.validation), **how).network


def measured(name: str, network: Network, device: str, digits: Any, prices: Prices) -> list[Measured]:
    """The layers of a network on a device, read for all test images."""
    converters = {"dac": ms.DAC(bits=BITS), "adc": ms.ADC(bits=BITS)}
    chip = Deployed(network, device, seed=0, count=True, cycles=DEVICES[device], **converters)
    chip.calibrate(samples(digits.train)[0][:200])
    before = {layer: crossbar.event_counts for layer, crossbar in chip.crossbars.items()}
    images, targets = samples(digits.test)
    accuracy = float((chip.outputs(images, 0).argmax(1) == targets.argmax(1)).mean())
    print(f"{name} on {device}: {100 * accuracy:.1f} % of {len(images)} test images")
    layers = []
    for layer, crossbar in chip.crossbars.items():
        events = crossbar.event_counts.since(before[layer], "inference")
        counts, conductance = events.counts["inference"], float(crossbar.conductance.mean())
        energies = layer_cost(prices, events.circuit, counts).energies
        others = math.fsum(joules for part, joules in energies.items() if part != "cells")
        layers.append(Measured(name, LayerData(events.circuit, counts, conductance, crossbar.window), others))
    return layers


def errors(layers: Sequence[Measured], estimate: str, whole: bool = False) -> np.ndarray:
    """Relative error of an estimate of each layer: of its cells, or of all its parts; networks one by one."""
    values: list[float] = []
    for name in NETWORKS:
        of_network = [layer for layer in layers if layer.network == name]
        for layer, error in zip(of_network, relative_errors([one.data for one in of_network], estimate), strict=True):
            cells = layer.data.energy
            values.append(error * cells / (cells + layer.others) if whole else error)
    return np.array(values)


def table(by_device: dict[str, list[Measured]]) -> str:
    """Mean and largest absolute error over layers in Markdown, beside those of the literature."""
    rows = [
        "| estimate | device | cells, mean error | cells, largest | all parts, mean | all, largest | literature |",
        "|---|---|---|---|---|---|---|",
    ]
    for estimate in ESTIMATES:
        for device, layers in by_device.items():
            sizes = [np.abs(errors(layers, estimate, whole)) for whole in (False, True)]
            numbers = [percent(value) for size in sizes for value in (size.mean(), size.max())]
            known = LITERATURE.get(estimate)
            last = "" if known is None else f"{percent(known[0])}, at most {percent(known[1])}"
            rows.append(f"| {estimate} | `{device}` | {' | '.join(numbers)} | {last} |")
    return "\n".join(rows) + "\n"


def percent(share: float) -> str:
    """A share in percent, with two significant digits."""
    if share >= 1:
        return f"{float(f'{100 * share:.2g}'):,.0f} %"
    return f"{100 * share:,.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def figure(by_device: dict[str, list[Measured]]) -> Any:
    """Estimates over real energies of each layer, and below it the errors of the best estimate."""
    from matplotlib import rc_context

    with rc_context(RC):
        page, axes = grid([2.1, 1.2], len(by_device), top=0.62, left=0.78, gap=0.3, rows=[0.42])
        for column, (device, layers) in enumerate(by_device.items()):
            upper, lower = axes[:, column]
            for number, estimate in enumerate(ESTIMATES):
                style = line_style(number) | {"linestyle": "none"}
                x = np.arange(len(layers))
                upper.plot(x, 1 + errors(layers, estimate), label=f"{estimate}", **style)
                if estimate == BEST:
                    lower.plot(x, 100 * errors(layers, estimate), **style)
                    hollow = style | {"markerfacecolor": "white", "label": f"{BEST}, all parts of the layer"}
                    lower.plot(x, 100 * errors(layers, estimate, whole=True), **hollow)
            upper.set_yscale("log")
            upper.set_ylim(0.08, 400)
            upper.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
            lower.set_ylim(-22, 22)
            lower.set_yticks([-20, -10, 0, 10, 20])
            for panel, level in ((upper, 1), (lower, 0)):
                panel.axhline(level, color="black", linewidth=0.8, zorder=1)
                _by_network(panel, layers)
            bound = 100 * LITERATURE[BEST][1]
            band = f"CiMLoop, at most {bound:.0f} %: array and converters together"
            lower.axhspan(-bound, bound, color="0.85", zorder=0, label=band)
            title(upper, device)
            lower.set_xlabel("layer of the network")
        axes[0, 0].set_ylabel("estimate over real energy\nof the cells")
        axes[1, 0].set_ylabel("error with\ndistributions [%]")
        for panel in axes[:, 1:].ravel():
            panel.tick_params(labelleft=False)
        images = f"digits, {IMAGES}, {BITS}-bit inputs"
        points = (
            f"a point: a layer, sums over all {IMAGES}; each network was trained once and programmed once on each "
            "device, so that no spread over programmings is shown"
        )
        band = (
            "hollow markers, whose sums have lines, registers and buffers as well, come closest to what the grey band "
            "is about; filled markers are of cells alone"
        )
        headline(page, "Energy of reads in the cells: what estimates leave out", images)
        ending(page, *entries(axes.ravel()), points, band)
    return page


def _by_network(panel: Any, layers: Sequence[Measured]) -> None:
    """Numbers of layers from 1 in each network, and the names of the networks above the panel."""
    names = [layer.network for layer in layers]
    first = {name: names.index(name) for name in NETWORKS}
    panel.set_xticks(range(len(names)), [str(place - first[name] + 1) for place, name in enumerate(names)])
    panel.set_xlim(-0.6, len(names) - 0.4)
    panel.grid(False, axis="x")
    for name, start in first.items():
        if start:
            panel.axvline(start - 0.5, color=INK, linewidth=0.6)
        if panel.get_yscale() == "log":
            middle = start + (names.count(name) - 1) / 2
            panel.text(middle, 290, LABELS[name], ha="center", va="center", fontsize=6.5, color=INK)


def rewritten(text: str, written: str) -> str:
    """The guide with the table between two comments replaced."""
    return re.sub(
        r"(<!-- data -->\n).*?(<!-- end -->)", lambda m: m[1] + written + m[2], text, count=1, flags=re.DOTALL
    )


if __name__ == "__main__":
    digits = ms.load_labelled("digits")
    networks = {name: trained(name, digits) for name in NETWORKS}
    prices = prices_of(COMPONENTS, NODE)
    results = {
        device: [layer for name, own in networks.items() for layer in measured(name, own, device, digits, prices)]
        for device in DEVICES
    }
    text = table(results)
    print(text)
    for device, layers in results.items():
        shares = [layer.data.energy / (layer.data.energy + layer.others) for layer in layers]
        print(f"{device}: cells have {percent(min(shares))} to {percent(max(shares))} of the energy of a layer")
    GUIDE.write_text(rewritten(GUIDE.read_text(encoding="utf-8"), text), encoding="utf-8")
    PICTURE.write_bytes(render(figure(results), PICTURE.name))
