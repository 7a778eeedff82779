"""Tables of a few hundred rows, made on the spot."""

import csv
import random


def rows(n, seed, shift=0.0):
    """Rows with numbers, a category, gaps and a date; the label follows from two of them and chance."""
    rng = random.Random(seed)
    found = []
    for _ in range(n):
        a, b, c = rng.gauss(0, 1), rng.gauss(0, 1), rng.choice(["red", "green", "blue"])
        value = 1.5 * a - b + {"red": 1.2, "green": 0.0, "blue": -1.2}[c] + shift + rng.gauss(0, 0.7)
        found.append({"a": round(a, 4), "b": "" if rng.random() < 0.1 else round(b, 4), "colour": c,
                      "on": f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}", "noise": round(rng.random(), 4),
                      "y": "yes" if value > 0 else "no", "z": round(value, 4)})  # fmt: skip
    return found


def write(path, found, *, label):
    with path.open("w", newline="") as file:
        names = [name for name in found[0] if name not in {"y", "z"} or name == label]
        made = csv.DictWriter(file, names, extrasaction="ignore")
        made.writeheader()
        made.writerows(found)
    return str(path)
