//! The pages in a real browser: what they show, that they sort and filter, that nothing is logged as an error and
//! nothing is requested. Screenshots are kept in `target/browser/`.

#[path = "../common/mod.rs"]
mod common;

mod chromium;
mod figures;

use chromium::{Chromium, Tab};
use common::Folder;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static CHROMIUM: LazyLock<Chromium> = LazyLock::new(Chromium::start);

const HOSTILE: [&str; 8] = [
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    "</title></style><img src=x onerror=\"window.hacked = 1\">",
    "\" onmouseover=\"window.hacked = 1\" autofocus onfocus=\"window.hacked = 1",
    "<svg/onload=window.hacked=1>",
    "<iframe srcdoc=\"<script>parent.hacked = 1</script>\"></iframe>",
    "&lt;img src=https://example.invalid/x onerror=window.hacked=1&gt;",
    "<link rel=stylesheet href=https://example.invalid/x.css><base href=https://example.invalid/>",
];

/// Where screenshots are kept.
fn kept(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("browser");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// Opens a page of a folder, and says that it asked for itself alone.
fn opened(folder: &Folder, page: &str) -> Tab {
    let mut tab = CHROMIUM.tab();
    tab.show(1200, 1000, "light");
    tab.open(&folder.path(page));
    tab
}

fn assert_quiet(tab: &mut Tab, page: &str) {
    // A round trip, so that what came before is noted.
    assert_eq!(tab.value("window.hacked"), Value::Null);
    assert_eq!(tab.errors, [""; 0]);
    assert!(
        tab.requests.len() == 1 && tab.requests[0].ends_with(page),
        "{:?}",
        tab.requests
    );
}

/// The titles that are shown, in order.
fn titles(tab: &mut Tab) -> Vec<String> {
    let shown =
        "[...document.querySelectorAll('article:not([hidden]) h2')].map((h) => h.textContent)";
    serde_json::from_value(tab.value(shown)).unwrap()
}

/// Chooses a value of a control, as a user does.
fn choose(tab: &mut Tab, id: &str, value: &str) {
    tab.value(&format!(
        "(() => {{ const c = document.getElementById('{id}'); c.value = '{value}'; \
         c.dispatchEvent(new Event('input', {{bubbles: true}})); c.dispatchEvent(new Event('change', {{bubbles: true}})); }})()"
    ));
}

fn report() -> Folder {
    let folder = Folder::with_model();
    let rows = [
        (
            "Warm",
            "2024-03-01",
            "wire",
            "Envoys welcomed a deal on duties and praised friendly talks.\n\nClick here to subscribe to our newsletter.",
        ),
        (
            "Cold",
            "2024-05-01",
            "ministry",
            "Beijing raised tariffs on American steel and threatened Taiwan with warships.",
        ),
        (
            "Strait",
            "",
            "wire",
            "Warships sailed through the strait and Taipei condemned them.",
        ),
    ];
    let row = |(title, date, source, text): &(&str, &str, &str, &str)| {
        json!({"id": title, "title": title, "date": date, "source": source, "text": text})
            .to_string()
            + "\n"
    };
    folder.put("rows.jsonl", rows.iter().map(row).collect::<String>());
    let ran =
        folder.run("report --model m.demarche --poles tone=warm:cold rows.jsonl -o page.html");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    folder
}

#[test]
fn a_report_sorts_and_filters() {
    let folder = report();
    let mut tab = opened(&folder, "page.html");
    assert_eq!(titles(&mut tab), ["Warm", "Cold", "Strait"]);
    assert_eq!(
        tab.value("document.getElementById('controls').hidden"),
        false
    );
    for (order, expected) in [
        ("newest", ["Cold", "Warm", "Strait"]),
        ("oldest", ["Warm", "Cold", "Strait"]),
        ("highest", ["Warm", "Cold", "Strait"]),
        ("lowest", ["Strait", "Cold", "Warm"]),
        ("longest", ["Cold", "Warm", "Strait"]),
        ("given", ["Warm", "Cold", "Strait"]),
    ] {
        choose(&mut tab, "sort", order);
        assert_eq!(titles(&mut tab), expected, "{order}");
    }
    choose(&mut tab, "topic", "0");
    assert_eq!(
        titles(&mut tab),
        ["Cold", "Strait"],
        "the first topic is taiwan"
    );
    assert_eq!(
        tab.value("document.getElementById('count').textContent"),
        "2 of 3 articles"
    );
    choose(&mut tab, "source", "wire");
    assert_eq!(titles(&mut tab), ["Strait"]);
    tab.value("document.querySelector('button[type=reset]').click()");
    let shown = "document.querySelectorAll('article:not([hidden])').length";
    tab.until(shown, &json!(3));
    choose(&mut tab, "search", "FRIENDLY talks");
    tab.until(shown, &json!(1));
    assert_eq!(titles(&mut tab), ["Warm"]);
    assert_quiet(&mut tab, "page.html");
}

#[test]
fn an_article_is_read_by_keyboard_and_its_words_are_marked() {
    let folder = report();
    let mut tab = opened(&folder, "page.html");
    let is_open = "document.querySelector('article details').open";
    assert_eq!(tab.value(is_open), false);
    tab.value("document.querySelector('article summary').focus()");
    tab.press("Enter", 13, "\r");
    assert_eq!(tab.value(is_open), true);
    // Labels become switches a moment after the article is open; the first thing behind the summary is one.
    tab.until(
        "document.querySelectorAll('article details[open] .par b').length",
        &json!(0),
    );
    tab.press("Tab", 9, "");
    let focused = "document.activeElement.parentElement.parentElement.className + ' ' + document.activeElement.tagName";
    assert_eq!(tab.value(focused), "par pos BUTTON");
    assert_eq!(
        tab.value("document.activeElement.getAttribute('aria-pressed')"),
        "false"
    );
    let plain = tab.value("document.querySelector('.par p').textContent");
    tab.press(" ", 32, " ");
    assert_eq!(
        tab.value("document.activeElement.getAttribute('aria-pressed')"),
        "true"
    );
    let marks = "[...document.querySelectorAll('.par mark')].map((m) => m.textContent)";
    let marked = tab.value(marks);
    assert!(
        marked
            .as_array()
            .unwrap()
            .iter()
            .any(|word| word == "deal" || word == "duties"),
        "{marked}"
    );
    assert_eq!(
        tab.value("document.querySelector('.par p').textContent"),
        plain
    );
    tab.press(" ", 32, " ");
    assert_eq!(tab.value(marks), json!([]));
    let aside = tab.value("document.querySelector('article .aside summary').textContent");
    assert_eq!(aside, "1 set aside");
    assert_eq!(tab.value("document.querySelector('.aside').open"), false);
    assert_quiet(&mut tab, "page.html");
}

#[test]
fn hostile_texts_run_nothing() {
    let folder = Folder::with_model();
    let row = |hostile: &&str| {
        let text =
            format!("{hostile} Beijing raised tariffs.\n\nClick here to subscribe {hostile}");
        json!({"id": hostile, "title": hostile, "source": hostile, "text": text}).to_string() + "\n"
    };
    folder.put("rows.jsonl", HOSTILE.iter().map(row).collect::<String>());
    folder.run("report --model m.demarche --poles tone=warm:cold rows.jsonl -o page.html");
    let mut tab = opened(&folder, "page.html");
    assert_eq!(titles(&mut tab), HOSTILE);
    tab.value("document.querySelectorAll('details').forEach((d) => (d.open = true))");
    tab.until("document.querySelectorAll('.par b').length", &json!(0));
    tab.value("document.querySelectorAll('.par button').forEach((b) => b.click())");
    tab.value("document.querySelectorAll('*').forEach((e) => e.dispatchEvent(new MouseEvent('mouseover', {bubbles: true})))");
    choose(&mut tab, "search", "<script>");
    assert_quiet(&mut tab, "page.html");
    // And a script that were there would not run.
    tab.value("(() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s); })()");
    assert_eq!(tab.value("window.hacked"), Value::Null);
    assert!(
        tab.errors
            .iter()
            .any(|error| error.contains("Content Security Policy")),
        "{:?}",
        tab.errors
    );
}

#[test]
fn a_benchmark_is_shown() {
    let folder = Folder::with_rows();
    let ran =
        folder.run("benchmark rows.jsonl --no-cv --folds 3 --draws 50 --mistakes 2 --format html");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    folder.put("page.html", ran.stdout);
    let mut tab = opened(&folder, "page.html");
    assert_eq!(
        tab.value("document.querySelector('h1').textContent"),
        "Benchmark"
    );
    assert!(
        tab.value("document.querySelectorAll('svg').length")
            .as_u64()
            .unwrap()
            >= 6
    );
    assert_quiet(&mut tab, "page.html");
    tab.screenshot(&kept("benchmark.png"));
}

#[cfg(feature = "shipped-model")]
#[test]
fn screenshots_are_kept() {
    let folder = Folder::new();
    let articles = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/articles");
    let ran = folder.run(&format!("report {articles} -o page.html"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut tab = opened(&folder, "page.html");
    let width = "document.documentElement.scrollWidth";
    tab.screenshot(&kept("report.png"));
    tab.value("document.querySelector('article details').open = true");
    // Labels become switches a moment after the article is open.
    tab.until(
        "document.querySelectorAll('article details[open] .par b').length",
        &json!(0),
    );
    tab.value("document.querySelectorAll('.par button')[1].click()");
    tab.value("document.querySelector('.how').open = true");
    for (name, size, scheme) in [
        ("open", 1200, "light"),
        ("dark", 1200, "dark"),
        ("phone", 390, "light"),
    ] {
        tab.show(size, 2200, scheme);
        assert!(
            tab.value(width).as_u64().unwrap() <= u64::from(size),
            "{name} is wider than its window"
        );
        tab.screenshot(&kept(&format!("report-{name}.png")));
    }
    tab.call("Emulation.clearDeviceMetricsOverride", json!({}));
    tab.print(&kept("report.pdf"));
    assert_quiet(&mut tab, "page.html");
}
