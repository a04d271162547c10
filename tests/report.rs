//! `demarche report`.

mod common;

use common::Folder;
use serde_json::json;

const LINE: &str = "report --model m.demarche --poles tone=warm:cold rows.jsonl -o page.html";

/// Texts that would run, or break out of where they stand, were they not escaped.
const HOSTILE: [&str; 12] = [
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    "</title></style><img src=x onerror=\"window.hacked = 1\">",
    "\" onmouseover=\"window.hacked = 1\" x=\"",
    "' autofocus onfocus='window.hacked = 1",
    "<svg/onload=window.hacked=1>",
    "<iframe srcdoc=\"<script>parent.hacked = 1</script>\">",
    "javascript:window.hacked=1",
    "<!-- --!><script>window.hacked = 1</script>",
    "&lt;script&gt;window.hacked = 1&lt;/script&gt;",
    "<a href=\"https://example.invalid/\">tariffs</a><style>@import 'https://example.invalid/x.css'</style>",
    "\u{202e}tariffs\u{0}\u{1b}[2J<base href=\"https://example.invalid/\">",
];

fn page(folder: &Folder) -> String {
    String::from_utf8(folder.bytes("page.html")).unwrap()
}

fn hostile_rows() -> String {
    let row = |hostile: &&str| {
        json!({
            "id": hostile, "title": hostile, "source": hostile, "date": "2024-05-01",
            "text": format!("{hostile} Beijing raised tariffs.\n\nClick here to subscribe {hostile}"),
        })
    };
    HOSTILE.iter().map(|h| row(h).to_string() + "\n").collect()
}

#[test]
fn an_article_has_its_figures_paragraphs_and_what_was_set_aside() {
    let folder = Folder::with_model();
    let row = json!({
        "id": "one", "title": "Trade talks", "date": "2024-05-01", "source": "wire",
        "text": "Beijing raised tariffs on American steel and threatened Taiwan with warships.\n\n\
                 Envoys welcomed a deal on duties and praised friendly talks.\n\nClick here to subscribe to our newsletter.",
    });
    folder.put("rows.jsonl", row.to_string());
    assert_eq!(folder.output(LINE), "");
    let page = page(&folder);
    for part in [
        "<h2>Trade talks</h2>",
        "2024-05-01 · wire · one · 21 words in 2 paragraphs",
        "trade <b>100 %</b></span>",
        "taiwan <b>52 %</b>",
        "1 set aside</summary>\n<p>Click here to subscribe to our newsletter.</p>",
        "How to read this page",
        "A label is given from a probability of: ",
    ] {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
    // What the page says of an article is what `classify` does.
    let said = folder.jsonl(
        "classify --model m.demarche --by article --poles tone=warm:cold rows.jsonl --format jsonl",
    );
    let index = said[0]["index"]["value"].as_f64().unwrap();
    let in_page = page
        .split("data-i=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!((in_page.parse::<f64>().unwrap() - index).abs() < 1e-4);
}

#[test]
fn hostile_texts_stay_texts() {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", hostile_rows());
    let ran = folder
        .command(LINE)
        .args(["--heading", HOSTILE[2]])
        .output()
        .unwrap();
    assert!(ran.status.success());
    let page = page(&folder);
    // All that opens a tag is of the page's own making.
    let own = [
        "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p",
        "div", "details", "summary", "dl", "dt", "dd", "i", "form", "label", "input", "select",
        "option", "button", "article", "span", "b", "svg", "path", "footer", "script",
    ];
    for after in page.split('<').skip(1) {
        let name: String = (after.trim_start_matches('/').chars())
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '!')
            .collect();
        // The script and the style hold a `<` of their own before blanks alone.
        assert!(
            own.contains(&name.as_str()) || after.starts_with(' '),
            "<{after}"
        );
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<form").count(), 1);
    for way in [
        "<img",
        "<iframe",
        "<base",
        " onmouseover=\"",
        "onerror=\"",
        "onfocus='",
        "\u{0}",
        "\u{1b}",
    ] {
        assert!(!page.contains(way), "{way:?}");
    }
}

#[test]
fn the_page_allows_its_own_script_and_no_request() {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", hostile_rows());
    folder.run(LINE);
    let page = page(&folder);
    let policy = page
        .split("Content-Security-Policy\" content=\"")
        .nth(1)
        .unwrap();
    let policy = policy.split('"').next().unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'sha256-",
        "base-uri 'none'",
        "form-action 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("'unsafe-eval'") && !policy.contains("script-src 'unsafe"));
    // The hash is that of what stands between the tags.
    use base64::Engine;
    use sha2::{Digest, Sha256};
    let script = page.split("<script>").nth(1).unwrap();
    let script = script.split("</script>").next().unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
    assert!(policy.contains(&hash), "{hash} in {policy}");
}

#[test]
fn rows_of_an_article_stand_together_and_threads_change_nothing() {
    let folder = Folder::with_model();
    let row = |i: usize| {
        let text = format!("Beijing raised tariffs for the {i}th time.");
        json!({"article": format!("a{}", i / 3), "text": text}).to_string() + "\n"
    };
    folder.put("rows.jsonl", (0..3000).map(row).collect::<String>());
    folder.output(&format!("{LINE} --threads 1"));
    let one = page(&folder);
    folder.output(&format!("{LINE} --threads 4"));
    assert!(one == page(&folder), "the page differs with the threads");
    assert_eq!(one.matches("<article").count(), 1000);
    folder
        .run(&format!("{LINE} --max-articles 10"))
        .says(&["the first 10 of 1000", "--max-articles"]);
    let few = page(&folder);
    assert_eq!(few.matches("<article").count(), 10);
    assert!(few.contains("The first 10 of 1000 articles are listed"));
    assert!(
        few.contains("3000 paragraphs, 0 of them"),
        "figures at the top are of all"
    );
}

#[cfg(feature = "shipped-model")]
#[test]
fn two_hundred_articles_fit_into_two_megabytes() {
    let folder = Folder::new();
    // The sample articles again and again: they have 600 words each, as news has.
    let articles = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/articles");
    let files = std::fs::read_dir(articles)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let texts: Vec<String> = files
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let row = |i: usize| {
        json!({"id": i, "title": format!("Article {i}"), "text": texts[i % texts.len()]})
            .to_string()
            + "\n"
    };
    folder.put("rows.jsonl", (0..200).map(row).collect::<String>());
    folder.output("report rows.jsonl -o page.html");
    let bytes = folder.bytes("page.html").len();
    assert!((1_000_000..2_000_000).contains(&bytes), "{bytes} bytes");
}

#[test]
fn nothing_to_report_on_is_an_error_and_leaves_what_was_there() {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", "\n");
    folder.put("page.html", "what was there");
    folder
        .run(LINE)
        .refused(&["no text to report on", "name files"]);
    assert_eq!(folder.bytes("page.html"), b"what was there");
    folder.put("rows.jsonl", "{\"text\": \"Envoys met.\"}\n");
    folder
        .run(&LINE.replace("page.html", "rows.jsonl"))
        .refused(&["place of an input"]);
    folder
        .run(&LINE.replace("page.html", "none/page.html"))
        .refused(&["folder does not exist"]);
    folder
        .run(&LINE.replace("page.html", "-"))
        .refused(&["name the file"]);
}

#[test]
fn a_record_that_cannot_be_read_is_told_and_the_page_is_made() {
    let folder = Folder::with_model();
    folder.put(
        "rows.jsonl",
        "{\"text\": \"Envoys met.\"}\nno JSON\n{\"text\": \"Envoys praised tariffs.\"}\n",
    );
    let ran = folder.run(LINE);
    assert_eq!(ran.code, 3);
    ran.says(&["rows.jsonl:2", "1 record was skipped"]);
    assert_eq!(page(&folder).matches("<article").count(), 2);
}

#[test]
fn without_poles_there_is_no_index() {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", "{\"text\": \"Envoys praised tariffs.\"}\n");
    folder.output("report --model m.demarche rows.jsonl -o page.html");
    let page = page(&folder);
    assert!(!page.contains("<svg") && !page.contains("id=\"leaning\""));
    assert!(
        page.contains("<option value=\"0\">taiwan</option>"),
        "the labels of the tone have bars then"
    );
}
