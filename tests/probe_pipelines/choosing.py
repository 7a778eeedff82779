"""Choices and synthetic rows: early stopping, thresholds, oversampling. `fit_predict(train, test)`."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neighbors import NearestNeighbors

FULL = ["age", "visits", "score"]


def stopped_on_test(train, test):
    model, best, kept = SGDClassifier(loss="log_loss", random_state=0), -1.0, None
    for _ in range(12):
        model.partial_fit(train[FULL] / 100, train["y"], classes=[0, 1])
        right = model.score(test[FULL] / 100, test["y"])
        if right > best:
            best, kept = right, (model.coef_.copy(), model.intercept_.copy())
    return (test[FULL].to_numpy() / 100) @ kept[0][0] + kept[1][0]


def stopped_on_a_part_of_train(train, test):
    part, rest = train.iloc[::4], train.drop(train.index[::4])
    model, best, kept = SGDClassifier(loss="log_loss", random_state=0), -1.0, None
    for _ in range(12):
        model.partial_fit(rest[FULL] / 100, rest["y"], classes=[0, 1])
        right = model.score(part[FULL] / 100, part["y"])
        if right > best:
            best, kept = right, (model.coef_.copy(), model.intercept_.copy())
    return (test[FULL].to_numpy() / 100) @ kept[0][0] + kept[1][0]


def threshold_on_test(train, test):
    model = LogisticRegression(max_iter=500).fit(train[FULL], train["y"])
    chance = model.predict_proba(test[FULL])[:, 1]
    grid = np.linspace(0.1, 0.9, 33)
    best = max(grid, key=lambda t: ((chance > t) == test["y"]).mean())
    return (chance > best).astype(int)


def threshold_on_train(train, test):
    model = LogisticRegression(max_iter=500).fit(train[FULL], train["y"])
    known = model.predict_proba(train[FULL])[:, 1]
    best = max(np.linspace(0.1, 0.9, 33), key=lambda t: ((known > t) == train["y"]).mean())
    return (model.predict_proba(test[FULL])[:, 1] > best).astype(int)


def _children(rows, n, rng):
    near = NearestNeighbors(n_neighbors=3).fit(rows).kneighbors(rows, return_distance=False)
    first = rng.integers(len(rows), size=n)
    second = near[first, rng.integers(1, 3, size=n)]
    return rows[first] + rng.random((n, 1)) * (rows[second] - rows[first])


def synthetic_rows_of_all(train, test):
    both = pd.concat([train, test])
    rare = both.loc[both["y"] == 1, FULL].to_numpy()
    children = _children(rare, 100, np.random.default_rng(0))
    x = np.vstack([train[FULL].to_numpy(), children])
    y = np.concatenate([train["y"], np.ones(100)])
    return LogisticRegression(max_iter=500).fit(x, y).predict_proba(test[FULL].to_numpy())[:, 1]


def synthetic_rows_of_train(train, test):
    rare = train.loc[train["y"] == 1, FULL].to_numpy()
    children = _children(rare, 100, np.random.default_rng(0))
    x = np.vstack([train[FULL].to_numpy(), children])
    y = np.concatenate([train["y"], np.ones(100)])
    return LogisticRegression(max_iter=500).fit(x, y).predict_proba(test[FULL].to_numpy())[:, 1]


def synthetic_rows_before_the_split(frame):
    rare = frame.loc[frame["y"] == 1, FULL]
    children = pd.DataFrame(_children(rare.to_numpy(), 100, np.random.default_rng(0)), columns=FULL).assign(y=1)
    whole = pd.concat([frame[[*FULL, "y"]], children], ignore_index=True)
    order = np.random.default_rng(1).permutation(len(whole))
    return whole.iloc[order[: len(whole) // 2]], whole.iloc[order[len(whole) // 2 :]]


def synthetic_rows_after_the_split(frame):
    order = np.random.default_rng(1).permutation(len(frame))
    train, test = frame.iloc[order[: len(frame) // 2]], frame.iloc[order[len(frame) // 2 :]]
    rare = train.loc[train["y"] == 1, FULL]
    children = pd.DataFrame(_children(rare.to_numpy(), 100, np.random.default_rng(0)), columns=FULL).assign(y=1)
    return pd.concat([train[[*FULL, "y"]], children], ignore_index=True), test[[*FULL, "y"]]


def copies_before_the_split(frame):
    whole = pd.concat([frame, frame[frame["y"] == 1]], ignore_index=True)
    order = np.random.default_rng(1).permutation(len(whole))
    return whole.iloc[order[: len(whole) // 2]], whole.iloc[order[len(whole) // 2 :]]


def scaler_before_the_split(frame):
    x = (frame[FULL] - frame[FULL].mean()) / frame[FULL].std()
    order = np.random.default_rng(1).permutation(len(x))
    return x.iloc[order[: len(x) // 2]], x.iloc[order[len(x) // 2 :]]


def plain_split(frame):
    order = np.random.default_rng(1).permutation(len(frame))
    return frame.iloc[order[: len(frame) // 2]], frame.iloc[order[len(frame) // 2 :]]
