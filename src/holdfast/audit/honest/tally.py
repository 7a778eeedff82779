"""Which coalitions of cures are tried, in which order, within a budget; and the score they come to."""

from collections.abc import Mapping, Sequence

import numpy as np

from holdfast.audit.honest.attribution import MOST_EXACT, coalitions_in, exact_shares, sampled_orders, sampled_shares
from holdfast.audit.honest.bench import Bench, OutOfTime
from holdfast.audit.honest.intervals import Clusters, Spread, spread_of, variance_of_halves
from holdfast.audit.honest.values import Coalition, Plan, Term, control_terms, value_terms
from holdfast.audit.metrics import Metric
from holdfast.audit.settings import HonestSettings
from holdfast.core.errors import NotApplicable
from holdfast.core.random import Streams

NOTHING: Coalition = frozenset()
Shares = Mapping[int, Mapping[Coalition, float]]


class Tally:
    """The values of the coalitions that the budget allowed, and why others are not there."""

    def __init__(self, bench: Bench, plan: Plan, metric: Metric, streams: Streams, wanted: HonestSettings) -> None:
        """Take what was prepared; nothing is fitted yet."""
        self.bench, self.plan, self.metric = bench, plan, metric
        self.streams, self.wanted = streams, wanted
        self.values: dict[Coalition, tuple[Term, ...]] = {}
        self.halves: dict[Coalition, list[tuple[float, float]]] = {}
        self.controls: dict[int, tuple[Term, ...]] = {}
        self.reasons = dict(plan.impossible)
        self.every: Coalition = NOTHING
        self.order: list[int] = []
        self.shares: Shares = {}

    def collect(self) -> None:
        """Fit what is needed, the most important first. Raises NotApplicable when there is not even a claim."""
        self.value(NOTHING)
        cures = self.plan.cures
        self.every = self.together([i for i, cure in enumerate(cures) if cure.booked and i not in self.reasons])
        for place in [i for i in range(len(cures)) if i not in self.reasons]:
            if self.has(frozenset({place}), reason_of=place):
                self.control(place)
        self.order = self.by_effect(sorted(self.every))
        prefixes = self.prefixes
        for prefix in prefixes:
            self.has(prefix)
        for coalition in (NOTHING, self.every, *(frozenset({i}) for i in range(len(cures))), *prefixes):
            self.refit(coalition)
        self.shares = self.shapley()

    @property
    def prefixes(self) -> list[Coalition]:
        """The coalitions that the waterfall goes through, after the claim."""
        return [frozenset(self.order[: n + 1]) for n in range(len(self.order))]

    def value(self, coalition: Coalition) -> tuple[Term, ...]:
        """Return the terms of a coalition, computed once. Raises NotApplicable and OutOfTime."""
        if coalition not in self.values:
            self.values[coalition] = value_terms(self.bench, self.plan, coalition)
        return self.values[coalition]

    def has(self, coalition: Coalition, reason_of: int | None = None) -> bool:
        """Return whether the coalition's value is there, or could be computed now."""
        reason = ""
        try:
            self.value(coalition)
        except OutOfTime:
            reason = self.budget
        except NotApplicable as error:
            reason = str(error)
        if reason and reason_of is not None:
            self.reasons[reason_of] = reason
        return not reason

    @property
    def budget(self) -> str:
        """The reason for what was left out for want of time."""
        return f"the budget of {self.wanted.seconds:.0f} seconds was spent (audit.honest.seconds)"

    def together(self, places: Sequence[int]) -> Coalition:
        """Return the largest coalition, from the first cures on, that can be tried; the others get their reason."""
        left = list(places)
        while left:
            try:
                self.value(frozenset(left))
            except OutOfTime:
                # What costs most fits goes first: regrouped and reordered splits, then columns, then rows.
                gone = max(left, key=lambda i: (self.plan.resplits[i] is not None, bool(self.plan.cures[i].columns), i))
                self.reasons[gone] = self.budget
            except NotApplicable as error:
                gone = left[-1]
                self.reasons[gone] = f"together with the others, {error}"
            else:
                break
            left.remove(gone)
        return frozenset(left)

    def control(self, place: int) -> None:
        """Keep the terms of the same change made at random, where the cure is one of the split."""
        try:
            terms = control_terms(self.bench, self.plan, place)
        except (NotApplicable, OutOfTime):
            return
        if terms is not None:
            self.controls[place] = terms

    def by_effect(self, places: Sequence[int]) -> list[int]:
        """Return the cures in the order of the waterfall: the largest effect alone first."""
        claim = self.point(NOTHING)

        def effect(place: int) -> float:
            alone = frozenset({place})
            return abs(self.point(alone) - claim) if alone in self.values else 0.0

        return sorted(places, key=lambda place: (-effect(place), place))

    def point(self, coalition: Coalition) -> float:
        """Return the value of a coalition that is there."""
        return self.sum_of(self.values[coalition])

    def sum_of(self, terms: Sequence[Term]) -> float:
        """Return the sum of terms."""
        truth = self.bench.truth
        return sum(term.sign * self.metric.score(truth, term.predictions, term.weights) for term in terms)

    def refit(self, coalition: Coalition) -> None:
        """Score models of half the training rows each, as far as the budget allows."""
        if coalition in self.halves or coalition not in self.values or self.bench.given is not None:
            return
        each = []
        try:
            for halves in self.bench.halves():
                first, second = (self.sum_of(value_terms(self.bench, self.plan, coalition, half)) for half in halves)
                each.append((first, second))
        except (NotApplicable, OutOfTime):
            return
        self.halves[coalition] = each

    def shapley(self) -> Shares:
        """Return the coefficients of the shares; none, if the budget did not allow all they need."""
        if len(self.order) <= MOST_EXACT:
            shares: Shares = exact_shares(self.order)
            return shares if all(self.has(coalition) for coalition in coalitions_in(shares)) else {}
        kept = []
        for order in sampled_orders(self.order, self.streams("honest", "orders")):
            if not all(self.has(frozenset(order[: n + 1])) for n in range(len(order))):
                break
            kept.append(order)
        return sampled_shares(kept) if len(kept) >= 2 else {}

    # ---- what they mean ----------------------------------------------------------------------------------------

    def spread(self, clusters: Clusters) -> Spread:
        """Return the bootstrap of every term that is there."""
        terms = [term for value in (*self.values.values(), *self.controls.values()) for term in value]
        return spread_of(
            terms,
            self.bench.truth,
            self.metric,
            self.streams("honest", "bootstrap"),
            clusters=clusters,
            resamples=self.wanted.resamples,
        )

    def train_variance(self, coefficients: Mapping[Coalition, float], instead: Mapping[Coalition, float]) -> float:
        """Return the variance that another training sample would bring to a sum of values.

        Where not all models of halves were fitted, those of the sum `instead` stand for it.
        """
        used = coefficients if all(coalition in self.halves for coalition in coefficients) else instead
        if not all(coalition in self.halves for coalition in used):
            return 0.0
        each = np.array([[[factor * value for value in pair] for pair in self.halves[c]] for c, factor in used.items()])
        variance = variance_of_halves(each.sum(axis=0))
        # A split made again has training sets of its own, whose models bring what a single model brings.
        resplits = sum(factor * sum(self.plan.resplits[i] is not None for i in c) for c, factor in coefficients.items())
        if resplits and NOTHING in self.halves:
            variance += resplits**2 * variance_of_halves(np.array(self.halves[NOTHING]))
        return variance
