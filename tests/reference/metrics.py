"""Reference values for tests/reference_metrics.rs, from scikit-learn.

Python 3.11.7, numpy 2.4.6, scikit-learn 1.9.1, krippendorff 0.9.0. From the root of the repository:

    python tests/reference/metrics.py > tests/reference/metrics.json

Each case names its labels; those from `n_trained` on are unseen in training.
Label sets are sorted label indices. Every metric has zero_division=0 and is
taken over all labels. The intervals of `quantiles` are numpy's default.
"""

import json
import sys

import krippendorff
import numpy as np
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
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


def agreement(gold, predicted):
    """Kappa and alpha of two ratings; none where they are 0/0."""
    kappa, alpha = None, None
    if len(set(gold) | set(predicted)) > 1:
        kappa = cohen_kappa_score(gold, predicted)
        alpha = krippendorff.alpha(
            reliability_data=np.array([gold, predicted]), level_of_measurement="nominal"
        )
    return {"kappa": kappa, "alpha": alpha}


def calibration_error(hits, p):
    """Over calibration_curve's own bins, whose counts it does not give."""
    edges = np.percentile(p, np.linspace(0, 1, 11) * 100)
    which = np.searchsorted(edges[1:-1], p)
    counts = np.bincount(which, minlength=10)
    share, mean = calibration_curve(hits, p, n_bins=10, strategy="quantile")
    counts = counts[counts > 0]
    bins = [[int(n), float(m), float(s)] for n, m, s in zip(counts, mean, share)]
    return float(np.sum(counts * np.abs(share - mean)) / len(p)), bins


def scored_case(name, form, gold, predicted, p):
    """Gold and predicted as indicators, p the probabilities, in single precision as the program has them."""
    p = p.astype(np.float32).astype(float)
    n_labels = p.shape[1]
    case = {
        "name": name,
        "form": form,
        "n_labels": n_labels,
        "gold": [np.flatnonzero(row).tolist() for row in gold],
        "predicted": [np.flatnonzero(row).tolist() for row in predicted],
        "probabilities": p.tolist(),
        "labels": [],
    }
    for k in range(n_labels):
        label = agreement(gold[:, k], predicted[:, k])
        label["average_precision"] = (
            average_precision_score(gold[:, k], p[:, k]) if gold[:, k].any() else 0.0
        )
        label["brier"] = float(np.mean((p[:, k] - gold[:, k]) ** 2))
        if 0 < gold[:, k].sum() < len(gold):
            assert np.isclose(label["brier"], brier_score_loss(gold[:, k], p[:, k]))
        if form == "multi":
            label["ece"], label["bins"] = calibration_error(gold[:, k], p[:, k])
        case["labels"].append(label)
    case["macro_average_precision"] = float(np.mean([l["average_precision"] for l in case["labels"]]))
    if form == "single":
        case.update(agreement(gold.argmax(1), predicted.argmax(1)))
        case["brier"] = brier_score_loss(
            gold.argmax(1), p, labels=list(range(n_labels)), scale_by_half=False
        )
        right = (gold.argmax(1) == p.argmax(1)).astype(int)
        case["ece"], case["bins"] = calibration_error(right, p.max(1))
    else:
        case["brier"] = float(np.mean([l["brier"] for l in case["labels"]]))
        case["ece"] = float(np.mean([l["ece"] for l in case["labels"]]))
        none = gold.sum(1) == 0
        case["false_label_rate"] = float(predicted[none].any(1).mean()) if none.any() else None
    return case


def scored_cases(rng):
    cases = []
    for name, n, weights in (("four labels", 150, [5, 3, 2, 0.4]), ("a label never gold", 60, [3, 2, 0])):
        weights = np.asarray(weights, float)
        gold = rng.choice(len(weights), n, p=weights / weights.sum())
        scores = rng.normal(size=(n, len(weights))) + 1.5 * np.eye(len(weights))[gold]
        p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        p = np.round(p, 2)
        p = p / p.sum(1, keepdims=True)
        p = p.astype(np.float32).astype(float)
        eye = np.eye(len(weights), dtype=int)
        cases.append(scored_case(name, "single", eye[gold], eye[p.argmax(1)], p))
    for name, n, rates, cut in (
        ("three labels, rows without any", 160, [0.4, 0.2, 0.05], 0.5),
        ("one never gold, one never predicted", 80, [0.4, 0.0, 0.2], 0.97),
    ):
        gold = (rng.random((n, len(rates))) < rates).astype(int)
        p = 1 / (1 + np.exp(-(rng.normal(size=gold.shape) - 1 + 2 * gold)))
        p = np.round(p, 2).astype(np.float32).astype(float)
        predicted = (p >= cut).astype(int)
        cases.append(scored_case(name, "multi", gold, predicted, p))
    return cases


def alphas(rng):
    """Several raters, ratings missing."""
    out = []
    for n, raters, k, missing in ((40, 2, 3, 0.0), (60, 4, 5, 0.3), (25, 3, 2, 0.5)):
        truth = rng.integers(0, k, n)
        data = np.where(rng.random((raters, n)) < 0.7, truth, rng.integers(0, k, (raters, n))).astype(float)
        data[rng.random(data.shape) < missing] = np.nan
        units = [[int(v) for v in column if not np.isnan(v)] for column in data.T]
        alpha = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
        out.append({"units": units, "alpha": alpha})
    return out


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
            "scored": scored_cases(rng),
            "alphas": alphas(rng),
            "kappas": kappas,
            "quantiles": quantiles,
        },
        sys.stdout,
        separators=(",", ":"),
    )
    print()


main()
