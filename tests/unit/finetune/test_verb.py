"""A whole fine-tuning of a model of a few thousand weights: exact after a stop, honest about what it came to."""

import pytest

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.hashing import digest_file
from holdfast.core.progress import Silent
from holdfast.core.record import Status
from holdfast.core.store import RunStore
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.verb import finetune


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finetune")
    small_models.encoder(folder / "encoder")
    small_models.write_texts(folder / "texts.csv", 240, seed=1)
    return folder


def recipe(place, **more):
    said = {"model": str(place / "encoder"), "data": str(place / "texts.csv"), "label": "label", "rate": 0.003,
            "epochs": 2, "evaluations": 4, "stop": "never", "allow": ("split-overlap",)}  # fmt: skip
    return Recipe(**{**said, **more})


class Stops(Silent):
    """Breaks off a training at a step, as Ctrl-C does."""

    def __init__(self, step):
        self.step = step

    def advanced(self, task, done, total, unit):
        if task == "training" and done >= self.step:
            raise KeyboardInterrupt


def stripped(run):
    return run.model_dump(exclude={"id", "started", "seconds", "sections", "results"})


def weights(store, run):
    return digest_file(store.folder / run.id / "model" / "model.safetensors")


def test_a_training_that_was_stopped_goes_on_to_the_same_bits(place, tmp_path):
    store = RunStore(tmp_path)
    whole = finetune(recipe(place), store=store)
    with pytest.raises(KeyboardInterrupt):
        finetune(recipe(place), store=store, progress=Stops(13))
    cut = store.load("latest") if store.load("latest").id != whole.id else store.load(store.ids()[1])
    assert cut.status == "interrupted"
    resumed = finetune(recipe(place), store=store, resume=cut)
    assert resumed.id == cut.id
    assert weights(store, resumed) == weights(store, whole)
    assert resumed.says == whole.says
    assert stripped(resumed) == stripped(whole)


def test_smaller_batches_at_once_change_nothing_but_rounding(place, tmp_path):
    store = RunStore(tmp_path)
    small_models.encoder(tmp_path / "steady", dropout=0.0)
    runs = [finetune(recipe(place, model=str(tmp_path / "steady"), micro=micro, epochs=1, keep=()), store=store)
            for micro in (None, 4)]  # fmt: skip
    one, other = (
        next(evidence for section in run.sections for evidence in section.evidence if evidence.kind == "series").y
        for run in runs
    )
    assert one == pytest.approx(other, abs=2e-5)
    assert min(one) < max(one) - 1e-3


def test_a_broken_gate_stops_before_the_first_step(place, tmp_path):
    rows = small_models.texts(100, seed=2)
    for name in ("train", "test"):
        lines = ["text,label", *(f"{text},{label}" for text, label in rows)]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    both = {name: str(tmp_path / f"{name}.csv") for name in ("train", "test")}
    run = finetune(recipe(place, data=both, allow=()), store=RunStore(tmp_path))
    assert run.result("split-overlap").status is Status.FOUND
    assert run.says.startswith("Not started")
    assert not (RunStore(tmp_path).folder / run.id / "model").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"label": "lable"}, "Did you mean 'label'"),
        ({"adapt": "hed"}, "Did you mean 'head'"),
        ({"keep": ("l2-sp",)}, "l2sp"),
        ({"keep": ("replay",)}, "replay needs data of the original task"),
        ({"task": "classify-texts"}, "Did you mean 'classify-text'"),
        ({"micro": 5}, "divisor of batch"),
    ],
)
def test_a_wrong_recipe_is_told_in_one_sentence(place, tmp_path, more, says):
    with pytest.raises(BadInput, match=says):
        finetune(recipe(place, **more), store=RunStore(tmp_path))


def test_a_pickle_is_never_read_as_a_model(place, tmp_path):
    folder = small_models.encoder(tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(BadInput, match="runs code when it is read"):
        finetune(recipe(place, model=str(folder)), store=RunStore(tmp_path))


def test_what_was_tuned_is_loaded_by_others(place, tmp_path):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    store = RunStore(tmp_path)
    run = finetune(recipe(place, epochs=0.5, evaluations=1), store=store)
    folder = store.folder / run.id / "model"
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    assert model.config.id2label == {0: "bad", 1: "good"}
    assert AutoTokenizer.from_pretrained(folder)("good")["input_ids"]


@pytest.mark.parametrize("rule", ["gl", "pq", "up"])
def test_every_stopping_rule_can_stop_with_the_usual_number_of_looks(rule):
    from holdfast.finetune.tuning import _rule

    known = Recipe(model="m", data="d", stop=rule)
    assert _rule(known).strip == 1
    assert _rule(known.model_copy(update={"evaluations": 100})).strip == 5
    assert _rule(known.model_copy(update={"options": {"stop": {"strip": 3}}})).strip == 3
