"""A monitor of decisions: which are unsafe, how often the others are right, and risk against coverage.

A score says how sure a learner is of each decision; larger is surer. NaN counts as the smallest score. Risk is the
share of wrong decisions among those that are accepted, coverage the accepted share; the surest are accepted first.

Sources: El-Yaniv & Wiener, J. Mach. Learn. Res. 11 (2010) 1605 (risk and coverage); Geifman & El-Yaniv, NeurIPS 2017
(arXiv:1705.08500; thresholds on the softmax); Geifman, Uziel & El-Yaniv, ICLR 2019 (arXiv:1805.08206; the area).
"""

from __future__ import annotations

import numpy as np

COVERAGES = np.arange(1, 21) / 20
"""Accepted shares at which the risk is stored."""


def unsafe(score: np.ndarray, threshold: np.ndarray | float) -> np.ndarray:
    """Whether a score is under the threshold, of the scores' shape; NaN is."""
    return ~(score >= threshold)


def safe_accuracy(right: np.ndarray, flagged: np.ndarray) -> np.ndarray:
    """Share of right decisions among those that are not flagged, (...) from (..., decision); NaN where all are."""
    safe = (~flagged).sum(-1)
    return np.divide((right & ~flagged).sum(-1), safe, out=np.full(safe.shape, np.nan), where=safe > 0)


def risk(score: np.ndarray, right: np.ndarray, coverages: np.ndarray = COVERAGES) -> np.ndarray:
    """Risk at some coverages, (..., coverage), where decisions of equal scores are accepted in random order.

    Parameters
    ----------
    score : (..., decision)
        How sure each decision is.
    right : (..., decision)
        Whether it is right.
    coverages : (coverage,)
        Accepted shares, in (0, 1]. A share that ends inside a decision accepts this one with that chance.

    Notes
    -----
    The errors among k accepted decisions are an expectation over the orders of ties: within a group of equal scores,
    they rise in proportion to k. With one score for all, the risk is the share of errors at any coverage.
    """
    errors = _errors(score, right)
    count = errors.shape[-1] - 1
    accepted = np.asarray(coverages) * count
    below = np.minimum(accepted.astype(np.int64), count - 1)
    part = accepted - below
    return ((1 - part) * errors[..., below] + part * errors[..., below + 1]) / accepted


def risk_area(score: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Area under risk against coverage, (...): the mean risk over the coverages 1/n, 2/n, ..., 1 of n decisions.

    Ties are treated as in `risk`.
    """
    errors = _errors(score, right)[..., 1:]
    return (errors / np.arange(1, errors.shape[-1] + 1)).mean(-1)


def _errors(score: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Expected errors among the 0, 1, ..., n surest of n decisions, (..., n + 1)."""
    known = np.where(np.isnan(score), -np.inf, score)
    order = np.argsort(-known, axis=-1, kind="stable")
    ranked = np.take_along_axis(known, order, -1)
    wrong = np.take_along_axis(~right, order, -1)
    count = ranked.shape[-1]
    total = np.concatenate([np.zeros((*wrong.shape[:-1], 1)), wrong.cumsum(-1)], axis=-1)
    edge = np.ones((*wrong.shape[:-1], count + 1), bool)
    edge[..., 1:-1] = ranked[..., 1:] != ranked[..., :-1]
    places = np.arange(count + 1)
    first = np.maximum.accumulate(np.where(edge, places, 0), axis=-1)
    last = np.minimum.accumulate(np.where(edge, places, count)[..., ::-1], axis=-1)[..., ::-1]
    start, end = (np.take_along_axis(total, where, -1) for where in (first, last))
    return start + (end - start) * (places - first) / np.maximum(last - first, 1)
