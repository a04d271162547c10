"""Tests of what the figures rest on: `python -m unittest` in this folder."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

import convert
import grid
import measure
import report
import scores
from sklearn_peer import SklearnPeer


class Scores(unittest.TestCase):
    """Figures and thresholds."""

    def test_f1_of_a_known_matrix(self):
        gold = np.array([[1, 0], [1, 1], [0, 0]], dtype=bool)
        predicted = np.array([[1, 0], [0, 1], [0, 1]], dtype=bool)
        self.assertAlmostEqual(scores.micro_f1(gold, predicted), 2 * 2 / 6)
        self.assertAlmostEqual(scores.macro_f1(gold, predicted), 2 / 3)
        self.assertAlmostEqual(scores.accuracy(gold, predicted), 1 / 3)

    def test_the_best_cut_parts_right_from_wrong(self):
        gold = np.array([True, False, True, False])
        self.assertAlmostEqual(scores.best_cut(gold, np.array([0.9, 0.1, 0.7, 0.3]), 0.5), 0.5)
        self.assertEqual(scores.best_cut(~gold & gold, np.array([0.9, 0.1, 0.7, 0.3]), 0.25), 0.25)

    def test_equal_scores_are_never_parted(self):
        gold = np.array([True, False, True])
        cut = scores.best_cut(gold, np.array([0.4, 0.4, 0.4]), 0.5)
        self.assertTrue((np.array([0.4, 0.4, 0.4]) > cut).all())

    def test_thresholds_are_learned_where_the_default_is_poor(self):
        random_source = np.random.default_rng(0)
        gold = random_source.random((200, 3)) < 0.3
        values = gold + random_source.normal(0, 0.1, gold.shape) - 2.0
        rule, cuts = scores.choose_thresholds(gold, values, np.arange(200) % 5, 0.0)
        self.assertNotEqual(rule, "fixed")
        self.assertGreater(scores.micro_f1(gold, values > cuts), 0.99)


class Search(unittest.TestCase):
    """The staged search."""

    def test_every_stage_starts_from_the_best_so_far(self):
        stages = [grid.every(a=[1, 2, 3]), grid.every(b=[1, 2])]

        def value(options, fold):
            return options["a"] * 10 - options["b"] + fold

        for race in (False, True):
            best, figure = grid.search(value, dict(a=1, b=2), stages, race, 5, lambda _: None)
            self.assertEqual((best, figure), (dict(a=3, b=1), 31.0))


class Sklearn(unittest.TestCase):
    """The fold-wise weighing of counts made once."""

    def test_it_is_what_a_vectorizer_fitted_on_the_fold_gives(self):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.svm import LinearSVC

        texts = [f"{word} row {n % 7} of {word} texts" for n in range(30) for word in ("trade", "chips")]
        gold = np.tile(np.eye(2, dtype=bool), (30, 1))
        train, held = np.arange(40), np.arange(40, 60)
        found = SklearnPeer(texts, gold, False).scores(train, held, grid.SVC_START)
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
        matrix = vectorizer.fit_transform(texts[:40])
        model = LinearSVC().fit(matrix, gold[:40].argmax(axis=1))
        np.testing.assert_allclose(
            found[:, 1], model.decision_function(vectorizer.transform(texts[40:])), atol=1e-6
        )


class Conversion(unittest.TestCase):
    """JSONL to a peer's format and back."""

    def test_text_and_scores_come_back(self):
        rows = [{"text": 'Tariffs: "up"\n10%', "label": "b c"}, {"text": "é|:", "label": "a"}]
        with tempfile.TemporaryDirectory() as name:
            source, text, names, out, found = (Path(name, part) for part in ("s", "t", "n", "o", "f"))
            source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            for form, lines in (
                ("fasttext", "__label__2 0.9 __label__1 0.1\n__label__1 1 __label__2 0\n"),
                ("vw", " 1:-3 2:0.5\n 1:2 2:-1\n"),
            ):
                convert.write_labelled(form, source, text, names)
                self.assertEqual(len(text.read_text(encoding="utf-8").splitlines()), 2)
                found.write_text(lines, encoding="utf-8")
                convert.write_back(form, source, found, out, names)
                back = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
                self.assertEqual([row["text"] for row in back], [row["text"] for row in rows])
                self.assertEqual([row["predicted"] for row in back], ["b c", "a"])
                self.assertEqual(set(back[0]["scores"]), {"a", "b c"})

    def test_vw_sees_no_mark_of_its_own_format(self):
        with tempfile.TemporaryDirectory() as name:
            source, text = Path(name, "s"), Path(name, "t")
            source.write_text(json.dumps({"text": "a|b c:3"}) + "\n", encoding="utf-8")
            convert.write_unlabelled("vw", source, text)
            self.assertEqual(text.read_text(encoding="utf-8"), "|w a b c 3\n")


class Measure(unittest.TestCase):
    """Jobs and the place of tables."""

    def test_a_job_sums_its_steps_and_keeps_conversion_apart(self):
        job = measure.Job("line", "side", [measure.Step(["true"], "convert"), measure.Step(["true"])])
        job.runs = [
            [{"step": "convert", "cpu_s": 1.0, "rss_mb": 9.0}, {"step": "work", "cpu_s": n, "rss_mb": 5.0}]
            for n in (2.0, 4.0, 3.0)
        ]
        self.assertEqual(
            (job.total("cpu_s"), job.total("cpu_s", ("work",)), job.total("rss_mb")), (4.0, 3.0, 9.0)
        )

    def test_tables_go_between_their_marks(self):
        with tempfile.TemporaryDirectory() as name:
            readme = Path(name, "README.md")
            readme.write_text("a\n<!-- speed -->\nold\n<!-- /speed -->\nb\n", encoding="utf-8")
            for text in ("| new \\1 |", "| newer |"):
                report.put(readme, "speed", text)
                self.assertEqual(
                    readme.read_text(encoding="utf-8"), f"a\n<!-- speed -->\n{text}\n<!-- /speed -->\nb\n"
                )
            with self.assertRaises(SystemExit):
                report.put(readme, "accuracy", "x")


if __name__ == "__main__":
    unittest.main()
