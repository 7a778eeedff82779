"""Every learner keeps the contract of `definitions.Learner`, whatever it learns."""

import numpy as np
import pytest

from holdfast.collapse import catalogue
from holdfast.collapse.definitions import Draw, Learner, Part, Surprised
from holdfast.collapse.lab.experiment import Arm, Experiment, arms, made_learner
from holdfast.collapse.lab.keeping import Keeper
from holdfast.collapse.lab.loop import Block, begun, generations
from holdfast.collapse.regimes import PRESETS, Feed, Regime
from holdfast.collapse.samples import Counts, Images, Points, Texts
from holdfast.core.errors import BadInput, MissingExtra, NotApplicable
from holdfast.core.random import Streams

# Options that make costly learners quick, those of them that they have.
SMALL = {
    "vocabulary": 64, "length": 8, "layers": 1, "width": 16, "heads": 2, "steps": 3, "batch": 4,
    "side": 8, "hidden": 8, "latent": 2, "strides": 2,
}  # fmt: skip
KINDS = catalogue.learners()
QUICK = {
    name: {option: value for option, value in SMALL.items() if option in kind.make.model_fields}
    for name, kind in KINDS.items()
    if kind.costly
}
REPLICATES = 3
SURPRISING = Regime(
    name="surprising", feeds=(Feed(name="synthetic", of="model", share=2.0),), subsample=True, choose="most-surprising"
)
RESUMED = (
    *(PRESETS[name] for name in ("replace", "accumulate", "accumulate-subsample", "fixed-real", "golden")),
    SURPRISING,
)


@pytest.fixture(params=KINDS, scope="module")
def name(request):
    return request.param


@pytest.fixture(scope="module")
def learner(name):
    try:
        _, made = made_learner(name, QUICK.get(name, {}))
        made.truth(1, np.random.default_rng(0))
    except MissingExtra as error:
        pytest.skip(str(error))
    return made


@pytest.fixture(scope="module")
def truth(learner):
    return learner.truth(REPLICATES, Streams(1)("truth"))


@pytest.fixture(scope="module")
def size(learner):
    """A size that every fit here can be made on."""
    return 4 * smallest(learner) + 8


def smallest(learner):
    return next(n for n in range(1, 10_000) if not learner.refuse(n))


def stream(*names):
    return Streams(7)(*names)


def batch_of(learner, model, size, *names, items=False):
    return learner.draw(model, Draw(size, items=items), stream("draw", *names))


def same(a, b):
    return type(a) is type(b) and all(
        (x.dtype == y.dtype and np.array_equal(x, y, equal_nan=x.dtype.kind == "f")) for x, y in zip(a, b, strict=True)
    )


def close(a, b):
    return all(np.allclose(x, y, rtol=1e-9, atol=1e-12) for x, y in zip(a, b, strict=True))


def items_in(batch):
    """Return how many items a batch has for each replicate; states that count say so by `size` or `counts`."""
    if "size" in batch._fields:
        return np.asarray(batch.size)
    if "counts" in batch._fields:
        return batch.counts.reshape(len(batch.counts), -1).sum(axis=1)
    pytest.skip(f"{type(batch).__name__} does not count items")


def fitted(learner, parts, *names):
    return learner.fit(parts, stream("fit", *names), None)


def test_it_is_a_learner(name, learner):
    assert isinstance(learner, Learner)
    kind = KINDS[name]
    assert kind.title
    assert len(kind.doc) > len(kind.title)
    assert not kind.tells or kind.tells in catalogue.measures()
    assert hash(learner.model_copy()) == hash(learner), "options cannot change while it is used"


def test_states_are_arrays_with_the_replicate_first(learner, truth, size):
    batch = batch_of(learner, truth, size)
    for state in (truth, batch, fitted(learner, [Part(batch, 1.0)])):
        for value in state:
            assert isinstance(value, np.ndarray)
            assert value.dtype != object
            assert len(value) == REPLICATES


def test_what_is_drawn_and_fitted_depends_on_the_stream_alone(learner, truth, size):
    first, again = batch_of(learner, truth, size, 1), batch_of(learner, truth, size, 1)
    assert same(first, again)
    assert not same(first, batch_of(learner, truth, size, 2))
    assert same(fitted(learner, [Part(first, 1.0)]), fitted(learner, [Part(again, 1.0)]))


def test_drawing_and_fitting_leave_what_they_are_given(learner, truth, size):
    model = type(truth)(*(one.copy() for one in truth))
    batch = batch_of(learner, model, size)
    kept = type(batch)(*(one.copy() for one in batch))
    fitted(learner, [Part(batch, 0.5), Part(batch, 0.5)])
    assert same(model, truth)
    assert same(batch, kept)


@pytest.mark.parametrize("items", [False, True])
def test_a_batch_has_as_many_items_as_wanted(learner, truth, size, items):
    for wanted in (size, size + 5):
        assert (items_in(batch_of(learner, truth, wanted, items=items)) == wanted).all()


def test_a_pool_is_all_the_items(learner, truth, size):
    one, other = batch_of(learner, truth, size, 1), batch_of(learner, truth, size + 3, 2)
    assert (items_in(learner.pool([one, other])) == 2 * size + 3).all()


def test_a_fit_on_a_pool_is_a_fit_on_its_parts(name, learner, truth, size):
    if KINDS[name].costly:
        pytest.skip("its steps meet the items in another order")
    one, other = batch_of(learner, truth, size, 1), batch_of(learner, truth, size + 4, 2)
    whole = 2 * size + 4
    apart = fitted(learner, [Part(one, size / whole), Part(other, (size + 4) / whole)])
    together = fitted(learner, [Part(learner.pool([one, other]), 1.0)])
    assert close(apart, together)


def test_a_weight_of_nearly_one_is_the_batch_alone(name, learner, truth, size):
    if KINDS[name].costly:
        pytest.skip("its steps meet the items in another order")
    one, other = batch_of(learner, truth, size, 1), batch_of(learner, truth, size, 2)
    mixed = fitted(learner, [Part(one, 1 - 1e-13), Part(other, 1e-13)])
    alone = fitted(learner, [Part(one, 1.0)])
    if all(x.shape == y.shape for x, y in zip(mixed, alone, strict=True)):
        assert all(np.allclose(x, y, rtol=1e-5, atol=1e-6) for x, y in zip(mixed, alone, strict=True))


def test_some_of_the_items_are_chosen_and_none_twice(learner, truth, size):
    batch = batch_of(learner, truth, 6 * size, items=True)
    try:
        some = learner.choose(batch, size, stream("choose"))
        everything = learner.choose(batch, 6 * size, stream("choose all"))
    except NotApplicable as error:
        pytest.skip(str(error))
    assert (items_in(some) == size).all()
    assert same(some, learner.choose(batch, size, stream("choose")))
    assert not same(some, learner.choose(batch, size, stream("choose otherwise")))
    assert (items_in(everything) == 6 * size).all()
    if "counts" in batch._fields:
        assert (some.counts <= batch.counts).all()
    elif hasattr(batch, "filled"):
        for mine, theirs in zip(some.filled, batch.filled, strict=True):
            rows = {row.tobytes() for row in theirs}
            assert len({row.tobytes() for row in mine} & rows) == size


def test_samples_are_sets_of_a_known_kind(learner, truth, size):
    model = fitted(learner, [Part(batch_of(learner, truth, size), 1.0)])
    for state in (truth, model):
        found = learner.samples(state, 12, stream("samples"))
        assert len(found) == REPLICATES
        assert len({type(one) for one in found}) == 1
        assert isinstance(found[0], Counts | Texts | Points | Images)
        if isinstance(found[0], Texts):  # a document may be made of many items
            assert all(0 < len(one) <= 12 for one in found)
        else:
            assert all(len(one) == 12 for one in found)
        again = learner.samples(state, 12, stream("samples"))
        assert [repr(vars_of(one)) for one in found] == [repr(vars_of(one)) for one in again]


def vars_of(sample):
    value = getattr(sample, sample.__slots__[0])
    return value.tolist() if isinstance(value, np.ndarray) else list(value)


def test_too_few_items_are_refused_before_anything_runs(name, learner):
    least = smallest(learner)
    for n in range(1, least):
        assert learner.refuse(n).strip()
    if least > 1:
        said = Experiment(learner=name, samples=least - 1, options=QUICK.get(name, {}), regimes=("replace",))
        with pytest.raises(BadInput, match=rf"{least - 1} samples?\b") as caught:
            arms(said)
        assert "\n" not in str(caught.value)


def test_the_fewest_items_that_are_not_refused_make_a_model(learner, truth):
    batch = batch_of(learner, truth, smallest(learner))
    for value in fitted(learner, [Part(batch, 1.0)]):
        assert value.dtype.kind != "f" or np.isfinite(value).all()


def test_bad_options_are_one_paragraph(name, learner):
    for option in type(learner).model_fields:
        with pytest.raises(BadInput, match=option) as caught:
            made_learner(name, {option: {"no": object}})
        assert "\n\n" not in str(caught.value)
    with pytest.raises(BadInput, match="nothing-like-it"):
        made_learner(name, {"nothing-like-it": 1})


@pytest.mark.parametrize("regime", RESUMED, ids=lambda regime: regime.name)
def test_a_history_goes_on_exactly_where_it_was_kept(name, learner, size, regime, tmp_path):
    if regime is SURPRISING and not isinstance(learner, Surprised):
        pytest.skip("its models do not say how much an item surprises them")
    arm = Arm(regime.name, KINDS[name], learner, regime, size, 4)
    block, streams = Block(0, 2), Streams(3)

    def history(moment):
        return list(generations(arm, block, streams, moment, lambda *_: None))

    try:
        keeper, kept = Keeper(tmp_path), {}
        for moment in generations(arm, block, streams, begun(arm, block, streams), lambda *_: None):
            # Kept as it goes, as a run does: what comes later may build on what is held.
            keeper.keep(0, moment.generation, moment)
            kept[moment.generation] = moment
    except BadInput as error:  # of a regime that it cannot draw for
        pytest.skip(str(error))
    for t in (1, 2, 3):
        restored = keeper.moment(0, t, learner)
        assert restored.generation == t
        assert same(restored.models[-1], kept[t].models[-1])
        after = history(restored)[-1]
        assert after.generation == 4
        assert same(after.models[-1], kept[4].models[-1])
