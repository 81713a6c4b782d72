"""CPU loop of a network of several layers that learns in place, vector by vector."""

from __future__ import annotations

import functools

import numpy as np
from numpy import float32

from memsim.kernels.cell import UpdateSpec
from memsim.kernels.compile import Kernel, compile_kernel
from memsim.kernels.line_pulses import line_pulses
from memsim.philox import LANES
from memsim.schemes import SCHEMES
from memsim.schemes.activations import ACTIVATIONS, softmax_errors
from memsim.schemes.products import backward_product, forward_product
from memsim.schemes.reading import reader


@functools.cache
def training_kernel(scheme: str, weights: UpdateSpec, fast: UpdateSpec, activation: str) -> Kernel:
    """Kernel (layers, signals, sums, errors, forward, backward, words, images, labels, orders, rate, first, shares).

    layers : tuple of Layer, all of one type; signals : tuple of (array, padded row), the inputs of each layer, whose
    last used row is the bias, 1; sums, errors : tuple of (array, line); forward, backward : `ReadNumbers`; words :
    (layer, 4) of uint32, the keys of the noise of reads in both directions; images : (image, row);
    labels : (image,); orders : (array, vector), numbers of images; first : number of the first vector; shares :
    (array, vector), receives the softmax of the right class before each vector changes the weights.

    A vector is read forwards through all layers, its errors are read backwards, and each layer changes once its errors
    have gone to the layer before. Errors are those of the cross-entropy of a softmax.
    """
    step = SCHEMES[scheme]().step(line_pulses(weights), line_pulses(fast))
    read_forward, read_backward = reader(forward_product), reader(backward_product)
    activate, slope = ACTIVATIONS[activation]

    def train(
        begin,
        end,
        layers,
        signals,
        sums,
        errors,
        forward,
        backward,
        words,
        images,
        labels,
        orders,
        rate,
        first,
        shares,
    ):
        depth = len(layers)
        for array in range(begin, end):
            widest = 0
            for number in range(depth):
                widest = max(widest, signals[number].shape[1])
            for number in range(depth):
                widest = max(widest, errors[number].shape[1])
            parts, back = np.zeros(-(-widest // LANES), np.int64), np.zeros(widest, np.float32)
            scratch = np.zeros(widest, np.float32)
            for vector in range(orders.shape[1]):
                image = orders[array, vector]
                x = signals[0][array]
                for row in range(images.shape[1]):
                    x[row] = images[image, row]
                for number in range(depth):
                    out = sums[number][array]
                    signal, scaled = signals[number][array], scratch[: signals[number].shape[1]]
                    read_forward(
                        layers[number], array, signal, forward, words[number, :2], first + vector, scaled, parts, out
                    )
                    if number + 1 < depth:
                        following = signals[number + 1][array]
                        for place in range(out.size):
                            following[place] = activate(out[place])
                d = errors[depth - 1][array]
                shares[array, vector] = softmax_errors(sums[depth - 1][array], labels[image], d)
                for turn in range(depth):
                    number = depth - 1 - turn
                    layer, signal, d = layers[number], signals[number][array], errors[number][array]
                    if number > 0:
                        backwards = back[: signal.size]
                        scaled = scratch[: d.size]
                        read_backward(
                            layer, array, d, backward, words[number, 2:], first + vector, scaled, parts, backwards
                        )
                        before = errors[number - 1][array]
                        for place in range(before.size):
                            before[place] = backwards[place] * slope(signal[place])
                    step(layer, array, signal[: layer.signs.shape[1]], d, rate, first + vector)

    return compile_kernel(train, lambda layers, *_: layers[0].turn.size)


@functools.cache
def reading_kernel(activation: str) -> Kernel:
    """Kernel (layers, signals, forward, words, images, first, outputs): sums of the last layer, without pulses.

    outputs : (array, image, line). The rest is as for `training_kernel`; `first` is the number of the first image.
    """
    activate, _ = ACTIVATIONS[activation]
    read_forward = reader(forward_product)

    def read(begin, end, layers, signals, forward, words, images, first, outputs):
        depth = len(layers)
        count = images.shape[0]
        for unit in range(begin, end):
            array, image = unit // count, unit % count
            widest = 0
            for number in range(depth):
                widest = max(widest, signals[number].shape[1])
            parts, scratch = np.zeros(widest // LANES, np.int64), np.zeros(widest, np.float32)
            x = signals[0][array].copy()
            for row in range(images.shape[1]):
                x[row] = images[image, row]
            for number in range(depth):
                out = np.empty(layers[number].line_words.shape[1], np.float32)
                read_forward(
                    layers[number], array, x, forward, words[number, :2], first + image, scratch[: x.size], parts, out
                )
                if number + 1 < depth:
                    x = signals[number + 1][array].copy()
                    for place in range(out.size):
                        x[place] = activate(out[place])
                else:
                    for place in range(out.size):
                        outputs[array, image, place] = float32(out[place])

    return compile_kernel(read, lambda *arguments: arguments[-1].shape[0] * arguments[-1].shape[1])
