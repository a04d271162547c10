#!/usr/bin/env python3
"""Accuracy of demarche beside scikit-learn and fastText on labelled sets.

A set is a folder with train.jsonl and test.jsonl, also gzipped, rows {"text", "label"} or {"text", "labels"}. Each
side picks its options by 5-fold cross-validation on the training rows alone, from the grid in grid.py
(demarche: from the grid that `demarche train` documents); the test rows are scored once, at the end.
Figures are kept in the cache folder, one file a set and peer: only what is not there is run.

  accuracy.py --cache figures sets/trec6 sets/r8
  accuracy.py --cache figures --fixed sets/p200k sets/trec6
  accuracy.py --cache figures --again demarche sets/trec6 sets/r8
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

import report
import rows
import scores
from grid import FIXED, LARGE_BYTES, grid, search

N_FOLDS, SEED = 5, 0
TITLES = {
    "svc": "scikit-learn LinearSVC",
    "lr": "scikit-learn LR",
    "fasttext": "fastText",
    "demarche": "demarche",
}
SIDES = list(TITLES)


class Set:
    """A train and a test file and the gold matrices of both, the labels of train first."""

    def __init__(self, folder):
        self.name = Path(folder).name
        self.train_path, self.test_path = self._file(folder, "train"), self._file(folder, "test")
        self.train, self.test = rows.read(self.train_path), rows.read(self.test_path)
        self.multi = self.train.multi
        self.n_train_labels = len(rows.label_names(self.train))
        known = rows.label_names(self.train)
        self.names = known + [name for name in rows.label_names(self.test) if name not in known]
        self.train_gold = self._matrix(self.train)[:, : len(known)]
        self.test_gold = self._matrix(self.test)

    @staticmethod
    def _file(folder, part):
        plain = Path(folder, f"{part}.jsonl")
        return plain if plain.exists() else Path(folder, f"{part}.jsonl.gz")

    def _matrix(self, labelled):
        column = {name: k for k, name in enumerate(self.names)}
        gold = np.zeros((len(labelled), len(self.names)), dtype=bool)
        for row, labels in enumerate(labelled.labels):
            gold[row, [column[label] for label in labels]] = True
        return gold

    def folds(self):
        """The fold of each training row: stratified by label where a row has one."""
        from sklearn.model_selection import KFold, StratifiedKFold

        kind = KFold if self.multi else StratifiedKFold
        parts = kind(N_FOLDS, shuffle=True, random_state=SEED).split(
            self.train_gold, self.train_gold.argmax(axis=1)
        )
        fold_of = np.zeros(len(self.train), dtype=int)
        for fold, (_, held) in enumerate(parts):
            fold_of[held] = fold
        return fold_of

    def figures(self, predicted):
        """Accuracy, micro- and macro-F1 on the test rows, and the standard error of the figure compared."""
        n = len(self.test)
        figure = scores.main_figure(self.test_gold, predicted, self.multi)
        return {
            "metric": "micro-F1" if self.multi else "accuracy",
            "figure": figure,
            "standard_error": scores.standard_error(figure, n),
            "n": n,
            "accuracy": scores.accuracy(self.test_gold, predicted),
            "micro_f1": scores.micro_f1(self.test_gold, predicted),
            "macro_f1": scores.macro_f1(self.test_gold, predicted),
        }


def peer_of(name, data, fasttext):
    """The peer's adapter over the training rows."""
    from fasttext_peer import FasttextPeer
    from sklearn_peer import SklearnPeer

    rows_of = data.train.texts, data.train_gold, data.multi
    return FasttextPeer(*rows_of, fasttext) if name == "fasttext" else SklearnPeer(*rows_of)


def cross_validated(name, data, peer, fold_of):
    """The options with the best mean figure over the folds, and that figure."""
    large = rows.text_bytes(data.train.texts) > LARGE_BYTES
    start, stages = grid(name, large)

    def measure(options, fold):
        train, held = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        values = peer.scores(train, held, options)
        if np.isnan(values).any():
            return 0.0
        predicted = scores.decide(values, data.multi, peer.default_threshold)
        return scores.main_figure(data.train_gold[held], predicted, data.multi)

    race = large or name == "fasttext"
    return search(measure, start, stages, race, N_FOLDS, lambda line: note(f"{data.name} {name} {line}"))


def out_of_fold(data, peer, options, fold_of):
    """Scores of every training row from a model that did not see it."""
    values = np.zeros(data.train_gold.shape)
    for fold in range(N_FOLDS):
        held = np.flatnonzero(fold_of == fold)
        values[held] = peer.scores(np.flatnonzero(fold_of != fold), held, options)
    return values


def run_peer(name, data, fasttext, fixed):
    """Search on train, thresholds on train, then the test rows once."""
    peer, fold_of = peer_of(name, data, fasttext), data.folds()
    options, cv = (FIXED[name], None) if fixed else cross_validated(name, data, peer, fold_of)
    rule, cuts = "best of the row", None
    if data.multi:
        values = out_of_fold(data, peer, options, fold_of)
        rule, cuts = scores.choose_thresholds(data.train_gold, values, fold_of, peer.default_threshold)
    known = scores.decide(peer.test_scores(data.test.texts, options), data.multi, cuts)
    predicted = np.zeros_like(data.test_gold)
    predicted[:, : data.n_train_labels] = known
    return {**data.figures(predicted), "cv": cv, "options": {**options, "threshold": rule}}


def run_demarche(data, program, fixed):
    """The same for demarche: its own search, or fixed options."""
    from demarche_peer import train_and_predict

    options = FIXED["demarche"].split() if fixed else []
    predicted, chosen = train_and_predict(program, data.train_path, data.test.texts, data.names, options)
    return {**data.figures(predicted), "cv": None, "options": chosen}


def figures(arguments, folder, name):
    """One side's figures on one set: from the cache, or run now; None where it is not to be run."""
    path = Path(arguments.cache, f"{Path(folder).name}.{name}.json")
    if path.exists() and name not in arguments.again:
        return json.loads(path.read_text(encoding="utf-8"))
    if name not in arguments.sides + arguments.again:
        return None
    data, fixed = Set(folder), Path(folder).name in arguments.fixed
    found = (
        run_demarche(data, arguments.demarche, fixed)
        if name == "demarche"
        else run_peer(name, data, arguments.fasttext, fixed)
    )
    found = {"set": data.name, "side": name, "fixed": fixed, **found}
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    note(f"{data.name} {name}: {found['figure']:.4f}")
    return found


def note(line):
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


def shown(found):
    """A figure in percent; macro-F1 beside it where rows have several labels."""
    if found is None:
        return "not run"
    macro = f" ({100 * found['macro_f1']:.1f})" if found["metric"] == "micro-F1" else ""
    return f"{100 * found['figure']:.1f}{macro}"


def verdict(by_side):
    """Best peer, its standard error, and how far demarche stands from best minus one standard error."""
    peers = [found for name, found in by_side.items() if name != "demarche" and found]
    if not peers:
        return ["", "", ""]
    best = max(peers, key=lambda found: found["figure"])
    error, ours = best["standard_error"], by_side.get("demarche")
    bound = [f"{100 * error:.1f}", f"{100 * (best['figure'] - error):.1f}"]
    if not ours:
        return bound + ["not run"]
    gap = ours["figure"] - (best["figure"] - error)
    return bound + [f"{'yes' if gap >= 0 else '**no**'} ({100 * gap:+.1f})"]


def heading(arguments):
    """When, and by which versions."""
    from sides import Demarche, Fasttext, Sklearn

    sides = Demarche(arguments.demarche), Sklearn("svc"), Fasttext(arguments.fasttext, "")
    return f"{report.today()}. {'; '.join(side.version() for side in sides)}. Percent."


def figures_table(sets):
    """Every set, whether reached or not."""
    lines = []
    for name, by_side in sets.items():
        some = next((found for found in by_side.values() if found), {"metric": "", "n": "", "fixed": False})
        title = name + (" (options fixed)" if some["fixed"] else "")
        lines.append(
            [title, some["metric"], str(some["n"]), *map(shown, by_side.values()), *verdict(by_side)]
        )
    return report.table(
        ["set", "figure", "n", *TITLES.values(), "SE", "best peer − SE", "demarche reaches it"], lines
    )


def options_table(sets):
    """What each side's cross-validation chose."""
    lines = [
        [name, TITLES[side], f"{100 * found['cv']:.1f}" if found["cv"] else "", described(found["options"])]
        for name, by_side in sets.items()
        for side, found in by_side.items()
        if found
    ]
    return report.table(["set", "side", "CV", "options chosen"], lines)


def described(options):
    """Options on one line that no Markdown table takes for a column."""
    if isinstance(options, dict):
        options = ", ".join(f"{name} {value}" for name, value in options.items())
    return options.replace("|", "\\|")


def listed(text):
    """Names parted by commas."""
    return [name for name in text.split(",") if name]


def parsed():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", metavar="SET", help="folder with train.jsonl and test.jsonl")
    parser.add_argument("--cache", required=True, help="folder for the figures, made if need be")
    parser.add_argument(
        "--demarche", default="target/release/demarche", help="the program [default: %(default)s]"
    )
    parser.add_argument("--fasttext", default="fasttext", help="the program [default: %(default)s]")
    parser.add_argument(
        "--sides",
        type=listed,
        default=SIDES,
        metavar="SIDE,…",
        help=f"sides to run where the cache lacks them [default: {','.join(SIDES)}]",
    )
    parser.add_argument(
        "--again", type=listed, default=[], metavar="SIDE,…", help="sides to run anew, whatever the cache has"
    )
    parser.add_argument(
        "--fixed",
        type=listed,
        default=[],
        metavar="NAME,…",
        help="sets taken at fixed options, without search",
    )
    parser.add_argument("--raw", type=Path, metavar="JSON", help="put all figures and options in this file")
    parser.add_argument(
        "--readme",
        type=Path,
        metavar="FILE",
        help="put the tables between <!-- accuracy --> and <!-- /accuracy --> of this file",
    )
    return parser.parse_args()


def main():
    """Runs what is missing, then prints the tables."""
    arguments = parsed()
    Path(arguments.cache).mkdir(parents=True, exist_ok=True)
    sets = {
        Path(folder).name: {name: figures(arguments, folder, name) for name in SIDES}
        for folder in arguments.sets
    }
    text = "\n\n".join([heading(arguments), figures_table(sets), options_table(sets)])
    print(text)
    if arguments.raw:
        found = [figure for by_side in sets.values() for figure in by_side.values() if figure]
        arguments.raw.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if arguments.readme:
        report.put(arguments.readme, "accuracy", text)


if __name__ == "__main__":
    main()
