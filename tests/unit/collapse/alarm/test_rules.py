"""Rules of thumb: when they speak."""

import numpy as np

from holdfast.collapse.alarm.rules import NEVER, ten_percent_drop, two_percent_change


def test_rules_speak_at_the_first_value_beyond_them():
    values = np.array([[1.0, 1.0], [0.95, 1.01], [0.89, 1.01]])
    assert ten_percent_drop(values, np.ones(2)).tolist() == [3, NEVER]
    assert two_percent_change(values, np.ones(2)).tolist() == [2, NEVER]
