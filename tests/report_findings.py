"""Findings for the tests of the outputs: one of each kind that a report must show."""

import base64
import struct
import zlib
from datetime import UTC, datetime

import numpy as np

from holdfast.core.finding import (
    Confidence,
    Examples,
    Finding,
    Grid,
    Location,
    Measure,
    Picture,
    Pictures,
    Remedy,
    Series,
    Severity,
)
from holdfast.core.record import (
    CheckResult,
    Citation,
    Environment,
    Estimate,
)

STARTED = datetime(2026, 11, 21, 22, 14, 9, tzinfo=UTC)
PLACE = Environment(
    holdfast="0.1.0", python="3.11.15", platform="Linux x86_64", packages={"numpy": "2.4.6", "scikit-learn": "1.9.1"}
)
PAPER = Citation(
    text="Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
    "Patterns 4(9)",
    url="https://doi.org/10.1016/j.patter.2023.100804",
)

# What data, files and labels could smuggle into an output.
SCRIPT = "</script></style></title><script>alert(1)</script><img src=x onerror=alert(1)>"
ATTACKS = (
    SCRIPT,
    '" onmouseover=alert(1) x="',
    "=cmd|' /C calc'!A0",
    "+1+cmd()",
    "@SUM(1+1)",
    "\u202egnp.exe\u2066",
    "\x1b[31mred\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "a\x00b\x01\x08\x0c\x0e\x7f\x85",
    "\ud800\udfff \ufffe\uffff",
    "]]> <![CDATA[ &lt;&#60; &amp;",
    "{{ 7*7 }} {% raw %} ${alert(1)} [red]bold[/red] :smile:",
    "[a](javascript:alert(1)) ![x](http://evil.example/x.png) <http://evil.example> www.evil.example",
    "# heading\n---\n| a | b |\n|---|---|\n```\n@everyone #1 **b** _i_ ~~s~~ `c`",
    "Z\u0300\u0301\u0302" * 40,
    "\U000e0041\U000e0042\u200b\u2028\u2029",
    "x" * 1_000_000,
    "\U0001f600" * 1000,
)


def estimate(value, half):
    return Estimate(value=value, low=round(value - half, 4), high=round(value + half, 4))


def checked(name, family, status, findings=(), *, title="", why="", reason="", **more):
    return CheckResult(
        check=name,
        title=title or f"What {name} is about",
        family=family,
        url=f"https://example.org/checks/{name}",
        why=why or "A model can answer from memory what it has seen.\n\nThe score then says little about new records.",
        references=(PAPER,),
        status=status,
        findings=tuple(one.model_copy(update={"check": name}) for one in findings),
        reason=reason,
        seconds=0.2,
        **more,
    )


def overlap():
    rows = np.arange(36_200, 37_232)
    return Finding(
        message="1,032 of 9,043 test rows (11.4%) also occur in the training data",
        severity=Severity.ERROR,
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=rows, split="test"),),
        evidence=(
            Measure(name="copied share of test", value=0.1141, threshold=0.0, unit="share"),
            Examples(
                caption="Test rows and the training rows they copy",
                columns=("age", "job", "balance", "duration", "y"),
                cells=(
                    (39, "management", 2143.5, 261, "no"),
                    (39, "management", 2143.5, 261, "no"),
                    (51, "entrepreneur", None, 76, "yes"),
                    (51, "entrepreneur", None, 76, "yes"),
                ),
                rows=(36_200, 12, 36_204, 901),
            ),
        ),
        fix="Remove duplicates before splitting, or drop the copies from the test set.",
        remedy=Remedy(op="drop-rows", rows=rows),
    )


def disguise():
    return Finding(
        message="`duration` alone predicts `y` with an AUC of 0.81: it is known only after the call",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        locations=(Location(columns=("duration", "y")),),
        evidence=(
            Measure(
                name="AUC of duration alone",
                value=0.808,
                threshold=0.75,
                low=0.799,
                high=0.817,
                level=0.95,
                p_value=0.0002,
                unit="score",
            ),
            Series(
                name="Share of yes by duration",
                x=tuple(range(0, 1000, 50)),
                y=tuple(round(0.9 / (1 + 2.718 ** (-(x - 500) / 120)), 3) for x in range(0, 1000, 50)),
                low=tuple(round(0.85 / (1 + 2.718 ** (-(x - 520) / 120)), 3) for x in range(0, 1000, 50)),
                high=tuple(round(0.95 / (1 + 2.718 ** (-(x - 480) / 120)), 3) for x in range(0, 1000, 50)),
                x_name="seconds",
                y_name="share of yes",
            ),
        ),
        fix="Drop the column, unless it is known when the prediction is needed.",
        remedy=Remedy(op="drop-columns", columns=("duration",)),
    )


def groups():
    return Finding(
        message="812 of 1,400 customers have rows on both sides of the split",
        severity=Severity.ERROR,
        confidence=Confidence.MEDIUM,
        locations=(Location(columns=("customer",), rows=np.arange(100, 9_000, 7)),),
        evidence=(Measure(name="share of groups on both sides", value=0.58, threshold=0.0, unit="share"),),
        fix="Split by customer, so that each one is on one side only.",
        remedy=Remedy(op="regroup-split", columns=("customer",)),
    )


def constant(column):
    return Finding(
        message=f"`{column}` has one value in 99.9% of the rows",
        severity=Severity.NOTE,
        confidence=Confidence.CERTAIN,
        locations=(Location(columns=(column,)),),
        evidence=(Measure(name="share of the most frequent value", value=0.999, threshold=0.995, unit="share"),),
        fix="Drop the column: it tells the model nothing.",
    )


def drifted():
    return Finding(
        message="`month` differs between training and test data: the test data has 4.1 times as many rows of may",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        locations=(Location(columns=("month",)),),
        evidence=(
            Measure(name="total variation", value=0.31, threshold=0.1, low=0.29, high=0.33, level=0.95),
            Series(
                name="Rows by month",
                x=("jan", "feb", "mar", "apr", "may") * 2,
                y=(0.12, 0.21, 0.3, 0.25, 0.12, 0.04, 0.08, 0.14, 0.25, 0.49),
                group=("train",) * 5 + ("test",) * 5,
                x_name="month",
                y_name="share",
                shape="bar",
            ),
        ),
        fix="Find out what changed in May, and test on all seasons.",
    )


def scattered():
    rng = np.random.default_rng(0)
    x = rng.normal(size=240)
    return Finding(
        message="37 rows carry a label that their neighbours contradict",
        severity=Severity.WARNING,
        confidence=Confidence.LOW,
        locations=(Location(rows=rng.choice(45_211, 37, replace=False)),),
        evidence=(
            Measure(name="precision that is to be expected", value=0.62, threshold=0.6, low=0.55, high=0.7),
            Series(
                name="Confidence in the label against the distance",
                x=tuple(round(float(one), 3) for one in x),
                y=tuple(round(float(one), 3) for one in x * 0.5 + rng.normal(size=240) * 0.4),
                group=tuple("flagged" if i % 6 == 0 else "other" for i in range(240)),
                x_name="distance",
                y_name="confidence",
                shape="point",
            ),
        ),
        fix="Look at these rows by hand, the first ones first.",
    )


def spread():
    return Finding(
        message="Missing values of `balance` say which class a row has (AUC 0.63)",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        locations=(Location(columns=("balance",)),),
        evidence=(
            Measure(name="AUC of missing", value=0.63, threshold=0.55, low=0.61, high=0.65, unit="score"),
            Series(
                name="Missing values per thousand rows",
                x=tuple(float(x) for x in range(45)),
                y=tuple(float((x * 37) % 23) for x in range(45)),
                x_name="thousand rows",
                y_name="missing",
                shape="bar",
            ),
        ),
        fix="Find out why the values are missing.",
    )


def png(pixels):
    """Return grey pixels (lines × columns, uint8) as a PNG file in base64."""
    height, width = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    whole = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return base64.b64encode(whole).decode()


def shaded(seed, size=64):
    """Return a picture of soft shapes."""
    y, x = np.mgrid[:size, :size] / size
    a, b = np.random.default_rng(seed).random((2, 3))
    shade = sum(np.sin(9 * (i + 1) * (a[i] * x + b[i] * y)) for i in range(3))
    return np.clip(128 + 40 * shade, 0, 255).astype(np.uint8)


def copied_pictures():
    return Finding(
        message="12 of 400 test rows (3.0%) are nearly equal to a training row: 95% of their pixels agree",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        locations=(Location(rows=(8, 9), columns=("image",), split="test"),),
        evidence=(
            Measure(name="nearly copied share of test", value=0.03, threshold=0.0, unit="share"),
            Pictures(
                caption="Test pictures beside the training pictures they nearly copy",
                groups=tuple(
                    (
                        Picture(png=png(shaded(i)), title=f"test/cat/{i}.png", row=i),
                        Picture(png=png(shaded(i)[:, ::-1].copy()), title=f"train/cat/{i + 7}.png", row=None),
                    )
                    for i in range(5)
                ),
            ),
        ),
        fix="Drop them from the test set.",
    )


def marked_corner():
    heat = np.full((8, 8), 0.51)
    heat[0, 6:], heat[1, 7] = (0.83, 0.97), 0.74
    return Finding(
        message="The upper right corner alone tells the label (AUC 0.97)",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        locations=(Location(columns=("image",)),),
        evidence=(
            Measure(name="AUC of the border alone", value=0.97, threshold=0.7, low=0.95, high=0.98, level=0.95),
            Grid(
                name="How well each part of the picture tells the label (AUC)",
                values=tuple(tuple(line) for line in heat.tolist()),
                low=0.5,
                high=1.0,
                picture=Picture(png=png(shaded(3)), title="a typical picture"),
            ),
            Grid(
                name="The same without a picture below",
                values=tuple(tuple(line) for line in heat[:4].tolist()),
                row_names=("top", "upper", "middle", "lower"),
            ),
        ),
        fix="Crop the corner, or find out what writes into it.",
    )
