"""What each side runs: the steps of training and of classifying, JSONL in and JSONL with text and all scores out."""

import sys
from importlib.metadata import version
from pathlib import Path
from subprocess import CalledProcessError, run

from measure import Step

HERE = Path(__file__).resolve().parent
DEMARCHE_OPTIONS = "--no-cv --ngram-range 1,2 --class-weight none"
FASTTEXT_OPTIONS = "-lr 0.5 -epoch 25 -wordNgrams 2 -dim 10 -minCount 1 -bucket 2000000"
VW_OPTIONS = "--loss_function logistic --ngram w2 -b 20"
VW_PASSES = "--passes 10 -k --holdout_off"


def python(script, *words):
    """One of the scripts beside this one, by the interpreter that runs now."""
    return [sys.executable, HERE / script, *words]


def said(*command):
    """The first line that a command prints, or that it is not known."""
    try:
        done = run([str(word) for word in command], capture_output=True, text=True, check=True)
    except (OSError, CalledProcessError):
        return "unknown"
    return done.stdout.strip().split("\n")[0]


class Demarche:
    """Trains at fixed C on words 1-2; `unit` is what one output is about."""

    def __init__(self, program, unit="row", threads=1, shipped=False, training=()):
        self.program, self.unit, self.threads, self.shipped = program, unit, threads, shipped
        self.training = training
        self.name = "demarche" + ("" if unit == "row" else ", --unit paragraph")

    def version(self):
        """The program's, and the repository's commit; changes that no figure rests on do not count."""
        git = ["git", "-C", HERE.parent.parent]
        changed = said(*git, "status", "--porcelain", "--", "src", "models", "Cargo.toml", "Cargo.lock")
        commit = said(*git, "rev-parse", "--short=12", "HEAD") + (" and changes" if changed else "")
        return f"{said(self.program, '--version')} (commit {commit})"

    def train(self, source, folder):
        """Read, featurize, fit."""
        output = ["--threads", self.threads, "-o", folder / "words.demarche"]
        return [Step([self.program, "train", source, *self.training, *output])]

    def classify(self, source, folder):
        """One process does it all."""
        model = [] if self.shipped else ["--model", folder / "words.demarche"]
        options = ["--unit", self.unit, "--format", "jsonl", "--threads", self.threads]
        return [Step([self.program, "classify", *model, *options, source], stdout=self.output(folder))]

    def output(self, folder):
        """Where `classify` leaves its JSONL."""
        return folder / "demarche.out.jsonl"


class Sklearn:
    """TF-IDF of words 1-2, sublinear, min_df 2."""

    def __init__(self, kind, c=1.0):
        self.kind, self.c = kind, c
        self.name = {"svc": "scikit-learn LinearSVC", "lr": "scikit-learn LR"}[kind]

    def version(self):
        """With what it stands on."""
        return ", ".join(f"{name} {version(name)}" for name in ("scikit-learn", "numpy", "scipy"))

    def train(self, source, folder):
        """Read, featurize, fit."""
        model = folder / f"{self.kind}.pickle"
        return [Step(python("sklearn_cli.py", "train", self.kind, source, model, "--c", self.c))]

    def classify(self, source, folder):
        """One process does it all."""
        model = folder / f"{self.kind}.pickle"
        return [Step(python("sklearn_cli.py", "classify", source, model, self.output(folder)))]

    def output(self, folder):
        """Where `classify` leaves its JSONL."""
        return folder / f"{self.kind}.out.jsonl"


class Converted:
    """A program with a format of its own: its work stands between two conversions."""

    form = ""

    def files(self, folder):
        """Input in the program's format, scores, label names."""
        return (folder / f"{self.form}.{part}" for part in ("txt", "scores", "names.json"))

    def train(self, source, folder):
        """Conversion, then the program's own training."""
        text, _, names = self.files(folder)
        convert = python("convert.py", "to", self.form, source, text, "--labels", names)
        return [Step(convert, "convert"), Step(self.training(text, folder))]

    def classify(self, source, folder):
        """Conversion, the program's own prediction of all scores, and conversion back."""
        text, scores, names = self.files(folder)
        there = python("convert.py", "to", self.form, source, text)
        back = python("convert.py", "back", self.form, source, scores, self.output(folder), "--names", names)
        return [Step(there, "convert"), self.prediction(text, scores, folder), Step(back, "convert")]

    def output(self, folder):
        """Where `classify` leaves its JSONL."""
        return folder / f"{self.form}.out.jsonl"


class Fasttext(Converted):
    """The command-line program, tuned: bigrams, 25 epochs."""

    form, name = "fasttext", "fastText"

    def __init__(self, program, options):
        self.program, self.options = program, options.split()

    def version(self):
        """The program says none: the package's."""
        return "Debian fasttext " + said("dpkg-query", "-W", "-f", "${Version}", "fasttext")

    def training(self, text, folder):
        """Softmax over the labels."""
        output = ["-output", folder / "fasttext", "-thread", "1", "-verbose", "0"]
        return [self.program, "supervised", "-input", text, *output, *self.options]

    def prediction(self, text, scores, folder):
        """Probabilities of all labels."""
        return Step([self.program, "predict-prob", folder / "fasttext.bin", text, "-1"], stdout=scores)


class Vw(Converted):
    """Vowpal Wabbit, one against all, ten passes; its Python package is its command line."""

    form, name = "vw", "Vowpal Wabbit"
    program = [sys.executable, "-m", "vowpalwabbit", "--quiet"]

    def __init__(self, n_labels):
        self.n_labels = n_labels

    def version(self):
        """The package's."""
        return f"vowpalwabbit {version('vowpalwabbit')}"

    def training(self, text, folder):
        """Several passes need a cache file; `-k` makes it anew."""
        passes = [*VW_PASSES.split(), "--cache_file", folder / "vw.cache"]
        return [
            *self.program,
            "-d",
            text,
            "--oaa",
            self.n_labels,
            *VW_OPTIONS.split(),
            *passes,
            "-f",
            folder / "vw.model",
        ]

    def prediction(self, text, scores, folder):
        """Decision values of all labels."""
        return Step([*self.program, "-t", "-i", folder / "vw.model", "-d", text, "-r", scores])
