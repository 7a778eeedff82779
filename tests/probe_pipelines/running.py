"""How code runs: chance, threads, batches, state, order. Functions, estimators and factories of them."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FULL = ["age", "visits", "score"]


def unseeded(train, test):
    model = RandomForestClassifier(20, max_depth=4).fit(train[FULL], train["y"])  # found: not-deterministic
    return model.predict_proba(test[FULL])[:, 1]


def seeded(train, test):
    model = RandomForestClassifier(20, max_depth=4, random_state=0).fit(train[FULL], train["y"])
    return model.predict_proba(test[FULL])[:, 1]


def unseeded_generator(train, test):
    rng = np.random.default_rng()
    chosen = train.iloc[rng.integers(len(train), size=len(train))]  # found: not-deterministic
    return LogisticRegression(max_iter=500).fit(chosen[FULL], chosen["y"]).decision_function(test[FULL])


def unseeded_and_leaking(train, test):
    scaler = StandardScaler().fit(pd.concat([train, test])[FULL])  # found: test-rows-reach-training
    model = RandomForestClassifier(10, max_depth=4)
    model.fit(scaler.transform(train[FULL]), train["y"])  # found: not-deterministic
    low = LogisticRegression().fit(scaler.transform(train[FULL]), train["y"])
    return {
        "forest": model.predict_proba(scaler.transform(test[FULL]))[:, 1],
        "line": low.decision_function(scaler.transform(test[FULL])),
    }


def racing_threads(train, test):
    found = []

    def one(name):
        time.sleep(float(np.random.default_rng().random()) / 50)
        found.append(train[name].mean())

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, FULL))
    return test[FULL].to_numpy() @ np.array(found)


def ordered_threads(train, test):
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda name: train[name].mean(), FULL))
    return test[FULL].to_numpy() @ np.array(found)


def order_of_a_set(train, test):
    cities = list(set(train["city"]))
    code = {city: place for place, city in enumerate(cities)}
    model = LogisticRegression(max_iter=500)
    model.fit(train[FULL].assign(city=train["city"].map(code)), train["y"])  # found: not-deterministic
    return model.decision_function(test[FULL].assign(city=test["city"].map(code).fillna(-1)))


class BatchNormalised(ClassifierMixin, BaseEstimator):
    """Scales the rows that it is asked about by their own mean and spread."""

    def fit(self, x, y):
        x = x[FULL].to_numpy()
        self.classes_ = np.unique(y)
        self.model_ = LogisticRegression().fit((x - x.mean(axis=0)) / x.std(axis=0), y)
        return self

    def predict_proba(self, x):
        x = x[FULL].to_numpy()
        return self.model_.predict_proba((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9))

    def predict(self, x):
        return self.classes_[self.predict_proba(x).argmax(axis=1)]


class Columns(BaseEstimator):
    """Picks the columns that are numbers."""

    def fit(self, x, y=None):
        return self

    def transform(self, x):
        return x[FULL]


def clean_estimator():
    return make_pipeline(Columns(), StandardScaler(), LogisticRegression())


def scaler_refitted_on_test(train, test):
    model = LogisticRegression().fit(StandardScaler().fit_transform(train[FULL]), train["y"])
    asked = StandardScaler().fit_transform(test[FULL])  # found: batch-changes-prediction
    return model.predict_proba(asked)[:, 1]


def rank_among_test(train, test):
    rank = test["score"].rank(pct=True)  # found: batch-changes-prediction
    return rank + train["score"].mean()


_KEPT = {}


def cached_scaler(train, test):
    if "scaler" not in _KEPT:
        _KEPT["scaler"] = StandardScaler().fit(pd.concat([train, test])[FULL])  # found: test-rows-reach-training
    scaler = _KEPT["scaler"]
    model = LogisticRegression().fit(scaler.transform(train[FULL]), train["y"])
    return model.decision_function(scaler.transform(test[FULL]))


_MODELS = {}


def cached_answers(train, test):
    key = len(test)
    if key not in _MODELS:
        _MODELS[key] = LogisticRegression(max_iter=500).fit(train[FULL], train["y"]).decision_function(test[FULL])
    return _MODELS[key]


def cached_by_content(train, test):
    key = hash(train[FULL].to_numpy().tobytes())
    if key not in _MODELS:
        _MODELS[key] = LogisticRegression(max_iter=500).fit(train[FULL], train["y"])
    return _MODELS[key].decision_function(test[FULL])


def changes_its_input(train, test):
    train["age"] = train["age"].clip(upper=60)
    return LogisticRegression(max_iter=500).fit(train[FULL], train["y"]).decision_function(test[FULL])


def copies_its_input(train, test):
    train = train.copy()
    train["age"] = train["age"].clip(upper=60)
    return LogisticRegression(max_iter=500).fit(train[FULL], train["y"]).decision_function(test[FULL])


def lag_without_time(train, test):
    model = LogisticRegression(max_iter=500).fit(train[FULL].shift(1).bfill(), train["y"])
    return model.decision_function(test[FULL].shift(1).bfill())  # found: batch-changes-prediction


def position_in_the_file(train, test):
    model = LogisticRegression(max_iter=500).fit(train[FULL], train["y"])
    return model.decision_function(test[FULL]) + np.arange(len(test)) / len(test)


def sorted_first(train, test):
    asked = test.sort_values("user")
    model = LogisticRegression(max_iter=500).fit(train[FULL], train["y"])
    return pd.Series(model.decision_function(asked[FULL]), index=asked.index)
