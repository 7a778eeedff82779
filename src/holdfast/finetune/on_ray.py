"""A fine-tuning by the workers of Ray Train: as many processes as `torchrun` would start, on one machine or several.

    run = on_ray(recipe, workers=2, store=RunStore(Path("/shared/.holdfast")))

Every worker runs the same verb; the first one writes. The store, the model and the data lie where all of them find
them. Where a worker is lost, Ray starts all of them again as often as `again` says, and the run goes on.
"""

from pathlib import Path
from typing import Any

from holdfast.core.errors import BadInput, MissingExtra
from holdfast.core.record import Run
from holdfast.core.store import RunStore
from holdfast.finetune.device import CPU, CUDA, Device
from holdfast.finetune.recipe import Recipe, relative
from holdfast.finetune.strategy import TABLE


def on_ray(
    recipe: Recipe, *, workers: int, store: RunStore, again: int = 0, resources: dict[str, float] | None = None
) -> Run:
    """Return the record of a fine-tuning by so many workers. `resources` are those of each, such as {"CPU": 4}.

    Workers compute on CUDA devices where these are among their resources ({"GPU": 1}), else on processors. Raises
    BadInput where the training ends without a record, with Ray's own reason; MissingExtra without Ray.
    """
    try:
        from ray.train import FailureConfig, RunConfig, ScalingConfig
        from ray.train.torch import TorchConfig, TorchTrainer
    except ImportError as error:
        raise MissingExtra.for_package("ray[train]", "ray", "a fine-tuning by Ray's workers") from error
    if workers < 1:
        raise BadInput(f"workers is {workers}; wanted 1 or more")
    home = store.root.absolute()
    known = set(store.ids())
    kind = CUDA if (resources or {}).get("GPU") else CPU
    scale = {**recipe.of(TABLE), "device": kind}
    placed = recipe.model_copy(update={"options": {**recipe.options, TABLE: scale}})
    told = {"recipe": relative(placed, Path.cwd()).model_dump(mode="json"), "store": str(home), "known": sorted(known)}
    trainer = TorchTrainer(
        _work,
        train_loop_config=told,
        torch_config=TorchConfig(backend=Device(kind).backend),
        scaling_config=ScalingConfig(
            num_workers=workers, use_gpu=kind == CUDA, resources_per_worker=resources or {"CPU": 1}
        ),
        run_config=RunConfig(storage_path=str(home / "ray"), failure_config=FailureConfig(max_failures=again)),
    )
    try:
        trainer.fit()
    except Exception as error:
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        raise BadInput(f"the workers ended without a record: {reason}") from error
    return store.load(_newest(store, known))


def _work(told: dict[str, Any]) -> None:
    """Run the verb in one worker; go on with what a lost worker interrupted."""
    from holdfast.finetune.verb import finetune

    store, known = RunStore(Path(told["store"])), set(told["known"])
    begun = [one for one in store.ids() if one not in known]
    resume = store.load(begun[0]) if begun else None
    if resume is not None and resume.status != "interrupted":
        resume = None
    finetune(Recipe.model_validate(told["recipe"]), store=store, resume=resume)


def _newest(store: RunStore, known: set[str]) -> str:
    return next(one for one in store.ids() if one not in known)
