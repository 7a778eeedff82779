import pytest

from holdfast.audit.facts.columns.naming import names_entity, names_identifier, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("daysToDeath_2", ("days", "to", "death", "2")),
        ("Patient ID", ("patient", "id")),
        ("customerID", ("customer", "id")),
        ("HTTPStatus", ("http", "status")),
        ("größe", ("gr", "öß", "e")),
        ("", ()),
    ],
)
def test_names_are_split_into_words(name, words):
    assert words_of(name) == words


@pytest.mark.parametrize(
    "name", ["Patient ID", "patientid", "user", "users", "customer_id", "subject.no", "SubjectKey"]
)
def test_keys_of_persons_are_known(name):
    assert names_entity(name)


@pytest.mark.parametrize(
    "name", ["Patient Age", "user_rating", "id", "driver license class", "amount", "customers lost"]
)
def test_what_is_said_about_a_person_is_no_key(name):
    assert not names_entity(name)


@pytest.mark.parametrize("name", ["id", "customerID", "index", "Unnamed: 0", "row_number", "Image Index", "instant"])
def test_names_of_keys_are_known(name):
    assert names_identifier(name)


@pytest.mark.parametrize("name", ["age", "Body Mass", "row height", "idle", "image width", "n"])
def test_names_of_measurements_are_no_keys(name):
    assert not names_identifier(name)
