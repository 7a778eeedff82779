"""The steps of a fine-tuning without what stands around them, in this process and those beside it."""

from holdfast.core.progress import Silent
from holdfast.core.random import Streams
from holdfast.core.store import RunStore
from holdfast.finetune import catalogue, processes
from holdfast.finetune.checkpoint import Checkpoint, read_tensors, save
from holdfast.finetune.loop import train
from holdfast.finetune.measuring.work import Work
from holdfast.finetune.splits import with_validation
from holdfast.finetune.stages import Stages
from holdfast.finetune.tuning import ready
from holdfast.finetune.verb import loaded
from holdfast.finetune.weights import weights


def trained(told, home, progress=None):
    """Train in this process and those beside it; return the journal. The last weights are kept as a checkpoint."""
    with processes.together(RunStore(home), progress or Silent()) as (store, listener):
        store.folder.mkdir(parents=True, exist_ok=True)
        dataset, _ = with_validation(loaded(told.data, told, Silent()), told.seed)
        kind = catalogue.kind_for(dataset, told)
        adaptation = catalogue.adaptations()[told.adapt]
        prepared, method = adaptation.apply(kind.prepare(dataset, None, told), told)
        work = Work(told, dataset, kind, prepared, store.folder, Streams(told.seed), Stages(store.folder / "stages"),
                    listener)  # fmt: skip
        job = ready(work, adaptation, method).job
        journal = train(job, progress if processes.first() or progress else None)
        save(store.folder / "end", Checkpoint(1, {"model": weights(job.module)}, journal.model_dump(mode="json")))
        return journal


def ended(home):
    return read_tensors(home / "runs" / "end" / "ckpt-00000001" / "model.safetensors")
