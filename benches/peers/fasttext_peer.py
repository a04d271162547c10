"""fastText in the accuracy runs, on lower-cased text with punctuation marks standing apart."""

import tempfile

import fasttext
import numpy as np

from rows import separated

fasttext.FastText.eprint = lambda *_: None

NAMES = dict(
    lr="lr", epoch="epoch", word_ngrams="wordNgrams", dim="dim", min_count="minCount", minn="minn", maxn="maxn", bucket="bucket"
)


class FasttextPeer:
    """Softmax for one label, one-against-all for several."""

    default_threshold = 0.5

    def __init__(self, texts, gold, multi):
        self.lines, self.gold, self.multi = separated(texts), gold, multi

    def _train(self, rows, options):
        settings = {NAMES[name]: value for name, value in options.items()}
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            for row in rows:
                labels = " ".join(f"__label__{k}" for k in np.flatnonzero(self.gold[row]))
                file.write(f"{labels} {self.lines[row]}\n")
            file.flush()
            loss = "ova" if self.multi else "softmax"
            return fasttext.train_supervised(file.name, loss=loss, thread=1, verbose=0, **settings)

    def _scores(self, rows, lines, options):
        labels, values = self._train(rows, options).predict(lines, k=self.gold.shape[1])
        scores = np.zeros((len(lines), self.gold.shape[1]))
        for row, (names, probabilities) in enumerate(zip(labels, values)):
            for name, probability in zip(names, probabilities):
                scores[row, int(name.removeprefix("__label__"))] = probability
        return scores

    def scores(self, train, held, options):
        """Scores of the training rows `held` from a model of the training rows `train`."""
        return self._scores(train, [self.lines[row] for row in held], options)

    def test_scores(self, texts, options):
        """Scores of other texts from a model of all training rows."""
        return self._scores(range(len(self.lines)), separated(texts), options)
