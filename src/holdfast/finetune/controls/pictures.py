"""A linear model of a picture's edges, light and colour: no network, no training of features at all."""

import numpy as np

from holdfast.audit.facts.images.features import image_features
from holdfast.audit.facts.images.images import images
from holdfast.audit.models.linear import calibrated, fit_features
from holdfast.core.errors import NotApplicable
from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.tasks.definitions import Judged


def judge(bench: Bench) -> Judged | None:
    """Return whether the audit's linear model of pictures is right on each test example; None without pictures."""
    ledgers, head = bench.prepared.task.supervision.ledgers, bench.prepared.head
    if head is None or not bench.dataset.of(role="feature", kind="image") or not {"train", "test"} <= set(ledgers):
        return None
    seen = images.run(bench.dataset, bench.progress, bench.streams)
    train, test = ledgers["train"].rows, ledgers["test"].rows
    known_train, known = head.targets("train"), head.targets("test")
    there = seen.readable[train]  # a sample, where there are very many
    if not seen.readable[test].all() or len(np.unique(known_train[there])) < 2:
        raise NotApplicable("not all test pictures were looked at, or no two classes of training pictures")
    features = image_features(seen.small[seen.place[np.concatenate([train[there], test])]])
    n = int(there.sum())
    scorer = fit_features(features[:n], known_train[there], classes=True)
    assert scorer.left_out is not None  # features always have them
    model = calibrated(scorer.left_out, known_train[there])
    found = model.predict_proba(scorer.score(features[n:]))
    right = model.classes_[found.argmax(axis=1)] == known
    place = np.searchsorted(model.classes_, known).clip(max=len(model.classes_) - 1)
    own = np.where(model.classes_[place] == known, found[np.arange(len(known)), place], 0.0)
    return Judged(right.astype(float), -np.log(np.clip(own, 1e-12, 1.0)), np.ones(len(known)))


control = Control("pictures", "a linear model of edges, light and colour", pretrained=False, judge=judge)
