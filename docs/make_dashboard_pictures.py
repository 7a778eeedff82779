"""Takes the pictures of the dashboard in docs/images, from real runs that it makes first.

    python docs/make_dashboard_pictures.py          about two minutes

Needs Chromium and the extra `test`.
"""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright
from sklearn.datasets import load_breast_cancer, load_wine

IMAGES = Path(__file__).parent / "images"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
HOLDFAST = [sys.executable, "-m", "holdfast"]
COMMANDS = (
    "demo",
    "audit wine.csv --label y --fail-on never",
    "audit cancer.csv --label y --fail-on never",
    "audit leaky.csv --label y --fail-on never",
    "audit cancer.csv --label y --fail-on never --seed 1",
    "collapse run gaussian --regimes replace,accumulate --samples 100 --generations 40 --replicates 300",
    "data init corpus",
    "data add corpus people.csv --origin human --message written-by-people",
    "data add corpus model.csv --origin synthetic --message from-a-model",
    "data add corpus found.csv --origin unknown --message found-on-the-web",
    "data review corpus --sample 30",
)
SHOTS = (  # picture, page, look, height
    ("dashboard-runs", "/runs", "light", 640),
    ("dashboard-run", "{demo}", "dark", 700),
    ("dashboard-findings", "/findings", "light", 640),
    ("dashboard-generations", "/generations", "light", 720),
    ("dashboard-data", "/data", "light", 740),
    ("dashboard-review", "/review/corpus", "dark", 560),
    ("dashboard-checklist", "{checklist}", "light", 720),
)


def main() -> None:
    """Make the runs and take every picture."""
    chromium = os.environ.get("HOLDFAST_CHROMIUM") or shutil.which("chromium") or sys.exit("needs Chromium")
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        home = Path(folder)
        write_tables(home)
        for command in COMMANDS:
            subprocess.run([*HOLDFAST, *command.split()], cwd=home, check=True, input="q\n", text=True)
        serve = [*HOLDFAST, "serve", "--port", "0", "--data", "corpus", "--reviewer", "ada"]
        with subprocess.Popen(serve, cwd=home, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as start:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            browser = start.chromium.launch(executable_path=chromium, args=FLAGS)
            for name, place, look, height in SHOTS:
                size = {"width": 1180, "height": height}
                context = browser.new_context(color_scheme=look, viewport=size)  # type: ignore[arg-type]
                page = context.new_page()
                page.goto(address)
                page.wait_for_selector("text=leaky.csv")
                paths = {
                    kind: page.locator("tr", has_text=title).first.locator("a.title").get_attribute("href")
                    for kind, title in (("demo", "affairs.csv"), ("checklist", "cancer.csv"))
                }
                paths["checklist"] = f"/checklist?run={str(paths['checklist']).rpartition('/')[2]}"
                page.goto(address.partition("/?")[0] + place.format(**paths))
                page.wait_for_timeout(400)
                page.screenshot(path=IMAGES / f"{name}.png")
                with Image.open(IMAGES / f"{name}.png") as picture:  # 256 colours are enough, in a third of the bytes
                    small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
                small.save(IMAGES / f"{name}.png", optimize=True)
                context.close()
            browser.close()
            server.send_signal(2)


def write_tables(home: Path) -> None:
    """Write three tables of scikit-learn's, one of them with a column that knows the answer, and some texts."""
    for name, data in (("wine", load_wine()), ("cancer", load_breast_cancer())):
        rows = [[*map(float, row), data.target_names[label]] for row, label in zip(data.data, data.target, strict=True)]
        write(home / f"{name}.csv", [*data.feature_names, "y"], rows)
    data = load_breast_cancer()
    known = [
        [*map(float, row), 3.0 + 2.0 * int(y), data.target_names[y]]
        for row, y in zip(data.data, data.target, strict=True)
    ]
    write(home / "leaky.csv", [*data.feature_names, "treatment weeks", "y"], [*known, *known[:40]])
    says = "The tide came in before {} o'clock and we had to carry the boat up to the {} ourselves."
    for name, start in (("people", 0), ("model", 300), ("found", 420)):
        texts = [
            says.format(number, ("path", "house", "wall", "road")[number % 4]) for number in range(start, start + 150)
        ]
        write(home / f"{name}.csv", ["text"], [[text] for text in texts])


def write(path: Path, head: list[str], rows: list[list[object]]) -> None:
    """Write a table."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])


if __name__ == "__main__":
    main()
