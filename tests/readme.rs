//! The README says what the program does: its commands are run and its scores are the model's.
#![cfg(feature = "shipped-model")]

use assert_cmd::Command;
use demarche::Model;

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// The `console` blocks: a command after `$`, and what it prints.
fn console_blocks(readme: &str) -> Vec<(String, String)> {
    let blocks = readme.split("```console\n").skip(1);
    blocks
        .map(|block| {
            let block = &block[..block.find("```").unwrap()];
            let (command, output) = block.split_once('\n').unwrap();
            (
                command.strip_prefix("$ ").unwrap().to_owned(),
                output.to_owned(),
            )
        })
        .collect()
}

#[test]
fn commands_print_what_the_readme_shows() {
    let blocks = console_blocks(&readme());
    assert!(!blocks.is_empty());
    for (command, expected) in blocks {
        let (echo, rest) = command.split_once(" | demarche ").unwrap();
        let text = echo
            .strip_prefix("echo \"")
            .unwrap()
            .strip_suffix('"')
            .unwrap();
        let output = Command::cargo_bin("demarche")
            .unwrap()
            .args(rest.split(' '))
            .write_stdin(format!("{text}\n"))
            .output()
            .unwrap();
        assert!(output.status.success());
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed, expected, "of `{command}`");
    }
}

/// The row of cross-validation is what the shipped model's card says.
#[test]
fn scores_are_those_of_the_shipped_model() {
    let readme = readme();
    let model = Model::shipped().unwrap();
    let row = readme
        .lines()
        .find(|line| line.contains("| cross-validation on the fixtures"));
    let row = row.expect("the table has the row");
    for task in ["topics", "tone"] {
        let scores = model
            .provenance()
            .cross_validated
            .iter()
            .find(|s| s.task == task);
        let [value, low, high] = scores.unwrap().macro_f1.map(|v| format!("{v:.3}"));
        let cell = format!("{value} [{low}, {high}]").replace("0.", ".");
        assert!(row.contains(&cell), "{task} should be {cell}");
    }
}
