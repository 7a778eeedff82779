"""Steps that learn: scalers, imputers, projections, selections, words, encodings. `fit_predict(train, test)`.

`# found: CHECK` stands on the line at which the interference begins.
"""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

NUMBERS = ["age", "income", "visits", "score"]
FULL = ["age", "visits", "score"]  # without missing values


def scaler_on_all(train, test):
    both = pd.concat([train, test])
    scaler = StandardScaler().fit(both[FULL])  # found: test-rows-reach-training
    model = LogisticRegression().fit(scaler.transform(train[FULL]), train["y"])
    return model.predict_proba(scaler.transform(test[FULL]))[:, 1]


def scaler_on_train(train, test):
    scaler = StandardScaler().fit(train[FULL])
    model = LogisticRegression().fit(scaler.transform(train[FULL]), train["y"])
    return model.predict_proba(scaler.transform(test[FULL]))[:, 1]


def scaler_on_all_before_a_tree(train, test):
    scaler = StandardScaler().fit(pd.concat([train, test])[FULL])  # found: test-rows-reach-training
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(scaler.transform(train[FULL]), train["y"])
    return model.predict(scaler.transform(test[FULL]))


def scaled_by_hand_on_all(train, test):
    both = pd.concat([train, test])
    low, high = both[FULL].min(), both[FULL].quantile(0.9)
    train_x = (train[FULL] - low) / (high - low)  # found: test-rows-reach-training
    test_x = (test[FULL] - low) / (high - low)
    return LogisticRegression().fit(train_x, train["y"]).predict_proba(test_x)[:, 1]


def imputer_on_all(train, test):
    both = pd.concat([train, test], ignore_index=True)
    imputer = SimpleImputer(strategy="median").fit(both[NUMBERS])  # found: test-rows-reach-training
    model = LogisticRegression(max_iter=500).fit(imputer.transform(train[NUMBERS]), train["y"])
    return model.predict_proba(imputer.transform(test[NUMBERS]))[:, 1]


def imputer_on_train(train, test):
    imputer = SimpleImputer(strategy="median").fit(train[NUMBERS])
    model = LogisticRegression(max_iter=500).fit(imputer.transform(train[NUMBERS]), train["y"])
    return model.predict_proba(imputer.transform(test[NUMBERS]))[:, 1]


def mean_fill_on_all(train, test):
    both = pd.concat([train, test])
    both["income"] = both["income"].fillna(both["income"].mean())  # found: test-rows-reach-training
    train_x, test_x = both.loc[train.index, NUMBERS], both.loc[test.index, NUMBERS]
    return LogisticRegression(max_iter=500).fit(train_x, train["y"]).decision_function(test_x)


def pca_on_all(train, test):
    stacked = np.vstack([train[FULL].to_numpy(), test[FULL].to_numpy()])
    parts = PCA(2).fit_transform(stacked)  # found: test-rows-reach-training
    model = LogisticRegression().fit(parts[: len(train)], train["y"])
    return model.predict_proba(parts[len(train) :])[:, 1]


def pca_on_train(train, test):
    pca = PCA(2).fit(train[FULL].to_numpy())
    model = LogisticRegression().fit(pca.transform(train[FULL].to_numpy()), train["y"])
    return model.predict_proba(pca.transform(test[FULL].to_numpy()))[:, 1]


def selection_on_all(train, test):
    both = pd.concat([train, test])
    chosen = SelectKBest(f_classif, k=2)
    chosen.fit(both[FULL], both["y"])  # found: test-rows-reach-training unavailable-label-used
    model = LogisticRegression().fit(chosen.transform(train[FULL]), train["y"])
    return model.predict_proba(chosen.transform(test[FULL]))[:, 1]


def selection_on_train(train, test):
    chosen = SelectKBest(f_classif, k=2).fit(train[FULL], train["y"])
    model = LogisticRegression().fit(chosen.transform(train[FULL]), train["y"])
    return model.predict_proba(chosen.transform(test[FULL]))[:, 1]


def words_on_all(train, test):
    words = TfidfVectorizer().fit(pd.concat([train["note"], test["note"]]))  # found: test-rows-reach-training
    model = LogisticRegression().fit(words.transform(train["note"]), train["y"])
    return model.predict_proba(words.transform(test["note"]))


def words_on_train(train, test):
    words = TfidfVectorizer().fit(train["note"])
    model = LogisticRegression().fit(words.transform(train["note"]), train["y"])
    return model.predict_proba(words.transform(test["note"]))


def target_encoding_on_all(train, test):
    both = pd.concat([train, test])
    rate = both.groupby("city")["y"].mean()
    train_x = train[FULL].assign(city=train["city"].map(rate))  # found: test-rows-reach-training unavailable-label-used
    test_x = test[FULL].assign(city=test["city"].map(rate))
    return LogisticRegression(max_iter=500).fit(train_x, train["y"]).predict_proba(test_x)[:, 1]


def target_encoding_on_train(train, test):
    rate = train.groupby("city")["y"].mean()
    train_x = train[FULL].assign(city=train["city"].map(rate))
    test_x = test[FULL].assign(city=test["city"].map(rate).fillna(train["y"].mean()))
    return LogisticRegression(max_iter=500).fit(train_x, train["y"]).predict_proba(test_x)[:, 1]


def group_mean_on_all(train, test):
    both = pd.concat([train, test])
    both["usual"] = both.groupby("city")["score"].transform("mean")  # found: test-rows-reach-training
    train_x, test_x = both.loc[train.index, [*FULL, "usual"]], both.loc[test.index, [*FULL, "usual"]]
    return LogisticRegression(max_iter=500).fit(train_x, train["y"]).predict_proba(test_x)[:, 1]


def group_mean_on_train(train, test):
    usual = train.groupby("city")["score"].mean()
    train_x = train[FULL].assign(usual=train["city"].map(usual))
    test_x = test[FULL].assign(usual=test["city"].map(usual).fillna(train["score"].mean()))
    return LogisticRegression(max_iter=500).fit(train_x, train["y"]).predict_proba(test_x)[:, 1]


def user_total_on_all(train, test):
    both = pd.concat([train, test])
    total = both.groupby("user")["visits"].sum()
    train = train.join(total.rename("total"), on="user")  # found: test-rows-reach-training
    test = test.join(total.rename("total"), on="user")
    model = LogisticRegression(max_iter=500).fit(train[[*FULL, "total"]], train["y"])
    return model.predict_proba(test[[*FULL, "total"]])[:, 1]


def user_total_on_train(train, test):
    total = train.groupby("user")["visits"].sum().rename("total")
    train, test = train.join(total, on="user"), test.join(total, on="user").fillna({"total": 0})
    model = LogisticRegression(max_iter=500).fit(train[[*FULL, "total"]], train["y"])
    return model.predict_proba(test[[*FULL, "total"]])[:, 1]
