"""Shapley shares (Shapley, 1953): what each cure takes away, averaged over all orders in which cures can come.

Leaks are not additive: a copied row stays easy without its leaking column. The shares add up to the whole.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np

from holdfast.audit.honest.values import Coalition

MOST_EXACT = 6  # cures: 64 coalitions
ORDERS = 8  # sampled beyond, each also backwards, which cancels much of the noise (Mitchell et al., 2022)


def exact_shares(players: Sequence[int]) -> dict[int, dict[Coalition, float]]:
    """Return for each player the coefficients of the coalitions whose weighted sum is its share."""
    n = len(players)
    shares: dict[int, dict[Coalition, float]] = {}
    for player in players:
        others = [other for other in players if other != player]
        coefficients: dict[Coalition, float] = {}
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for before in combinations(others, size):
                coefficients[frozenset((*before, player))] = weight
                coefficients[frozenset(before)] = -weight
        shares[player] = coefficients
    return shares


def sampled_orders(players: Sequence[int], rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Return random orders of the players, each followed by its reverse."""
    orders: list[tuple[int, ...]] = []
    for _ in range(ORDERS):
        order = tuple(int(player) for player in rng.permutation(np.asarray(players, dtype=np.int64)))
        orders += [order, order[::-1]]
    return orders


def sampled_shares(orders: Sequence[Sequence[int]]) -> dict[int, dict[Coalition, float]]:
    """Return the coefficients of the mean step of each player over `orders`."""
    shares: dict[int, dict[Coalition, float]] = {player: {} for player in orders[0]}
    for order in orders:
        before: Coalition = frozenset()
        for player in order:
            after = before | {player}
            for coalition, sign in ((after, 1.0), (before, -1.0)):
                shares[player][coalition] = shares[player].get(coalition, 0.0) + sign / len(orders)
            before = after
    return shares


def coalitions_in(shares: Mapping[int, Mapping[Coalition, float]]) -> list[Coalition]:
    """Return all coalitions that the shares need, small ones first."""
    needed = {coalition for coefficients in shares.values() for coalition in coefficients}
    return sorted(needed, key=lambda coalition: (len(coalition), sorted(coalition)))
