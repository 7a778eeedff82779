"""The update of early stopping: a rule, what it remembers, and one more look give what it remembers next."""

import math

from holdfast.core.errors import BadInput
from holdfast.finetune.stopping.rules import (
    GeneralisationLoss,
    Look,
    Patience,
    ProgressQuotient,
    Rising,
    Stopping,
    gl,
    progress,
)

AnyRule = Patience | GeneralisationLoss | ProgressQuotient | Rising


def looked(rule: AnyRule, state: Stopping, look: Look) -> Stopping:
    """Return the state after one more look; `stopped` then says why to stop, where it is time to.

    A state that has stopped stays as it is. A loss that is not a finite number stops any rule.
    """
    if state.stopped is not None:
        return state
    if not math.isfinite(look.validation):
        return state.model_copy(
            update={
                "looks": state.looks + 1,
                "stopped": f"the validation loss is {look.validation} at step {look.step:,}: the training has burst; "
                "take a lower learning rate, or clip gradients",
                "stopped_step": look.step,
            }
        )
    if state.best is None or look.validation < state.best:
        state = state.model_copy(update={"best": look.validation, "best_step": look.step})
    state = state.model_copy(update={"looks": state.looks + 1})
    state, reason = _patient(rule, state, look) if isinstance(rule, Patience) else _prechelt(rule, state, look)
    if reason is None:
        return state
    return state.model_copy(update={"stopped": reason, "stopped_step": look.step})


def _patient(rule: Patience, state: Stopping, look: Look) -> tuple[Stopping, str | None]:
    """Count looks without a gain. Slow gains add up: each is measured from the last one that counted."""
    margin, higher = rule.errors * state.mark_error, rule.errors * state.score_mark_error
    gained: dict[str, float] = {}
    if state.mark is None or look.validation < state.mark - margin:
        gained |= {"mark": look.validation, "mark_error": look.error}
    if look.score is not None and (state.score_mark is None or look.score > state.score_mark + higher):
        gained |= {"score_mark": look.score, "score_mark_error": look.score_error}
    if gained:
        return state.model_copy(update={**gained, "waited": 0}), None
    state = state.model_copy(update={"waited": state.waited + 1})
    if state.waited < rule.patience:
        return state, None
    by = f" by more than {margin:.3g} ({rule.errors:g} standard error{'s' * (rule.errors != 1)})" if margin else ""
    looks = f"{state.waited} look{'s' * (state.waited > 1)}"
    nor = "" if state.score_mark is None else f", nor has the score risen above {state.score_mark:.4g}"
    nor += f" by more than {higher:.3g}" if nor and higher else ""
    return state, (
        f"the validation loss has not fallen below {state.mark:.4g}{by} for {looks}{nor}; "
        f"the least loss was {state.best:.4g} at step {state.best_step:,}"
    )


def _prechelt(
    rule: GeneralisationLoss | ProgressQuotient | Rising, state: Stopping, look: Look
) -> tuple[Stopping, str | None]:
    assert state.best is not None  # `looked` has set it
    if look.training is None and isinstance(rule, ProgressQuotient):
        raise BadInput(f"the stopping rule {rule.rule} needs the training loss at each look; stop by patience instead")
    training = state.training if look.training is None else (*state.training, look.training)
    at_end = state.looks % rule.strip == 0
    moving = progress(training) if at_end and training else None
    lost = 0.0 if isinstance(rule, Rising) else gl(look.validation, state.best)
    state = state.model_copy(update={"training": () if at_end else training})
    best = f"{state.best:.4g} at step {state.best_step:,}"
    if isinstance(rule, GeneralisationLoss) and lost > rule.alpha:
        return state, f"the validation loss is {lost:.3g}% above its least, {best} (limit {rule.alpha:g}%)"
    if isinstance(rule, ProgressQuotient) and moving is not None and _exceeds(lost, moving, rule.alpha):
        return state, (
            f"the validation loss is {lost:.3g}% above its least, {best}, while the training loss still moves by "
            f"{moving:.3g} per mille a strip (limit of the quotient {rule.alpha:g})"
        )
    if at_end and isinstance(rule, Rising):
        state, reason = _rising(rule, state, look.validation)
        if reason is not None:
            return state, reason
    # One look is no strip: its progress is 0 by definition, and would stop every run at once.
    if moving is not None and len(training) > 1 and moving < rule.settled:
        return state, (
            f"the training loss stands still: it moved by {moving:.2g} per mille over {len(training)} looks (limit "
            f"{rule.settled:g}); the best validation loss was {best}"
        )
    return state, None


def _exceeds(lost: float, moving: float, alpha: float) -> bool:
    """Return whether GL/P_k > α, told without dividing by a progress of 0."""
    return lost > alpha * moving if math.isfinite(moving) else False


def _rising(rule: Rising, state: Stopping, validation: float) -> tuple[Stopping, str | None]:
    rose = state.strip_end is not None and validation > state.strip_end
    state = state.model_copy(update={"strip_end": validation, "risen": state.risen + 1 if rose else 0})
    if state.risen < rule.strips:
        return state, None
    strips = f"{state.risen} strip{'s' * (state.risen > 1)}"
    return state, (
        f"the validation loss rose over {strips} of {rule.strip} looks in a row, to {validation:.4g}; "
        f"the best was {state.best:.4g} at step {state.best_step:,}"
    )
