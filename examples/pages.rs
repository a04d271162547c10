//! How well the text of pages comes out, on a folder of pages with gold paragraphs.
//!
//! ```sh
//! cargo run --release --example pages -- fixtures/pages
//! cargo run --release --example pages -- fixtures/pages --misses 20 --model mine.demarche
//! cargo run --no-default-features --example pages -- fixtures/pages --rows fixtures/layout.jsonl
//! ```
//!
//! The folder has pages of HTML, also gzipped, and `gold.jsonl`, a line a page: `page`, `paragraphs`, and `layout` and
//! `frozen` where there are such. Texts are compared by their letters and digits alone. A gold paragraph is found where
//! exactly one block that was kept has its text, no more and no less; a block is right where it is a gold paragraph, the
//! title or a part of one, as a heading above a text is. Boilerplate is every block that is no gold paragraph. `--rows` writes the
//! blocks, but for those of frozen layouts, as rows to train a gate on.

use demarche::ingest::{Document, IngestParams, open};
use demarche::paragraphs::fold_white_space;
use demarche::predict::LabelParams;
use demarche::predict::signs::signs;
use demarche::text::Sign;
use demarche::{Error, Model, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Debug, Deserialize)]
pub struct Gold {
    page: String,
    #[serde(default)]
    pub layout: String,
    #[serde(default)]
    pub frozen: bool,
    #[serde(default)]
    title: Option<String>,
    paragraphs: Vec<String>,
}

/// What became of some pages.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    n_pages: usize,
    gold: usize,
    found: usize,
    /// Blocks that were kept, and those of them that are right.
    kept: usize,
    right: usize,
    /// Boilerplate that was set aside, body that was, and boilerplate that was kept.
    set_aside: usize,
    lost: usize,
    let_in: usize,
    /// Gold paragraphs by what is wrong with them.
    causes: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.n_pages += other.n_pages;
        self.gold += other.gold;
        self.found += other.found;
        self.kept += other.kept;
        self.right += other.right;
        self.set_aside += other.set_aside;
        self.lost += other.lost;
        self.let_in += other.let_in;
        for (cause, n) in &other.causes {
            *self.causes.entry(cause).or_default() += n;
        }
    }

    /// The share of gold paragraphs that came out once and whole.
    pub fn found_share(&self) -> f64 {
        share(self.found, self.gold)
    }

    /// The share of the blocks kept that are right.
    pub fn right_share(&self) -> f64 {
        share(self.right, self.kept)
    }

    /// F1 of what was set aside.
    pub fn boilerplate_f1(&self) -> f64 {
        let right = 2 * self.set_aside;
        share(right, right + self.lost + self.let_in)
    }

    /// All of them in a line.
    pub fn line(&self, name: &str) -> String {
        let causes: Vec<String> = self
            .causes
            .iter()
            .map(|(c, n)| format!("{c} {n}"))
            .collect();
        format!(
            "{name:<24} {:>3} pages {:>5} gold  found {:.3}  right {:.3}  boilerplate F1 {:.3}  {}",
            self.n_pages,
            self.gold,
            self.found_share(),
            self.right_share(),
            self.boilerplate_f1(),
            causes.join(", ")
        )
    }
}

fn share(n: usize, of: usize) -> f64 {
    n as f64 / of.max(1) as f64
}

/// A block of a page.
struct Block {
    letters: String,
    text: String,
    kept: bool,
}

/// The letters and digits of a text alone, in small letters.
pub fn letters(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

fn blocks(model: &Model, document: &Document) -> Vec<Block> {
    let mut blocks = Vec::new();
    model
        .classifier()
        .label_each(document, &LabelParams::default(), |classifier, view| {
            blocks.push(Block {
                letters: letters(&view.text),
                text: view.text.into_owned(),
                kept: !classifier.latest().gate_shut(),
            });
        });
    blocks
}

/// Why a gold paragraph was not found.
fn cause(gold: &str, blocks: &[Block]) -> &'static str {
    if blocks.iter().any(|b| b.letters == gold && !b.kept) {
        return "set aside";
    }
    if blocks.iter().any(|b| b.letters.contains(gold)) {
        return "glued to more";
    }
    let within = blocks
        .iter()
        .filter(|b| b.letters.len() > 20 && gold.contains(&b.letters));
    match within.count() {
        0 => "not in the page's text",
        1 => "a part alone",
        _ => "cut up",
    }
}

impl Gold {
    /// Whether a block with letters is a gold paragraph, a part of one or the title.
    fn is_right(&self, golds: &[String], block: &str) -> bool {
        let is_part = |gold: &String| block.len() > 20 && gold.contains(block);
        let is_title = (self.title.as_deref()).is_some_and(|title| letters(title) == block);
        is_title || golds.iter().any(|gold| gold == block || is_part(gold))
    }
}

/// The blocks of the pages of a folder, but for frozen layouts, as labelled rows with signs, JSONL. What a layout says
/// in the same words at the same place on several pages stands once.
pub fn training_rows(folder: &Path) -> Result<String> {
    let mut seen = HashSet::new();
    let mut rows = String::new();
    for gold in read_gold(folder)?.iter().filter(|gold| !gold.frozen) {
        let golds: Vec<String> = gold.paragraphs.iter().map(|p| letters(p)).collect();
        let path = folder.join(&gold.page).display().to_string();
        for document in open(&[path], &IngestParams::default())?.flatten() {
            for (i, (block, signs)) in document.blocks.iter().zip(signs(&document)).enumerate() {
                let text = fold_white_space(&document.text[block.start..block.end]);
                let letters = letters(&text);
                let is_right = gold.is_right(&golds, &letters);
                let facts: Vec<&str> = signs.iter().map(Sign::fact).collect();
                let row = json!({
                    "id": format!("{}-{i}", gold.page.split('.').next().unwrap_or_default()),
                    "kind": if is_right { "body" } else { "boilerplate" },
                    "article": format!("pages-{}", gold.layout),
                    "signs": facts.join(" "),
                    "text": text,
                });
                let said = [&row["kind"], &row["article"], &row["signs"], &row["text"]];
                if !letters.is_empty() && seen.insert(said.map(Value::to_string)) {
                    rows.push_str(&row.to_string());
                    rows.push('\n');
                }
            }
        }
    }
    Ok(rows)
}

/// What comes of the pages of a folder that are `asked` for.
pub fn measure(model: &Model, folder: &Path, asked: impl Fn(&Gold) -> bool) -> Result<Tally> {
    let mut whole = Tally::default();
    for gold in read_gold(folder)?.iter().filter(|gold| asked(gold)) {
        whole.add(&measure_page(model, folder, gold, &mut Vec::new())?);
    }
    Ok(whole)
}

fn measure_page(
    model: &Model,
    folder: &Path,
    gold: &Gold,
    misses: &mut Vec<String>,
) -> Result<Tally> {
    let page = folder.join(&gold.page).display().to_string();
    let documents = open(&[page], &IngestParams::default())?.flatten();
    let blocks: Vec<Block> = documents.flat_map(|d| blocks(model, &d)).collect();
    Ok(tally(gold, &blocks, misses))
}

fn read_gold(folder: &Path) -> Result<Vec<Gold>> {
    let path = folder.join("gold.jsonl");
    let lines = std::fs::read_to_string(&path)
        .map_err(|error| Error::io(path.display().to_string(), error))?;
    let gold =
        |line| serde_json::from_str(line).map_err(|error| Error::usage(format!("gold: {error}")));
    lines.lines().map(gold).collect()
}

fn tally(gold: &Gold, blocks: &[Block], misses: &mut Vec<String>) -> Tally {
    let mut tally = Tally {
        n_pages: 1,
        ..Tally::default()
    };
    let golds: Vec<String> = gold.paragraphs.iter().map(|p| letters(p)).collect();
    let mut wanted: HashMap<&str, usize> = HashMap::new();
    for text in &golds {
        *wanted.entry(text).or_default() += 1;
    }
    let mut kept: HashMap<&str, usize> = HashMap::new();
    for block in blocks.iter().filter(|block| !block.letters.is_empty()) {
        let is_right = gold.is_right(&golds, &block.letters);
        match (block.kept, is_right) {
            (true, true) => tally.right += 1,
            (true, false) => tally.let_in += 1,
            (false, true) => tally.lost += 1,
            (false, false) => tally.set_aside += 1,
        }
        if block.kept {
            tally.kept += 1;
            *kept.entry(block.letters.as_str()).or_default() += 1;
        }
        if block.kept != is_right {
            let sign = if block.kept { '+' } else { '-' };
            misses.push(format!("{sign} {}: {}", gold.page, clip(&block.text)));
        }
    }
    for (text, paragraph) in golds.iter().zip(&gold.paragraphs) {
        tally.gold += 1;
        let n = kept.get(text.as_str()).copied().unwrap_or_default();
        if n == wanted[text.as_str()] {
            tally.found += 1;
            continue;
        }
        let cause = if n > 0 {
            "more than once"
        } else {
            cause(text, blocks)
        };
        *tally.causes.entry(cause).or_default() += 1;
        misses.push(format!("? {}: {cause}: {}", gold.page, clip(paragraph)));
    }
    tally
}

fn clip(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Megabytes of HTML a second of reading, parsing and labelling, on one thread, the best of three runs.
fn speed(model: &Model, folder: &Path, pages: &[String]) -> Result<f64> {
    let mut bytes = 0;
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let started = Instant::now();
        bytes = 0;
        let mut classifier = model.classifier();
        for page in pages {
            let path = folder.join(page).display().to_string();
            for document in open(&[path], &IngestParams::default())?.flatten() {
                let last = document.blocks.iter().filter_map(|b| b.source.as_ref());
                bytes += last.map(|source| source.end).max().unwrap_or_default();
                classifier.label_each(&document, &LabelParams::default(), |_, _| ());
            }
        }
        best = best.min(started.elapsed());
    }
    Ok(bytes as f64 / 1e6 / best.as_secs_f64())
}

fn main() -> Result<()> {
    let mut folder = PathBuf::from("fixtures/pages");
    let (mut n_misses, mut model, mut rows_to) = (0, None, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .ok_or_else(|| Error::usage("a value is missing"))
        };
        match word.as_str() {
            "--misses" => n_misses = value()?.parse().map_err(|_| Error::usage("--misses N"))?,
            "--rows" => rows_to = Some(value()?),
            "--model" => model = Some(Model::open(value()?)?),
            _ => folder = PathBuf::from(word),
        }
    }
    if let Some(path) = rows_to {
        let rows = training_rows(&folder)?;
        return std::fs::write(&path, rows).map_err(|error| Error::io(path, error));
    }
    let model = match &model {
        Some(model) => model,
        None => Model::shipped()?,
    };
    let (mut groups, mut whole): (BTreeMap<String, Tally>, Tally) = Default::default();
    let (mut misses, mut pages) = (Vec::new(), Vec::new());
    for gold in read_gold(&folder)? {
        let tally = measure_page(model, &folder, &gold, &mut misses)?;
        let frozen = if gold.frozen { " (frozen)" } else { "" };
        if !gold.layout.is_empty() {
            let group = format!("{}{frozen}", gold.layout);
            groups.entry(group).or_default().add(&tally);
            groups
                .entry(format!("all{frozen}"))
                .or_default()
                .add(&tally);
        } else {
            groups.entry(gold.page.clone()).or_default().add(&tally);
        }
        whole.add(&tally);
        pages.push(gold.page);
    }
    for (name, tally) in &groups {
        println!("{}", tally.line(name));
    }
    println!("{}", whole.line("whole"));
    println!(
        "{:.1} MB of HTML a second, one thread",
        speed(model, &folder, &pages)?
    );
    for miss in misses.iter().take(n_misses) {
        println!("{miss}");
    }
    Ok(())
}
