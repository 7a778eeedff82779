"""A linear model of a picture's edges, light and colour: no network, no training of features at all."""

import numpy as np

from holdfast.audit.facts.images.features import image_features
from holdfast.audit.facts.images.images import images
from holdfast.audit.models.linear import calibrated, fit_features
from holdfast.core.errors import NotApplicable
from holdfast.finetune.class_answers import head_of
from holdfast.finetune.controls.definitions import Bench, Control, classified
from holdfast.finetune.tasks.definitions import Judged


def judge(bench: Bench) -> Judged | None:
    """Return whether the audit's linear model of pictures is right on each test example; None without pictures."""
    ledgers, head = bench.prepared.task.supervision.ledgers, head_of(bench.prepared)
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
    return classified(model.predict_proba(scorer.score(features[n:])), model.classes_, known)


control = Control("pictures", "a linear model of edges, light and colour", pretrained=False, judge=judge)
