"""The checks with their documentation, read in a process of its own.

Importing every check brings SciPy and scikit-learn: 80 MB and two seconds that a dashboard need not carry around. So a
child imports them, writes down what they say, and is gone.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache

_SECONDS = 120


@dataclass(frozen=True)
class Checked:
    """A check as its page shows it. A case is (whether something is planted, what it is)."""

    name: str
    family: str
    title: str
    severity: str
    intro: str
    sections: Sequence[tuple[str, str]]
    options: Sequence[tuple[str, str]]
    needs: Sequence[str]
    references: Sequence[tuple[str, str]]
    cases: Sequence[tuple[bool, str]]


@cache
def everything() -> Mapping[str, Checked]:
    """Return all checks by name; a plug-in's too. Raises OSError or ValueError where they cannot be read."""
    done = subprocess.run(
        [sys.executable, "-m", "holdfast.web.catalogue"], capture_output=True, check=False, timeout=_SECONDS
    )
    if done.returncode:
        raise OSError(done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2] or "the checks cannot be read")
    return {one["name"]: Checked(**one) for one in json.loads(done.stdout)}


def written() -> str:
    """Return all checks as JSON."""
    from holdfast.audit import catalogue
    from holdfast.audit.definitions import HEADINGS

    found = [
        Checked(
            name=one.name,
            family=one.family,
            title=one.title,
            severity=one.severity.value,
            intro=one.doc.partition("\n## ")[0].partition("\n")[2].strip(),
            sections=[(heading, one.section(heading)) for heading in HEADINGS if one.section(heading)],
            options=[(f"audit.checks.{one.name}.{option.name}", repr(option.default)) for option in one.options],
            needs=one.needs,
            references=[(reference.text, reference.url) for reference in one.references],
            cases=[(case.at is not None, case.doc.partition("\n")[0]) for case in one.cases],
        )
        for one in catalogue.checks().values()
    ]
    return json.dumps([asdict(one) for one in found])


if __name__ == "__main__":
    sys.stdout.write(written())
