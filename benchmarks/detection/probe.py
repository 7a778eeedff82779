"""The probe against pipelines whose truth is known: verdict, place and time of each, as a Markdown table.

    python benchmarks/detection/probe.py [--out docs/probe.md] [--only NAME]

Every pipeline of tests/probe_pipelines runs in a child process, as `holdfast probe` runs it.
"""

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "probe_pipelines"))
from truth import ELSEWHERE, FOLDER, all_truths, data_of

from holdfast.audit.probe.process import in_child
from holdfast.audit.probe.verb import probe
from holdfast.audit.settings import AuditSettings
from holdfast.core.record import Status


def judged(truth):
    """Return the row of the table, and whether verdict and place are right."""
    started, cpu = time.perf_counter(), sum(os.times()[:4])
    with in_child(f"{FOLDER / truth.file}:{truth.function}", truth.form) as pipeline:
        run = probe(pipeline, data_of(truth), AuditSettings())
    cpu = sum(os.times()[:4]) - cpu
    crashed = [one.check for one in run.results if one.status is Status.CRASHED]
    spoke = {finding.check: finding for finding in run.findings}
    right = set(spoke) == truth.speaks and not crashed
    placed = []
    for check, finding in spoke.items():
        lines = {place.line for place in finding.locations if place.file}
        wanted = truth.lines.get(check)
        if wanted is not None:
            placed.append((check, wanted in lines, f"line {wanted}" if wanted in lines else f"{lines} for {wanted}"))
        else:
            named = any(place.line or place.rows or place.columns for place in finding.locations)
            placed.append(
                (
                    check,
                    named or "cannot be named" in finding.message,
                    ELSEWHERE.get(truth.function, {}).get(check, "?"),
                )
            )
    return {
        "right": right,
        "placed": all(ok for _, ok, _ in placed),
        "spoke": sorted(spoke),
        "missing": sorted(truth.speaks - set(spoke)),
        "surplus": sorted(set(spoke) - truth.speaks) + [f"crashed {name}" for name in crashed],
        "where": "; ".join(text for _, _, text in placed),
        "seconds": time.perf_counter() - started,
        "cpu": cpu,
        "run": run,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    lines = ["| pipeline | must find | verdict | place | CPU-s |", "|---|---|---|---|---|"]
    wrong = unplaced = total = 0
    for truth in all_truths():
        if arguments.only not in truth.function:
            continue
        found = judged(truth)
        total += 1
        wrong += not found["right"]
        unplaced += not found["placed"]
        verdict = "right" if found["right"] else f"WRONG: missing {found['missing']}, surplus {found['surplus']}"
        wanted = ", ".join(sorted(truth.speaks)) or "nothing"
        lines.append(
            f"| {truth.file}:{truth.function} | {wanted} | {verdict} | {found['where'] or '—'} | {found['cpu']:.1f} |"
        )
        print(lines[-1], "" if found["placed"] else "  <- PLACE", flush=True)
        if arguments.verbose or not found["right"]:
            for finding in found["run"].findings:
                print("    ", finding.check, finding.message)
            for result in found["run"].results:
                if result.reason:
                    print("       ", result.check, result.status, result.reason[:160], result.trace[-300:])
    summary = f"{total} pipelines, {wrong} wrong verdicts, {unplaced} with another place than the source names."
    print(summary)
    if arguments.out:
        arguments.out.write_text("\n".join([*lines, "", summary, ""]), "utf-8")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
