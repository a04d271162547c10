//! `demarche classify --batch`.

mod common;

use common::{Folder, all, json_lines};
use serde_json::Value;

const STORY: &str = "Officials said on Monday that the two sides had agreed to extend the tariff truce for \
ninety days, a step that gives companies on both sides of the Pacific some time to plan their shipments.

The commerce ministry said that talks on chips and on rare earths would go on in Geneva in the coming weeks.

Beijing condemned the new export controls on chips and vowed to retaliate against American firms.";

const OTHER: &str = "A museum in Lyon opened a new wing for its collection of clocks, which took nine years to \
build and holds more than four hundred pieces from five centuries, the curator said on Friday.";

/// A story, a near copy of it, and another; a caption that all have.
fn stories() -> Folder {
    let folder = Folder::with_model();
    let near = STORY
        .replace("ninety", "sixty")
        .replace("Monday", "Tuesday");
    let caption = "Click here to subscribe to our newsletter.";
    folder.put("news/a.txt", format!("{STORY}\n\n{caption}\n"));
    folder.put("news/b.txt", format!("{OTHER}\n\n{caption}\n"));
    folder.put("news/c.txt", format!("{near}\n\n{caption}\n"));
    folder
}

fn cluster_of<'v>(rows: &'v [Value], doc: &str) -> &'v Value {
    let row = rows.iter().find(|row| row["doc"] == doc);
    &row.expect("the document has a paragraph")["cluster"]
}

#[test]
fn near_copies_are_clustered_captions_counted_and_no_label_changes() {
    let folder = stories();
    let line = "classify --model m.demarche news --format jsonl";
    let rows = folder.jsonl(&format!("{line} --batch"));
    let id = cluster_of(&rows, "news/a.txt");
    assert_eq!(id.as_str().map(str::len), Some(16));
    assert_eq!(cluster_of(&rows, "news/c.txt"), id);
    assert!(cluster_of(&rows, "news/b.txt").is_null());
    // The second and the third paragraph of the story are the same in its copy.
    assert_eq!(all(&rows, "repeated"), [1, 2, 2, 3, 1, 3, 1, 2, 2, 3]);
    let without = |mut row: Value| {
        let row_map = row.as_object_mut().expect("an object");
        row_map.remove("cluster");
        row_map.remove("repeated");
        row
    };
    let stripped: Vec<Value> = rows.into_iter().map(without).collect();
    assert_eq!(stripped, folder.jsonl(line));
}

#[test]
fn neither_order_nor_threads_nor_what_is_kept_show() {
    let folder = stories();
    let line = "classify --model m.demarche --format jsonl --batch";
    let there = folder.output(&format!(
        "{line} news/a.txt news/b.txt news/c.txt --threads 1"
    ));
    let back = folder.output(&format!(
        "{line} news/c.txt news/b.txt news/a.txt --threads 3"
    ));
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&there), sorted(&back));
    let body = folder.jsonl(&format!("{line} news --keep body"));
    let all: Vec<Value> = json_lines(&there);
    assert!(body.len() < all.len());
    assert!(body.iter().all(|row| all.contains(row)));
}

#[test]
fn rows_of_an_article_are_one_story() {
    let folder = Folder::with_model();
    let rows = |article: &str, text: &str| -> String {
        let row =
            |text: &str| serde_json::json!({"article": article, "text": text}).to_string() + "\n";
        text.split("\n\n").map(row).collect()
    };
    let near = STORY.replace("ninety", "sixty");
    let text = rows("a", STORY) + &rows("b", OTHER) + &rows("c", &near);
    folder.put("rows.jsonl", text);
    let line = "classify --model m.demarche rows.jsonl --batch";
    let paragraphs = folder.jsonl(&format!("{line} --format jsonl"));
    let clusters = all(&paragraphs, "cluster");
    assert!(clusters[0].is_string() && clusters[3].is_null());
    assert!(
        clusters[..3]
            .iter()
            .chain(&clusters[4..])
            .all(|id| *id == clusters[0])
    );
    assert_eq!(all(&paragraphs, "repeated"), [1, 2, 2, 1, 1, 2, 2]);
    let articles = folder.run(&format!("{line} --by article --format jsonl"));
    let articles = json_lines(&articles.stdout);
    assert_eq!(
        all(&articles, "cluster"),
        [clusters[0], clusters[3], clusters[0]]
    );
    assert_eq!(all(&articles, "repeated"), [2, 0, 2]);
}

#[test]
fn tables_and_csv_have_it_too() {
    let folder = stories();
    let rows = folder.jsonl("classify --model m.demarche news --format jsonl --batch");
    let id = cluster_of(&rows, "news/a.txt")
        .as_str()
        .expect("a name")
        .to_owned();
    let csv = folder.output("classify --model m.demarche news --format csv --batch");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let at = |name: &str| header.iter().position(|h| h == name).expect("the column");
    let (cluster, repeated) = (at("cluster"), at("repeated"));
    let records: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("a row")).collect();
    assert_eq!(
        (&records[0][cluster], &records[3][repeated]),
        (id.as_str(), "3")
    );
    assert_eq!(&records[4][cluster], "");
    let table = folder.output("classify --model m.demarche news --batch");
    assert_eq!(
        table.matches(&format!("cluster {id}")).count(),
        2,
        "{table}"
    );
    assert!(table.contains("docs  text"), "{table}");
    for format in ["table", "csv"] {
        let line =
            format!("classify --model m.demarche news --batch --by article --format {format}");
        let articles = folder.run(&line).stdout;
        assert_eq!(articles.matches(&id).count(), 2, "{articles}");
    }
}

#[test]
fn standard_input_is_refused_and_a_bad_record_told_once() {
    let folder = stories();
    for line in ["classify --batch -", "classify --batch"] {
        folder
            .run_with(line, STORY)
            .refused(&["reads its input twice", "write it to a file"]);
    }
    folder.put(
        "bad.jsonl",
        format!("{{\"text\": \"{OTHER}\"}}\nnot json\n"),
    );
    let ran = folder.run("classify --model m.demarche bad.jsonl --batch --format jsonl");
    assert_eq!(
        (ran.code, ran.stderr.matches("bad.jsonl:2").count()),
        (3, 1)
    );
    assert_eq!(json_lines(&ran.stdout).len(), 1);
}
