"""Figures of predictions against gold labels, and thresholds for multi-label sets."""

from math import sqrt

import numpy as np

# A label with fewer gold rows than this takes the threshold of all labels: its own would be noise.
ENOUGH_ROWS = 5


def standard_error(p, n):
    """Of a share `p` of `n` rows."""
    return sqrt(p * (1 - p) / n)


def accuracy(gold, predicted):
    """Share of rows whose label set is right. Boolean matrices `[n_rows, n_labels]`."""
    return float((gold == predicted).all(axis=1).mean())


def label_f1(gold, predicted):
    """F1 of each label; 0 where nothing was right."""
    hits = (gold & predicted).sum(axis=0)
    total = gold.sum(axis=0) + predicted.sum(axis=0)
    return np.divide(2 * hits, total, out=np.zeros(len(hits)), where=total > 0)


def micro_f1(gold, predicted):
    """F1 of all decisions together."""
    total = gold.sum() + predicted.sum()
    return float(2 * (gold & predicted).sum() / total) if total else 0.0


def macro_f1(gold, predicted):
    """Mean F1 of the labels that gold has."""
    seen = gold.any(axis=0)
    return float(label_f1(gold, predicted)[seen].mean())


def decide(scores, multi, thresholds):
    """Scores to a boolean matrix: those above the threshold, or the best of each row."""
    if multi:
        return scores > thresholds
    return np.eye(scores.shape[1], dtype=bool)[scores.argmax(axis=1)]


def main_figure(gold, predicted, multi):
    """What options are chosen by: micro-F1 of a multi-label set, else accuracy."""
    return micro_f1(gold, predicted) if multi else accuracy(gold, predicted)


def best_cut(gold, scores, fallback):
    """The threshold with the best F1 over flat arrays of decisions, midway between two scores."""
    if not gold.any():
        return fallback
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(gold[order])
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + gold.sum())
    f1[:-1][ranked[:-1] == ranked[1:]] = -1.0
    at = int(f1.argmax())
    below = ranked[at + 1] if at + 1 < len(ranked) else -np.inf
    return float((ranked[at] + below) / 2)


def thresholds(rule, gold, scores, default):
    """A threshold a label by `rule`: `fixed`, `global` or `per label`."""
    if rule == "fixed":
        return np.full(gold.shape[1], default)
    cut = best_cut(gold.ravel(), scores.ravel(), default)
    if rule == "global":
        return np.full(gold.shape[1], cut)
    own = [
        best_cut(gold[:, k], scores[:, k], cut) if gold[:, k].sum() >= ENOUGH_ROWS else cut
        for k in range(gold.shape[1])
    ]
    return np.array(own)


def choose_thresholds(gold, scores, fold_of, default):
    """The rule with the best cross-fitted micro-F1 on out-of-fold scores, and its thresholds on all of them."""

    def cross_fitted(rule):
        predicted = np.zeros_like(gold)
        for fold in np.unique(fold_of):
            held = fold_of == fold
            predicted[held] = scores[held] > thresholds(rule, gold[~held], scores[~held], default)
        return micro_f1(gold, predicted)

    rule = max(("fixed", "global", "per label"), key=cross_fitted)
    return rule, thresholds(rule, gold, scores, default)
