"""Reference values for tests/reference_metrics.rs, from scikit-learn.

Python 3.11.7, numpy 2.4.6, scikit-learn 1.9.1. From the root of the repository:

    python tests/reference/metrics.py > tests/reference/metrics.json

Each case names its labels; those from `n_trained` on are unseen in training.
Label sets are sorted label indices. Every metric has zero_division=0 and is
taken over all labels. The intervals of `quantiles` are numpy's default.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    precision_recall_fscore_support,
)


def averages(gold, predicted, labels):
    out = {}
    for average in ("macro", "micro"):
        p, r, f, _ = precision_recall_fscore_support(
            gold, predicted, labels=labels, average=average, zero_division=0
        )
        out[average] = {"precision": p, "recall": r, "f1": f}
    p, r, f, s = precision_recall_fscore_support(
        gold, predicted, labels=labels, average=None, zero_division=0
    )
    out["per_label"] = [
        {"precision": a, "recall": b, "f1": c, "support": int(d)}
        for a, b, c, d in zip(p, r, f, s)
    ]
    out["exact_match"] = accuracy_score(gold, predicted)
    return out


def single_case(name, n_labels, n_trained, gold, predicted):
    labels = list(range(n_labels))
    case = {
        "name": name,
        "form": "single",
        "n_labels": n_labels,
        "n_trained": n_trained,
        "gold": [[int(g)] for g in gold],
        "predicted": [[int(p)] for p in predicted],
    }
    case.update(averages(gold, predicted, labels))
    case["confusion"] = confusion_matrix(gold, predicted, labels=labels).tolist()
    return case


def multi_case(name, n_labels, n_trained, gold, predicted):
    case = {
        "name": name,
        "form": "multi",
        "n_labels": n_labels,
        "n_trained": n_trained,
        "gold": [np.flatnonzero(row).tolist() for row in gold],
        "predicted": [np.flatnonzero(row).tolist() for row in predicted],
    }
    case.update(averages(gold, predicted, list(range(n_labels))))
    return case


def noisy_single(rng, n, weights, right, predictable):
    weights = np.asarray(weights, float)
    gold = rng.choice(len(weights), n, p=weights / weights.sum())
    guess = rng.choice(predictable, n)
    can = np.isin(gold, predictable) & (rng.random(n) < right)
    return gold, np.where(can, gold, guess)


def noisy_multi(rng, n, rates, kept, added):
    gold = rng.random((n, len(rates))) < rates
    predicted = (gold & (rng.random(gold.shape) < kept)) | (
        rng.random(gold.shape) < added
    )
    return gold.astype(int), predicted.astype(int)


def main():
    rng = np.random.default_rng(20240501)
    cases = []
    cases.append(
        single_case("three labels", 3, 3, *noisy_single(rng, 60, [5, 3, 2], 0.7, [0, 1, 2]))
    )
    cases.append(
        single_case(
            "one label never predicted, one never gold, one neither, one unseen",
            6,
            5,
            *noisy_single(rng, 120, [6, 3, 2, 0, 0, 1], 0.6, [0, 1, 3]),
        )
    )
    cases.append(
        single_case("ninety labels", 90, 80, *noisy_single(rng, 700, 1 / np.arange(1, 91), 0.5, np.arange(80)))
    )
    cases.append(single_case("all wrong", 2, 2, np.array([0, 0, 1]), np.array([1, 1, 0])))
    cases.append(single_case("all right", 2, 2, np.array([0, 0, 1]), np.array([0, 0, 1])))
    cases.append(multi_case("four labels", 4, 4, *noisy_multi(rng, 80, [0.5, 0.3, 0.1, 0.4], 0.7, 0.1)))
    gold, predicted = noisy_multi(rng, 90, [0.3, 0.2, 0.15, 0.0, 0.0, 0.1], 0.6, 0.08)
    predicted[:, 2] = 0
    predicted[:, 4] = 0
    predicted[:, 5] = 0
    gold[:20] = 0
    predicted[:10] = 0
    predicted[40:45] = 0
    cases.append(
        multi_case("rows without labels; never predicted, never gold, neither, unseen", 6, 5, gold, predicted)
    )
    cases.append(multi_case("ninety labels", 90, 90, *noisy_multi(rng, 400, 0.2 / np.arange(1, 91), 0.5, 0.003)))
    empty = np.zeros((5, 3), int)
    cases.append(multi_case("nothing gold, nothing predicted", 3, 3, empty, empty))

    kappas = []
    for n, k, right in ((50, 2, 0.8), (200, 5, 0.5), (30, 3, 0.0), (40, 4, 1.0)):
        a = rng.integers(0, k, n)
        b = np.where(rng.random(n) < right, a, rng.integers(0, k, n))
        kappas.append({"a": a.tolist(), "b": b.tolist(), "kappa": cohen_kappa_score(a, b)})

    quantiles = []
    for n in (1, 2, 7, 40):
        values = np.sort(rng.random(n))
        q = [0.0, 0.025, 0.05, 0.5, 0.9, 0.975, 1.0]
        quantiles.append(
            {"sorted": values.tolist(), "q": q, "values": np.percentile(values, np.array(q) * 100).tolist()}
        )

    json.dump(
        {
            "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
            "cases": cases,
            "kappas": kappas,
            "quantiles": quantiles,
        },
        sys.stdout,
        separators=(",", ":"),
    )
    print()


main()
