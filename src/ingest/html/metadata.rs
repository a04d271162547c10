//! What a page says of itself: title, author, date, address, language.
//!
//! Pages say it in several places, which agree or not. The order of trust: JSON-LD of an article, the meta tags that
//! are meant for it (Open Graph, Dublin Core and their like), elements (`<title>`, `<time>`, `<html lang>`).

use super::names::{ClassWord, Tag};
use super::{Block, Page};
use crate::ingest::read_date;
use serde_json::Value;

/// JSON-LD longer than this is not about one article.
const MAX_JSON_BYTES: usize = 4 << 20;

/// A byline is no longer than this.
const MAX_BYLINE_BYTES: usize = 200;

/// What the attributes of one element say.
#[derive(Debug, Default)]
pub(super) struct Facts {
    name: String,
    content: String,
}

impl Facts {
    pub fn set_name(&mut self, value: &[u8]) {
        self.name = String::from_utf8_lossy(value).trim().to_ascii_lowercase();
    }

    pub fn set_content(&mut self, value: &[u8]) {
        self.content = String::from_utf8_lossy(value).trim().to_owned();
    }

    pub fn set_lang(&mut self, value: &[u8]) {
        self.set_content(value);
    }

    /// Whether the type of a script says that it is JSON-LD.
    pub fn is_json_ld(&self) -> bool {
        self.name.starts_with("application/ld+json")
    }
}

/// What was said so far, the best of each kind.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    title: Best,
    author: Best,
    date: Best,
    url: Best,
    language: Best,
    site: Best,
    /// What the `<title>` says.
    head: String,
    /// JSON-LD that is being read.
    json: Option<String>,
}

/// A text and how far it is to be trusted; a later one must be trusted more.
#[derive(Debug, Default)]
struct Best {
    trust: u8,
    text: String,
}

impl Best {
    fn offer(&mut self, trust: u8, text: &str) {
        let text = text.trim();
        if trust > self.trust && !text.is_empty() {
            self.trust = trust;
            self.text = text.to_owned();
        }
    }

    fn take(self) -> Option<String> {
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(text)
    }
}

const BY_JSON: u8 = 9;
const BY_META: u8 = 7;
const BY_OTHER_META: u8 = 5;
const BY_ELEMENT: u8 = 3;

impl Metadata {
    pub fn meta(&mut self, facts: &Facts) {
        let content = facts.content.as_str();
        match facts.name.as_str() {
            "og:title" => self.title.offer(BY_META, content),
            "twitter:title" | "dc.title" | "parsely-title" | "sailthru.title" | "headline" => {
                self.title.offer(BY_OTHER_META, content);
            }
            "author" | "article:author" | "parsely-author" | "sailthru.author" | "dc.creator"
            | "byl" | "cxenseparse:author"
                if !content.starts_with("http") =>
            {
                let trust = if facts.name == "author" {
                    BY_META
                } else {
                    BY_OTHER_META
                };
                self.author.offer(trust, content);
            }
            "article:published_time" | "datepublished" => self.date.offer(BY_META, content),
            "og:article:published_time"
            | "parsely-pub-date"
            | "sailthru.date"
            | "dc.date"
            | "dc.date.issued"
            | "dcterms.date"
            | "dcterms.issued"
            | "dcterms.created"
            | "pubdate"
            | "publishdate"
            | "publish-date"
            | "date"
            | "article.published"
            | "cxenseparse:recs:publishtime"
            | "published_time_telegram" => self.date.offer(BY_OTHER_META, content),
            "og:url" => self.url.offer(BY_META, content),
            "og:locale" => self
                .language
                .offer(BY_OTHER_META, &content.replace('_', "-")),
            "content-language" | "dc.language" => self.language.offer(BY_ELEMENT, content),
            "og:site_name" => self.site.offer(BY_META, content),
            "application-name" => self.site.offer(BY_OTHER_META, content),
            _ => {}
        }
    }

    pub fn link(&mut self, facts: &Facts) {
        if facts.name == "canonical" {
            self.url.offer(BY_JSON, &facts.content);
        }
    }

    pub fn html(&mut self, facts: &Facts) {
        self.language.offer(BY_META, &facts.content);
    }

    pub fn time(&mut self, facts: &Facts) {
        self.date.offer(BY_ELEMENT, &facts.content);
    }

    pub fn title(&mut self, text: &str, in_drawing: bool) {
        if !in_drawing && self.head.is_empty() {
            self.head = text.trim().to_owned();
        }
    }

    pub fn begin_json(&mut self) {
        self.json = Some(String::new());
    }

    pub fn json(&mut self, text: &str) {
        if let Some(json) = &mut self.json
            && json.len() + text.len() <= MAX_JSON_BYTES
        {
            json.push_str(text);
        }
    }

    pub fn end_json(&mut self) {
        if let Some(json) = self.json.take()
            && let Ok(value) = serde_json::from_str::<Value>(json.trim())
        {
            self.things(&value);
        }
    }

    /// Looks for articles among the things that JSON-LD describes.
    fn things(&mut self, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.things(value)),
            Value::Object(thing) => {
                if is_article(thing.get("@type")) {
                    self.article(thing);
                }
                for nested in ["@graph", "mainEntity", "mainEntityOfPage"] {
                    if let Some(value) = thing.get(nested) {
                        self.things(value);
                    }
                }
            }
            _ => {}
        }
    }

    fn article(&mut self, thing: &serde_json::Map<String, Value>) {
        let text = |name: &str| thing.get(name).and_then(Value::as_str).unwrap_or_default();
        self.title.offer(BY_JSON, &unescaped(text("headline")));
        self.date.offer(BY_JSON, text("datePublished"));
        self.url.offer(BY_OTHER_META, text("url"));
        self.language.offer(BY_JSON, text("inLanguage"));
        if let Some(author) = thing.get("author") {
            self.author
                .offer(BY_JSON, &unescaped(&names(author).join(", ")));
        }
        if let Some(publisher) = thing.get("publisher") {
            self.site
                .offer(BY_OTHER_META, &unescaped(&names(publisher).join(", ")));
        }
    }

    /// Writes what was found into a page whose blocks are known.
    pub fn settle(self, page: &mut Page) {
        let site = self.site.take();
        let heading = first(page, |block| block.layout.tag == Tag::H1);
        let title = self.title.take();
        let head = (!self.head.is_empty()).then(|| without_site(&self.head, site.as_deref()));
        page.title = title
            .map(|title| without_site(&title, site.as_deref()))
            .or(heading)
            .or(head);
        page.byline = self
            .author
            .take()
            .map(|author| without_by(&author).to_owned());
        if page.byline.is_none() {
            let is_byline = |block: &Block| block.layout.classes.contains(ClassWord::Author);
            let byline = first(page, is_byline).filter(|byline| byline.len() <= MAX_BYLINE_BYTES);
            page.byline = byline.and_then(|byline| {
                // A date or a place may stand behind the name.
                let name = without_by(&byline).split(['•', '·', '|']).next();
                let name = name.unwrap_or_default().trim();
                (name.len() < byline.len()).then(|| name.to_owned())
            });
        }
        let date = self.date.take();
        page.date = date.as_deref().and_then(read_date);
        page.undated = date.is_some() && page.date.is_none();
        page.url = self.url.take();
        page.language = self.language.take();
        page.source = site;
    }
}

/// The text of the first block of a kind, its lines joined.
fn first(page: &Page, is_it: impl Fn(&Block) -> bool) -> Option<String> {
    let block = page.blocks.iter().find(|block| is_it(block))?;
    Some(page.text[block.start..block.end].replace('\n', " "))
}

fn is_article(kind: Option<&Value>) -> bool {
    let is = |kind: &str| {
        kind.ends_with("Article") || matches!(kind, "BlogPosting" | "Report" | "LiveBlogPosting")
    };
    match kind {
        Some(Value::String(kind)) => is(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(is),
        _ => false,
    }
}

/// The names of persons or organizations: each a string or an object with a name.
fn names(value: &Value) -> Vec<String> {
    match value {
        Value::String(name) if !name.starts_with("http") => vec![name.clone()],
        Value::Array(values) => values.iter().flat_map(names).collect(),
        Value::Object(thing) => thing.get("name").map(names).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// JSON-LD often holds the references of HTML.
fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let tokens = html5gum::Tokenizer::new(text).map(|Ok(token)| token);
    let strings = tokens.filter_map(|token| match token {
        html5gum::Token::String(text) => Some(String::from_utf8_lossy(&text).into_owned()),
        _ => None,
    });
    strings.collect()
}

/// `Tariffs rise again | The Daily`, without what stands behind the last bar where that is the site.
fn without_site(title: &str, site: Option<&str>) -> String {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    for bar in [" | ", " – ", " — ", " - ", " :: ", " « "] {
        let Some((head, tail)) = title.rsplit_once(bar) else {
            continue;
        };
        let is_site = site.is_some_and(|site| same_letters(site, tail));
        if is_site || (bar == " | " && tail.len() < head.len()) {
            return head.trim().to_owned();
        }
    }
    title
}

fn same_letters(a: &str, b: &str) -> bool {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    letters(a) == letters(b)
}

fn without_by(byline: &str) -> &str {
    let byline = byline.trim();
    match byline.get(..3) {
        Some(by) if by.eq_ignore_ascii_case("by ") => byline[3..].trim(),
        _ => byline,
    }
}
