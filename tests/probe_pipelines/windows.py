"""Series: windows, fills, lags. `features(frame)` and `fit_predict(train, test)`."""

import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

PLAIN = ["load", "wind"]


def centred_window(frame):
    out = frame[["date", "load"]].copy()
    out["mean"] = frame["load"].rolling(5, center=True).mean()  # found: future-reaches-past
    return out


def trailing_window(frame):
    out = frame[["date", "load"]].copy()
    out["mean"] = frame["load"].rolling(5).mean()
    return out


def backward_fill(frame):
    out = frame[["date"]].copy()
    out["wind"] = frame["wind"].bfill()  # found: future-reaches-past
    return out


def forward_fill(frame):
    out = frame[["date"]].copy()
    out["wind"] = frame["wind"].ffill()
    return out


def window_filled_from_behind(frame):
    out = frame[["load"]].copy()
    out["mean"] = frame["load"].rolling(24).mean().bfill()  # found: future-reaches-past
    return out


def interpolated(frame):
    out = frame[["load"]].copy()
    out["wind"] = frame["wind"].interpolate()  # found: future-reaches-past
    return out


def lead(frame):
    out = frame[["load"]].copy()
    out["next"] = frame["load"].shift(-1)  # found: future-reaches-past
    return out


def lag(frame):
    out = frame[["load"]].copy()
    out["before"] = frame["load"].shift(1)
    return out


def scaled_over_all_time(frame):
    scaler = StandardScaler().fit(frame[["load"]])  # found: test-rows-reach-training future-reaches-past
    return pd.DataFrame({"load": scaler.transform(frame[["load"]])[:, 0]}, index=frame.index)


def scaled_so_far(frame):
    return pd.DataFrame({"load": frame["load"] - frame["load"].expanding().mean()}, index=frame.index)


def smoothed_exponentially(frame):
    return pd.DataFrame({"load": frame["load"].ewm(span=6).mean()}, index=frame.index)


def target_window_with_its_own_row(frame):
    out = frame[["load"]].copy()
    out["recent"] = frame["y"].rolling(3).mean()  # found: unavailable-label-used
    return out


def target_window_before_its_row(frame):
    out = frame[["load"]].copy()
    out["recent"] = frame["y"].shift(1).rolling(3).mean()
    return out


def target_window_centred(frame):
    out = frame[["load"]].copy()
    out["recent"] = frame["y"].rolling(3, center=True).mean()  # found: unavailable-label-used future-reaches-past
    return out


def site_mean_of_all_time(frame):
    usual = frame.groupby("site")["load"].transform("mean")  # found: test-rows-reach-training future-reaches-past
    return frame[["load"]].assign(usual=usual)


def site_mean_so_far(frame):
    out = frame[["load"]].copy()
    out["usual"] = frame.groupby("site")["load"].transform(lambda load: load.expanding().mean())
    return out


def lags_across_the_split(train, test):
    both = pd.concat([train, test])
    both["before"] = both["y"].shift(1)
    both["load2"] = both["load"].rolling(3).mean()
    known = both.loc[train.index, ["before", "load2"]].fillna(0)
    model = Ridge().fit(known, train["y"])
    return model.predict(both.loc[test.index, ["before", "load2"]])


def smoothed_across_the_split(train, test):
    both = pd.concat([train, test])
    both["smooth"] = both["load"].rolling(7, center=True, min_periods=1).mean()  # found: future-reaches-past
    model = Ridge().fit(both.loc[train.index, ["smooth"]], train["y"])
    return model.predict(both.loc[test.index, ["smooth"]])


def scaled_across_the_split(train, test):
    both = pd.concat([train, test])
    both["load"] = (both["load"] - both["load"].mean()) / both["load"].std()  # found: test-rows-reach-training
    model = Ridge().fit(both.loc[train.index, ["load"]], train["y"])
    return model.predict(both.loc[test.index, ["load"]])


def own_target_across_the_split(train, test):
    both = pd.concat([train, test])
    both["level"] = both["y"].rolling(3).mean()  # found: unavailable-label-used
    model = Ridge().fit(both.loc[train.index, ["level"]].bfill(), train["y"])
    return model.predict(both.loc[test.index, ["level"]])
