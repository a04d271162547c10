"""The fastText program in the accuracy runs, on lower-cased text with punctuation marks standing apart."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from rows import separated

NAMES = dict(
    lr="-lr",
    epoch="-epoch",
    word_ngrams="-wordNgrams",
    dim="-dim",
    min_count="-minCount",
    minn="-minn",
    maxn="-maxn",
    bucket="-bucket",
)


def lines_to(path, lines):
    """Writes lines to a file."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


class FasttextPeer:
    """Softmax for one label, one-against-all for several."""

    default_threshold = 0.5

    def __init__(self, texts, gold, multi, program="fasttext"):
        self.lines, self.gold, self.multi, self.program = separated(texts), gold, multi, program

    def _train(self, rows, options, folder):
        labels = (" ".join(f"__label__{k}" for k in np.flatnonzero(self.gold[row])) for row in rows)
        lines_to(
            folder / "train.txt",
            (f"{label} {self.lines[row]}" for label, row in zip(labels, rows, strict=True)),
        )
        settings = [word for name, value in options.items() for word in (NAMES[name], str(value))]
        loss = ["-loss", "ova" if self.multi else "softmax", "-thread", "1", "-verbose", "0"]
        command = [self.program, "supervised", "-input", folder / "train.txt", "-output", folder / "model"]
        return (
            subprocess.run([*command, *loss, *settings], stderr=subprocess.DEVNULL, check=False).returncode
            == 0
        )

    def _scores(self, rows, lines, options):
        """Probabilities of all labels; NaN where training diverged, upon which fastText gives up."""
        scores = np.zeros((len(lines), self.gold.shape[1]))
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if not self._train(rows, options, folder):
                return scores + np.nan
            lines_to(folder / "lines.txt", lines)
            command = [self.program, "predict-prob", folder / "model.bin", folder / "lines.txt", "-1"]
            found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for row, line in zip(scores, found.splitlines(), strict=True):
            words = line.split()
            row[[int(word.removeprefix("__label__")) for word in words[::2]]] = [
                float(word) for word in words[1::2]
            ]
        return scores

    def scores(self, train, held, options):
        """Scores of the training rows `held` from a model of the training rows `train`."""
        return self._scores(train, [self.lines[row] for row in held], options)

    def test_scores(self, texts, options):
        """Scores of other texts from a model of all training rows."""
        return self._scores(range(len(self.lines)), separated(texts), options)
