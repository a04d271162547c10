//! `demarche classify`.

mod common;

use common::{Folder, all, gzipped, json_lines};
use demarche::{Row, TrainParams, Trainer};
use insta::assert_snapshot;
use serde_json::{Value, json};

const ARTICLE: &str = "\
Beijing raised tariffs on American steel and threatened Taiwan with warships.

Envoys  welcomed a deal on duties and\tpraised friendly talks.

Click here to subscribe to our newsletter.
";

/// Rows as a user may have them, one of them with everything a row can have.
const ROWS: &str = r#"{"id": "one", "title": "Trade talks", "date": "2024-05-01", "source": "wire", "page": 7, "text": "Envoys praised the trade deal.\n\nAll rights reserved. Click here to share."}
{"text": "Warships sailed through the strait and Taipei condemned them."}
"#;

fn with_article() -> Folder {
    let folder = Folder::with_model();
    folder.put("article.txt", ARTICLE);
    folder.put("rows.jsonl", ROWS);
    folder
}

#[test]
fn a_table_an_article() {
    let folder = with_article();
    assert_snapshot!(folder.output("classify --model m.demarche article.txt rows.jsonl"));
}

#[test]
fn a_table_with_reasons() {
    let folder = with_article();
    assert_snapshot!(folder.output("classify --model m.demarche article.txt --explain 2"));
}

#[test]
fn an_object_a_paragraph() {
    let folder = with_article();
    assert_snapshot!(
        folder.output("classify --model m.demarche article.txt rows.jsonl --format jsonl")
    );
}

#[test]
fn an_object_with_reasons() {
    let folder = with_article();
    assert_snapshot!(
        folder.output("classify --model m.demarche article.txt --format jsonl --explain 1")
    );
}

#[test]
fn a_csv_row_a_paragraph() {
    let folder = with_article();
    let line = "classify --model m.demarche article.txt rows.jsonl --format csv --explain 1";
    assert_snapshot!(folder.output(line));
}

#[test]
fn spans_are_bytes_of_the_text_and_the_text_is_their_slice_folded() {
    let folder = with_article();
    let said = folder.jsonl("classify --model m.demarche article.txt --format jsonl");
    assert_eq!(all(&said, "paragraph"), [0, 1, 2]);
    for paragraph in &said {
        let at = |field: &str| paragraph[field].as_u64().unwrap() as usize;
        let slice = &ARTICLE[at("start")..at("end")];
        let folded: Vec<&str> = slice.split_whitespace().collect();
        assert_eq!(paragraph["text"], folded.join(" "));
    }
}

#[test]
fn standard_input_is_read_by_name_and_by_default() {
    let folder = with_article();
    let line = "classify --model m.demarche --format jsonl";
    let by_default = folder.run_with(line, ARTICLE);
    let by_name = folder.run_with(&format!("{line} -"), ARTICLE);
    assert_eq!((by_name.code, by_name.stderr.as_str()), (0, ""));
    assert_eq!(by_name.stdout, by_default.stdout);
    assert_eq!(all(&json_lines(&by_name.stdout), "doc"), ["-"; 3]);

    let rows = folder.run_with(&format!("{line} -"), ROWS);
    let docs = json_lines(&rows.stdout);
    assert_eq!(all(&docs, "doc"), ["one", "one", "-:2"]);

    folder
        .run_with("classify --model m.demarche - -", ARTICLE)
        .refused(&["more than once"]);
}

#[test]
fn nothing_on_standard_input_is_no_paragraph() {
    let folder = Folder::with_model();
    for format in ["table", "jsonl", "csv"] {
        let ran = folder.run_with(
            &format!("classify --model m.demarche --format {format}"),
            "",
        );
        assert_eq!(ran.code, 0, "{format}");
        ran.says(&["warning: -: no text"]);
        let lines = if format == "csv" { 1 } else { 0 };
        // A table names the empty article.
        assert!(
            format == "table" || ran.stdout.lines().count() == lines,
            "{format}"
        );
    }
}

/// What is said of each paragraph, whatever file it came from.
fn without_places(mut said: Vec<Value>) -> Vec<Value> {
    for paragraph in &mut said {
        let object = paragraph.as_object_mut().unwrap();
        for field in ["doc", "start", "end", "source_start", "source_end"] {
            object.remove(field);
        }
    }
    said
}

#[test]
fn gzip_byte_order_marks_and_crlf_change_nothing() {
    let folder = with_article();
    let line = "classify --model m.demarche --format jsonl";
    let plain = folder.jsonl(&format!("{line} article.txt"));
    folder.put("a.txt.gz", gzipped(ARTICLE));
    folder.put("bom.txt", format!("\u{feff}{ARTICLE}"));
    folder.put("crlf.txt", ARTICLE.replace('\n', "\r\n"));
    let utf16: Vec<u8> = format!("\u{feff}{ARTICLE}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    folder.put("utf16.txt", utf16);
    for file in ["a.txt.gz", "bom.txt", "crlf.txt", "utf16.txt"] {
        let said = folder.jsonl(&format!("{line} {file}"));
        if file != "crlf.txt" {
            assert_eq!(all(&said, "start"), all(&plain, "start"), "{file}");
        }
        assert_eq!(
            without_places(said),
            without_places(plain.clone()),
            "{file}"
        );
    }

    let rows = without_places(folder.jsonl(&format!("{line} rows.jsonl")));
    folder.put(
        "r.jsonl.gz",
        gzipped(format!("\u{feff}{}", ROWS.replace('\n', "\r\n"))),
    );
    let said = folder.jsonl(&format!("{line} r.jsonl.gz"));
    assert_eq!(without_places(said), rows);
}

#[test]
fn a_csv_file_is_read_as_rows() {
    let folder = Folder::with_model();
    let csv =
        "\u{feff}id,text,page\r\nx,\"Envoys praised\r\nthe deal.\",7\r\n,Warships sailed.,\r\n";
    folder.put("rows.csv", csv);
    let line = "classify --model m.demarche --format jsonl --unit row";
    let said = folder.jsonl(&format!("{line} rows.csv"));
    assert_eq!(all(&said, "doc"), ["x", "rows.csv:4"]);
    assert_eq!(
        all(&said, "text"),
        ["Envoys praised the deal.", "Warships sailed."]
    );
    assert_eq!(said[0]["input"], json!({"page": "7"}));

    let by_flag = folder.run_with(&format!("{line} --input-format csv -"), csv);
    assert_eq!(by_flag.code, 0);
    let said_by_flag = json_lines(&by_flag.stdout);
    assert_eq!(all(&said_by_flag, "doc"), ["x", "-:4"]);
}

#[test]
fn input_format_goes_before_the_name() {
    let folder = Folder::with_model();
    folder.put("rows.txt", ROWS);
    let line = "classify --model m.demarche --format jsonl rows.txt";
    assert_eq!(folder.jsonl(line)[0]["doc"], "rows.txt");
    let rows = folder.jsonl(&format!("{line} --input-format jsonl"));
    assert_eq!(rows[0]["doc"], "one");
    folder.put("m.txt", "---\ntitle: x\n---\n\nEnvoys praised the deal.\n");
    let line = "classify --model m.demarche --format jsonl m.txt";
    let markdown = folder.jsonl(&format!("{line} --input-format markdown"));
    assert_eq!(all(&markdown, "text"), ["Envoys praised the deal."]);
    assert!(folder.jsonl(&format!("{line} --input-format text")).len() > 1);
}

#[test]
fn unit_row_gives_exactly_one_output_a_row() {
    let folder = Folder::with_model();
    let texts = [
        "",
        "   ",
        "one line",
        "two\n\nparagraphs",
        "# a\n\n- b\n- c\n\n---\n",
    ];
    let rows: Vec<String> = texts
        .iter()
        .map(|t| json!({"text": t}).to_string())
        .collect();
    folder.put("rows.jsonl", rows.join("\n"));
    let line = "classify --model m.demarche --unit row rows.jsonl --format";
    let ran = folder.run(&format!("{line} jsonl"));
    assert_eq!((ran.code, ran.stderr.matches("no text").count()), (0, 2));
    let said = json_lines(&ran.stdout);
    assert_eq!(said.len(), texts.len());
    assert_eq!(all(&said, "paragraph"), [0; 5]);
    for (paragraph, text) in said.iter().zip(texts) {
        let at = |field: &str| paragraph[field].as_u64().unwrap() as usize;
        assert_eq!(&text[at("start")..at("end")], text.trim());
    }
    let csv = folder.run(&format!("{line} csv")).stdout;
    assert_eq!(
        csv::Reader::from_reader(csv.as_bytes()).records().count(),
        texts.len()
    );
    // A file is a row too.
    folder.put("a.txt", ARTICLE);
    let line = "classify --model m.demarche --unit row a.txt --format jsonl";
    assert_eq!(folder.jsonl(line).len(), 1);
}

#[test]
fn the_title_is_labelled_when_asked() {
    let folder = with_article();
    let line = "classify --model m.demarche rows.jsonl --format jsonl --title";
    let said = folder.jsonl(line);
    assert_eq!(said[0]["paragraph"], Value::Null);
    assert_eq!(said[0]["text"], "Trade talks");
    assert_eq!(
        (&said[0]["start"], &said[0]["end"]),
        (&json!(0), &json!(11))
    );
    assert_eq!(
        all(&said[1..], "paragraph"),
        [0, 1, 0],
        "a row without a title has none"
    );
    let csv = folder.output("classify --model m.demarche rows.jsonl --format csv --title");
    assert!(
        csv.lines()
            .nth(1)
            .unwrap()
            .starts_with("one,,0,11,,,body,trade,"),
        "{csv}"
    );
    let table = folder.output("classify --model m.demarche rows.jsonl --title");
    assert!(table.contains(" title  body"), "{table}");

    let both = folder.run("classify --model m.demarche rows.jsonl --title --unit row");
    both.refused(&["--title", "--unit row", "leave out one"]);
}

#[test]
fn intercept_and_terms_add_up_to_the_decision_value() {
    let folder = with_article();
    let line = "classify --model m.demarche article.txt rows.jsonl --format jsonl --explain 10000";
    let mut n = 0;
    for paragraph in folder.jsonl(line) {
        let text = paragraph["text"].as_str().unwrap();
        for (task, reasons) in paragraph["explain"].as_object().unwrap() {
            for reason in reasons.as_array().unwrap() {
                let number = |value: &Value| value.as_f64().unwrap();
                let mut sum = number(&reason["intercept"]);
                let mut n_terms = 0.0;
                for side in ["for", "against"] {
                    for term in reason[side].as_array().unwrap() {
                        assert_eq!(number(&term["value"]) > 0.0, side == "for");
                        for span in term["spans"].as_array().unwrap() {
                            let at = |i: usize| span[i].as_u64().unwrap() as usize;
                            assert!(!text[at(0)..at(1)].is_empty());
                        }
                        sum += number(&term["value"]);
                        n_terms += 1.0;
                    }
                }
                // Each number is printed with five decimals.
                let off = (sum - number(&reason["margin"])).abs();
                assert!(off < 5e-6 * (n_terms + 3.0), "{task}: off by {off}");
                n += 1;
            }
        }
    }
    assert!(n >= 10, "every label given has its reasons");
}

#[test]
fn a_shut_gate_takes_the_labels_and_keeps_the_scores() {
    let folder = with_article();
    let said = folder.jsonl("classify --model m.demarche article.txt --format jsonl");
    let (body, shut) = (&said[0], &said[2]);
    assert_eq!(
        (&body["kind"], &shut["kind"]),
        (&json!("body"), &json!("boilerplate"))
    );
    assert_eq!((&shut["topics"], &shut["tone"]), (&json!([]), &Value::Null));
    for task in ["kind", "topics", "tone"] {
        let scores = shut["scores"][task].as_object().unwrap();
        assert_eq!(
            scores.keys().collect::<Vec<_>>(),
            body["scores"][task]
                .as_object()
                .unwrap()
                .keys()
                .collect::<Vec<_>>()
        );
        assert!(
            scores
                .values()
                .all(|p| (0.0..=1.0).contains(&p.as_f64().unwrap()))
        );
        if task != "topics" {
            let sum: f64 = scores.values().map(|p| p.as_f64().unwrap()).sum();
            assert!((sum - 1.0).abs() < 1e-4, "{task} sums to {sum}");
        }
    }
}

#[test]
fn fields_of_a_row_are_kept_under_input() {
    let folder = Folder::with_model();
    let row = json!({"id": 12, "text": "Envoys met.", "kind": "mine", "scores": [1, {"a": null}], "page": 1.50, "title": "T"});
    folder.put(
        "rows.jsonl",
        format!("{row}\n{}\n", json!({"text": "Envoys met."})),
    );
    let said = folder.jsonl("classify --model m.demarche rows.jsonl --format jsonl");
    assert_eq!(said[0]["doc"], "12");
    assert_eq!(
        said[0]["input"],
        json!({"kind": "mine", "scores": [1, {"a": null}], "page": 1.5, "title": "T"})
    );
    assert!(said[1].get("input").is_none());
    let csv = folder.output("classify --model m.demarche rows.jsonl --format csv");
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let inputs: Vec<&&str> = header
        .iter()
        .filter(|name| name.starts_with("input."))
        .collect();
    assert_eq!(
        inputs,
        [
            &"input.kind",
            &"input.scores",
            &"input.page",
            &"input.title"
        ]
    );
}

#[test]
fn csv_fields_that_come_late_are_counted_as_left_out() {
    let folder = Folder::with_model();
    let mut rows = "{\"text\": \"Envoys met.\"}\n".repeat(1000);
    rows += "{\"text\": \"Envoys met.\", \"late\": 1}\n";
    folder.put("rows.jsonl", rows);
    let ran = folder.run("classify --model m.demarche rows.jsonl --format csv");
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 1002));
    ran.says(&["late", "--format jsonl"]);
}

#[test]
fn no_cell_of_the_csv_is_a_formula() {
    let folder = Folder::with_model();
    let row = json!({
        "id": "=1+1", "text": "=HYPERLINK(\"http://x\") tariffs", "=field": "+cmd|' /C calc'!A0",
        "at": "@SUM(1)", "tab": "\t=1", "minus": "-2+3", "list": ["=a", "b"], "n": -5,
    });
    folder.put("rows.jsonl", row.to_string());
    let csv = folder.output("classify --model m.demarche rows.jsonl --format csv --explain 2");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(csv.as_bytes());
    for record in reader.records() {
        for cell in record.unwrap().iter() {
            let armed = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!armed || cell == "-5", "{cell:?}");
        }
    }
    assert!(csv.contains("'=HYPERLINK"), "{csv}");
    assert!(csv.contains(",-5,"), "a number stays one: {csv}");
}

#[test]
fn custom_tasks_stand_under_their_own_names() {
    let rows: Vec<Row> = (0..12)
        .map(|i| match i % 2 {
            0 => Row::new("frost and snow")
                .single("season", "winter")
                .multi("wear", ["coat", "hat"]),
            _ => Row::new("sun and sand")
                .single("season", "summer")
                .multi("wear", ["hat"]),
        })
        .collect();
    let tasks = ["season:single", "wear:multi"].map(|task| task.parse().unwrap());
    let params = TrainParams {
        tasks: Some(tasks.into()),
        cross_validate: false,
        ..TrainParams::default()
    };
    let folder = Folder::new();
    let trained = Trainer::new(params).fit(&rows).unwrap();
    trained.model.save(folder.path("m.demarche")).unwrap();
    folder.put("a.txt", "snow and frost\n");
    let said = folder.jsonl("classify --model m.demarche a.txt --format jsonl");
    let fields: Vec<&String> = said[0].as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "doc",
            "paragraph",
            "start",
            "end",
            "source_start",
            "source_end",
            "season",
            "wear",
            "scores",
            "text"
        ]
    );
    assert_eq!(said[0]["season"], "winter");
    assert_eq!(said[0]["wear"], json!(["coat", "hat"]));
    let csv = folder.output("classify --model m.demarche a.txt --format csv");
    assert_eq!(
        csv.lines().next().unwrap(),
        "doc,paragraph,start,end,source_start,source_end,season,wear,score.season.summer,score.season.winter,score.wear.coat,score.wear.hat,language,text"
    );
    assert!(
        csv.lines().nth(1).unwrap().contains(",winter,coat;hat,"),
        "{csv}"
    );
}

#[test]
fn a_folder_and_a_glob_are_read_in_the_order_of_their_paths() {
    let folder = Folder::with_model();
    for name in ["in/b.txt", "in/a/z.md", "in/c.jsonl"] {
        folder.put(name, "{\"text\": \"Envoys met.\"}\n");
    }
    let line = "classify --model m.demarche --format jsonl";
    let said = folder.jsonl(&format!("{line} in"));
    assert_eq!(all(&said, "doc"), ["in/a/z.md", "in/b.txt", "in/c.jsonl:1"]);
    let said = folder.jsonl(&format!("{line} in/*.jsonl in/b.txt"));
    assert_eq!(all(&said, "doc"), ["in/c.jsonl:1", "in/b.txt"]);
    folder
        .run(&format!("{line} in/*.csv"))
        .refused(&["in/*.csv", "check the pattern"]);
}

#[test]
fn skipped_records_are_named_and_counted() {
    let folder = Folder::with_model();
    folder.put(
        "rows.jsonl",
        "{\"text\": \"Envoys met.\"}\nnot json\n{\"text\": 5}\n",
    );
    let line = "classify --model m.demarche rows.jsonl --format jsonl";
    let ran = folder.run(line);
    assert_eq!((ran.code, ran.stdout.lines().count()), (3, 1));
    ran.says(&[
        "rows.jsonl:2: not JSON",
        "rows.jsonl:3: ",
        "`text` is a number",
        "2 records were skipped",
    ]);
    let strict = folder.run(&format!("{line} --strict"));
    assert_eq!((strict.code, &strict.stdout), (2, &ran.stdout));
    strict.says(&["2 records were skipped"]);
    folder.put("rows.jsonl", "{\"text\": \"Envoys met.\"}\n");
    folder.output(&format!("{line} --strict"));
}

#[test]
fn dates_that_cannot_be_read_are_counted_and_skip_nothing() {
    let folder = Folder::with_model();
    folder.put(
        "rows.jsonl",
        "{\"text\": \"Envoys met.\", \"date\": \"soon\"}\n".repeat(3),
    );
    let ran = folder.run("classify --model m.demarche rows.jsonl --format jsonl --strict");
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 3));
    ran.says(&["rows.jsonl:1", "\"soon\"", "dates of 3 rows"]);
}

#[test]
fn what_is_not_there_is_refused_with_what_to_do() {
    let folder = with_article();
    let line = "classify --model m.demarche";
    folder.run(&format!("{line} absent.txt")).refused(&[
        "absent.txt",
        "no such file",
        "check the path",
    ]);
    folder
        .run("classify --model absent.demarche article.txt")
        .refused(&["absent.demarche", "No such file"]);
    folder
        .run("classify --model . article.txt")
        .refused(&["folder"]);
    for (wrong, part) in [
        ("--format xml", "--format"),
        ("--unit page", "--unit"),
        ("--explain -1", "-1"),
        ("--threads 0", "--threads"),
        ("--nonsense", "--nonsense"),
    ] {
        folder
            .run(&format!("{line} article.txt {wrong}"))
            .refused(&[part]);
    }
    folder.run("").refused(&["Usage"]);
    assert_eq!(folder.run("classify --help").code, 0);
    assert_eq!(folder.run("--version").code, 0);
}

#[cfg(feature = "shipped-model")]
#[test]
fn the_shipped_model_is_the_default() {
    let folder = with_article();
    let by_default = folder.output("classify article.txt --format jsonl");
    let by_name = folder.output("classify article.txt --format jsonl --model shipped");
    assert_eq!(by_default, by_name);
    assert_eq!(json_lines(&by_default).len(), 3);
}
