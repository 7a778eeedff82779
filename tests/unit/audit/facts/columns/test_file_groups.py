import numpy as np

from holdfast.audit.cases import subject
from holdfast.audit.runner import Facts


def groups_of(files, **columns):
    n = len(files)
    rng = np.random.default_rng(0)
    return Facts({"dataset": subject({"file": files, "x": rng.normal(size=n), **columns}, file="metadata")})["groups"]


def test_the_number_of_a_patient_before_that_of_the_picture():
    found = groups_of([f"images/{i // 3:08d}_{i % 3:03d}.png" for i in range(300)])
    assert found.origin == "file"
    assert found.n_groups == 100
    assert not found.certain
    assert "begin" in found.title


def test_a_folder_for_each_patient():
    found = groups_of([f"patient{i // 4:04d}/view{i % 4}.png" for i in range(400)])
    assert found.origin == "file"
    assert found.n_groups == 100


def test_numbers_of_pictures_are_no_groups():
    assert not groups_of([f"IMG_{i:05d}.jpg" for i in range(300)]).found
    assert not groups_of([f"{i:05d}.jpg" for i in range(300)]).found
    assert not groups_of([f"{'ab'[i % 2]}/cat.{i}.jpg" for i in range(300)]).found


def test_numbers_that_stand_for_classes_are_no_groups():
    files = [f"n{i % 30:04d}/n{i % 30:04d}_{i}.JPEG" for i in range(600)]
    assert not groups_of(files, y=[f"class {i % 30}" for i in range(600)]).found


def test_both_splits_hold_one_persons_files():
    found = groups_of([f"{('train', 'test')[i % 2]}/{i // 2:05d}_{i % 2}.png" for i in range(300)])
    assert found.n_groups == 150
