"""The verb: profiles of a chain of generations, from sample sets to its record."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, Field

from holdfast.collapse.profile.chain import steps
from holdfast.collapse.profile.domains import domain_of
from holdfast.collapse.profile.judging import judged
from holdfast.collapse.profile.profile import Generation, Profile, profile
from holdfast.collapse.profile.real import TAIL, Real
from holdfast.collapse.profile.telling import headline, sections
from holdfast.collapse.reading.counting import Unit, counted, halves
from holdfast.collapse.reading.sets import inputs_of, read_sets
from holdfast.core.errors import BadInput
from holdfast.core.finding import FROZEN
from holdfast.core.progress import Progress, listening
from holdfast.core.random import Streams
from holdfast.core.record import Run
from holdfast.core.recording import begun, recorded
from holdfast.core.store import RunStore

FEWEST = 20  # real items, to be parted in two


class Asked(BaseModel):
    """The settings of a profile."""

    model_config = FROZEN
    types: Unit = Field("words", description="what is counted in texts")
    column: str | None = Field(None, description="which column is counted, where there are several")
    text: str | None = Field(None, description="which column holds the texts")
    tail: float = Field(TAIL, gt=0, lt=1, description="share of the real items whose types are the tail")
    seed: int = Field(0, description="seed of everything random")


def run_profile(
    asked: Asked,
    learnt: Path,
    generations: Sequence[Path],
    real: Path,
    *,
    domains: Mapping[str, Path] | None = None,
    store: RunStore | None = None,
    progress: Progress | None = None,
    command: Sequence[str] = (),
) -> tuple[Run, tuple[Profile, ...]]:
    """Return the record of a chain of generations, and the profile of each.

    The first of `generations` was written by a model that learnt from `learnt`, each other one by a model that learnt
    from the one before. `real` is real data from which no model learnt; `domains` are real samples of domains. Raises
    BadInput.
    """
    started = time.perf_counter()
    domains = domains or {}
    if not generations:
        raise BadInput(
            "there is no generation; give what the first model learnt from, then what each model wrote: "
            "holdfast collapse profile train.txt gen1.txt gen2.txt --real fresh.txt"
        )
    if len(domains) == 1:
        raise BadInput("one domain cannot be told from another; give --domain NAME=FILE for two or more, or for none")
    sets = read_sets([learnt, *generations, real, *domains.values()], asked.text, listening(progress))
    chain, fresh, homes = sets[: 1 + len(generations)], sets[1 + len(generations)], sets[2 + len(generations) :]
    if len(fresh) < FEWEST:
        raise BadInput(f"--real holds {len(fresh)} items; at least {FEWEST} are needed, as they are parted in two")
    size = f"{len(generations)} generations"
    run = begun("collapse", f"profile of {size}", command, asked, inputs=inputs_of(sets), size=size)
    with recorded(run, store, started) as going:
        tables = counted([*chain, *halves(fresh, Streams(asked.seed)("halves")), *homes], asked.types, asked.column)
        if tables is None:
            raise BadInput("a profile is about types: texts or categories. For numbers: holdfast collapse watch")
        n = len(chain)
        domain = domain_of(tables[:, n + 2 :]) if homes else None
        world = Real.of_counts(tables[:, n], tables[:, n + 1], domain, asked.tail)
        taught, wrote = list(tables.T[: n - 1]), list(tables.T[1:n])
        found = tuple(
            profile(Generation(given, out), world, seed=asked.seed) for given, out in zip(taught, wrote, strict=True)
        )
        names = [one.name for one in chain[1:]]
        told = sections(names, found, steps(taught, wrote, world, seed=asked.seed))
        run = going.finish(results=(judged(names, found),), says=headline(names, found), sections=told)
    return run, found
