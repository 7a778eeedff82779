"""What is written to a file and read again is the same records; what nobody knows of a file lies apart of nothing."""

import pytest

from holdfast.audit import catalogue
from holdfast.audit.code import code_of
from holdfast.audit.runner import Facts, run_check

HEAD = "df = pd.read_csv('a.csv')\nX, y = df.drop(columns='y'), df['y']\nX = StandardScaler().fit_transform(X)\n"
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
SCORE = "print(SVC().fit(X_train, y_train).score(X_test, y_test))\n"


def said(text: str) -> set[tuple[str, int]]:
    facts = Facts({"code": code_of(text)})
    results = [run_check(check, facts) for check in catalogue.selected(("code",))]
    assert not any(result.trace for result in results)
    return {(result.check, one.locations[0].line) for result in results for one in result.findings}


@pytest.mark.parametrize(
    "between",
    [
        "np.save('x.npy', X)\nX = np.load('x.npy')\n",
        "np.savez('x.npz', X=X)\nX = np.load('x.npz')['X']\n",
        "joblib.dump(X, OUT / 'x.joblib')\nX = joblib.load(OUT / 'x.joblib')\n",
        """
with open('x.pkl', 'wb') as file:
    pickle.dump(X, file)
with open('x.pkl', 'rb') as file:
    X = pickle.load(file)
""",
    ],
)
def test_what_was_learned_outlives_a_file(between):
    assert said(HEAD + between + SPLIT + SCORE) == {("fit-before-split", 3)}


@pytest.mark.parametrize(
    "load",
    [
        "X_train, X_test, y_train, y_test = joblib.load('parts.joblib')\n",
        "a, b, c, d = joblib.load('parts.joblib')\nX_train, X_test, y_train, y_test = a, b, c, d\n",
        """
parts = joblib.load('parts.joblib')
X_train, X_test, y_train, y_test = parts['X_train'], parts['X_test'], parts['y_train'], parts['y_test']
""",
    ],
)
def test_parts_of_a_file_that_another_program_wrote_are_not_taken_for_the_same_rows(load):
    assert said(load + SCORE) == set()


def test_another_file_is_another_table():
    assert said(HEAD + "np.save('x.npy', X)\nX = np.load('raw.npy')\n" + SPLIT + SCORE) == set()
