//! The rules that the code keeps about itself: which layer may import which, who prints, who touches
//! the disk and the clock, and how long a file and a function may be.

use std::fs;
use std::path::Path;

/// The layers in the order of the data. A layer imports only from those above it in this table, from
/// `error`, and from itself; and, though they stand above it, not from those that it lists.
const LAYERS: [(&str, &[&str]); 11] = [
    ("ingest", &[]),
    ("paragraphs", &[]),
    ("text", &["ingest", "paragraphs"]),
    ("features", &["ingest", "paragraphs"]),
    ("model", &["ingest", "paragraphs"]),
    ("evaluate", &["ingest", "paragraphs", "text", "features"]),
    ("predict", &[]),
    ("train", &[]),
    ("quantify", &[]),
    ("output", &[]),
    ("cli", &[]),
];

/// Names at the root of the crate, and the layer that each is of.
const RE_EXPORTED: [(&str, &str); 9] = [
    ("Error", "error"),
    ("ErrorKind", "error"),
    ("Place", "error"),
    ("Result", "error"),
    ("Model", "model"),
    ("Prediction", "predict"),
    ("Row", "train"),
    ("TrainParams", "train"),
    ("Trainer", "train"),
];

/// Words that only some files may hold: each word, and how the paths begin of those that may.
const KEPT_TO: [(&[&str], &[&str]); 4] = [
    (
        &[
            "println!",
            "eprintln!",
            "print!",
            "eprint!",
            "stdout()",
            "stderr()",
            "dbg!",
        ],
        &["src/cli/", "src/main.rs"],
    ),
    (&["clap::", "indicatif::"], &["src/cli/", "src/main.rs"]),
    (&["Instant", "SystemTime"], &["src/cli/", "src/main.rs"]),
    (
        &["std::fs", "fs::", "File::", "OpenOptions"],
        &["src/ingest/", "src/model/file.rs", "src/cli/"],
    ),
];

/// Exceptions to [`KEPT_TO`]: a file, a word and why.
const EXCEPTIONS: [(&str, &str, &str); 1] = [(
    "src/train/estimators.rs",
    "stderr()",
    "linfa-bayes prints to stderr, and is kept from it",
)];

const MAX_FILE_LINES: usize = 600;
const MAX_FUNCTION_LINES: usize = 70;

/// A Rust file of the repository.
struct Source {
    /// Its path from the root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// Its lines without comments, numbered from 1.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let uncommented = |line: &'_ str| line.find("//").unwrap_or(line.len());
        let lines = self.text.lines().enumerate();
        lines.map(move |(i, line)| (i + 1, &line[..uncommented(line)]))
    }

    /// The layer it is of.
    fn layer(&self) -> Option<&str> {
        let (layer, _) = self.path.strip_prefix("src/")?.split_once('/')?;
        Some(layer)
    }
}

/// The files below `folders`, by path.
fn sources(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let relative = path.strip_prefix(root).unwrap();
                found.push(Source {
                    path: relative.display().to_string().replace('\\', "/"),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty());
    found
}

/// Says all that is wrong at once.
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Whether `word` stands in `line` and is not the end of a longer name.
fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// The first names of the paths into the crate that the code holds, with their lines: `a` of
/// `crate::a::B`, and `a` and `c` of `crate::{a::B, c}`.
fn crate_paths(source: &Source) -> Vec<(usize, String)> {
    let code: String = source.code().map(|(_, line)| format!("{line}\n")).collect();
    let mut found = Vec::new();
    for (at, start) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + start.len()..];
        let mut depth = 0;
        let mut is_first = true;
        for (i, c) in rest.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => is_first = true,
                c if is_first && (c.is_alphabetic() || c == '_') => {
                    let name = rest[i..].split(|c: char| !c.is_alphanumeric() && c != '_');
                    found.extend(name.take(1).map(|name| (line, name.to_owned())));
                    is_first = false;
                }
                _ => {}
            }
            if depth == 0 && !is_first {
                break;
            }
        }
    }
    found
}

#[test]
fn a_layer_imports_only_from_those_before_it() {
    let mut wrong = Vec::new();
    for source in sources(&["src"]) {
        let Some(layer) = source.layer() else {
            continue;
        };
        let at = LAYERS.iter().position(|(name, _)| *name == layer);
        let at = at.unwrap_or_else(|| panic!("{} is of no known layer", source.path));
        let (before, not) = (&LAYERS[..at], LAYERS[at].1);
        for (line, name) in crate_paths(&source) {
            let re_exported = RE_EXPORTED.iter().find(|(short, _)| *short == name);
            let of = re_exported.map_or(name.as_str(), |(_, layer)| layer);
            let is_before = before.iter().any(|(earlier, _)| *earlier == of);
            if of != "error" && of != layer && (!is_before || not.contains(&of)) {
                wrong.push(format!("{}:{line}: {layer} imports {of}", source.path));
            }
        }
        // In a layer's own mod.rs, `super` is the whole crate.
        let is_root = source.path == format!("src/{layer}/mod.rs");
        let above = source
            .code()
            .filter(|(_, line)| line.starts_with("use super::"));
        wrong.extend(
            above
                .filter(|_| is_root)
                .map(|(line, _)| format!("{}:{line}: super", source.path)),
        );
    }
    assert_none(&wrong);
}

#[test]
fn paths_into_the_crate_are_found() {
    let text = "use crate::a::B;\nuse crate::{b, c::{D, e}, // x\n    f};\nlet g = crate::h::i(); // crate::j\n";
    let source = Source {
        path: String::new(),
        text: text.to_owned(),
    };
    let found = crate_paths(&source);
    let found: Vec<(usize, &str)> = found
        .iter()
        .map(|(line, name)| (*line, name.as_str()))
        .collect();
    assert_eq!(found, [(1, "a"), (2, "b"), (2, "c"), (2, "f"), (4, "h")]);
}

#[test]
fn the_error_type_imports_nothing_and_main_only_the_command_line() {
    for source in sources(&["src"]) {
        match source.path.as_str() {
            "src/error.rs" => assert_eq!(crate_paths(&source), []),
            "src/main.rs" => {
                let paths: Vec<&str> = source
                    .code()
                    .map(|(_, line)| line)
                    .filter(|line| line.contains("demarche::"))
                    .collect();
                assert!(!paths.is_empty());
                assert!(paths.iter().all(|line| line.contains("demarche::cli")));
            }
            _ => {}
        }
    }
}

#[test]
fn printing_the_clock_and_the_disk_are_kept_to_their_places() {
    let mut wrong = Vec::new();
    for source in sources(&["src"]) {
        for (words, places) in KEPT_TO {
            if places.iter().any(|place| source.path.starts_with(place)) {
                continue;
            }
            for (line, code) in source.code() {
                let held = words.iter().filter(|word| holds(code, word));
                let excepted = |word: &&&str| {
                    EXCEPTIONS
                        .iter()
                        .any(|(path, w, _)| *path == source.path && w == *word)
                };
                for word in held.filter(|word| !excepted(word)) {
                    wrong.push(format!("{}:{line}: {word}", source.path));
                }
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_module_says_what_it_is() {
    let sources = sources(&["src", "tests", "benches", "examples"]);
    let silent = sources
        .iter()
        .filter(|source| !source.text.starts_with("//! "));
    let silent: Vec<String> = silent.map(|source| source.path.clone()).collect();
    assert_none(&silent);
}

#[test]
fn files_and_functions_are_short() {
    let mut wrong = Vec::new();
    for source in sources(&["src", "tests", "benches", "examples"]) {
        let lines: Vec<&str> = source.text.lines().collect();
        if lines.len() >= MAX_FILE_LINES {
            wrong.push(format!("{}: {} lines", source.path, lines.len()));
        }
        for (at, name, length) in functions(&lines) {
            if length >= MAX_FUNCTION_LINES {
                wrong.push(format!("{}:{at}: {name} has {length} lines", source.path));
            }
        }
    }
    assert_none(&wrong);
}

/// The functions with a body: where each begins, its name, its lines. Relies on rustfmt, which puts the
/// last brace under the first word.
fn functions<'s>(lines: &[&'s str]) -> Vec<(usize, &'s str, usize)> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = line.split("fn ").nth(1).filter(|_| holds(line, "fn ")) else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let is_end = |line: &&str| line.trim_end() == format!("{}}}", &lines[at][..indent]);
        let has_body =
            !(line.ends_with(';') || line.ends_with('}') || line.trim_start().starts_with("//"));
        if let Some(end) = lines[at..].iter().position(is_end).filter(|_| has_body) {
            let name = name.split(['(', '<']).next().unwrap_or(name);
            found.push((at + 1, name, end + 1));
        }
    }
    found
}

#[test]
fn functions_are_measured() {
    let text = [
        "fn a() {",
        "    b();",
        "}",
        "fn c() {}",
        "trait D {",
        "    fn e();",
        "    fn f()",
        "    where",
        "    {",
        "    }",
        "}",
    ];
    assert_eq!(functions(&text), [(1, "a", 3), (7, "f", 4)]);
}

#[test]
fn nothing_is_left_undone() {
    let marks = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X"],
        ["unimplemen", "ted!"],
        ["to", "do!("],
    ]
    .map(|parts| parts.concat());
    let mut wrong = Vec::new();
    for source in sources(&["src", "tests", "benches", "examples"]) {
        for (i, line) in source.text.lines().enumerate() {
            let mark = marks.iter().find(|mark| holds(line, mark));
            wrong.extend(mark.map(|mark| format!("{}:{}: {mark}", source.path, i + 1)));
        }
    }
    assert_none(&wrong);
}
