"""Columns made of the label of neighbouring rows."""

import numpy as np
import pytest

from holdfast.audit.cases import subject
from holdfast.audit.runner import Facts


@pytest.fixture
def series():
    rng = np.random.default_rng(3)
    values = rng.normal(size=700)
    for i in range(1, 700):
        values[i] += 0.95 * values[i - 1]
    return values


def windows_of(**columns):
    n = len(columns["y"])
    day = np.datetime64("2020-01-01", "D").astype("datetime64[us]") + np.arange(n) * np.timedelta64(1, "D")
    return Facts({"dataset": subject({"day": day, **columns}, day="time")})["label_windows"].columns


def test_a_lead_needs_as_many_rows_as_it_leads(series):
    found = windows_of(lead=np.r_[series[3:], [np.nan] * 3], y=series)["lead"]
    assert found.by_future == pytest.approx(1.0, abs=1e-6)
    assert found.ahead == 3


def test_a_lag_is_of_the_past(series):
    found = windows_of(lag=np.r_[[np.nan] * 4, series[:-4]], y=series)["lag"]
    assert (found.exact, found.reach, found.by_future < 0.1) == ("past", 4, True)
    assert (found.label_ahead, found.label_by_future) == (4, pytest.approx(1.0, abs=1e-6))


def test_a_mean_with_the_own_row_is_of_the_present(series):
    mean = np.convolve(series, np.ones(4) / 4)[: len(series)]
    mean[:4] = np.nan
    found = windows_of(mean=mean, y=series)["mean"]
    assert found.exact == "present"
    weights = np.array(found.weights)
    assert weights[len(weights) // 2] == pytest.approx(0.25, abs=1e-4)


def test_unrelated_columns_are_not_even_looked_at(series):
    rng = np.random.default_rng(4)
    assert windows_of(noise=rng.normal(size=700), walk=np.cumsum(rng.normal(size=700)), y=series) == {}
