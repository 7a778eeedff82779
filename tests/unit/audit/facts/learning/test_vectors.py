"""Vectors that a person gives, or a model in a local folder makes; a wrong folder is told before the audit starts."""

import importlib.util

import numpy as np
import pytest

import small_models
from holdfast.audit.cases import subject
from holdfast.audit.cases.images import encoded, picture_data
from holdfast.audit.facts.learning.embedding import embed_images, embed_texts, model_folder
from holdfast.audit.runner import Facts
from holdfast.audit.settings import AuditSettings
from holdfast.audit.verb import audit, given_facts
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.progress import Silent

HERE = importlib.util.find_spec("transformers") is not None and importlib.util.find_spec("torch") is not None


def sentences(n: int = 80) -> Dataset:
    rng = np.random.default_rng(0)
    words = np.array([f"word{number}" for number in range(30)])
    texts = [" ".join(rng.choice(words, size=6)) for _ in range(n)]
    split = ["train"] * (n * 3 // 4) + ["test"] * (n - n * 3 // 4)
    return subject({"text": texts, "y": rng.choice(["a", "b"], size=n)}, split=split)


def test_an_array_given_to_an_audit_stands_in_for_the_texts() -> None:
    data = sentences()
    codes = np.array([value == "a" for value in data.values("y").to_pylist()])
    array = np.random.default_rng(1).normal(size=(80, 5)) + 3.0 * codes[:, None]
    run = audit(data, facts={"vectors": array})
    assert run.honest.model == "a linear model of the vectors"
    assert run.honest.claimed.value > 0.9
    assert not [result.check for result in run.results if result.status == "crashed"]


def test_an_array_that_does_not_fit_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"shape \(3, 2\)"):
        audit(sentences(), facts={"vectors": np.zeros((3, 2))})


def test_a_folder_that_holds_no_safe_model_is_refused(tmp_path) -> None:
    with pytest.raises(BadInput, match="no folder"):
        model_folder(str(tmp_path / "absent"))
    with pytest.raises(BadInput, match=r"config\.json"):
        model_folder(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(BadInput, match="safetensors"):
        model_folder(str(tmp_path))
    settings = AuditSettings(facts={"vectors": {"model": str(tmp_path)}})
    with pytest.raises(BadInput, match="safetensors"):
        given_facts(sentences(), settings, None, None, None)


@pytest.mark.skipif(HERE, reason="the libraries are installed")
def test_without_the_libraries_the_extra_is_named(tmp_path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(MissingExtra, match=r"holdfast\[vectors\]"):
        model_folder(str(tmp_path))


def test_a_model_made_on_the_spot_gives_vectors(tmp_path) -> None:
    pytest.importorskip("transformers")
    folder = str(small_models.encoder(tmp_path))
    written = [text for text, _ in small_models.texts(30, seed=0)]
    data = subject({"text": [*written, None]})
    found = embed_texts(data, "text", folder, Silent())
    assert found.shape == (31, 16)
    assert np.isfinite(found).all()
    assert len(np.unique(found.round(5), axis=0)) > 25
    assert not found[30].any()  # no text, no vector
    # Neither the order of rows nor the longer texts beside it move a vector.
    again = embed_texts(data.take(np.arange(30)[::-1]), "text", folder, Silent())
    assert np.allclose(again[::-1], found[:30], atol=1e-5)
    alone = embed_texts(data.take(np.array([3])), "text", folder, Silent())
    assert np.allclose(alone[0], found[3], atol=1e-5)


def test_a_model_of_sentence_transformers_gives_the_mean_over_tokens(tmp_path) -> None:
    made_by = pytest.importorskip("sentence_transformers")  # not among the extras that tests install
    plain = small_models.encoder(tmp_path / "plain")
    # Without a modules.json the library adds the mean over tokens, and says so in the folder that it saves.
    made_by.SentenceTransformer(str(plain), local_files_only=True).save(str(tmp_path / "sentences"))
    assert (tmp_path / "sentences" / "modules.json").is_file()
    data = subject({"text": [text for text, _ in small_models.texts(20, seed=0)]})
    found = embed_texts(data, "text", str(tmp_path / "sentences"), Silent())
    assert np.allclose(found, embed_texts(data, "text", str(plain), Silent()), atol=1e-5)


def test_a_folder_named_in_the_settings_stands_in_for_the_texts(tmp_path) -> None:
    pytest.importorskip("transformers")
    folder = small_models.encoder(tmp_path)
    rows = small_models.texts(120, seed=1)
    columns = {"text": [text for text, _ in rows], "y": [label for _, label in rows]}
    facts = Facts({"dataset": subject(columns)}, {"vectors": {"model": str(folder)}})
    assert facts["vectors"].columns == ("text",)
    assert [block.kind for block in facts["encoding"].blocks] == ["vector"]


def test_a_model_of_pictures_made_on_the_spot_gives_vectors(tmp_path) -> None:
    transformers = pytest.importorskip("transformers")
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = transformers.ViTConfig(**shape, image_size=32, patch_size=8)
    transformers.ViTModel(config).save_pretrained(tmp_path, safe_serialization=True)
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    rng = np.random.default_rng(0)
    files = [encoded(rng.integers(0, 255, size=(20, 20, 3)).astype(np.uint8)) for _ in range(8)]
    found = embed_images(picture_data([*files, b"no image"]), "image", str(tmp_path), Silent())
    assert found.shape == (9, 16)
    assert not found[8].any()
    assert len(np.unique(found.round(5), axis=0)) == 9
