from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.labels import shown
from holdfast.audit.code.telling import quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L2",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
)
def label_in_features(code_flows: CodeFlows) -> Iterator[Finding]:
    """The label, or a column that it can be read from, is among the features of a model.

    ## Why it matters
    The model looks the answer up. Its score is near perfect, and in use the column is empty.

    ## How it works
    The program is followed line by line without being run: which columns a table was read with, which were taken out,
    and which were computed from which, row by row. A finding is a fit on a table that still has the label's column, a
    column computed from it, or all the columns that the label was computed from. So is a column that is filled in only
    once the label is known: the reason beside the label by its name, and those that the descriptions of LendingClub's
    loans, of the Titanic's passengers and of the bank's phone calls (UCI) call so.

    ## Limits
    Only fits whose steps are all known and pick no columns are judged. What is shifted into the past or the future is
    taken for another column. Where some of the columns behind a label are missing, nothing is said of the others.

    ## Fix
    Drop the label's column, and whatever was computed from it, before the fit.
    """
    for flow in code_flows.flows:
        told_of = set()
        for one in shown(flow):
            if (one.label, one.feature) in told_of:
                continue
            told_of.add((one.label, one.feature))
            place = one.place
            what = "itself" if one.feature == one.label else f"as {quoted(one.feature)}"
            yield told(
                place,
                f"{quoted(one.feature)}, among the features that {quoted(one.name)} is fitted on at {place.name}, is "
                f"known only after the label {quoted(one.label)}"
                if one.later
                else f"the label {quoted(one.label)} is among the features, {what}, that {quoted(one.name)} is "
                f"fitted on at {place.name}",
                severity=Severity.ERROR,
                confidence=Confidence.MEDIUM,
                measure=Measure(name="features that hold the label", value=1, threshold=0),
                lines=[(place, "fit with the label among the features")],
                fix=f"Take {quoted(one.feature)} out of the features before {place.name}.",
            )


@planted(at=Location(file="script.py", line=4))
def label_was_not_dropped(rng: np.random.Generator) -> dict[str, Code]:
    """The whole table is used as features."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('houses.csv')\n"
            "X, y = df.drop(columns='id'), df['price']\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "model = RandomForestRegressor().fit(X_train, y_train)\n"
            "print(model.score(X_test, y_test))\n"
        )
    }


@planted(at=Location(file="script.py", line=6))
def label_by_its_origin(rng: np.random.Generator) -> dict[str, Code]:
    """The column that the label was cut from stays."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('wine.csv')\n"
            "df['good'] = (df['quality'] > 6).astype(int)\n"
            "X = df.drop(columns=['good'])\n"
            "y = df['good']\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "model = RandomForestClassifier().fit(X_train, y_train)\n"
            "print(model.score(X_test, y_test))\n"
        )
    }


@planted(at=Location(file="script.py", line=6))
def window_that_ends_today(rng: np.random.Generator) -> dict[str, Code]:
    """The mean of the last seven days has today's sales in it."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('sales.csv', parse_dates=['day']).sort_values('day')\n"
            "df['week'] = df['sales'].rolling(7).mean()\n"
            "df['last'] = df['sales'].shift(1)\n"
            "df = df.dropna()\n"
            "train, test = df[:800], df[800:]\n"
            "model = Ridge().fit(train[['week', 'last']], train['sales'])\n"
            "print(model.score(test[['week', 'last']], test['sales']))\n"
        )
    }


@clean
def window_that_ended_yesterday(rng: np.random.Generator) -> dict[str, Code]:
    """The mean is of the seven days before."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('sales.csv', parse_dates=['day']).sort_values('day')\n"
            "df['week'] = df['sales'].rolling(7).mean().shift(1)\n"
            "df['last'] = df['sales'].shift(1)\n"
            "df = df.dropna()\n"
            "train, test = df[:800], df[800:]\n"
            "model = Ridge().fit(train[['week', 'last']], train['sales'])\n"
            "print(model.score(test[['week', 'last']], test['sales']))\n"
        )
    }


@clean
def origin_dropped_too(rng: np.random.Generator) -> dict[str, Code]:
    """Both the label and its origin are dropped."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('wine.csv')\n"
            "df['good'] = (df['quality'] > 6).astype(int)\n"
            "df['ratio'] = df['acid'] / df['sugar']\n"
            "X = df.drop(columns=['good', 'quality'])\n"
            "y = df['good']\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "model = RandomForestClassifier().fit(X_train, y_train)\n"
            "print(model.score(X_test, y_test))\n"
        )
    }


@clean
def a_step_picks_columns(rng: np.random.Generator) -> dict[str, Code]:
    """The first step of the pipeline takes two columns out of the table."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('houses.csv')\n"
            "pick = ColumnTransformer([('numbers', StandardScaler(), ['area', 'rooms'])])\n"
            "train, test = train_test_split(df, random_state=0)\n"
            "model = make_pipeline(pick, Ridge()).fit(train, train['price'])\n"
            "print(model.score(test, test['price']))\n"
        )
    }


@clean
def tomorrow_from_today(rng: np.random.Generator) -> dict[str, Code]:
    """Today's price is a feature of tomorrow's."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('prices.csv')\n"
            "X, y = df[['close', 'volume']], df['close'].shift(-1)\n"
            "model = Ridge().fit(X[:800], y[:800])\n"
            "print(model.score(X[800:1000], y[800:1000]))\n"
        )
    }
