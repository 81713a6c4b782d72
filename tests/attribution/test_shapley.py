"""Shapley values against all orders, written out, and the axioms that define them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from memsim.attribution.shapley import Game


def by_all_orders(players, loss, chains=()):
    """Mean change of the loss when each player joins, over all orders that keep the chains."""
    changes, count = np.zeros(players), 0
    for order in itertools.permutations(range(players)):
        if any(list(chain) != [p for p in order if p in chain] for chain in chains):
            continue
        count += 1
        joined = set()
        for player in order:
            changes[player] += loss(joined | {player}) - loss(joined)
            joined.add(player)
    return changes / count


def losses_of(game, loss):
    return {one: np.array([loss({i for i in range(game.players) if one >> i & 1})]) for one in game.combinations}


@pytest.fixture(params=range(4))
def loss(request):
    """A loss of five players with a number of its own for each combination."""
    numbers = np.random.default_rng(request.param).normal(size=32)
    return lambda players: numbers[sum(1 << player for player in players)]


def test_shares_are_the_mean_over_all_orders(loss):
    game = Game(5)
    assert len(game.combinations) == 32
    shares = game.divide(losses_of(game, loss)).shares[:, 0]
    np.testing.assert_allclose(shares, by_all_orders(5, loss), rtol=1e-12, atol=1e-14)


def test_shares_are_those_of_the_published_formula(loss):
    """phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S with i) - v(S)), Shapley (1953), equation 13."""
    game = Game(5)
    shares = game.divide(losses_of(game, loss)).shares[:, 0]
    for i in range(5):
        others = [p for p in range(5) if p != i]
        sets = [set(s) for size in range(5) for s in itertools.combinations(others, size)]
        terms = [math.factorial(len(s)) * math.factorial(4 - len(s)) / 120 * (loss(s | {i}) - loss(s)) for s in sets]
        assert shares[i] == pytest.approx(math.fsum(terms), abs=1e-13)


@pytest.mark.parametrize("chains", [[[0, 1, 2]], [[3, 1], [0, 4]], [[4, 3, 2, 1, 0]]])
def test_shares_with_chains_are_the_mean_over_the_orders_that_keep_them(chains, loss):
    game = Game(5, chains)
    shares = game.divide(losses_of(game, loss)).shares[:, 0]
    np.testing.assert_allclose(shares, by_all_orders(5, loss, chains), rtol=1e-12, atol=1e-14)
    allowed = math.prod(len(chain) + 1 for chain in chains) * 2 ** (5 - sum(map(len, chains)))
    assert len(game.combinations) == allowed


@pytest.mark.parametrize("orders", [None, 3])
@pytest.mark.parametrize("chains", [[], [[2, 0]]])
def test_shares_add_up_to_the_whole_loss(orders, chains, loss):
    game = Game(5, chains, orders=orders, seed=2)
    total = loss(set(range(5))) - loss(set())
    assert game.divide(losses_of(game, loss)).shares.sum() == pytest.approx(total, abs=1e-13)


def test_players_that_do_the_same_have_equal_shares_and_one_without_effect_has_none():
    def loss(players):
        return len(players & {0, 1}) ** 2 + 3.0 * (2 in players) * len(players & {0, 1})  # 3 does nothing

    game = Game(4)
    shares = game.divide(losses_of(game, loss)).shares[:, 0]
    assert shares[0] == shares[1]
    assert shares[3] == 0
    # By hand: 0 and 1 cause 4 together, and 2 causes 6 with both, half of which is its own.
    np.testing.assert_allclose(shares, [2 + 1.5, 2 + 1.5, 3.0, 0.0], rtol=1e-15)


def test_shares_of_a_sum_of_losses_are_sums_of_shares(loss):
    game, other = Game(5), np.random.default_rng(9).normal(size=32)
    first = losses_of(game, loss)
    second = {one: np.array([other[one]]) for one in game.combinations}
    both = {one: first[one] + second[one] for one in game.combinations}
    np.testing.assert_allclose(
        game.divide(both).shares, game.divide(first).shares + game.divide(second).shares, atol=1e-13
    )


@pytest.mark.parametrize("chains", [[], [[1, 3, 0]]])
def test_sampled_shares_agree_with_all_orders_within_their_errors(chains, loss):
    exact = by_all_orders(5, loss, chains)
    game = Game(5, chains, orders=400, seed=5)
    division = game.divide(losses_of(game, loss))
    z = (division.shares[:, 0] - exact) / np.maximum(division.sampling_errors[:, 0], 1e-12)
    assert np.abs(z).max() < 4
    assert division.sampling_errors.max() < 0.15


def test_sampled_errors_are_right_on_average(loss):
    exact = by_all_orders(5, loss)
    squares, stated = [], []
    for seed in range(100):
        game = Game(5, orders=20, seed=seed)
        division = game.divide(losses_of(game, loss))
        squares.append((division.shares[:, 0] - exact) ** 2)
        stated.append(division.sampling_errors[:, 0] ** 2)
    assert np.mean(squares) == pytest.approx(np.mean(stated), rel=0.25)


def test_what_one_remedy_leaves_takes_followers_with_it():
    game = Game(4, [[0, 1, 2]])
    assert game.without(0) == 0b1000
    assert game.without(1) == 0b1001
    assert game.without(3) == 0b0111
    assert [game.alone(i) for i in range(4)] == [1, None, None, 8]


def test_all_sampled_orders_keep_chains_and_are_equally_likely():
    game = Game(3, [[2, 0]], orders=3000, seed=1)
    orders, counts = np.unique(game._sampled_orders.reshape(-1, 3), axis=0, return_counts=True)
    assert {tuple(map(int, order)) for order in orders} == {(1, 2, 0), (2, 1, 0), (2, 0, 1)}
    assert np.abs(counts / 6000 - 1 / 3).max() < 0.03
