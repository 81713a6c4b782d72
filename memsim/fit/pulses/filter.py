"""Log-likelihood of noisy reads of a clipped random walk: write noise stays in the hidden state, read noise does not.

    g_k+1 = clip(g_k + width f_d((g_k - low)/width) + write noise, low, high)
    y_k = g_k + slow_k + read noise,    slow_k+1 = r slow_k + sqrt(1 - r^2) sigma xi,    r = e^(-1/memory)

`slow` is noise of the read that is correlated over pulses, as from a few slow traps; its sigma may be 0. Between two
reads the density of (g, slow) is carried as three parts: a mass at each bound with a Gaussian of `slow`, and one joint
Gaussian between the bounds. A pulse moves each part (the last through three points of Gauss-Hermite, so f may bend),
clipping puts what crosses a bound onto it, and a read weighs the parts by Bayes' rule. Two things are not exact. Parts
of the same kind are merged into one Gaussian. Bent steps, and noise relative to the step or to the value, keep their
first two moments alone. The exact density on a fine grid is the reference of the tests.

Source: assumed-density filtering, Maybeck, Stochastic Models, Estimation and Control, vol. 2 (1982), chapter 12;
moments of a truncated Gaussian, Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions, vol. 1 (1994).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from memsim.fit.pulses.gaussian import HALF_LOG_2PI, SURE, bent_step, cut, look_up, outside
from memsim.fit.pulses.white import score_train
from memsim.kernels.compile import callee, compile_kernel

NODES = 257
"""States at which a step function is tabulated; between them it is interpolated linearly."""

RANGE, STEP, VALUE = 0, 1, 2
"""What a sigma is relative to: a fixed scale, the mean step, the value read."""


class Series(NamedTuple):
    """Trains of pulses one after the other: reads, and where each train begins and ends."""

    value: np.ndarray  # (point,), scaled conductance
    observed: np.ndarray  # (point,), bool; what is not observed is predicted and not scored
    branch: np.ndarray  # (point,), direction of the pulse before the read: 0 for set, 1 for reset
    start: np.ndarray  # (train,), first point
    stop: np.ndarray  # (train,), behind the last point
    device: np.ndarray  # (train,)
    resumed: np.ndarray  # (train,), bool; a train that goes on where an unfinished one ended begins at no end


class Trial(NamedTuple):
    """Parameter sets whose likelihoods are wanted, all in the scale of `Series.value`."""

    step: np.ndarray  # (trial, branch, node), mean step as a fraction of the width
    own: np.ndarray  # (trial, device, 5): low, high, factor of the step, clipped at low, clipped at high
    write: np.ndarray  # (trial,), sigma of a pulse
    read: np.ndarray  # (trial,), sigma of a read
    slow: np.ndarray  # (trial,), sigma of the noise that is correlated over pulses
    memory: np.ndarray  # (trial,), pulses after which its correlation has fallen to 1/e


class Scale(NamedTuple):
    """What the sigmas are relative to, and what a read adds by itself."""

    write: int
    read: int
    origin: float  # conductance = origin + value
    floor: float  # variance of rounding, added to that of a read
    begin: float  # share of trains, resumed ones apart, whose first read is made at the end of the window
    moved: float  # share of those whose first read is made one pulse from there; the others begin anywhere


@callee
def _given(mean, other, variance, shared, spread, low, high):
    """Mass of a joint Gaussian (g, slow) with g between two bounds, and its five moments there."""
    mass, m, v = cut(mean, math.sqrt(variance), low, high)
    slope = shared / variance
    return mass, m, other + slope * (m - mean), v, slope * v, max(spread + slope * (slope * v - shared), 0.0)


@callee
def _read(y, gain, noise, mean, other, variance, shared, spread):
    """Bayes' rule for y = g + gain slow + noise: logarithm of y's density, and the five moments afterwards."""
    total = variance + 2.0 * gain * shared + gain * gain * spread + noise
    off = y - mean - gain * other
    by, by_other = (variance + gain * shared) / total, (shared + gain * spread) / total
    density = -0.5 * (off * off / total + math.log(total)) - HALF_LOG_2PI
    return (
        density,
        mean + by * off,
        other + by_other * off,
        max(variance - by * by * total, 1e-14),
        shared - by * by_other * total,
        max(spread - by_other * by_other * total, 0.0),
    )


@callee
def _train(value, observed, branch, resumed, step, own, sigmas, scale, score, mean_out, sd_out, state_out, wanted):
    write, read, slow, memory = sigmas
    begin, one_from_end = (0.0, 0.0) if resumed else (scale.begin, scale.moved)
    low, high, factor = own[0], own[1], own[2]
    width = high - low
    floor = low if own[3] > 0.0 else -np.inf
    ceiling = high if own[4] > 0.0 else np.inf
    gain = width * factor
    keep = math.exp(-1.0 / memory)
    fresh = (1.0 - keep * keep) * slow * slow
    weight = np.zeros(3)  # the parts: at low, at high, between
    part = np.zeros((3, 5))  # moments of each: mean g, mean slow, variance g, covariance, variance slow
    logs = np.empty(9)  # what the three parts become after a pulse and a read, three from each
    term = np.zeros((9, 5))
    for k in range(value.shape[0]):
        y = value[k]
        if k == 0:
            r = 1.0 if scale.read == RANGE else abs(scale.origin + y)
            extra = r * r * slow * slow
            before = r * r * read * read + scale.floor + extra
            mass, m, c, v, s, p = _given(y, 0.0, before, -extra / r, slow * slow, floor, ceiling)
            weight[0], weight[1], weight[2] = 0.0, 0.0, 1.0
            part[2, 0], part[2, 1], part[2, 2], part[2, 3], part[2, 4] = m, c, v, s, p
            first_branch = branch[0]
            if own[3 + first_branch] > 0.0:
                anywhere = (1.0 - begin - one_from_end) * max(mass, 1e-12) / width
                noise = before - extra
                at = low if first_branch == 0 else high
                density, _, c1, _, _, p1 = _read(y, r, noise, at, 0.0, 0.0, 0.0, slow * slow)
                at_end = begin * math.exp(density)
                part[first_branch, 0], part[first_branch, 1], part[first_branch, 4] = at, c1, p1
                jump = gain * step[first_branch, 0 if first_branch == 0 else step.shape[1] - 1]
                moved = max(write * write * (jump * jump if scale.write == STEP else 1.0), 1e-12)
                density, g, c2, v2, s2, p2 = _read(y, r, noise, at + jump, 0.0, moved, 0.0, slow * slow)
                mass, g, c2, v2, s2, p2 = _given(g, c2, v2, s2, p2, floor, ceiling)
                one_pulse = one_from_end * math.exp(density) * mass
                inner = anywhere + one_pulse
                a, b = anywhere / inner, one_pulse / inner
                weight[first_branch], weight[2] = at_end / (at_end + inner), inner / (at_end + inner)
                dm, dc = m - g, c - c2
                part[2, 0], part[2, 1] = a * m + b * g, a * c + b * c2
                part[2, 2] = a * v + b * v2 + a * b * dm * dm
                part[2, 3] = a * s + b * s2 + a * b * dm * dc
                part[2, 4] = a * p + b * p2 + a * b * dc * dc
            score[0] = outside(y, math.sqrt(before), floor, ceiling)
            if wanted:
                mean_out[0], sd_out[0], state_out[0] = m, np.nan, m
            continue
        table = step[branch[k]]
        expected = 0.0
        for j in range(3):
            if weight[j] < 1e-12:
                weight[j] = 0.0
                continue
            g, v = part[j, 0], part[j, 2]
            if j == 2:
                average, square, bend = bent_step(table, g, v, low, width, gain)
                v = v + 2.0 * bend * v + square - average * average
            else:
                average, bend = gain * look_up(table, (g - low) / width), 0.0
                square = average * average
            part[j, 0] = g + average
            part[j, 1] *= keep
            part[j, 2] = max(v + write * write * (square if scale.write == STEP else 1.0), 1e-12)
            part[j, 3] *= keep * (1.0 + bend)
            part[j, 4] = keep * keep * part[j, 4] + fresh
            expected += weight[j] * part[j, 0]
        r = 1.0 if scale.read == RANGE else abs(scale.origin + min(max(expected, floor), ceiling))
        noise = r * r * read * read + scale.floor
        observed_k = observed[k]
        first, second = 0.0, 0.0
        for j in range(3):
            logs[3 * j : 3 * j + 3] = -np.inf
            if weight[j] == 0.0:
                continue
            g, c, v, s, p = part[j, 0], part[j, 1], part[j, 2], part[j, 3], part[j, 4]
            deviation = math.sqrt(v)
            for bound in range(2):
                at = floor if bound == 0 else ceiling
                away = g - at if bound == 0 else at - g
                if away > SURE * deviation:
                    continue
                ends = (-np.inf, at) if bound == 0 else (at, np.inf)
                mass, _, c1, _, _, p1 = _given(g, c, v, s, p, ends[0], ends[1])
                if mass == 0.0:
                    continue
                i = 3 * j + bound
                logs[i] = math.log(weight[j] * mass)
                term[i, 0], term[i, 1], term[i, 4] = at, c1, p1
                if wanted:
                    m = at + r * c1
                    first += weight[j] * mass * m
                    second += weight[j] * mass * (r * r * p1 + m * m)
                if observed_k:
                    density, _, term[i, 1], _, _, term[i, 4] = _read(y, r, noise, at, c1, 0.0, 0.0, p1)
                    logs[i] += density
            if wanted:
                mass, m, c1, v1, s1, p1 = _given(g, c, v, s, p, floor, ceiling)
                m += r * c1
                first += weight[j] * mass * m
                second += weight[j] * mass * (v1 + 2.0 * r * s1 + r * r * p1 + m * m)
            density = 0.0
            if observed_k:
                density, g, c, v, s, p = _read(y, r, noise, g, c, v, s, p)
            i = 3 * j + 2
            mass, term[i, 0], term[i, 1], term[i, 2], term[i, 3], term[i, 4] = _given(g, c, v, s, p, floor, ceiling)
            if mass > 0.0:
                logs[i] = math.log(weight[j] * mass) + density
        if wanted:
            mean_out[k] = first
            sd_out[k] = math.sqrt(max(second - first * first, 0.0) + noise)
        best = -np.inf
        for i in range(9):
            best = max(best, logs[i])
        total = 0.0
        for kind in range(3):
            share, g, c = 0.0, 0.0, 0.0
            for j in range(3):
                i = 3 * j + kind
                logs[i] = math.exp(logs[i] - best) if logs[i] > best - 700.0 else 0.0
                share += logs[i]
                g += logs[i] * term[i, 0]
                c += logs[i] * term[i, 1]
            weight[kind] = share
            total += share
            if share == 0.0:
                continue
            g, c = g / share, c / share
            v, s, p = 0.0, 0.0, 0.0
            for j in range(3):
                i = 3 * j + kind
                w = logs[i] / share
                if w > 0.0:
                    a, b = term[i, 0] - g, term[i, 1] - c
                    v += w * (term[i, 2] + a * a)
                    s += w * (term[i, 3] + a * b)
                    p += w * (term[i, 4] + b * b)
            part[kind, 0], part[kind, 1], part[kind, 4] = g, c, p
            part[kind, 2], part[kind, 3] = (max(v, 1e-14), s) if kind == 2 else (0.0, 0.0)
        state = 0.0
        for kind in range(3):
            weight[kind] /= total
            if weight[kind] > 0.0:
                state += weight[kind] * part[kind, 0]
        if wanted:
            state_out[k] = state
        score[k] = best + math.log(total) if observed_k else 0.0


def _work(first, last, series, trial, scale, score, mean, sd, state, wanted):
    trains = series.start.shape[0]
    for unit in range(first, last):
        t, s = unit // trains, unit % trains
        a, b = series.start[s], series.stop[s]
        begin, moved = (0.0, 0.0) if series.resumed[s] else (scale.begin, scale.moved)
        if trial.slow[t] == 0.0 and not wanted:
            score_train(
                series.value[a:b],
                series.observed[a:b],
                series.branch[a:b],
                trial.step[t],
                trial.own[t, series.device[s]],
                (trial.write[t], trial.read[t]),
                (scale.write == STEP, scale.read != RANGE, scale.origin, scale.floor, begin, moved),
                score[t, a:b],
            )
            continue
        row = t if wanted else 0
        _train(
            series.value[a:b],
            series.observed[a:b],
            series.branch[a:b],
            series.resumed[s],
            trial.step[t],
            trial.own[t, series.device[s]],
            (trial.write[t], trial.read[t], trial.slow[t], trial.memory[t]),
            scale,
            score[t, a:b],
            mean[row, a:b],
            sd[row, a:b],
            state[row, a:b],
            wanted,
        )


def _units(series, trial, scale, score, mean, sd, state, wanted):
    return trial.write.shape[0] * series.start.shape[0]


_KERNEL = compile_kernel(_work, _units, (Series, Trial, Scale))


def log_likelihood(series: Series, trial: Trial, scale: Scale) -> np.ndarray:
    """Log-likelihood of every read given those before it in its train (trial, point); 0 for unseen ones.

    That of the first read of a train is 0, or negative where it lies far outside the window.
    """
    score = np.empty((len(trial.write), len(series.value)))
    none = np.empty((1, len(series.value)))
    _KERNEL(series, trial, scale, score, none, none, none, False)
    return score


def predict(series: Series, trial: Trial, scale: Scale) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and standard deviation of every read given those before it, and the state's mean given it (trial, point).

    The first two are nan, or mean nothing, for the first read of a train.
    """
    score, mean, sd, state = (np.empty((len(trial.write), len(series.value))) for _ in range(4))
    _KERNEL(series, trial, scale, score, mean, sd, state, True)
    return mean, sd, state
