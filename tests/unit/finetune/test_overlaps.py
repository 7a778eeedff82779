"""Findings about two sides of the data: where they lie in the data set that is tuned on."""

import numpy as np
import pyarrow as pa

from holdfast.core.finding import Confidence, Finding, Location, Severity
from holdfast.core.rows import Rows
from holdfast.data.inference import describe
from holdfast.finetune.overlaps import View


def test_rows_of_a_finding_are_those_of_the_data_set_and_are_read_back():
    sides = describe("sides", pa.table({"text": ["a", "b", "c"]}))
    view = View(sides, "validation rows", "valid", Severity.WARNING, np.array([4, 17, 23]))
    found = Finding(
        check="split-overlap",
        message="2 of 3",
        severity=Severity.ERROR,
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=Rows([1, 2])),),
    )
    told = view.told(found)
    assert told.locations[0].rows == Rows([17, 23])
    assert Finding.model_validate_json(told.model_dump_json()).locations == told.locations
