//! Tests of what comes out of a page.

use super::*;
use proptest::prelude::*;

fn read(source: &str) -> Page {
    read_page(source, &PageCaps::default()).unwrap()
}

fn texts(page: &Page) -> Vec<&str> {
    let blocks = page.blocks.iter();
    blocks
        .map(|block| &page.text[block.start..block.end])
        .collect()
}

#[test]
fn blocks_are_neither_glued_nor_flattened() {
    let page = read(
        "<body><nav><a href=/>Home</a><a href=/w>World</a></nav><h1>Head</h1>\
         <div>Lead <b>bold</b><p>One<br>two<br><br>three<p>Four <i>it</i>al\
         <ul><li>a<li>b <p>c</p></ul><blockquote>“Q”</blockquote><hr>tail</div>\
         <table><tr><td>x<td>y</table><pre>p\nq\n\nr</pre>",
    );
    assert_eq!(
        texts(&page),
        [
            "Home World",
            "Head",
            "Lead bold",
            "One\ntwo",
            "three",
            "Four ital",
            "a",
            "b",
            "c",
            "“Q”",
            "tail",
            "x",
            "y",
            "p\nq",
            "r"
        ]
    );
}

#[test]
fn what_is_not_shown_is_left_out() {
    let page = read(
        "<head><title>T</title><style>p{}</style></head><script>var a = '<p>no</p>';</script>\
         <noscript><p>no</p></noscript><template><p>no</p></template><p>yes</p>\
         <svg><title>no</title><g><text>no</text></g></svg><select><option>no</select><p>too",
    );
    assert_eq!(texts(&page), ["yes", "too"]);
    assert_eq!(page.title.as_deref(), Some("T"));
}

#[test]
fn a_style_makes_blocks_and_hidden_words_are_not_in_the_sentence() {
    let page = read(
        "<div><span style='display: block'>one</span><span style=display:block>two \
         <a href=/>link<span class=visually-hidden>, opens new tab</span></a> three</span>\
         <span style=display:inline-block>four</span> five",
    );
    assert_eq!(texts(&page), ["one", "two link three", "four five"]);
}

#[test]
fn a_drawing_never_closed_does_not_take_the_page_with_it() {
    assert_eq!(texts(&read("<div><svg><path d=x><p>a</p><p>b")), ["a", "b"]);
}

#[test]
fn source_spans_lead_back_to_the_page() {
    let source = "<p>  A &amp; <a href=x>b</a>.\n</p><div>é</div>";
    let page = read(source);
    let slices = page
        .blocks
        .iter()
        .map(|block| &source[block.source.clone().unwrap()]);
    assert_eq!(
        slices.collect::<Vec<_>>(),
        ["A &amp; <a href=x>b</a>.", "é"]
    );
    assert_eq!(texts(&page), ["A & b.", "é"]);
}

#[test]
fn layout_is_that_of_the_elements_around() {
    let page = read(
        "<body><article class='story-body'><p>Text with <a href=x>a link</a></p></article>\
         <aside id=relatedArticles><h2>More</h2><a href=y>Teaser</a></aside>",
    );
    let [text, more, teaser] = [0, 1, 2].map(|i| page.blocks[i].layout);
    assert_eq!((text.tag, text.link_bytes), (Tag::P, 6));
    assert!(text.roles.contains(Role::Article) && text.classes.contains(ClassWord::Story));
    assert_eq!(more.tag, Tag::H2);
    assert!(teaser.roles.contains(Role::Aside) && teaser.classes.contains(ClassWord::Related));
    assert_eq!(teaser.link_bytes, 6);
    assert_eq!(more.container, teaser.container);
    assert_ne!(text.container, teaser.container);
}

#[test]
fn what_the_page_says_of_itself_is_read() {
    let page = read(
        r#"<html lang="en-GB"><head><title>Tariffs rise | The Daily</title>
        <link rel="canonical" href="https://example.org/a">
        <meta property="og:site_name" content="The Daily">
        <script type="application/ld+json">{"@graph": [{"@type": ["NewsArticle"],
        "headline": "Tariffs &amp; tea", "datePublished": "2026-01-05T10:00:00Z",
        "author": [{"name": "Ann Lee"}, {"name": "Bo Wu"}]}]}</script></head><body><p>x"#,
    );
    assert_eq!(page.title.as_deref(), Some("Tariffs & tea"));
    assert_eq!(page.byline.as_deref(), Some("Ann Lee, Bo Wu"));
    assert_eq!(page.date, Some(jiff::civil::date(2026, 1, 5)));
    assert_eq!(page.url.as_deref(), Some("https://example.org/a"));
    assert_eq!(page.language.as_deref(), Some("en-GB"));
    assert_eq!(page.source.as_deref(), Some("The Daily"));
    let page = read("<title>Tariffs rise | The Daily</title><p class=byline>By Ann Lee");
    assert_eq!(page.title.as_deref(), Some("Tariffs rise"));
    assert_eq!(page.byline.as_deref(), Some("Ann Lee"));
}

#[test]
fn deep_nesting_is_told_and_takes_no_time() {
    let deep = |n: usize| format!("{}<p>text", "<div>".repeat(n));
    let error = read_page(&deep(100_000), &PageCaps::default()).unwrap_err();
    let (max_depth, at) = (10_000, 50_005);
    assert_eq!(error, Refused::TooDeep { max_depth, at });
    let caps = PageCaps {
        max_depth: 200_000,
        ..PageCaps::default()
    };
    assert_eq!(texts(&read_page(&deep(100_000), &caps).unwrap()), ["text"]);
    // End tags that close nothing, at the bottom of it all.
    let tags = [
        "</span>",
        "</p>",
        "</section>",
        "</li>",
        "</my-tag>",
        "</a>",
        "<li>",
        "<a>",
        "</h1>",
    ];
    for tag in tags {
        let source = format!("{}{}", deep(9_000), tag.repeat(100_000));
        assert!(read_page(&source, &caps).is_ok(), "{tag}");
    }
}

#[test]
fn a_page_that_takes_too_long_is_given_up() {
    // A clock by which a second passes whenever it is looked at.
    fn clock() -> Duration {
        thread_local!(static LOOKS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) });
        let looks = LOOKS.get();
        LOOKS.set(looks + 1);
        Duration::from_secs(looks)
    }
    let within = |limit| PageCaps {
        time: Some(TimeCap {
            limit: Duration::from_secs(limit),
            clock,
        }),
        ..PageCaps::default()
    };
    let page = "<b>x</b>".repeat(10_000);
    assert!(read_page(&page, &within(10)).is_ok());
    let error = read_page(&page, &within(3)).unwrap_err();
    let Refused::TooSlow { limit, at } = error else {
        panic!("{error}");
    };
    assert_eq!(limit, Duration::from_secs(3));
    assert!((1..page.len()).contains(&at), "{at}");
    assert!(error.to_string().contains("--max-seconds"), "{error}");
}

proptest! {
    #[test]
    fn any_page_gives_blocks_in_order(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<p>", "</p>", "<div>", "</div>", "<a href=x>", "</a>", "<li>", "<ul>", "</ul>", "<table>",
            "<td>", "</table>", "<svg>", "</svg>", "<br>", "<span>", "</span>", "<h1>", "</h2>",
            "<script>", "</script>", "<x-y>", "</x-y>", "<pre>", "</pre>", "<select>", "<title>",
            "a ", " é", "&amp;", "\n\n", "&nbsp;", "<", "\u{0}", "\r\n", "<!--", "-->",
        ]), 0..40)
    ) {
        let source = pieces.concat();
        let page = read(&source);
        let mut last = 0;
        for block in &page.blocks {
            prop_assert!(block.start >= last);
            let text = &page.text[block.start..block.end];
            prop_assert!(!text.is_empty());
            prop_assert_eq!(text, text.trim());
            prop_assert!(block.layout.link_bytes as usize <= text.len());
            if let Some(span) = &block.source {
                prop_assert!(source.get(span.clone()).is_some());
            }
            last = block.end;
        }
    }
}
