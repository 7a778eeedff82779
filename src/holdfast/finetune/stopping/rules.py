"""Early stopping as a frozen state and a pure update: what is told after a cut is what would have been told without.

Patience: no improvement by more than one standard error, of the validation loss or of the score, for `patience` looks.
Both are asked, as a classifier's loss often rises, out of too much confidence, while more answers still turn right.
Prechelt (1998), "Early stopping — but when?", with strips of k looks and E_opt(t) = min over t' ≤ t of E_va(t'):

    GL(t)   = 100 (E_va(t)/E_opt(t) − 1)                            GL_α stops at the first t with GL(t) > α
    P_k(t)  = 1000 (Σ_strip E_tr / (k min_strip E_tr) − 1)          PQ_α stops at the end of a strip with GL/P_k > α
    UP_s    stops at the end of a strip if UP_{s−1} did at t − k, and E_va(t) > E_va(t − k)

None of the three ends for certain, so each also stops once the training no longer moves (P_k < 0.1, as there).
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from holdfast.core.errors import BadInput, unknown
from holdfast.core.finding import FROZEN

STRIP = 5  # looks; Prechelt (1998), section 2.2
SETTLED = 0.1  # P_k per mille; the same place


class Patience(BaseModel):
    """Stop after `patience` looks in a row in which neither loss nor score got better by `errors` standard errors."""

    model_config = FROZEN
    rule: Literal["patience"] = Field("patience", description="name of the rule")
    patience: int = Field(default=3, ge=1, description="looks without a gain after which to stop")
    errors: float = Field(default=1.0, ge=0.0, description="standard errors on validation data; 0 takes any gain")


class GeneralisationLoss(BaseModel):
    """Prechelt's GL_α: stop once the validation loss is `alpha` per cent above its least."""

    model_config = FROZEN
    rule: Literal["gl"] = Field("gl", description="name of the rule")
    alpha: float = Field(default=5.0, gt=0.0, description="per cent")
    strip: int = Field(default=STRIP, ge=1, description="looks of a strip")
    settled: float = Field(default=SETTLED, ge=0.0, description="P_k below which training stands still; 0 for never")


class ProgressQuotient(BaseModel):
    """Prechelt's PQ_α: stop once GL is more than `alpha` times the progress of the training loss."""

    model_config = FROZEN
    rule: Literal["pq"] = Field("pq", description="name of the rule")
    alpha: float = Field(default=0.75, gt=0.0, description="most that GL may be of the progress P_k")
    strip: int = Field(default=STRIP, ge=1, description="looks of a strip")
    settled: float = Field(default=SETTLED, ge=0.0, description="P_k below which training stands still; 0 for never")


class Rising(BaseModel):
    """Prechelt's UP_s: stop once the validation loss rose over `strips` strips in a row."""

    model_config = FROZEN
    rule: Literal["up"] = Field("up", description="name of the rule")
    strips: int = Field(default=3, ge=1, description="in a row, over which the loss rose")
    strip: int = Field(default=STRIP, ge=1, description="looks of a strip")
    settled: float = Field(default=SETTLED, ge=0.0, description="P_k below which training stands still; 0 for never")


Rule = Annotated[Patience | GeneralisationLoss | ProgressQuotient | Rising, Field(discriminator="rule")]
_RULES: Mapping[str, type[Patience | GeneralisationLoss | ProgressQuotient | Rising]] = {
    "patience": Patience,
    "gl": GeneralisationLoss,
    "pq": ProgressQuotient,
    "up": Rising,
}


class Look(BaseModel):
    """One look at the validation set: its mean loss with standard error, and the mean training loss since the last.

    `score` is what the model is chosen by, higher being better, where that is another number than the loss.

    `error` may as well be the standard error of the paired difference to the best look, which is smaller; the caller
    decides, and keeps to it.
    """

    model_config = FROZEN
    step: int
    validation: float
    error: float = 0.0
    training: float | None = None
    score: float | None = None
    score_error: float = 0.0


class Stopping(BaseModel):
    """All that a rule remembers. Survives JSON unchanged, and so a resume."""

    model_config = FROZEN
    looks: int = 0
    best: float | None = Field(default=None, description="least validation loss so far, E_opt")
    best_step: int | None = None
    mark: float | None = Field(default=None, description="the loss that a gain is measured from")
    mark_error: float = 0.0
    score_mark: float | None = Field(default=None, description="the score that a gain is measured from")
    score_mark_error: float = 0.0
    waited: int = Field(default=0, description="looks since the last gain")
    training: tuple[float, ...] = Field(default=(), description="training losses of the strip under way")
    strip_end: float | None = Field(default=None, description="validation loss at the end of the last strip")
    risen: int = Field(default=0, description="strips in a row over which the validation loss rose")
    stopped: str | None = Field(default=None, description="why to stop, in words; None to go on")
    stopped_step: int | None = None


def rule_named(name: str, **options: float) -> Patience | GeneralisationLoss | ProgressQuotient | Rising:
    """Return the rule called patience, gl, pq or up. Raises BadInput for another name or option."""
    if name not in _RULES:
        raise unknown("stopping rule", name, _RULES)
    made = _RULES[name]
    for option in options:
        if option not in made.model_fields:
            raise unknown(f"option of the stopping rule {name}", option, set(made.model_fields) - {"rule"})
    try:
        return made.model_validate(options)
    except ValueError as error:
        first = error.errors()[0] if hasattr(error, "errors") else {"loc": ("",), "msg": str(error)}
        raise BadInput(f"stopping rule {name}, option {first['loc'][-1]}: {first['msg']}") from error


def gl(validation: float, best: float) -> float:
    """Return Prechelt's generalisation loss, in per cent of the least validation loss.

    Raises BadInput for a negative loss, of which a ratio says nothing.
    """
    if validation < 0.0 or best < 0.0:
        raise BadInput(
            f"the generalisation loss is a ratio and wants losses of 0 or more, got {min(validation, best):g}; "
            "stop by patience instead"
        )
    if best == 0.0:
        return 0.0 if validation == 0.0 else float("inf")
    return 100.0 * (validation / best - 1.0)


def progress(training: tuple[float, ...]) -> float:
    """Return Prechelt's training progress P_k of one strip, per mille: how far its mean lies above its least."""
    least = min(training)
    if least < 0.0:
        raise BadInput(f"the training progress is a ratio and wants losses of 0 or more, got {least:g}")
    if least == 0.0:
        return 0.0 if max(training) == 0.0 else float("inf")
    return 1000.0 * (sum(training) / (len(training) * least) - 1.0)
