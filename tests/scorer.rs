//! The frozen table is held to the matrix path: terms → TF-IDF row → decision function, task by task, on
//! any text, unseen words included.

use demarche::model::{Form, TaskModel};
use demarche::text::{Aliases, Analyzer, Passage, Scratch, Sign, TextParams};
use demarche::train::{Given, TaskSpec};
use demarche::{Model, Row, TrainParams, Trainer};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const WORDS: &[&str] = &[
    "tariffs",
    "tariff",
    "chips",
    "Beijing",
    "the",
    "not",
    "never",
    "agreed",
    "talks",
    "on",
    "U.S.",
    "U.S",
    "us",
    "China’s",
    "China's",
    "25%",
    "$30",
    "2018",
    "retaliate",
    "vowed",
    "and",
    "São",
    "中国",
    "naïve",
    "it's",
    "a_b",
    "x",
    "Huawei",
    "fentanyl",
];

/// Phrases of [`WORDS`] and what is read in their place: fewer words, more, another, the same.
const ALIASES: &str = "\
tariff talks: tariffs not, tariffs chips agreed
United States: Huawei
talks: fentanyl
the U.S. not";

/// Tasks that read a text each in a way of its own.
fn ways() -> Vec<(&'static str, Form, TextParams, bool)> {
    let plain = TextParams::default();
    let with = |change: fn(&mut TextParams)| {
        let mut params = TextParams::default();
        change(&mut params);
        params
    };
    vec![
        ("plain", Form::Multi, plain, true),
        (
            "denying",
            Form::Single,
            with(|p| (p.negation, p.acts) = (true, true)),
            true,
        ),
        ("counted", Form::Single, with(|p| p.negation = true), false),
        (
            "spelled",
            Form::Multi,
            with(|p| {
                p.char_ngram_range = Some((2, 4));
                p.stop_words = true;
                p.marks = true;
            }),
            true,
        ),
        (
            "long",
            Form::Single,
            with(|p| {
                p.stem = false;
                p.ngram_range = (2, 3);
                p.char_ngram_range = Some((3, 5));
            }),
            true,
        ),
        (
            "marked",
            Form::Single,
            with(|p| (p.marks, p.acts, p.ngram_range) = (true, true, (1, 1))),
            true,
        ),
        ("placed", Form::Single, with(|p| p.signs = true), true),
        (
            "aliased",
            Form::Multi,
            with(|p| {
                (p.negation, p.acts, p.char_ngram_range) = (true, true, Some((3, 4)));
                p.aliases = Some(Aliases::parse(ALIASES).expect("a table"));
            }),
            true,
        ),
    ]
}

/// Facts that rows are told with; one is never met in training.
const FACTS: [&str; 5] = ["tag=p", "tag=li", "links=all", "in=nav", "unseen"];

/// Two rows in three have signs.
fn placed(row: Row, i: usize) -> Row {
    let facts = [FACTS[i % 4], FACTS[(i / 4) % 4]];
    let signs = facts.map(Sign::new);
    Row {
        signs: signs[..i % 3].to_vec(),
        ..row
    }
}

fn model() -> Model {
    let rows: Vec<Row> = (0..240)
        .map(|i| {
            let word = |k: usize| WORDS[(i * (k + 3) + i / 7 * k + k) % WORDS.len()];
            let marks = [", ", "? ", " — ", " ", "; “"];
            let text: String = (0..9)
                .map(|k| format!("{}{}", word(k), marks[(i + k) % 5]))
                .collect();
            ways().into_iter().fold(
                placed(Row::new(text), i),
                |row, (name, form, ..)| match form {
                    Form::Single => row.single(name, ["cold", "mild", "warm"][(i + i / 5) % 3]),
                    Form::Multi if i % 4 == 0 => row.multi(name, [""; 0]),
                    Form::Multi => row.multi(name, [["a", "b", "c"][i % 3]]),
                },
            )
        })
        .collect();
    let given = |text: &TextParams, sublinear| Given {
        stem: Some(text.stem),
        stop_words: Some(text.stop_words),
        negation: Some(text.negation),
        marks: Some(text.marks),
        acts: Some(text.acts),
        signs: Some(text.signs),
        aliases: text.aliases.clone(),
        ngram_range: Some(text.ngram_range),
        char_ngram_range: Some(text.char_ngram_range),
        sublinear_tf: Some(sublinear),
        ..Given::default()
    };
    let by_task: BTreeMap<String, Given> = ways()
        .iter()
        .map(|(name, _, text, sublinear)| ((*name).to_owned(), given(text, *sublinear)))
        .collect();
    let specs = ways()
        .into_iter()
        .map(|(name, form, ..)| TaskSpec::new(name, form));
    let params = TrainParams {
        tasks: Some(specs.map(Result::unwrap).collect()),
        given_by_task: by_task,
        cross_validate: false,
        ..TrainParams::default()
    };
    Trainer::new(params)
        .fit(&rows)
        .expect("it can be fitted")
        .model
}

static MODEL: LazyLock<Model> = LazyLock::new(model);

/// The decision values of a task by its own analyzer, vectorizer and weights.
fn by_matrix(task: &TaskModel, passage: Passage<'_>) -> Vec<f32> {
    let analyzer = Analyzer::new(task.options.text.clone()).expect("checked when trained");
    let mut counts = task.tfidf.text_counts();
    for term in analyzer.terms(passage, &mut Scratch::default()) {
        counts.add(&task.tfidf, term.hash);
    }
    let (mut row, mut margins) = (Vec::new(), Vec::new());
    task.tfidf.transform(&mut counts, &mut row);
    task.linear.decision_function(row, &mut margins);
    margins
}

fn assert_same<'t>(model: &Model, passage: impl Into<Passage<'t>>) -> Result<(), TestCaseError> {
    let passage = passage.into();
    let said = model.classifier().classify_ungated(passage);
    for (task, said) in model.tasks().iter().zip(&said) {
        for (ours, expected) in said.margins.iter().zip(by_matrix(task, passage)) {
            let close = (ours - expected).abs() <= 2e-5 * expected.abs().max(1.0);
            prop_assert!(
                close,
                "{}: {} {} of {:?}",
                task.task.name,
                ours,
                expected,
                passage
            );
        }
    }
    Ok(())
}

fn text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned);
    let piece = prop_oneof![8 => known, 2 => "\\PC{1,12}", 1 => "[.,;:?!“”—\n ]{1,3}"];
    let between = prop::sample::select(vec![" ", " ", " ", ", ", ". ", "", "\n"]);
    prop::collection::vec((piece, between), 0..60).prop_map(|pieces| {
        pieces
            .into_iter()
            .flat_map(|(a, b)| [a, b.to_owned()])
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn tasks_that_read_differently_share_one_table(text in text()) {
        assert_same(&MODEL, &text)?;
    }

    #[test]
    fn any_text_scores_as_by_the_matrix(text in any::<String>()) {
        assert_same(&MODEL, &text)?;
    }

    /// Signs weigh beside the words of any text, the decision value is still the sum of its parts, and no other task reads them.
    #[test]
    fn signs_score_as_by_the_matrix(
        text in text(),
        facts in prop::collection::vec(prop::sample::select(FACTS.to_vec()), 0..6),
    ) {
        let signs: Vec<Sign> = facts.iter().map(|fact| Sign::new(fact)).collect();
        let passage = Passage { text: &text, signs: &signs };
        assert_same(&MODEL, passage)?;
        let mut classifier = MODEL.classifier();
        let (with, without) = (classifier.classify_ungated(passage), classifier.classify_ungated(&text));
        for (i, task) in MODEL.tasks().iter().enumerate() {
            if task.options.text.signs {
                let explanation = classifier.explain(passage, i, 0);
                let sum: f64 = explanation.contributions.iter().map(|c| f64::from(c.value)).sum();
                let off = f64::from(explanation.intercept) + sum - f64::from(with[i].margins[0]);
                prop_assert!(off.abs() < 1e-5, "off by {}", off);
                prop_assert!(explanation.contributions.iter().all(|c| !c.term.contains("unseen")));
            } else {
                prop_assert_eq!(&with[i], &without[i]);
            }
        }
    }
}

#[test]
fn a_long_text_keeps_its_digits() {
    let text: String = (0..30_000)
        .map(|i| format!("{} w{i} ", WORDS[i * i % WORDS.len()]))
        .collect();
    assert_same(&MODEL, &text).unwrap();
}

#[cfg(feature = "shipped-model")]
#[test]
fn the_shipped_model_scores_as_by_the_matrix() {
    let model = Model::shipped().unwrap();
    for text in [
        "",
        "Beijing did not agree to lift tariffs on U.S. soybeans, and Washington won’t either.",
        "Photo: Xinhua | Share this story on WeChat © 2024",
    ] {
        assert_same(model, text).unwrap();
    }
}
