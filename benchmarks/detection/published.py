"""Published experiments on generations of models, run again at the size of a laptop.

    python benchmarks/detection/published.py                  all of them, about ten minutes on two cores
    python benchmarks/detection/published.py --only NAME      one
    python benchmarks/detection/published.py --write          docs/collapse-published.md anew; of --only, its part

Each says what was published, the command, and what was seen. They stand in `published_experiments`, a file a family.
Some learn from `shakespeare.txt` in the current folder: tiny Shakespeare by A. Karpathy, 1.1 MB, in the public domain.
"""

import argparse
import sys
import time
from pathlib import Path

from published_experiments import all_published
from published_experiments.definitions import Published, Seen

from holdfast.collapse import run_experiment
from holdfast.core.errors import BadInput

PAGE = Path(__file__).resolve().parents[2] / "docs" / "collapse-published.md"
OPENING = """# Published experiments, run again

Written by `python benchmarks/detection/published.py --write`. Sizes are those of a laptop; headlines are in our words.
"""
PART = "\n## "


def run_again(one: Published) -> str:
    """Return the part of the page on an experiment, which is run; nothing where its text is not there."""
    started = time.process_time()
    try:
        _, curves = run_experiment(one.experiment)
    except BadInput as error:
        print(f"{one.name} is left out: {error}", file=sys.stderr)
        return ""
    seen = Seen({(curve.arm.name, curve.measure.name): curve for curve in curves})
    far = [o.worst for c in curves for o in c.overlays if o.theory.exact and o.compared]
    said = f"[{one.who}]({one.url}): {one.headline}.\n\n```\n{one.command}\n```\n\n**Seen.** {one.seen(seen)}"
    if far:
        said += f" Exact theory is {max(far):.1f} standard errors away at most."
    print(f"{one.name}: {time.process_time() - started:.0f} CPU-s", file=sys.stderr)
    return f"{PART}{title(one)}\n\n{said}\n"


def title(one: Published) -> str:
    """Return an experiment's heading on the page."""
    return one.name.replace("-", " ").capitalize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="name of one experiment")
    parser.add_argument("--write", action="store_true", help="into the page; the parts of other experiments stay")
    asked = parser.parse_args()
    known = list(all_published())
    wanted = [one for one in known if asked.only in (None, one.name)]
    if not wanted:
        parser.error(f"no experiment {asked.only}; there are {', '.join(one.name for one in known)}")
    if not asked.write:
        print(OPENING, *(run_again(one) for one in wanted), sep="", end="")
        return
    told = {title(one): part for one in wanted if (part := run_again(one))}
    parts = {part.partition("\n")[0]: PART + part for part in PAGE.read_text("utf-8").split(PART)[1:]} | told
    PAGE.write_text(OPENING + "".join(parts.get(title(one), "") for one in known), "utf-8")


if __name__ == "__main__":
    main()
