"""Examples of the original task among the new ones: what a model keeps doing it does not forget."""

from pydantic import BaseModel, Field

from holdfast.core.config import checked
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.finetune.methods.definitions import Method, MethodKind, More, Setting, Steps
from holdfast.finetune.recipe import batches


class Options(BaseModel):
    """Options of `replay`."""

    model_config = FROZEN
    share: float = Field(0.25, gt=0, lt=1, description="of what a step learns from; 0.05 to 0.25 is usual")


def make(setting: Setting) -> Method:
    """Return replay of the original task's training examples. Raises BadInput where none were given.

    With a share s, replayed examples are s of the examples and s of the weight of the loss, as in a mixture.
    """
    task = setting.prepared.original
    if task is None or not task.count("train"):
        raise BadInput('replay needs data of the original task: give original = "…", or leave replay out of keep')
    share = checked(Options, setting.options, table="options.replay").share
    micro, _ = batches(setting.recipe)
    size, n, streams = max(1, round(micro * share / (1 - share))), task.count("train"), setting.streams

    def replayed(step: int, part: int) -> More:
        rows = streams("replay", step, part).choice(n, size=min(size, n), replace=False)
        return More(task, rows, share / (1 - share))

    return Steps("replay", replays=replayed)


method = MethodKind("replay", "examples of the original task among the new ones", make)
