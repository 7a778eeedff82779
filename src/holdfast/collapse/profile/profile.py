"""The vector of ratios of one generation, each against what chance gives, and the diagnoses that follow by rule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float

from holdfast.collapse.profile.rarity import rarity
from holdfast.collapse.profile.real import DRAWS, Counts, Real
from holdfast.core.random import Streams
from holdfast.core.showing import shows

DEVIATIONS = 3.29  # standard deviations of what chance gives: 1 false alarm in 1,000
LEAST_OFF = 0.05  # a ratio this near to 1 is no failure, however sure it is
FEWEST = 10  # types of the tail that were learnt, below which a share of them says nothing
FORGOTTEN = 0.8  # worst domain against best one, below which a loss is one of domains (0.64 on a transformer that was
# trained on with one text; 0.93 and more where the loss is chance's: benchmarks/detection/failures.py, failures_lm.py)
STILL_THERE = 0.5  # of the best domain; else all of them are gone
BY_RARITY = 0.5  # least power with which survival goes with frequency where chance is the cause
GAP_UNKNOWN = 0.5  # nats; judged by this where no healthy model was given to compare with


@dataclass(frozen=True, slots=True)
class Generation:
    """What is known of one generation: what it learnt from, what it wrote, and how surprised it is.

    `surprise_*` are −ln of its probability for items: of its training set, of items from where that came from, and of
    real items; `before` is that of the first model for the same real items. Any of them may be missing.
    """

    learnt: Counts
    wrote: Counts
    surprise_learnt: Float[np.ndarray, " items"] | None = None
    surprise_source: Float[np.ndarray, " others"] | None = None
    surprise_real: Float[np.ndarray, " reals"] | None = None
    before: Float[np.ndarray, " reals"] | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """A number against the interval that chance gives it."""

    name: str
    value: float
    low: float
    high: float
    says: str

    @property
    def below(self) -> bool:
        """Whether it is lower than chance explains, by more than nothing."""
        return self.value < self.low and self.value < 1 - LEAST_OFF

    @property
    def above(self) -> bool:
        """Whether it is higher than chance explains."""
        return self.value > self.high


@shows("holdfast.collapse.profile.telling:shown")
@dataclass(frozen=True, slots=True)
class Profile:
    """All ratios, and the diagnoses: True, False, or None where what it takes was not given. Several may hold."""

    ratios: Mapping[str, Ratio]
    verdicts: Mapping[str, bool | None]
    stage: str  # of a collapse: early, late or empty
    notes: tuple[str, ...] = field(default=())

    @property
    def found(self) -> tuple[str, ...]:
        """The diagnoses that hold."""
        return tuple(name for name, holds in self.verdicts.items() if holds)


def profile(
    seen: Generation, real: Real, *, healthy_gaps: Sequence[float] = (), seed: int = 0, draws: int = DRAWS
) -> Profile:
    """Return the profile of a generation.

    `healthy_gaps` are the gaps of models of the same kind that learnt from real items: how much better a model knows
    its own items is never nothing, and only more than in those is overfitting.
    """
    streams = Streams(seed)
    notes: list[str] = []
    tail, size = real.tail, int(seen.learnt.sum())
    chance = [real.draw(size, streams("real", i)) for i in range(draws)]
    head = ~tail & (real.share > 0)
    found = {
        "inherited": _against(seen.learnt, chance, lambda one: real.covered(one, tail), "inherited",
                              "tail of what it learnt from, against real samples of the same size"),
        "head": _against(seen.learnt, chance, lambda one: real.covered(one, head), "head",
                         "frequent types of what it learnt from, against real samples of the same size"),
        "diversity": _against(seen.learnt, chance, _differ, "diversity",
                              "1 − Σ p² of what it learnt from, against real samples of the same size"),
    }  # fmt: skip
    written = int(seen.wrote.sum())
    own = seen.learnt / size
    again = [streams("again", i).multinomial(written, own * (1 - 1e-12)) for i in range(draws)]
    found["intrinsic"] = _against(
        seen.wrote, again, lambda one: real.covered(one, tail), "intrinsic",
        "tail of what it wrote, against drawing from what it learnt",
    )  # fmt: skip
    if int(((seen.learnt > 0) & tail).sum()) < FEWEST:
        notes.append("hardly anything of the tail was learnt, so that no model could show whether it narrows")
        found["intrinsic"] = replace(found["intrinsic"], low=-np.inf, high=np.inf)
    if real.domain is not None:
        fresh = chance if written == size else [real.draw(written, streams("fresh", i)) for i in range(draws)]
        found["domain"], found["best domain"] = _between_domains(seen.wrote, fresh, real, head | tail)
    gap = _gap(seen, healthy_gaps)
    if gap is not None:
        found["gap"] = gap
        if not healthy_gaps:
            notes.append(
                f"no healthy models were given; a gap above {GAP_UNKNOWN} nats is called overfitting by convention"
            )
    if seen.surprise_real is not None and seen.before is not None:
        found["surprise"] = _mean_difference(seen.surprise_real - seen.before)
    slope = rarity(real.share, seen.learnt > 0) if found["inherited"].below else None
    if slope is not None:
        says = "power with which survival goes with frequency; chance alone gives 1"
        found["rarity"] = Ratio("rarity", slope.power, 1 - BY_RARITY, 1 + BY_RARITY, says)
    verdicts = _verdicts(found, gap)
    if slope is not None and slope.high < BY_RARITY and not verdicts["forgetting"]:
        notes.append(
            "what is lost is not what is rare, which chance does not do; say which domain each type is of, to see "
            "whether one was forgotten"
        )
    return Profile(found, verdicts, _stage(found) if verdicts["collapse"] else "", tuple(notes))


def _against(sample: Counts, chance: Sequence[Counts], take: Callable[[Counts], float], name: str, says: str) -> Ratio:
    usual = np.array([take(one) for one in chance])
    centre = usual.mean() or float("nan")
    half = DEVIATIONS * float(usual.std(ddof=1)) / centre
    return Ratio(name, take(sample) / centre, 1 - half, 1 + half, says)


def _differ(counts: Counts) -> float:
    share = counts / max(1, counts.sum())
    return float(1 - (share**2).sum())


def _between_domains(
    wrote: Counts, chance: Sequence[Counts], real: Real, types: Bool[np.ndarray, " types"]
) -> tuple[Ratio, Ratio]:
    """Return the worst domain against the best one, each as a share of what real samples cover of it; and the best."""
    assert real.domain is not None
    masks = [types & (real.domain == one) for one in np.unique(real.domain[types & (real.domain >= 0)])]
    usual = np.array([[real.covered(one, mask) for mask in masks] for one in chance])
    centre = usual.mean(axis=0)
    relative = np.array([real.covered(wrote, mask) for mask in masks]) / centre
    worst = (usual / centre).min(axis=1) / (usual / centre).max(axis=1)
    value = float(relative.min() / relative.max()) if relative.max() > 0 else float("nan")
    low = float(worst.mean() - DEVIATIONS * worst.std(ddof=1))
    best = Ratio("best domain", float(relative.max()), low, 1.0, "what is covered of the best domain")
    return Ratio("domain", value, low, 1.0, "worst domain against the best one"), best


def _gap(seen: Generation, healthy: Sequence[float]) -> Ratio | None:
    if seen.surprise_learnt is None or seen.surprise_source is None:
        return None
    value = float(seen.surprise_source.mean() - seen.surprise_learnt.mean())
    says = "surprise at new items from where its training set came from, minus that at its training set, in nats"
    # The gap itself is uncertain as its two means are; that is added to how much healthy models differ.
    own = np.sqrt(seen.surprise_source.var() / len(seen.surprise_source)
                  + seen.surprise_learnt.var() / len(seen.surprise_learnt))  # fmt: skip
    if not healthy:
        return Ratio("gap", value, -GAP_UNKNOWN, GAP_UNKNOWN, says)
    centre = float(np.mean(healthy))
    spread = float(np.std(healthy, ddof=1)) if len(healthy) > 1 else 0.0
    half = DEVIATIONS * float(np.hypot(own, spread)) + LEAST_OFF
    return Ratio("gap", value, centre - half, centre + half, says)


def _mean_difference(off: Float[np.ndarray, " reals"]) -> Ratio:
    half = DEVIATIONS * float(off.std(ddof=1)) / np.sqrt(len(off)) if len(off) > 1 else float("inf")
    return Ratio(
        "surprise", float(off.mean()), -half, half, "surprise at real items, minus that of the first model, in nats"
    )


def _verdicts(found: Mapping[str, Ratio], gap: Ratio | None) -> dict[str, bool | None]:
    """Return the diagnoses.

    Collapse is a loss in what the model learnt from that is spread over domains; where no domains are known, one that
    is the likelier the rarer a type. Forgetting is a loss that goes by domains. Where domains are known rarity is not
    asked of a collapse: what a variational autoencoder loses is what is hard to draw (see
    benchmarks/detection/failures_vae.py).
    """
    lost = found["inherited"].below
    by_chance = "rarity" not in found or found["rarity"].value >= BY_RARITY
    by_domain = "domain" in found and found["domain"].below and found["domain"].value < FORGOTTEN
    by_domain = by_domain and found["best domain"].value >= STILL_THERE and not ("rarity" in found and by_chance)
    return {
        "collapse": lost and not by_domain and (by_chance or "domain" in found),
        "overfitting": None if gap is None else gap.above,
        "mode collapse": found["intrinsic"].below,
        "forgetting": None if "domain" not in found else by_domain,
    }


def _stage(found: Mapping[str, Ratio]) -> str:
    """Return whether only the tail is lost, or frequent types and diversity as well."""
    if not found["inherited"].below:
        return ""
    late = found["head"].below or found["diversity"].below
    return "late" if late else "early"
