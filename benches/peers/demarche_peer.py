"""demarche in the accuracy runs: `train` chooses options by its own cross-validation, `classify` labels."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from rows import objects


def run(command, output=subprocess.DEVNULL):
    """Runs a command; its messages are shown when it fails."""
    done = subprocess.run([str(word) for word in command], stdout=output, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr}")


def chosen(program, model):
    """What the model's card says of its task's options."""
    card = subprocess.run([program, "inspect", model], capture_output=True, text=True, check=True).stdout
    return re.search(r"^labels? \(.*$", card, re.MULTILINE).group()


def predicted(output, names, n_rows):
    """Boolean matrix from `classify --unit row`: `doc` ends in the row's number, and a row left out has no label."""
    column = {name: k for k, name in enumerate(names)}
    matrix = np.zeros((n_rows, len(names)), dtype=bool)
    for row in objects(output):
        number = int(row["doc"].rsplit(":", 1)[1]) - 1
        labels = row["labels"] if "labels" in row else [row["label"]]
        for label in labels:
            if label is not None:
                matrix[number, column[label.strip()]] = True
    return matrix


def train_and_predict(program, train, texts, names, options):
    """Boolean matrix `[n_texts, n_labels]`, and the options that `train` chose.

    The texts are given without gold labels and ids, so that a row is known by its number.
    """
    with tempfile.TemporaryDirectory() as folder:
        model, rows, output = (Path(folder, part) for part in ("model", "rows.jsonl", "labelled.jsonl"))
        rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
        run([program, "train", train, "-o", model, *options])
        with open(output, "w", encoding="utf-8") as file:
            run([program, "classify", "--model", model, "--unit", "row", "--format", "jsonl", rows], file)
        return predicted(output, names, len(texts)), chosen(program, model)
