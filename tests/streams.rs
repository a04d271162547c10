//! Standard output: its order, and what becomes of it when nobody reads on or nothing more can be written.

mod common;

use common::{Folder, json_lines};
use serde_json::json;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

/// More rows than one batch holds, each a little different.
fn many_rows() -> String {
    let row = |i: usize| {
        let text = match i % 3 {
            0 => format!("Envoys praised trade deal number {i} on steel."),
            1 => format!("Warships crossed the strait {i} times.\n\nShare this page."),
            _ => String::new(),
        };
        json!({"id": format!("r{i}"), "text": text, "n": i}).to_string() + "\n"
    };
    (0..5000).map(row).collect()
}

#[test]
fn outputs_stand_in_the_order_of_the_inputs_at_any_number_of_threads() {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", many_rows());
    folder.put("b.txt", "Second file.");
    folder.put("a.txt", "Third file.");
    for format in ["table", "jsonl", "csv"] {
        let line = format!("classify --model m.demarche rows.jsonl b.txt a.txt --format {format}");
        let [one, two] = [1, 2].map(|n| folder.run(&format!("{line} --threads {n}")));
        assert_eq!((one.code, one.stderr.lines().count()), (0, 1666));
        assert!(one.stderr == two.stderr, "{format}: warnings differ");
        let (one, two) = (one.stdout, two.stdout);
        assert!(one == two, "{format} differs with the threads");
        if format == "jsonl" {
            let said = json_lines(&one);
            let numbers: Vec<u64> = said
                .iter()
                .filter_map(|p| p["input"]["n"].as_u64())
                .collect();
            assert!(
                numbers.is_sorted() && numbers.len() == 5001,
                "{}",
                numbers.len()
            );
            let last: Vec<_> = said[said.len() - 2..].iter().map(|p| &p["doc"]).collect();
            assert_eq!(last, ["b.txt", "a.txt"]);
        }
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", many_rows());
    for format in ["table", "jsonl", "csv"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_demarche"))
            .current_dir(folder.path(""))
            .args([
                "classify",
                "--model",
                "m.demarche",
                "rows.jsonl",
                "--format",
                format,
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        // The reader is dropped at the end of the line, which closes the pipe.
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        assert!(!first.is_empty());
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{format}");
        assert!(stderr.lines().all(|l| l.contains("no text in")), "{stderr}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    let folder = Folder::with_model();
    folder.put("article.txt", "Envoys praised the trade deal.\n");
    folder.put("rows.jsonl", many_rows());
    for format in ["table", "jsonl", "csv"] {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_demarche"))
            .current_dir(folder.path(""))
            .args([
                "classify",
                "--model",
                "m.demarche",
                "article.txt",
                "--format",
                format,
            ])
            .stdout(full)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{format}: {stderr}");
        assert!(stderr.contains("standard output"), "{format}: {stderr}");
    }
}

#[test]
fn no_colours_reach_a_pipe() {
    let folder = Folder::with_model();
    folder.put("article.txt", "Envoys praised the trade deal.\n");
    folder.put("rows.jsonl", many_rows());
    let ran =
        folder.run("classify --model m.demarche article.txt absent/../article.txt rows.jsonl");
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'));
}

#[test]
fn a_closed_pipe_is_no_failure_of_benchmark_either() {
    let folder = Folder::new();
    // So many labels that the figures do not fit into a pipe.
    let row = |i: usize| {
        json!({"text": format!("word{i} word"), "label": format!("l{:04}", i % 900)}).to_string()
            + "\n"
    };
    folder.put("rows.jsonl", (0..1800).map(row).collect::<String>());
    let line =
        "train rows.jsonl -o m.demarche --no-cv --ngram-range 1,1 --estimator linfa-bayes --chi2 1";
    folder.output(line);
    let args = "benchmark rows.jsonl --model m.demarche --draws 0 --format json";
    let mut child = Command::new(env!("CARGO_BIN_EXE_demarche"))
        .current_dir(folder.path(""))
        .args(args.split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.is_empty()),
        (Some(0), true)
    );
}
