//! How `demarche benchmark` parts rows, what it compares with, and what it prints beside tables.

mod common;

use common::{Folder, ROWS, json_lines};
use serde_json::{Value, json};

/// Options under which nothing is searched for.
const FIXED: &str = "--no-cv --folds 3 --ngram-range 1,1 --c 10 --draws 100";

fn json_of(folder: &Folder, line: &str) -> Value {
    let said = folder.output(&format!("benchmark {line} --format json"));
    serde_json::from_str(&said).unwrap()
}

/// The shared rows with a source and a date each, by article.
fn placed() -> String {
    let with = |(i, mut row): (usize, Value)| {
        let article: String = row["article"].as_str().unwrap_or("none").to_owned();
        let number: u32 = article.bytes().map(u32::from).sum::<u32>() + i as u32 / 100;
        row["source"] = json!(format!("s{}", number % 3));
        row["date"] = json!(format!("{}-05-01", 2020 + number % 4));
        row["id"] = json!(format!("r{i}"));
        format!("{row}\n")
    };
    json_lines(ROWS).into_iter().enumerate().map(with).collect()
}

fn with_placed() -> Folder {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", placed());
    folder
}

#[test]
fn repeats_are_other_folds_and_their_mean_is_given() {
    let folder = with_placed();
    let measured = |line: &str| json_of(&folder, &format!("rows.jsonl {FIXED} {line}"));
    let once = measured("");
    assert_eq!(once, measured("--repeats 1"));
    let thrice = measured("--repeats 3");
    assert_eq!(thrice, measured("--repeats 3 --threads 1"));
    let topics = |b: &Value| b["tasks"]["topics"].clone();
    assert_eq!(
        (&topics(&thrice)["n_samples"], &topics(&thrice)["n_repeats"]),
        (&json!(30), &json!(3))
    );
    assert_ne!(topics(&once)["macro_f1"], topics(&thrice)["macro_f1"]);
    let confused = |b: &Value| -> u64 {
        let rows = b["tasks"]["tone"]["confusion"]["counts"]
            .as_array()
            .unwrap();
        let cells = rows.iter().flat_map(|row| row.as_array().unwrap());
        cells.map(|n| n.as_u64().unwrap()).sum()
    };
    assert_eq!((confused(&once), confused(&thrice)), (30, 90));
}

#[test]
fn a_source_is_tested_by_the_others() {
    let folder = with_placed();
    let b = json_of(
        &folder,
        &format!("rows.jsonl {FIXED} --leave-out source --by source"),
    );
    let splits = b["design"]["splits"].as_array().unwrap();
    let names: Vec<&Value> = splits.iter().map(|s| &s["name"]).collect();
    assert_eq!(names, ["s0", "s1", "s2"]);
    let n = |key: &str| splits.iter().map(|s| s[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(n("tested"), 40);
    assert!(n("trained") <= 80);
    let slices = b["slices"].as_array().unwrap();
    assert_eq!(slices.len(), 9);
    assert_eq!(b["rows"]["by_source"].as_object().unwrap().len(), 3);
    folder
        .run("benchmark rows.jsonl --leave-out mood")
        .refused(&["--leave-out mood", "0 value(s)"]);
}

#[test]
fn the_past_is_trained_on_and_the_future_tested() {
    let folder = with_placed();
    let line = format!("rows.jsonl {FIXED} --before 2022-01-01");
    let b = json_of(&folder, &line);
    let split = &b["design"]["splits"][0];
    let dates = json_lines(&placed());
    let future = |row: &&Value| row["date"].as_str().unwrap() >= "2022";
    let tested = dates.iter().filter(future).count() as u64;
    assert_eq!(split["tested"], tested);
    let parted = b["design"]["left_out_of_training"].as_u64().unwrap();
    assert_eq!(split["trained"].as_u64().unwrap() + parted, 40 - tested);
    let table = folder.output(&format!("benchmark {line} --after 2023-01-01"));
    assert!(
        table.contains("before 2022-01-01, tested from 2023-01-01 on"),
        "{table}"
    );
    for (line, part) in [
        ("--before soon", "no date"),
        ("--after 2022-01-01", "--before"),
        ("--before 1990-01-01", "0 rows are dated before"),
        ("--before 2022-01-01 --repeats 3", "--repeats"),
        ("--model m.demarche --before 2022-01-01", "--before"),
    ] {
        folder
            .run(&format!("benchmark rows.jsonl {line}"))
            .refused(&[part]);
    }
}

#[test]
fn options_are_chosen_in_each_split_when_nested() {
    let folder = with_placed();
    let line = "rows.jsonl --folds 3 --draws 50 --ngram-range 1,1 --nested";
    let b = json_of(&folder, line);
    assert_eq!(b["design"]["nested"], true);
    let table = folder.output(&format!("benchmark {line}"));
    assert!(
        table.contains("in each split, on the rows it trains on")
            || table.contains("chosen on the rows trained on"),
        "{table}"
    );
}

/// Twenty articles whose texts stand in two more articles each, word for word but one.
fn copied() -> String {
    let text = |i: usize, copy: usize| {
        let words: Vec<String> = (0..12).map(|w| format!("w{}", i * 12 + w)).collect();
        format!("{} copy{copy}", words.join(" "))
    };
    let row = |i: usize, copy: usize| {
        let label = if i.is_multiple_of(2) { "even" } else { "odd" };
        json!({"text": text(i, copy), "label": label, "article": format!("a{i}-{copy}")})
            .to_string()
            + "\n"
    };
    (0..20)
        .flat_map(|i| (0..3).map(move |copy| row(i, copy)))
        .collect()
}

#[test]
fn near_duplicates_never_straddle_a_split() {
    let folder = Folder::new();
    folder.put("rows.jsonl", copied());
    let line = "rows.jsonl --no-cv --ngram-range 1,1 --min-df 1 --draws 50";
    let accuracy = |rule: &str| {
        let b = json_of(&folder, &format!("{line} --duplicates {rule}"));
        let found = &b["duplicates"];
        assert_eq!(
            (&found["clusters"], &found["rows"], &found["largest"]),
            (&json!(20), &json!(60), &json!(3))
        );
        let task = &b["tasks"]["label"];
        (
            task["exact_match"]["value"].as_f64().unwrap(),
            task["n_samples"].clone(),
            b["rows"]["n_articles"].clone(),
        )
    };
    // Texts share no word with others but their copies, so all that can be learned of them is the copies' label.
    let (with_copies, n, articles) = accuracy("report");
    assert_eq!((with_copies, n, articles), (1.0, json!(60), json!(60)));
    let (together, n, articles) = accuracy("keep-together");
    assert!(together <= 0.6, "{together}");
    assert_eq!((n, articles), (json!(60), json!(20)));
    let (dropped, n, articles) = accuracy("drop");
    assert!(dropped <= 0.6, "{dropped}");
    assert_eq!((n, articles), (json!(20), json!(20)));
    let table = folder.output(&format!("benchmark {line}"));
    assert!(
        table.contains(
            "near duplicates: 60 rows in 20 clusters, the largest of 3; kept on one side"
        ),
        "{table}"
    );
    // Between files too.
    let split = json_of(
        &folder,
        "--train rows.jsonl --test rows.jsonl --no-cv --draws 50 --duplicates report",
    );
    assert_eq!(split["tasks"]["label"]["exact_match"]["value"], 1.0);
    folder
        .run("benchmark --train rows.jsonl --test rows.jsonl --no-cv")
        .refused(&["no row has a label"]);
}

#[test]
fn predictions_of_any_tool_are_compared() {
    let folder = with_placed();
    let theirs = |(i, row): (usize, &Value)| {
        let tone = match (row["tone"].as_str(), i % 3) {
            (Some(_), 0) => "odd",
            (tone, _) => tone.unwrap_or("cold"),
        };
        format!(
            "{}\n",
            json!({"id": row["id"], "tone": tone, "topics": row["topics"]})
        )
    };
    let rows = json_lines(&placed());
    let lines: String = rows.iter().enumerate().map(theirs).collect();
    folder.put("theirs.jsonl", &lines);
    let line =
        "rows.jsonl --model m.demarche --draws 200 --against theirs.jsonl --against m.demarche";
    let b = json_of(&folder, line);
    let tone = &b["against"]["theirs.jsonl"]["tone"];
    let n = tone["n_samples"].as_u64().unwrap();
    let changed = tone["changed"].as_array().unwrap();
    let mcnemar = &tone["mcnemar"];
    let only = |who: &str| mcnemar[who].as_u64().unwrap();
    assert_eq!(
        changed.len() as u64,
        only("only_measured_right") + only("only_other_right")
    );
    assert!(only("only_measured_right") > 0 && n == 30);
    assert!(mcnemar["p_holm"].as_f64() >= mcnemar["p"].as_f64());
    let itself = &b["against"]["m.demarche"]["tone"];
    assert_eq!(
        (
            &itself["difference"]["macro_f1"]["value"],
            &itself["mcnemar"]["p_holm"]
        ),
        (&json!(0.0), &json!(1.0))
    );
    let table = folder.output(&format!("benchmark {line}"));
    assert!(table.contains("corrected over all 20, Holm"), "{table}");

    folder.put(
        "bad.jsonl",
        format!("{lines}{{\"tone\": \"cold\"}}\nnot json\n"),
    );
    let ran = folder.run("benchmark rows.jsonl --model m.demarche --against bad.jsonl");
    assert_eq!(ran.code, 3);
    ran.says(&["bad.jsonl:41: no `id`", "bad.jsonl:42: not JSON"]);
    folder.put(
        "others.jsonl",
        "{\"id\": \"elsewhere\", \"tone\": \"cold\"}\n",
    );
    folder
        .run("benchmark rows.jsonl --model m.demarche --against others.jsonl")
        .refused(&[
            "none of its 1 rows has the `id`",
            "`elsewhere` there, `r0` here",
        ]);
    folder
        .run("benchmark rows.jsonl --model m.demarche --against absent")
        .refused(&["absent"]);
}

#[test]
fn what_classify_prints_can_be_compared() {
    let folder = with_placed();
    let labelled =
        folder.output("classify rows.jsonl --model m.demarche --unit row --format jsonl");
    folder.put("theirs.jsonl", labelled);
    let b = json_of(
        &folder,
        "rows.jsonl --model m.demarche --draws 20 --against theirs.jsonl",
    );
    let kind = &b["against"]["theirs.jsonl"]["kind"];
    assert_eq!(
        (&kind["n_samples"], &kind["difference"]["macro_f1"]["value"]),
        (&json!(40), &json!(0.0))
    );
}

#[test]
fn baselines_stand_beside_the_figures() {
    let folder = with_placed();
    folder.put(
        "words.json",
        r#"{"tone": {"cold": ["condemn*", "accuse*"], "warm": ["welcom*", "prais*"]}}"#,
    );
    let b = json_of(&folder, &format!("rows.jsonl {FIXED} --lexicon words.json"));
    let names: Vec<&String> = b["baselines"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["majority", "keywords"]);
    let majority = &b["baselines"]["majority"]["tone"];
    assert!(majority["macro_f1"]["value"].as_f64() < Some(0.5));
    assert!(majority["difference"]["macro_f1"]["p_holm"].as_f64() < Some(0.2));
    assert!(b["baselines"]["keywords"].as_object().unwrap().len() == 1);
    let many: Vec<String> = (0..41).map(|i| format!("w{i}")).collect();
    folder.put("many.json", json!({"tone": {"cold": many}}).to_string());
    folder
        .run("benchmark rows.jsonl --lexicon many.json")
        .refused(&["many.json", "41 keywords"]);
}

#[test]
fn studies_are_of_the_same_splits() {
    let folder = with_placed();
    let line = format!(
        "rows.jsonl {FIXED} --curve --ablate --estimators logistic,linfa-bayes --by date --mistakes 2"
    );
    let b = json_of(&folder, &line);
    let curve = b["curve"].as_array().unwrap();
    let shares: Vec<&Value> = curve
        .iter()
        .filter(|p| p["task"] == "tone")
        .map(|p| &p["share"])
        .collect();
    assert_eq!(shares, [0.125, 0.25, 0.5, 1.0]);
    let whole = curve
        .iter()
        .find(|p| p["task"] == "tone" && p["share"] == 1.0)
        .unwrap();
    assert_eq!(
        whole["macro_f1"]["value"],
        b["tasks"]["tone"]["macro_f1"]["value"]
    );
    let same = &b["estimators"]["logistic"]["tasks"]["tone"]["difference"]["macro_f1"];
    assert_eq!(same["value"], 0.0);
    assert!(b["estimators"]["linfa-bayes"]["model_bytes"].as_u64() > Some(100));
    assert!(b["estimators"]["linfa-bayes"]["fit_s"].as_f64() > Some(0.0));
    assert_eq!(b["ablations"].as_object().unwrap().len(), 9);
    assert!(
        b["slices"]
            .as_array()
            .unwrap()
            .iter()
            .any(|s| s["value"] == "2021")
    );
    for mistake in b["mistakes"].as_array().unwrap() {
        let given = mistake["given"]
            .as_array()
            .unwrap()
            .contains(&mistake["label"]);
        let gold = mistake["gold"]
            .as_array()
            .unwrap()
            .contains(&mistake["label"]);
        assert!(
            given != gold && gold == mistake["missed"].as_bool().unwrap(),
            "{mistake}"
        );
        assert!(mistake["explanation"]["margin"].is_number());
    }
    for format in ["table", "markdown", "html"] {
        let printed = folder.output(&format!("benchmark {line} --format {format}"));
        for part in ["linfa-bayes", "no idf", "2021"] {
            assert!(printed.contains(part), "{format}: {part}");
        }
    }
}

#[test]
fn the_page_loads_nothing_and_is_small_and_escapes_what_rows_say() {
    let folder = Folder::with_model();
    let hostile = "</td><script>alert(1)</script><img src=x onerror=alert(2)>";
    let row = |i: usize| {
        let tone = if i.is_multiple_of(3) { "cold" } else { "warm" };
        json!({"text": format!("Envoys condemned {hostile} and praised talks number {i} \u{1} on tariffs."), "tone": tone,
               "topics": if i.is_multiple_of(2) { vec!["trade"] } else { vec![] }, "kind": "body",
               "source": format!("{hostile}{}", i % 3), "id": format!("{hostile}{i}"), "article": format!("a{}", i / 4)})
            .to_string() + "\n"
    };
    folder.put("rows.jsonl", (0..5000).map(row).collect::<String>());
    let line = "benchmark rows.jsonl --model m.demarche --draws 20 --by source --mistakes 50 --against m.demarche --duplicates report";
    let page = folder.output(&format!("{line} --format html"));
    assert!(page.len() < 1_000_000, "{}", page.len());
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script") && !page.contains("<img"));
    let lower = page.to_lowercase();
    for loads in [
        "http://",
        "https://",
        "src=\"",
        "href=",
        "url(",
        "@import",
        "onerror=\"",
        "<link",
        "<iframe",
    ] {
        assert!(!lower.contains(loads), "{loads}");
    }
    assert!(
        page.contains("<svg") && page.ends_with("</html>\n") && page.contains("default-src 'none'")
    );
    let open = |tag: &str| {
        page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count()
    };
    let close = |tag: &str| page.matches(&format!("</{tag}>")).count();
    for tag in ["table", "tr", "td", "svg", "figure", "div", "ul", "li"] {
        assert_eq!(open(tag), close(tag), "{tag}");
    }
    let markdown = folder.output(&format!("{line} --format markdown"));
    assert!(!markdown.contains("<script"));
}

#[test]
fn coders_stand_beside_the_model_and_few_articles_are_warned_of() {
    let folder = Folder::with_model();
    let row = |i: usize| {
        let gold = if i.is_multiple_of(2) { "cold" } else { "warm" };
        let other = if i.is_multiple_of(5) { "cold" } else { gold };
        let coders =
            json!({"a": {"tone": gold, "topics": []}, "b": {"tone": other, "topics": ["trade"]}});
        json!({"text": "Envoys praised the talks.", "tone": gold, "topics": [], "coders": coders})
            .to_string()
            + "\n"
    };
    folder.put("rows.jsonl", (0..20).map(row).collect::<String>());
    let b = json_of(&folder, "rows.jsonl --model m.demarche --draws 20");
    let coders = &b["tasks"]["tone"]["coders"];
    assert_eq!(
        (&coders["n_coders"], &coders["n_samples"]),
        (&json!(2), &json!(20))
    );
    assert!((coders["kappa"]["value"].as_f64().unwrap() - 0.8).abs() < 1e-12);
    assert_eq!(
        b["tasks"]["topics"]["coders"]["labels"]["trade"]["kappa"]["value"],
        0.0
    );
    let table = folder.output("benchmark rows.jsonl --model m.demarche --draws 20");
    assert!(
        table.contains("fewer than 100 articles: intervals are too narrow"),
        "{table}"
    );
    assert!(table.contains("2 coders on 20 rows: kappa .800"), "{table}");
}
