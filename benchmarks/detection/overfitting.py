"""When is a gap between training and validation loss too wide? False alarms and power of rules, on known truth.

    python benchmarks/detection/overfitting.py                # 30 splits of each data set, about two minutes
    python benchmarks/detection/overfitting.py --splits 4     # a short form

One fit of boosting gives a whole path: the model after 1, 2, … 400 rounds. Its loss on many rows that nobody learnt
from says where it was best, which is the truth that no rule sees. A state is *sound* up to there, and *overfitted*
where that loss is half as high again as at the best. Each rule sees training rows and as many validation rows of each
state, as the check `overfitting` does: a bootstrap interval of the difference of mean losses. A rule that reports a
sound state has raised a false alarm; one that reports an overfitted state has power.

Rules: the lower end of the interval above max(share × validation loss, floor); or above the share of what the training
seems to have gained, which is the loss of a model that knows the shares of the classes only, less the training loss.
"""

import argparse
from collections import defaultdict

import numpy as np

from holdfast.audit.comparison import bootstrap_two_means
from holdfast.audit.threads import one_thread

ROUNDS = 400
STATES = np.unique(np.geomspace(1, ROUNDS, 24).astype(int))
VALID = 150  # rows
WORSE = 1.5  # times the best loss on rows that nobody learnt from
RULES = {
    "0.5 of validation loss, 0.25 nats": ("valid", 0.5, 0.25),
    "0.5 of validation loss, 0.05 nats": ("valid", 0.5, 0.05),
    "0.25 of what was gained": ("gained", 0.25, 0.0),
    "0.33 of what was gained": ("gained", 0.33, 0.0),
    "0.5 of what was gained": ("gained", 0.5, 0.0),
    "0.5 of what was gained, 0.05 nats": ("gained", 0.5, 0.05),
    "0.33 of what was gained, 0.05 nats": ("gained", 0.33, 0.05),
    "0.67 of what was gained, 0.05 nats": ("gained", 0.67, 0.05),
}


def told(rule, low, train, valid, base):
    """Return whether a rule reports a state whose gap is wider than `low`."""
    what, share, floor = RULES[rule]
    return low > max(share * (valid if what == "valid" else base - train), floor)


def subjects():
    """Yield (name, features, classes) of data sets that are here, and of drawn ones with wrong labels."""
    from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_classification

    for name, load in (("tumours", load_breast_cancer), ("digits", load_digits), ("wine", load_wine)):
        data = load()
        yield name, data.data, data.target
    for wrong in (0.0, 0.1, 0.3):
        x, y = make_classification(
            2400, 20, n_informative=6, n_redundant=4, flip_y=wrong, class_sep=1.2, random_state=1
        )
        yield f"drawn, {wrong:.0%} wrong", x, y
    rng = np.random.default_rng(2)
    yield "nothing to learn", rng.normal(size=(2400, 10)), rng.integers(0, 2, 2400)


def path(x, y, rng, rate):
    """Yield each state's mean losses (training, validation, others), the gap's lower end, and the loss of shares."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    order = rng.permutation(len(x))
    n = min(300, len(x) // 2)
    train, valid, other = order[:n], order[n : n + min(VALID, len(x) // 4)], order[n + min(VALID, len(x) // 4) :]
    model = HistGradientBoostingClassifier(max_iter=ROUNDS, learning_rate=rate, early_stopping=False, random_state=0)
    with one_thread():
        model.fit(x[train], y[train])
        shares = np.bincount(np.searchsorted(model.classes_, y[train])) / n
        base = -float(np.mean(np.log(np.clip(shares[np.searchsorted(model.classes_, y[valid])], 1 / (n + 2), 1))))
        stages = {
            name: [loss(found, model.classes_, y[rows], n)
                   for at, found in enumerate(model.staged_predict_proba(x[rows]), start=1) if at in STATES]
            for name, rows in (("train", train[: len(valid)]), ("valid", valid), ("other", other))
        }  # fmt: skip
    for at in range(len(STATES)):
        losses = {name: each[at] for name, each in stages.items()}
        found = bootstrap_two_means(losses["valid"], losses["train"], rng, resamples=500)
        yield (*(float(one.mean()) for one in losses.values()), found.low, base)


def loss(found, classes, known, n):
    """Return minus log p of each row's class, no p being surer than 1 in n + 2 allows."""
    own = found[np.arange(len(known)), np.searchsorted(classes, known)]
    return -np.log(np.clip(own, 1 / (n + 2), 1.0))


def main():
    """Print false alarms on sound states and power on overfitted ones, rule by rule."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--splits", type=int, default=30)
    splits, rng = asked.parse_args().splits, np.random.default_rng(0)
    seen, by_subject = defaultdict(lambda: [0, 0]), defaultdict(lambda: [0, 0])
    for name, x, y in subjects():
        for at in range(splits):
            states = list(path(x, y, rng, (0.03, 0.1, 0.3)[at % 3]))
            others = np.array([state[2] for state in states])
            best = int(others.argmin())
            for place, (train, valid, other, low, base) in enumerate(states):
                truth = "sound" if place <= best else "overfitted" if other > WORSE * others[best] else "between"
                for rule in RULES:
                    reported = told(rule, low, train, valid, base)
                    seen[rule, truth][0] += reported
                    seen[rule, truth][1] += 1
                    by_subject[rule, truth, name][0] += reported
                    by_subject[rule, truth, name][1] += 1
    n = {truth: seen[next(iter(RULES)), truth][1] for truth in ("sound", "between", "overfitted")}
    print(f"states: {n['sound']:,} sound, {n['between']:,} between, {n['overfitted']:,} overfitted")
    for rule in RULES:
        rates = {truth: seen[rule, truth][0] / max(seen[rule, truth][1], 1) for truth in n}
        worst = max((by_subject[rule, "sound", name][0] / max(by_subject[rule, "sound", name][1], 1), name)
                    for _, _, name in by_subject)  # fmt: skip
        print(f"{rule:36} false alarms {rates['sound']:6.1%} (worst {worst[0]:.1%}, {worst[1]})   between "
              f"{rates['between']:6.1%}   power {rates['overfitted']:6.1%}")  # fmt: skip


if __name__ == "__main__":
    main()
