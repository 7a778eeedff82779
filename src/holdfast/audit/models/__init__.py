"""Models that an audit fits: the person's own, named as `module:factory`, or a default one for what the columns hold.

model.py    what a model is, and what it says
inputs.py   rows in the forms that models take
default.py  boosting for tables; linear models for words, images and vectors
linear.py   the estimators behind these
own.py      the person's own model, found and handed its columns
fitting.py  fit and predict
changes.py  rows with something changed, for asking what a model would say then
pixels.py   images as arrays
"""

from holdfast.audit.models.default import default_estimator, default_model, name_of
from holdfast.audit.models.fitting import Fitted, ask, fit, fit_and_predict, predict
from holdfast.audit.models.inputs import Inputs
from holdfast.audit.models.model import Form, Model, Predictions
from holdfast.audit.models.own import as_model, load_estimator

__all__ = [
    "Fitted",
    "Form",
    "Inputs",
    "Model",
    "Predictions",
    "as_model",
    "ask",
    "default_estimator",
    "default_model",
    "fit",
    "fit_and_predict",
    "load_estimator",
    "name_of",
    "predict",
]
