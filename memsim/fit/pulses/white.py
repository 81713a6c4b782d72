"""The filter of `memsim.fit.pulses.filter` without slow read noise: the state alone, with fewer moments.

It computes the same numbers; a test compares the two. Most fits need only this one.
"""

from __future__ import annotations

import math

import numpy as np

from memsim.fit.pulses.gaussian import HALF_LOG_2PI, SURE, bent_step, cut, outside, tail
from memsim.kernels.compile import callee


@callee
def score_train(value, observed, branch, step, own, sigmas, bases, score):
    """Log-likelihood of every read of a train given those before it; 0 for unseen ones. For the first see `outside`.

    `sigmas` are those of a pulse and of a read; `bases` says whether the first goes with the step and the second with
    the value, and holds origin, variance of rounding and shares of trains that begin at an end and one pulse from it.
    """
    write, read = sigmas
    of_step, of_value, origin, rounding, begin, moved = bases
    low, high = own[0], own[1]
    width = high - low
    gain = width * own[2]
    floor = low if own[3] > 0.0 else -np.inf
    ceiling = high if own[4] > 0.0 else np.inf
    at_low, at_high, within = 0.0, 0.0, 1.0  # masses at the bounds and between them
    y = value[0]
    r = abs(origin + y) if of_value else 1.0
    before = r * r * read * read + rounding
    mass, mean, variance = cut(y, math.sqrt(before), floor, ceiling)
    first = branch[0]
    if own[3 + first] > 0.0:
        anywhere = (1.0 - begin - moved) * max(mass, 1e-12) / width
        at = low if first == 0 else high
        off = y - at
        at_end = begin * math.exp(-0.5 * off * off / before - HALF_LOG_2PI) / math.sqrt(before)
        jump = gain * step[first, 0 if first == 0 else step.shape[1] - 1]
        prior = max(write * write * (jump * jump if of_step else 1.0), 1e-12)
        total = prior + before
        off -= jump
        density = math.exp(-0.5 * off * off / total - HALF_LOG_2PI) / math.sqrt(total)
        mass, g, v = cut(at + jump + prior / total * off, math.sqrt(max(prior * before / total, 1e-14)), floor, ceiling)
        one_pulse = moved * density * mass
        inner = anywhere + one_pulse
        a, b = anywhere / inner, one_pulse / inner
        variance = a * variance + b * v + a * b * (mean - g) * (mean - g)
        mean = a * mean + b * g
        within = inner / (at_end + inner)
        at_low, at_high = (1.0 - within, 0.0) if first == 0 else (0.0, 1.0 - within)
    score[0] = outside(y, math.sqrt(before), floor, ceiling)
    # What the three parts become after a pulse and a read: at most three parts each.
    kind, means, variances = np.empty(9, np.int64), np.empty(9), np.empty(9)
    likely, exponent = np.empty(9), np.empty(9)  # the density of the read in each is likely e^exponent/sqrt(2 pi)
    part_mean, part_variance = np.empty(3), np.empty(3)
    for k in range(1, value.shape[0]):
        table = step[branch[k]]
        weights = (at_low, at_high, within)
        expected = 0.0
        for j in range(3):
            if weights[j] < 1e-12:
                continue
            if j < 2:
                average = gain * table[0 if j == 0 else table.shape[0] - 1]
                square, spread, g = average * average, 0.0, low if j == 0 else high
            else:
                g = mean
                average, square, bend = bent_step(table, g, variance, low, width, gain)
                spread = variance + 2.0 * bend * variance + square - average * average
            part_mean[j] = g + average
            part_variance[j] = max(spread + write * write * (square if of_step else 1.0), 1e-12)
            expected += weights[j] * part_mean[j]
        r = abs(origin + min(max(expected, floor), ceiling)) if of_value else 1.0
        noise = r * r * read * read + rounding
        y, count = value[k], 0
        if at_low < 1e-12 and at_high < 1e-12:
            g, v = part_mean[2], part_variance[2]
            far = SURE * math.sqrt(v)
            if g - floor > far and ceiling - g > far:
                # Pulse and read stay far away from both bounds: a Gaussian remains one.
                score[k] = 0.0
                if observed[k]:
                    total = v + noise
                    off, by = y - g, v / total
                    score[k] = -0.5 * (off * off / total + math.log(total)) - HALF_LOG_2PI
                    g, v = g + by * off, max(v * noise / total, 1e-14)
                    far = SURE * math.sqrt(v)
                if g - floor > far and ceiling - g > far:
                    mean, variance = g, v
                    continue
        inverse = 1.0 / math.sqrt(noise)
        best = -np.inf
        for j in range(3):
            if weights[j] < 1e-12:
                continue
            g, v = part_mean[j], part_variance[j]
            deviation = math.sqrt(v)
            for bound in range(2):
                at = floor if bound == 0 else ceiling
                away = g - at if bound == 0 else at - g
                if away > SURE * deviation:
                    continue
                mass = tail(away / deviation)
                if mass > 1e-14:
                    kind[count], likely[count], exponent[count] = bound, weights[j] * mass, 0.0
                    if observed[k]:
                        likely[count] *= inverse
                        exponent[count] = -0.5 * (y - at) * (y - at) / noise
                    best = max(best, exponent[count])
                    count += 1
            factor, power = 1.0, 0.0
            if observed[k]:
                total = v + noise
                off, by = y - g, v / total
                factor, power = 1.0 / math.sqrt(total), -0.5 * off * off / total
                g, v = g + by * off, max(v * noise / total, 1e-14)
                deviation = math.sqrt(v)
            mass, g, v = cut(g, deviation, floor, ceiling)
            if mass > 0.0:
                kind[count], means[count], variances[count] = 2, g, v
                likely[count], exponent[count] = weights[j] * mass * factor, power
                best = max(best, power)
                count += 1
        at_low, at_high, within, sum_mean = 0.0, 0.0, 0.0, 0.0
        for i in range(count):
            if exponent[i] != best:
                likely[i] *= math.exp(exponent[i] - best)
            if kind[i] == 0:
                at_low += likely[i]
            elif kind[i] == 1:
                at_high += likely[i]
            else:
                within += likely[i]
                sum_mean += likely[i] * means[i]
        total = at_low + at_high + within
        if within > 0.0:
            mean = sum_mean / within
            variance = 0.0
            for i in range(count):
                if kind[i] == 2:
                    variance += likely[i] * (variances[i] + (means[i] - mean) * (means[i] - mean))
            variance = max(variance / within, 1e-14)
        at_low, at_high, within = at_low / total, at_high / total, within / total
        score[k] = best + math.log(total) - HALF_LOG_2PI if observed[k] else 0.0
