"""The model as it came; where it has a new head, the head alone is fitted: a linear probe."""

from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.evaluation import judged
from holdfast.finetune.tasks.definitions import Judged
from holdfast.finetune.weights import copied, put


def judge(bench: Bench) -> Judged | None:
    """Return what the weights before tuning make of each test example; the model is left as it was."""
    module, task = bench.prepared.module, bench.prepared.task
    now = copied(module, bench.base.keys())
    put(module, bench.base)
    try:
        return judged(task, module, "test")
    finally:
        put(module, now)


control = Control(
    "untuned", "the model as it came, with a head fitted on it where it had none", pretrained=True, judge=judge
)
