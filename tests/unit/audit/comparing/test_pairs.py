import numpy as np
import pytest

from holdfast.audit.comparing.noise import noise_of
from holdfast.audit.comparing.pairs import ranked
from holdfast.audit.comparing.reading import Wanted
from holdfast.audit.comparing.verb import compare
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.predictions import Predicted
from holdfast.audit.metrics import metric_for
from holdfast.audit.models import Predictions
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Severity
from holdfast.core.record import Status
from holdfast.core.store import RunStore
from holdfast.data.loading import load

RNG = np.random.default_rng(0)
N = 400
TRUTH = (RNG.random(N) < 0.5).astype(np.int64)
LABELS = Labels("y", ("no", "yes"), TRUTH, TRUTH.astype(float))
NOTHING = np.empty(0, dtype=np.int64)


def right(share, seed):
    """Return classes of which about `share` are right."""
    wrong = np.random.default_rng(seed).random(N) >= share
    return np.where(wrong, 1 - TRUTH, TRUTH).astype(float)


def models(**shares):
    found = {name: Predictions(right(share, i), ("no", "yes")) for i, (name, share) in enumerate(shares.items())}
    return Predicted(np.arange(N), found, "stored", NOTHING)


def test_models_are_ranked_with_every_pair_and_corrected_p_values():
    ranking = ranked(models(bad=0.6, good=0.9, fair=0.8), TRUTH, metric_for(LABELS, "accuracy"), RNG)
    assert ranking.names == ["good", "fair", "bad"]
    assert len(ranking.pairs) == 3
    for pair in ranking.pairs:
        assert pair.found.low < pair.found.difference < pair.found.high
        assert pair.found.p_value <= pair.fdr <= pair.holm
        assert pair.found.test == "McNemar"
    assert ranking.lead().better == "good"


def test_of_very_many_models_the_best_is_compared_with_each():
    ranking = ranked(models(**{f"m{i}": 0.5 + i / 50 for i in range(12)}), TRUTH, metric_for(LABELS, "accuracy"), RNG)
    assert len(ranking.pairs) == 11
    assert {pair.better for pair in ranking.pairs} == {ranking.names[0]}


def test_rows_that_belong_together_widen_the_interval():
    clusters = np.repeat(np.arange(N // 20), 20)
    one, two = right(0.9, 1), right(0.9, 2)
    two[clusters % 4 == 0] = 1 - TRUTH[clusters % 4 == 0]  # whole clusters go wrong
    given = Predicted(np.arange(N), {"a": Predictions(one, ("no", "yes")), "b": Predictions(two, ("no", "yes"))},
                      "stored", NOTHING)  # fmt: skip
    metric = metric_for(LABELS, "accuracy")
    plain = ranked(given, TRUTH, metric, np.random.default_rng(0)).lead().found
    wide = ranked(given, TRUTH, metric, np.random.default_rng(0), clusters=clusters).lead().found
    assert wide.test == "cluster bootstrap"
    assert wide.high - wide.low > 1.5 * (plain.high - plain.low)


def voted(*columns):
    import pyarrow as pa

    names = [f"v{i}" for i in range(len(columns))]
    words = {name: [["no", "yes"][int(v)] for v in column] for name, column in zip(names, columns, strict=True)}
    table = pa.table({"y": [["no", "yes"][v] for v in TRUTH], **words})
    return load({"test": table}, roles={"y": "label"}), tuple(names)


def test_votes_tell_how_many_labels_are_wrong():
    wrong = TRUTH.copy()
    wrong[:20] = 1 - wrong[:20]  # all annotators contradict 20 of 400 labels
    dataset, names = voted(wrong, wrong, wrong)
    found = noise_of(dataset, LABELS, np.arange(N), names, None)
    assert found.rate == pytest.approx(0.05)
    assert found.low < 0.05 < found.high
    assert found.agreement == pytest.approx(1.0)


def test_without_votes_or_a_rate_noise_is_not_estimable():
    dataset, _ = voted(TRUTH)
    with pytest.raises(NotApplicable, match="not estimable"):
        noise_of(dataset, LABELS, np.arange(N), (), None)
    with pytest.raises(BadInput, match="two columns"):
        noise_of(dataset, LABELS, np.arange(N), ("v0",), None)
    assert noise_of(dataset, LABELS, np.arange(N), (), 0.1).rate == 0.1


def written(folder, name, **columns):
    lines = [",".join(columns), *(",".join(map(str, line)) for line in zip(*columns.values(), strict=True))]
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder / name


@pytest.fixture
def files(tmp_path):
    ids = [f"r{i}" for i in range(N)]
    shuffled = np.random.default_rng(5).permutation(N)
    good, bad = right(0.92, 1).astype(int), right(0.7, 2).astype(int)
    return (
        written(tmp_path, "good.csv", id=ids, y=TRUTH, pred=good),
        written(tmp_path, "bad.csv", id=np.array(ids)[shuffled], pred=bad[shuffled]),
    )


def test_files_in_another_order_are_matched_by_id(files):
    run = compare(files, Wanted("y", id=("id",)), metric="accuracy")
    assert run.kind == "compare"
    assert run.title == "good against bad"
    [finding] = run.results[0].findings
    assert finding.severity is Severity.NOTE
    assert "good (accuracy 0.9" in finding.message
    assert "is better than bad" in finding.message
    scores, differences = (one.evidence[0] for one in run.sections)
    assert [line[0] for line in scores.cells] == ["good", "bad"]
    assert differences.caption == "Differences, positive where the first is better (McNemar)"
    assert differences.cells[0][:2] == ("good", "bad")
    assert run.result("label-noise").status is Status.SKIPPED


def test_models_alike_are_a_warning(tmp_path):
    path = written(tmp_path, "all.csv", y=TRUTH, one=right(0.8, 1).astype(int), two=right(0.8, 2).astype(int))
    [finding] = compare([path], Wanted("y"), metric="accuracy").results[0].findings
    assert finding.severity is Severity.WARNING
    assert "cannot be told from" in finding.message


def test_a_lead_smaller_than_the_noise_of_labels_is_a_warning(files):
    run = compare(files, Wanted("y", id=("id",)), metric="accuracy", noise=0.4)
    [finding] = run.result("label-noise").findings
    assert finding.severity is Severity.WARNING


def test_rows_without_a_prediction_are_left_out_and_counted(tmp_path):
    guesses = [("" if i % 8 == 0 else v) for i, v in enumerate(right(0.7, 3).astype(int))]
    path = written(tmp_path, "all.csv", y=TRUTH, one=right(0.9, 1).astype(int), two=guesses)
    [finding] = compare([path], Wanted("y"), metric="accuracy").results[0].findings
    assert "350 rows (50 without a prediction left out)" in finding.message


@pytest.mark.parametrize(
    ("wanted", "said"),
    [(Wanted("target"), "no column 'target'"), (Wanted("y", id=("key",)), "no column 'key'")],
)
def test_columns_that_are_not_there_are_refused(files, wanted, said):
    with pytest.raises(BadInput, match=said):
        compare(files, wanted)


def test_one_model_and_other_lengths_are_refused(tmp_path, files):
    with pytest.raises(BadInput, match="holds one model"):
        compare(files[:1], Wanted("y", id=("id",)))
    short = written(tmp_path, "short.csv", pred=TRUTH[:10])
    with pytest.raises(BadInput, match="holds 10 rows, wanted one for each of the 400"):
        compare([files[0], short], Wanted("y"))


def test_each_model_compared_counts_in_the_ledger_of_the_test_set(tmp_path, files):
    from holdfast.audit.facts.conduct.ledger import test_sets

    store = RunStore(tmp_path / "store")
    compare(files, Wanted("y", id=("id",)), metric="accuracy", store=store)
    compare(files, Wanted("y", id=("id",)), metric="accuracy", store=store)
    compare(files, Wanted("y", id=("id",)), metric="f1", store=store)
    [one] = test_sets(store)
    assert (one.n_runs, len(one.scored), one.n_rows) == (3, 4, N)
    assert {item.metric for item in one.scored} == {"accuracy", "f1"}
