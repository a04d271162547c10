//! The rules of `fixtures/paragraphs`, held by code: legal labels, no twins, no templates, sizes and
//! shares, and the codings they came from.

use demarche::evaluate::cohen_kappa;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

const TOPICS: [&str; 4] = ["fentanyl", "sovereignty", "tech_controls", "trade"];
const TONES: [&str; 3] = ["conciliatory", "confrontational", "neutral"];

/// Each register with its least and greatest share of all rows.
const REGISTERS: [(&str, f64, f64); 16] = [
    ("analysis", 0.03, 0.15),
    ("boilerplate", 0.08, 0.25),
    ("company", 0.03, 0.10),
    ("headline", 0.03, 0.12),
    ("legal", 0.02, 0.08),
    ("ministry", 0.03, 0.10),
    ("opinion", 0.02, 0.08),
    ("post", 0.02, 0.08),
    ("question", 0.02, 0.08),
    ("readout", 0.03, 0.10),
    ("regional", 0.03, 0.10),
    ("spun", 0.01, 0.08),
    ("talk", 0.04, 0.15),
    ("translated", 0.01, 0.06),
    ("unrelated", 0.03, 0.15),
    ("wire", 0.08, 0.22),
];

struct Row {
    file: String,
    value: Value,
}

impl Row {
    fn text(&self, field: &str) -> &str {
        self.value[field].as_str().unwrap_or_default()
    }

    fn topics(&self) -> Vec<&str> {
        strings(&self.value["topics"])
    }

    fn is_body(&self) -> bool {
        self.text("kind") == "body"
    }
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map_or_else(Vec::new, |list| {
        list.iter().filter_map(Value::as_str).collect()
    })
}

fn jsonl(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    let parse = |(i, line): (usize, &str)| {
        serde_json::from_str(line).unwrap_or_else(|e| panic!("{}:{}: {e}", path.display(), i + 1))
    };
    text.lines().enumerate().map(parse).collect()
}

fn files(folder: &str) -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    paths
}

fn rows() -> Vec<Row> {
    let of_file = |path: std::path::PathBuf| {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        jsonl(&path).into_iter().map(move |value| Row {
            file: file.clone(),
            value,
        })
    };
    files("paragraphs").into_iter().flat_map(of_file).collect()
}

fn words(text: &str) -> Vec<String> {
    let of = |word: &str| word.to_lowercase();
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(of)
        .collect()
}

#[test]
fn every_row_is_legal() {
    let mut ids = HashSet::new();
    for row in rows() {
        let id = row.text("id").to_owned();
        assert!(ids.insert(id.clone()), "{id} stands twice");
        assert_eq!(
            row.text("register"),
            row.file,
            "{id}: the file is the register"
        );
        assert!(
            !row.text("text").trim().is_empty() && !row.text("article").is_empty(),
            "{id}"
        );
        let date: jiff::civil::Date = row
            .text("date")
            .parse()
            .unwrap_or_else(|e| panic!("{id}: {e}"));
        assert!((2014..=2026).contains(&date.year()), "{id}: {date}");
        let topics = row.topics();
        assert!(
            topics.iter().all(|t| TOPICS.contains(t)) && topics.is_sorted(),
            "{id}: {topics:?}"
        );
        match row.text("kind") {
            "body" => {
                assert!(TONES.contains(&row.text("tone")), "{id}");
                let n = row.text("text").split_whitespace().count();
                assert!((5..=150).contains(&n), "{id}: {n} words");
            }
            "boilerplate" => assert!(topics.is_empty() && row.value["tone"].is_null(), "{id}"),
            other => panic!("{id}: kind {other}"),
        }
    }
}

#[test]
fn sizes_and_shares_are_within_bounds() {
    let rows = rows();
    assert!(rows.len() >= 2500, "{} rows", rows.len());
    let count = |test: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| test(row)).count();
    assert!(count(&|row| !row.is_body()) >= 400);
    for (register, least, most) in REGISTERS {
        let share = count(&|row| row.file == register) as f64 / rows.len() as f64;
        assert!((least..=most).contains(&share), "{register}: {share:.3}");
    }
    let known: BTreeSet<&str> = REGISTERS.iter().map(|(register, ..)| *register).collect();
    let found: BTreeSet<&str> = rows.iter().map(|row| row.file.as_str()).collect();
    assert_eq!(found, known);
    let body = count(&Row::is_body) as f64;
    for (tone, least, most) in [
        ("neutral", 0.48, 0.65),
        ("confrontational", 0.22, 0.35),
        ("conciliatory", 0.12, 0.22),
    ] {
        let share = count(&|row| row.text("tone") == tone) as f64 / body;
        assert!((least..=most).contains(&share), "{tone}: {share:.3}");
    }
    for (topic, least, most) in [
        ("trade", 0.25, 0.40),
        ("tech_controls", 0.15, 0.30),
        ("sovereignty", 0.12, 0.26),
        ("fentanyl", 0.07, 0.16),
    ] {
        let share = count(&|row| row.topics().contains(&topic)) as f64 / body;
        assert!((least..=most).contains(&share), "{topic}: {share:.3}");
    }
}

#[test]
fn no_opening_is_a_template() {
    let mut openings: HashMap<Vec<String>, Vec<String>> = HashMap::new();
    for row in rows() {
        let words = words(row.text("text"));
        if words.len() >= 5 {
            let id = row.text("id").to_owned();
            openings.entry(words[..5].to_vec()).or_default().push(id);
        }
    }
    for (opening, ids) in openings {
        assert!(ids.len() <= 8, "{opening:?}: {ids:?}");
    }
}

/// No two rows of different articles share half of their runs of four words.
#[test]
fn no_near_duplicates_across_articles() {
    let rows = rows();
    let shingles: Vec<HashSet<Vec<String>>> = rows
        .iter()
        .map(|row| {
            words(row.text("text"))
                .windows(4)
                .map(<[String]>::to_vec)
                .collect()
        })
        .collect();
    let mut holders: HashMap<&Vec<String>, Vec<usize>> = HashMap::new();
    for (i, set) in shingles.iter().enumerate() {
        for shingle in set {
            holders.entry(shingle).or_default().push(i);
        }
    }
    let mut shared: HashMap<(usize, usize), usize> = HashMap::new();
    for list in holders.values() {
        for (n, j) in list.iter().enumerate() {
            for i in &list[..n] {
                *shared.entry((*i, *j)).or_default() += 1;
            }
        }
    }
    for ((i, j), common) in shared {
        let union = shingles[i].len() + shingles[j].len() - common;
        let jaccard = common as f64 / union as f64;
        let same_article = rows[i].text("article") == rows[j].text("article");
        let (a, b) = (rows[i].text("id"), rows[j].text("id"));
        assert!(same_article || jaccard < 0.5, "{a} and {b}: {jaccard:.2}");
    }
}

struct Codings {
    first: BTreeMap<String, Value>,
    second: BTreeMap<String, Value>,
    settled: BTreeMap<String, Value>,
}

fn codings() -> Codings {
    let mut all = Codings {
        first: BTreeMap::new(),
        second: BTreeMap::new(),
        settled: BTreeMap::new(),
    };
    for round in files("coding") {
        for (name, into) in [
            ("first.jsonl", &mut all.first),
            ("second.jsonl", &mut all.second),
            ("settled.jsonl", &mut all.settled),
        ] {
            for mut value in jsonl(&round.join(name)) {
                let id = value["id"].as_str().unwrap().to_owned();
                value.as_object_mut().unwrap().shift_remove("id");
                assert!(
                    into.insert(id.clone(), value).is_none(),
                    "{id} was coded twice in {name}"
                );
            }
        }
    }
    all
}

/// Each row's labels are what its two coders said where they agree, and what was settled where not.
#[test]
fn rows_follow_from_their_codings() {
    let codings = codings();
    let rows = rows();
    let mut seen = HashSet::new();
    for row in &rows {
        let id = row.text("id");
        seen.insert(id);
        let (first, second) = (&codings.first[id], &codings.second[id]);
        assert_eq!(&row.value["coders"]["a"], first, "{id}");
        assert_eq!(&row.value["coders"]["b"], second, "{id}");
        let decided = match codings.settled.get(id) {
            Some(settled) => settled,
            None => {
                assert_eq!(first, second, "{id}: nobody settled the disagreement");
                first
            }
        };
        for field in ["kind", "topics", "tone"] {
            assert_eq!(row.value[field], decided[field], "{id}: {field}");
        }
    }
    for id in codings.first.keys() {
        let dropped = codings.settled.get(id).is_some_and(|s| s["drop"] == true);
        assert_eq!(seen.contains(id.as_str()), !dropped, "{id}");
    }
}

/// The agreement that fixtures/README.md states, worked out of the raw codings.
#[test]
fn agreement_is_as_stated() {
    let codings = codings();
    let pairs: Vec<(&Value, &Value)> = codings
        .first
        .iter()
        .map(|(id, a)| (a, &codings.second[id]))
        .collect();
    let kappa = |pairs: &[(&Value, &Value)], code: &dyn Fn(&Value) -> u32| {
        let (a, b): (Vec<u32>, Vec<u32>) = pairs.iter().map(|(a, b)| (code(a), code(b))).unzip();
        cohen_kappa(&a, &b)
    };
    let body: Vec<(&Value, &Value)> = pairs
        .iter()
        .filter(|(a, b)| a["kind"] == "body" && b["kind"] == "body")
        .copied()
        .collect();
    let mut stated = vec![("kind", kappa(&pairs, &|c| u32::from(c["kind"] == "body")))];
    let tone = |c: &Value| {
        TONES
            .iter()
            .position(|t| c["tone"] == *t)
            .map_or(9, |i| i as u32)
    };
    stated.push(("tone", kappa(&body, &tone)));
    for topic in TOPICS {
        stated.push((
            topic,
            kappa(&body, &|c| {
                u32::from(strings(&c["topics"]).contains(&topic))
            }),
        ));
    }
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    for (what, kappa) in stated {
        let cell = format!(
            "| {what} | {} |",
            format!("{kappa:.3}").trim_start_matches('0')
        );
        assert!(
            readme.contains(&cell),
            "fixtures/README.md should say: {cell}"
        );
    }
}

/// The sample articles are parted as a person would part them; Markdown keeps its marks in the slice.
#[test]
fn articles_are_parted_as_a_person_would() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut gold: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for paragraph in jsonl(&root.join("articles.gold.jsonl")) {
        let file = paragraph["file"].as_str().unwrap().to_owned();
        gold.entry(file)
            .or_default()
            .push(paragraph["text"].as_str().unwrap().to_owned());
    }
    assert_eq!(gold.len(), 8);
    let plain = |text: &str| text.trim_matches(['#', '*', '_', '-', '>', ' ']).to_owned();
    for (file, expected) in gold {
        let path = root
            .join("articles")
            .join(&file)
            .to_string_lossy()
            .into_owned();
        let documents: Vec<_> = (demarche::ingest::open(&[path], &Default::default()).unwrap())
            .map(|document| document.unwrap())
            .collect();
        let found: Vec<String> = (documents.iter())
            .flat_map(|d| demarche::paragraphs::segment(&d.text, d.format))
            .map(|paragraph| plain(&paragraph.text))
            .collect();
        let expected: Vec<String> = expected.iter().map(|text| plain(text)).collect();
        assert_eq!(found, expected, "{file}");
    }
}
