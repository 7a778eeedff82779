"""The ways to fail on a variational autoencoder of digits, as `failures_lm.py` has them on a language model.

    nice python benchmarks/detection/failures_vae.py MNIST_TEST_FOLDER [--out docs/collapse-plan.md]

The folder holds `t10k-images-idx3-ubyte.gz` and `t10k-labels-idx1-ubyte.gz`. Types are clusters of real pictures; the
domains are the digits 0 to 4 and 5 to 9. How surprised a model is by a picture is minus the lower bound of its
likelihood.
"""

import argparse
import gzip
import time
from pathlib import Path

import numpy as np
from marked import rewrite, table
from sklearn.cluster import KMeans

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.networks import dense
from holdfast.collapse.learners.networks.making import Made
from holdfast.collapse.learners.networks.nature import real_pictures
from holdfast.collapse.learners.torch_use import reproducible
from holdfast.collapse.learners.vae import Vae
from holdfast.collapse.profile import Generation, Real, profile
from holdfast.collapse.profile.domains import domain_of
from holdfast.collapse.regimes import Rule
from holdfast.core.random import Streams

STREAMS = Streams(46)
ITEMS, FEW, TYPES, TAIL, NOISES = 2000, 150, 200, 0.3, 8
NAMES = ("gap", "inherited", "intrinsic", "domain", "rarity", "head", "diversity", "surprise")


class Laboratory:
    """A learner, real pictures in three parts that share none, and luck by name."""

    def __init__(self, folder):
        file = str(folder / "t10k-images-idx3-ubyte.gz")
        self.learner = Vae(file=file)
        self.truth = self.learner.truth(1, STREAMS("truth"))
        real = real_pictures(file, self.learner.side)
        self.pixels = np.concatenate([real.learn, real.held_out])
        labels = np.frombuffer(gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:], np.uint8)
        # The learner reads its pictures in an order of its own; labels go along.
        self.late = labels[Streams(0)("pictures").permutation(len(labels))] >= 5
        order = STREAMS("parts").permutation(len(labels))
        self.learn, self.others, self.held = order[:4000], order[4000:8000], order[8000:]
        self.clusters = KMeans(TYPES, n_init=1, random_state=0, max_iter=30).fit(flat(self.pixels[order[:8000]]))
        kinds = self.clusters.predict(flat(self.pixels))
        by_half = np.stack([np.bincount(kinds[self.late == late], minlength=TYPES) for late in (False, True)], axis=1)
        everywhere, others = (np.bincount(kinds[part], minlength=TYPES) for part in (order, self.others))
        self.real = Real.of_counts(everywhere, others, domain_of(by_half), TAIL)
        self.first = None

    def some(self, part, size, *names):
        """Return real pictures of a part."""
        return Made(self.pixels[STREAMS(*names).permutation(part)[:size]][None])

    def fit(self, batch, name, previous=None):
        """Return a model trained on a batch, from the weights of a previous one if there is one."""
        learner = self.learner.model_copy(update={"start": "warm"}) if previous is not None else self.learner
        return learner.fit([Part(batch, 1.0)], STREAMS("fit", name), previous)

    def write(self, model, name, rule=None):
        """Return what a model writes."""
        return self.learner.draw(model, Draw(ITEMS, rule or Rule()), STREAMS("write", name))

    def counted(self, batch):
        """Return how often each type is in a batch."""
        return np.bincount(self.clusters.predict(flat(batch.items[0])), minlength=TYPES)

    def surprise(self, model, batch):
        """Return minus the lower bound of the likelihood of each picture, the mean over some draws of its code."""
        rng, found = STREAMS("surprise"), []
        with reproducible("a benchmark") as torch, torch.no_grad():
            encoder, decoder = dense.networks(self.learner._widths, torch.from_numpy(model.weights[0]))  # noqa: SLF001
            pictures = torch.from_numpy(flat(batch.items[0]).astype(np.float32))
            mean, log_variance = encoder(pictures).split(self.learner.latent, dim=1)
            log_variance = log_variance.clamp(-10, 10)
            apart = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)
            for _ in range(NOISES):
                noise = torch.from_numpy(rng.standard_normal(tuple(mean.shape)).astype(np.float32))
                made = decoder(mean + (0.5 * log_variance).exp() * noise)
                entropy = torch.nn.functional.binary_cross_entropy_with_logits(made, pictures, reduction="none")
                found.append((entropy.sum(dim=1) + apart).numpy().astype(float))
        return np.mean(found, axis=0)

    def gap(self, model, learnt):
        """Return how much better a model knows what it learnt."""
        new = self.some(self.held, 1000, "gap")
        return float(self.surprise(model, new).mean() - self.surprise(model, learnt).mean())

    def seen(self, model, learnt, wrote, new):
        """Return a generation; `new` are pictures from where its training set came from."""
        held = self.some(self.held, 1000, "seen")
        self.first = model if self.first is None else self.first
        return Generation(
            self.counted(learnt), self.counted(wrote), self.surprise(model, learnt), self.surprise(model, new),
            self.surprise(model, held), self.surprise(self.first, held),
        )  # fmt: skip


def flat(pixels):
    return pixels.reshape(len(pixels), -1) / 255.0


def scenes(laboratory):
    """Yield a name, the diagnosis that is right, a generation, and the gaps of two other healthy models."""
    gaps = []
    for i in range(2):
        learnt = laboratory.some(laboratory.learn, ITEMS, "learnt", i)
        gaps.append(laboratory.gap(laboratory.fit(learnt, f"healthy {i}"), learnt))
    learnt = laboratory.some(laboratory.learn, ITEMS, "learnt")
    new = laboratory.some(laboratory.held, 1000, "new")
    model = laboratory.fit(learnt, "healthy")
    wrote = laboratory.write(model, "healthy")
    yield "first generation", "", laboratory.seen(model, learnt, wrote, new), gaps
    cold = laboratory.write(model, "cold", Rule(temperature=0.3))
    yield "mode collapse, temperature 0.3", "mode collapse", laboratory.seen(model, learnt, cold, new), gaps
    few = laboratory.some(laboratory.learn, FEW, "few")
    over = laboratory.fit(few, "overfitting")
    wrote_over = laboratory.write(over, "overfitting")
    yield f"overfitting, {FEW} pictures", "overfitting", laboratory.seen(over, few, wrote_over, new), gaps
    early, held = (part[~laboratory.late[part]] for part in (laboratory.learn, laboratory.held))
    only = laboratory.some(early, ITEMS, "only")
    forgot = laboratory.fit(only, "forgetting", model)
    new_only = laboratory.some(held, 1000, "new only")
    wrote_only = laboratory.write(forgot, "forgetting")
    yield "forgetting, trained on with 0 to 4", "forgetting", laboratory.seen(forgot, only, wrote_only, new_only), gaps
    now, before = wrote, model
    for t in range(2, 6):
        model = laboratory.fit(now, f"generation {t}")
        after = laboratory.write(model, f"generation {t}")
        from_before = Made(laboratory.write(before, f"source {t}").items[:, :1000])
        yield f"collapse, generation {t}", "collapse", laboratory.seen(model, now, after, from_before), gaps
        now, before = after, model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    started = time.process_time()
    laboratory = Laboratory(chosen.folder)
    rows = []
    for title, wanted, seen, gaps in scenes(laboratory):
        found = profile(seen, laboratory.real, healthy_gaps=gaps)
        shown = [f"{found.ratios[name].value:.2f}" if name in found.ratios else "—" for name in NAMES]
        limits = "; ".join(f"{name} {found.ratios[name].low:.2f}" for name in ("inherited", "intrinsic", "domain"))
        said = ", ".join(found.found) or "nothing"
        right = "yes" if said == (wanted or "nothing") else "with another" if wanted and wanted in said else "no"
        rows.append([title, *shown, said, found.stage or "—", right, limits])
        print(*rows[-1], sep=" | ", flush=True)
    text = (
        f"Written by `benchmarks/detection/failures_vae.py`: {ITEMS:,} digits a generation, {TYPES} clusters of real "
        f"pictures as types, tail {TAIL:g}; gaps of two other healthy models "
        f"{' and '.join(f'{one:+.1f}' for one in gaps)} nats; {time.process_time() - started:.0f} CPU seconds. "
        "A ratio speaks below its limit.\n\n"
        + table(["scene", *NAMES, "verdicts", "stage", "right", "limits of chance"], rows)
    )
    if chosen.out:
        rewrite(chosen.out, "profile of a VAE", text)


if __name__ == "__main__":
    main()
