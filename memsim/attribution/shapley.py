"""Division of a loss among players that cause it together: Shapley values, exact or from sampled orders.

Players join one after the other. In one order, the share of a player is the change of the loss when it joins. Its
Shapley value is the mean of this change over all orders. The changes of one order add up to the total loss, so the
values do, too.

Some players act on others: noise of pulses needs pulses. A chain lists such players from the first one on, and only
orders that keep it count (Faigle and Kern). Without chains, all orders count and the values are those of Shapley.

A combination of players is an integer; bit i says whether player i takes part.

Sources: Shapley, A value for n-person games, Contributions to the Theory of Games II (1953) 307,
doi:10.1515/9781400881970-018; Faigle and Kern, The Shapley value for cooperative games under precedence constraints,
Int. J. Game Theory 21 (1992) 249, doi:10.1007/BF01258278; sampled orders: Castro, Gomez and Tejada, Comput. Oper. Res.
36 (2009) 1726, doi:10.1016/j.cor.2008.04.004.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from memsim.arrays.checks import whole

MAX_EXACT = 8
"""Most players of whom all combinations are computed unless orders are sampled; a chain counts as one player."""
MAX_ORDERS = 100_000
ORDERS = 50
"""Pairs of orders that are sampled where there are more players and none are stated."""


class Division(NamedTuple):
    """How a loss is divided.

    Attributes
    ----------
    shares : (player, ...)
        Shapley values; they add up to the loss of all players.
    sampling_errors : (player, ...)
        Standard errors of the shares by the choice of orders; 0 if all orders count.
    """

    shares: np.ndarray
    sampling_errors: np.ndarray


class Game:
    """Players, and the orders in which they join.

    Parameters
    ----------
    players : int
        Number of players.
    chains : sequence of sequence of int
        Players each of which joins after the one before it; a player is in one chain at most.
    orders : int, optional
        Number of sampled pairs of orders, each an order and its reverse as far as the chains allow; all orders count if
        not given.
    seed : int
        Of the sampled orders.

    Attributes
    ----------
    orders : int or None
        Number of sampled pairs of orders; None if all orders count.
    combinations : tuple of int
        Combinations whose losses `divide` needs, and those of `alone` and `without`, in ascending order.
    """

    def __init__(
        self, players: int, chains: Sequence[Sequence[int]] = (), *, orders: int | None = None, seed: int = 0
    ) -> None:
        self.players, self.orders = players, orders
        self._before = [0] * players
        for chain in chains:
            for place, player in enumerate(chain):
                self._before[player] = sum(1 << other for other in chain[:place])
        self._chains = chains
        self._sampled_orders = None if orders is None else self._sampled(orders, np.random.default_rng(seed))
        everyone = (1 << players) - 1
        if self._sampled_orders is None:
            chosen = {one for one in range(everyone + 1) if self._allowed(one)}
        else:
            joined = np.cumsum(1 << self._sampled_orders.astype(object), axis=-1)
            single = {one for i in range(players) if (one := self.alone(i)) is not None}
            chosen = {0, everyone, *map(int, joined.ravel()), *single, *map(self.without, range(players))}
        self.combinations = tuple(sorted(chosen))

    def alone(self, player: int) -> int | None:
        """The combination of one player; None if it cannot join before others."""
        return None if self._before[player] else 1 << player

    def without(self, player: int) -> int:
        """The combination of all players but one and those that join after it in its chain."""
        followers = (i for i in range(self.players) if self._before[i] >> player & 1)
        return (1 << self.players) - 1 - (1 << player) - sum(1 << i for i in followers)

    def divide(self, losses: Mapping[int, np.ndarray]) -> Division:
        """Shares of the loss of all players.

        Parameters
        ----------
        losses : mapping of int to (...)
            Loss of every combination of `combinations`; that of none is subtracted from all.
        """
        if self._sampled_orders is None:
            shares = np.zeros((self.players, *np.shape(losses[0])))
            for (combination, player), weight in self._weights().items():
                shares[player] += weight * (np.asarray(losses[combination | 1 << player], float) - losses[combination])
            return Division(shares, np.zeros_like(shares))
        changes = np.array([[self._changes(order, losses) for order in pair] for pair in self._sampled_orders]).mean(1)
        count = len(changes)
        spread = changes.std(0, ddof=1) if count > 1 else np.full(changes.shape[1:], np.nan)
        return Division(changes.mean(0), spread / np.sqrt(count))

    def _changes(self, order: np.ndarray, losses: Mapping[int, np.ndarray]) -> np.ndarray:
        """Changes of the loss in one order, by player."""
        joined, changes = 0, [np.empty(0)] * self.players
        for player in map(int, order):
            changes[player] = np.asarray(losses[joined | 1 << player]) - losses[joined]
            joined |= 1 << player
        return np.array(changes)

    def _allowed(self, combination: int) -> bool:
        """Whether each player of a combination can have joined."""
        return all(not combination >> i & 1 or self._before[i] & ~combination == 0 for i in range(self.players))

    def _weights(self) -> dict[tuple[int, int], float]:
        """Share of the orders in which a player joins a combination, by the combination and the player."""
        everyone = (1 << self.players) - 1

        @functools.cache
        def before(combination: int) -> int:
            """Orders in which the players of a combination can join."""
            smaller = (combination ^ 1 << i for i in range(self.players) if combination >> i & 1)
            return sum(before(one) for one in smaller if self._allowed(one)) if combination else 1

        @functools.cache
        def after(combination: int) -> int:
            """Orders in which all others can join a combination."""
            larger = (combination | 1 << i for i in range(self.players) if not combination >> i & 1)
            return sum(after(one) for one in larger if self._allowed(one)) if combination != everyone else 1

        return {
            (one, i): before(one) * after(one | 1 << i) / before(everyone)
            for one in self.combinations
            for i in range(self.players)
            if not one >> i & 1 and self._allowed(one | 1 << i)
        }

    def _sampled(self, count: int, random: np.random.Generator) -> np.ndarray:
        """Pairs of orders (pair, 2, place): one of all that the chains allow, each equally likely, and its reverse."""
        orders = np.array([random.permutation(self.players) for _ in range(count)])
        pairs = np.stack([orders, orders[:, ::-1]], axis=1)
        for order in pairs.reshape(-1, self.players):
            for chain in self._chains:  # in the places of its members, whichever they are
                order[np.sort(np.flatnonzero(np.isin(order, chain)))] = chain
        return pairs


def game_of(players: int, chains: Sequence[Sequence[int]], orders: int | None, seed: int) -> Game:
    """The game of some players; without a number of orders, exact as far as `MAX_EXACT` allows.

    Raises
    ------
    InputError
        If the number of orders is not allowed.
    """
    if orders is not None:
        orders = whole("orders", orders, 2, MAX_ORDERS)
    elif players - sum(len(chain) - 1 for chain in chains) > MAX_EXACT:
        orders = ORDERS
    return Game(players, chains, orders=orders, seed=seed)
