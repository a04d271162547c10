//! The pages of `trends` and `compare`.

use super::{HOSTILE, assert_quiet, kept, opened};
use crate::chromium::Tab;
use crate::common::Folder;
use serde_json::{Value, json};

const HARSH: &str = "Beijing raised tariffs on American steel and threatened Taiwan with warships.";
const WARM: &str = "Envoys welcomed a deal on duties and praised friendly talks.";

/// Thirty articles a month, harsh up to June and warm after it, none in March, half of each of two sources.
fn rows(sources: [&str; 2]) -> String {
    let mut rows = String::new();
    for month in [1, 2, 4, 5, 6, 7, 8, 9] {
        for i in 0..30 {
            let is_harsh = (month < 7) != (i % 10 == 0);
            let source = sources[i % 2];
            let more = if i % 2 == 0 {
                " Soybeans were named."
            } else {
                ""
            };
            let text = format!("{}{more}", if is_harsh { HARSH } else { WARM });
            let date = format!("2025-{month:02}-{:02}", 1 + i % 28);
            let row =
                json!({"id": format!("{month}-{i}"), "date": date, "source": source, "text": text});
            rows += &(row.to_string() + "\n");
        }
    }
    rows
}

/// A folder with the rows and a page that the program makes of them by `line` and more arguments.
fn page(sources: [&str; 2], line: &str, more: &[&str]) -> (Folder, Tab) {
    let folder = Folder::with_model();
    folder.put("rows.jsonl", rows(sources));
    let mut command = folder.command(&format!(
        "{line} --model m.demarche --poles tone=warm:cold --format html"
    ));
    let output = command.args(more).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    folder.put("page.html", &output.stdout);
    let tab = opened(&folder, "page.html");
    (folder, tab)
}

fn count(tab: &mut Tab, selector: &str) -> u64 {
    let n = tab.value(&format!("document.querySelectorAll('{selector}').length"));
    n.as_u64().unwrap()
}

/// Keeps images in every form in which it is read, and says that none is wider than its window.
fn images(tab: &mut Tab, name: &str) {
    for (form, width, height, scheme) in [
        ("light", 1200, 1400, "light"),
        ("dark", 1200, 1400, "dark"),
        ("phone", 390, 2200, "light"),
    ] {
        tab.show(width, height, scheme);
        let shown = tab.value("document.documentElement.scrollWidth");
        assert!(
            shown.as_u64().unwrap() <= u64::from(width),
            "{form}: {shown}"
        );
        tab.screenshot(&kept(&format!("{name}-{form}.png")));
    }
    tab.call("Emulation.clearDeviceMetricsOverride", json!({}));
    tab.print(&kept(&format!("{name}.pdf")));
}

#[test]
fn figures_over_time_are_plotted_and_tabled() {
    let (_folder, mut tab) = page(["wire", "ministry"], "trends rows.jsonl", &[]);
    assert_eq!(
        tab.value("document.querySelector('h1').textContent"),
        "Trends"
    );
    // Two topics, two tones, the index.
    assert_eq!(count(&mut tab, "figure svg"), 5);
    let sizes = "[...document.querySelectorAll('figure svg')].every((s) => s.getBoundingClientRect().height > 50 && s.getAttribute('aria-label'))";
    assert_eq!(tab.value(sizes), true);
    let body = tab.value("document.body.innerText");
    let body = body.as_str().unwrap();
    assert!(body.contains("Change from 2025-07 on"), "{body}");
    assert!(body.contains("several sources"), "{body}");
    let last = "[...document.querySelectorAll('details')].at(-1)";
    tab.value(&format!("{last}.querySelector('summary').focus()"));
    tab.press("Enter", 13, "\r");
    assert_eq!(tab.value(&format!("{last}.open")), true);
    let months = tab.value(&format!(
        "[...{last}.querySelectorAll('tr')].map((r) => r.cells[0].textContent)"
    ));
    assert_eq!(
        months,
        json!([
            "month", "2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06", "2025-07",
            "2025-08", "2025-09"
        ])
    );
    let march = tab.value(&format!(
        "{last}.querySelectorAll('tr')[3].cells[1].textContent"
    ));
    assert_eq!(march, "none");
    images(&mut tab, "trends");
    assert_quiet(&mut tab, "page.html");
}

#[test]
fn two_sets_are_held_against_each_other() {
    let line = "compare rows.jsonl --where-a source=wire --where-b source=ministry";
    let (_folder, mut tab) = page(["wire", "ministry"], line, &[]);
    assert_eq!(
        tab.value("document.querySelector('h1').textContent"),
        "Two sets compared"
    );
    let facts = tab.value("[...document.querySelectorAll('.facts li')].map((l) => l.textContent)");
    assert!(
        facts[0]
            .as_str()
            .unwrap()
            .starts_with("A: source=wire · 120 documents"),
        "{facts}"
    );
    assert!(
        facts[1].as_str().unwrap().starts_with("B: source=ministry"),
        "{facts}"
    );
    assert_eq!(count(&mut tab, "td svg"), 5);
    let words = "[...document.querySelectorAll('.words td:first-child')].map((c) => c.textContent)";
    let words = tab.value(words);
    assert!(
        words.as_array().unwrap().contains(&json!("soybeans")),
        "{words}"
    );
    images(&mut tab, "compare");
    assert_quiet(&mut tab, "page.html");
}

#[test]
fn hostile_sources_run_nothing() {
    for pair in HOSTILE.chunks(2) {
        let sources = [pair[0], pair[1]];
        let (_folder, mut tab) = page(sources, "trends rows.jsonl --split source", &[]);
        let text = tab.value("document.body.textContent");
        assert!(
            sources.iter().all(|s| text.as_str().unwrap().contains(s)),
            "{text}"
        );
        assert_quiet(&mut tab, "page.html");
        let conditions = sources.map(|source| format!("source={source}"));
        let more = ["--where-a", &conditions[0], "--where-b", &conditions[1]];
        let (_folder, mut tab) = page(sources, "compare rows.jsonl", &more);
        let text = tab.value("document.body.textContent");
        assert!(
            sources.iter().all(|s| text.as_str().unwrap().contains(s)),
            "{text}"
        );
        tab.value("document.querySelectorAll('*').forEach((e) => e.dispatchEvent(new MouseEvent('mouseover', {bubbles: true})))");
        assert_eq!(tab.value("window.hacked"), Value::Null);
        assert_quiet(&mut tab, "page.html");
    }
}
