from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.telling import quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeLeaks
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Ambroise & McLachlan (2002), Selection bias in gene extraction on the basis of microarray "
            "gene-expression data, "
            "PNAS 99(10)",
            "https://doi.org/10.1073/pnas.102102699",
        ),
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.3",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
)
def select_before_split(code_leaks: CodeLeaks) -> Iterator[Finding]:
    """Features are selected with all rows, test rows among them, before the split.

    ## Why it matters
    With many features some agree with the labels of the test rows by chance. Chosen on all rows, they make pure
    noise look like a good model: in the cited study, an error of 0% where the truth was 50%.

    ## How it works
    The program is followed line by line without being run: which rows each variable holds, and what was made of
    which rows on the way to it. A finding is a selector fitted on all rows, or columns picked by a correlation,
    a test or an importance computed from all rows, that reaches a split, a cross-validation or a score.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. Dropping columns by
    share of missing values is not reported; nor is a list of columns typed in by hand after looking.

    ## Fix
    Select inside the pipeline, so that each fold selects for itself; or select on the training rows only.
    """
    for _, leak in code_leaks.found:
        event = leak.learned
        if event.kind != "select" or leak.test_only:
            continue
        reached = leak.reaches[0]
        with_label = "with the labels of all rows" if leak.label else "by a statistic of all rows"
        yield told(
            event.place,
            f"{quoted(event.what)} selects features {with_label} at {event.place.name}, before the {leak.what} at "
            f"{reached.name}",
            severity=Severity.ERROR if leak.label else Severity.WARNING,
            confidence=Confidence.HIGH if leak.label else Confidence.MEDIUM,
            measure=Measure(name="splits and scores that it reaches", value=len(leak.reaches), threshold=0),
            lines=[(event.place, "selection on all rows"), (reached, leak.what)],
            fix=f"Move the selection ({event.place.name}) into a pipeline with the model, or behind the {leak.what} "
            f"({reached.name}), and select on the training rows only.",
        )


@planted(at=Location(file="script.py", line=3))
def best_features_of_all_rows(rng: np.random.Generator) -> dict[str, Code]:
    """The best features are chosen with all labels."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('genes.csv')\n"
            "X, y = df.drop(columns='class'), df['class']\n"
            "X = SelectKBest(f_classif, k=20).fit_transform(X, y)\n"
            "print(cross_val_score(SVC(), X, y, cv=5).mean())\n"
        )
    }


@planted(at=Location(file="script.py", line=4))
def columns_that_correlate(rng: np.random.Generator) -> dict[str, Code]:
    """Columns are kept that correlate with the label over all rows."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('genes.csv')\n"
            "corr = df.corr()['class'].abs()\n"
            "keep = corr[corr > 0.3].index\n"
            "df = df[keep]\n"
            "X, y = df.drop(columns='class'), df['class']\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
        )
    }


@clean
def selection_in_a_pipeline(rng: np.random.Generator) -> dict[str, Code]:
    """Each fold selects for itself."""
    del rng
    return {
        "code": code_of(
            "model = Pipeline([('select', SelectKBest(k=20)), ('svc', SVC())])\n"
            "print(cross_val_score(model, X, y, cv=5).mean())\n"
        )
    }


@clean
def correlations_to_look_at(rng: np.random.Generator) -> dict[str, Code]:
    """A correlation that is only looked at selects nothing."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('genes.csv')\n"
            "sns.heatmap(df.corr())\n"
            "print(df.corr()['class'].sort_values())\n"
            "X, y = df.drop(columns='class'), df['class']\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
        )
    }
