//! What the tests of the commands share: forty rows written for them, a small model trained on
//! those, and the program run in a folder that goes away, so that no path of this machine shows.

#![allow(dead_code, reason = "each test file uses its own part of this")]

pub mod zips;

use assert_cmd::Command;
use demarche::ingest::{Document, IngestParams, Problem, open};
use demarche::train::{Row, TaskSpec, labelled_row};
use demarche::{Model, TrainParams, Trainer};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;
use tempfile::TempDir;

/// Runs the program with the model that comes with it: its exit code, output and messages.
pub fn shipped(args: &[&str], stdin: &str) -> (i32, String, String) {
    let output = Command::cargo_bin("demarche")
        .unwrap()
        .args(args)
        .write_stdin(stdin)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Forty labelled rows: thirty of body text over fifteen articles, ten of boilerplate.
pub const ROWS: &str = include_str!("rows.jsonl");

/// The bytes of a model trained on [`ROWS`], once a test program.
static MODEL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let trained = Trainer::new(fixed_params()).fit(&labelled(ROWS));
    let model = trained.expect("the rows can be trained on").model;
    model.to_bytes().expect("the model is small")
});

/// Options under which nothing is searched for.
pub fn fixed_params() -> TrainParams {
    let mut params = TrainParams {
        cross_validate: false,
        folds: 3,
        ..TrainParams::default()
    };
    params.given.ngram_range = Some((1, 1));
    params.given.c = Some(10.0);
    params
}

/// The bytes of the small model.
pub fn model_bytes() -> &'static [u8] {
    &MODEL
}

/// The small model.
pub fn model() -> Model {
    Model::from_bytes(&MODEL).expect("the model was just written")
}

/// JSONL as labelled rows of the tasks that are detected.
pub fn labelled(jsonl: &str) -> Vec<Row> {
    let folder = Folder::new();
    folder.put("rows.jsonl", jsonl);
    let input = folder.path("rows.jsonl").display().to_string();
    let documents = open(&[input], &Default::default()).expect("the file is there");
    documents
        .map(|d| labelled_row(d.expect("a row"), &TaskSpec::detected()).expect("labels"))
        .collect()
}

/// A folder that goes away, in which the program is run.
pub struct Folder(TempDir);

impl Folder {
    /// An empty folder.
    pub fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A folder with the small model, `m.demarche`.
    pub fn with_model() -> Self {
        let folder = Folder::new();
        folder.put("m.demarche", model_bytes());
        folder
    }

    /// A folder with the labelled rows, `rows.jsonl`.
    pub fn with_rows() -> Self {
        let folder = Folder::new();
        folder.put("rows.jsonl", ROWS);
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file")
    }

    /// The program with `line`, whose words are parted by blanks, as its arguments.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_demarche"));
        command
            .current_dir(self.0.path())
            .args(line.split_whitespace());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }

    /// Runs the program.
    pub fn run(&self, line: &str) -> Ran {
        Ran::of(&mut self.command(line))
    }

    /// Runs the program with something on standard input.
    pub fn run_with(&self, line: &str, stdin: impl Into<Vec<u8>>) -> Ran {
        Ran::of(self.command(line).write_stdin(stdin))
    }

    /// Runs the program, which must end with 0 and say nothing on stderr; gives its output.
    pub fn output(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{line}");
        ran.stdout
    }

    /// [`output`](Self::output) as JSON objects, one a line.
    pub fn jsonl(&self, line: &str) -> Vec<Value> {
        json_lines(&self.output(line))
    }
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the program runs");
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        let ran = Ran {
            code: output.status.code().expect("no signal ended it"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        ran
    }

    /// Asserts that the work could not be done and that the message holds each of `parts`.
    pub fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, 2, "{self:?}");
        self.says(parts);
    }

    /// Asserts that stderr holds each of `parts`.
    pub fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "no {part:?} in:\n{}",
                self.stderr
            );
        }
    }
}

/// JSON objects, one a line.
pub fn json_lines(text: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).expect("a line is a JSON object");
    text.lines().map(parse).collect()
}

/// A field of each object.
pub fn all<'v>(objects: &'v [Value], field: &str) -> Vec<&'v Value> {
    objects.iter().map(|object| &object[field]).collect()
}

/// Bytes as gzip has them.
pub fn gzipped(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(bytes.as_ref()).expect("memory takes it");
    gz.finish().expect("memory takes it")
}

/// The documents of a file, and what was wrong with it.
pub fn read(path: &std::path::Path, params: &IngestParams) -> (Vec<Document>, Vec<Problem>) {
    let (mut documents, mut problems) = (Vec::new(), Vec::new());
    for record in open(&[path.display().to_string()], params).unwrap() {
        match record {
            Ok(document) => documents.push(document),
            Err(problem) => problems.push(problem),
        }
    }
    (documents, problems)
}

/// As [`read`], of a file of this name with these bytes.
pub fn read_bytes(
    name: &str,
    bytes: &[u8],
    params: &IngestParams,
) -> (Vec<Document>, Vec<Problem>) {
    let folder = Folder::new();
    folder.put(name, bytes);
    read(&folder.path(name), params)
}
