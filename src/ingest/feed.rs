//! RSS, Atom and JSON feeds: an entry is a document.
//!
//! Owns the cut of a feed into its entries. Each is parsed alone, so that one that is broken loses no other.

use std::ops::Range;

use feed_rs::model::{Entry, Feed};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::encoding::{Stream, too_long};
use super::metadata::Metadata;
use super::{Document, IngestParams, Problem, page};
use crate::error::Place;

type Records = Box<dyn Iterator<Item = Result<Document, Problem>> + Send>;

/// The entries of a feed, in order.
pub(super) fn records(mut stream: Stream, name: String, params: &IngestParams) -> Records {
    let place = Place::file(name);
    let most = params.max_record_bytes;
    let Some((bytes, error)) = stream.read_whole(most) else {
        return Box::new(std::iter::once(Err(too_long(place, "feed", most))));
    };
    let lost = error.map(|error| Err(stream.damaged(place.clone(), &error)));
    let (text, _) = page::decode(bytes);
    if text.trim_start().starts_with('{') {
        return Box::new(json(&text, &place, params).into_iter().chain(lost));
    }
    let xml = Xml::new(text, place, params.clone());
    Box::new(xml.chain(lost))
}

/// Whether the first bytes of a file begin a feed in XML.
pub(super) fn is_xml(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let root = start_tag(&text, 0).map(|tag| name_of(&text[tag]).to_owned());
    root.is_some_and(|root| matches!(root.as_str(), "rss" | "feed" | "rdf:RDF" | "RDF"))
}

/// Whether the first bytes of a file begin a JSON feed.
pub(super) fn is_json(head: &[u8]) -> bool {
    let found = |what: &[u8]| memchr::memmem::find(head, what).is_some();
    head.trim_ascii_start().starts_with(b"{")
        && (found(b"://jsonfeed.org/version/") || found(b":\\/\\/jsonfeed.org\\/version\\/"))
}

/// The first start tag at or behind `from`.
fn start_tag(text: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        at += text.get(at..)?.find('<')?;
        let rest = &text[at..];
        let skipped = match rest {
            _ if rest.starts_with("<!--") => rest.find("-->")? + 3,
            _ if rest.starts_with("<?") || rest.starts_with("<!") => rest.find('>')? + 1,
            _ => return Some(at..at + rest.find('>')? + 1),
        };
        at += skipped;
    }
}

/// The most elements of an entry within each other.
const MAX_DEPTH: usize = 256;

/// The longest root tag that is kept with its attributes, which name the namespaces: it is parsed anew with every entry.
const MAX_ROOT_BYTES: usize = 4 << 10;

/// The longest name of an element that is looked for: a feed may be one long `<<<<…`.
const MAX_NAME_BYTES: usize = 64;

/// The name in a start tag; none where it is longer than any that means something.
fn name_of(tag: &str) -> &str {
    let name = tag.strip_prefix('<').unwrap_or(tag);
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'<');
    let end = name.bytes().take(MAX_NAME_BYTES).position(|b| ends(&b));
    end.or((name.len() < MAX_NAME_BYTES).then_some(name.len()))
        .map_or("", |end| &name[..end])
}

/// A feed in XML.
struct Xml {
    text: String,
    place: Place,
    params: IngestParams,
    /// Where the next entry is looked for.
    at: usize,
    n_entries: usize,
    /// Newlines before `counted`, so that lines are counted once in the whole feed.
    lines: usize,
    counted: usize,
    last_ends: LastEnds,
    before: String,
    behind: String,
    channel: Metadata,
}

impl Xml {
    fn new(text: String, place: Place, params: IngestParams) -> Self {
        let root = start_tag(&text, 0).unwrap_or(0..0);
        let name = name_of(&text[root.clone()]);
        let root_tag = root_tag(&text[root.clone()], name);
        let (open, close) = match name {
            "rss" => ("<channel>", "</channel>"),
            _ => ("", ""),
        };
        let before = format!("{root_tag}{open}");
        let behind = format!("{close}</{name}>");
        let at = root.end;
        let last_ends = LastEnds::of(&text);
        let first = next_entry(&text, at, &last_ends).map_or(at, |entry| entry.start);
        let inside = text[at..first].trim_start();
        let lead = match inside.starts_with("<channel") {
            true => root_tag,
            false => before.clone(),
        };
        let channel = match name {
            "rss" | "feed" => parsed(&format!("{lead}{inside}{behind}")).ok(),
            _ => None,
        };
        let channel = channel.map(|feed| Metadata {
            source: feed.title.map(|title| title.content),
            language: feed.language,
            ..Metadata::default()
        });
        Xml {
            text,
            place,
            params,
            at,
            n_entries: 0,
            lines: 0,
            counted: 0,
            last_ends,
            before,
            behind,
            channel: channel.unwrap_or_default(),
        }
    }
}

/// The root tag as it stands before every entry that is parsed: with a version, which the parser asks for, and without attributes
/// where there are too many to be repeated.
fn root_tag(tag: &str, name: &str) -> String {
    let attributes = match tag.strip_prefix('<').and_then(|tag| tag.strip_prefix(name)) {
        Some(attributes) if tag.len() <= MAX_ROOT_BYTES => attributes,
        _ => ">",
    };
    let missing = match name {
        "rss" if !attributes.contains("version") => " version=\"2.0\"",
        "feed" if !attributes.contains("xmlns") => " xmlns=\"http://www.w3.org/2005/Atom\"",
        _ => "",
    };
    format!("<{name}{missing}{attributes}")
}

/// Where the last comment and the last CDATA section end: behind that nobody need look for an end, which in a feed of
/// many that are never closed would be looked for to the end of the feed each time.
struct LastEnds {
    comment: Option<usize>,
    cdata: Option<usize>,
}

impl LastEnds {
    fn of(text: &str) -> Self {
        LastEnds {
            comment: text.rfind("-->"),
            cdata: text.rfind("]]>"),
        }
    }

    /// The length of the comment or the CDATA section that begins at `at`, where `rest` does; of one that is never closed, 1.
    fn skipped(&self, rest: &str, at: usize) -> Option<usize> {
        let (end, last) = match rest {
            _ if rest.starts_with("<![CDATA[") => ("]]>", self.cdata),
            _ if rest.starts_with("<!--") => ("-->", self.comment),
            _ => return None,
        };
        let found = last.filter(|last| *last >= at).and_then(|_| rest.find(end));
        Some(found.map_or(1, |length| length + end.len()))
    }
}

/// Where the next entry stands; one that another begins in, or that the feed ends in, ends there.
fn next_entry(text: &str, from: usize, last_ends: &LastEnds) -> Option<Range<usize>> {
    let mut start = None;
    let mut at = from;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        at += found;
        let rest = &text[at..];
        let opens = matches!(name_of(rest), "item" | "entry") && !rest.starts_with("</");
        if let Some(skipped) = last_ends.skipped(rest, at) {
            at += skipped;
            continue;
        }
        let length = match start {
            None if opens => {
                start = Some(at);
                1
            }
            Some(start) if opens => return Some(start..at),
            Some(start) if rest.starts_with("</item>") => return Some(start..at + 7),
            Some(start) if rest.starts_with("</entry>") => return Some(start..at + 8),
            _ => 1,
        };
        at += length;
    }
    start.map(|start| start..text.len())
}

/// Whether no more than `most` elements are open at once. What reads an entry calls itself for some of them.
fn nests_within(entry: &str, most: usize) -> bool {
    let last_ends = LastEnds::of(entry);
    let (mut at, mut depth) = (0, 0usize);
    while let Some(found) = entry[at..].find('<') {
        at += found;
        let rest = &entry[at..];
        if let Some(skipped) = last_ends.skipped(rest, at) {
            at += skipped;
            continue;
        }
        // Up to the next bracket of either kind, lest each of many that are never closed be looked at to the end.
        let end = memchr::memchr2(b'<', b'>', &rest.as_bytes()[1..]);
        let tag = &rest[..end.map_or(1, |end| end + 2)];
        if tag.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if !tag.ends_with("/>") && !tag.starts_with("<?") && !tag.starts_with("<!") {
            depth += 1;
        }
        if depth > most {
            return false;
        }
        at += 1;
    }
    true
}

fn parsed(xml: &str) -> Result<Feed, String> {
    let parser = feed_rs::parser::Builder::new().build();
    parser
        .parse(xml.as_bytes())
        .map_err(|error| error.to_string())
}

impl Iterator for Xml {
    type Item = Result<Document, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = next_entry(&self.text, self.at, &self.last_ends);
        let Some(entry) = entry else {
            let is_empty = self.n_entries == 0 && self.at <= self.text.len();
            self.n_entries = 1;
            return is_empty.then(|| {
                Err(Problem::warning(
                    self.place.clone(),
                    "the feed has no entry",
                ))
            });
        };
        self.at = entry.end;
        self.n_entries += 1;
        let passed = &self.text.as_bytes()[self.counted..entry.start];
        self.lines += memchr::memchr_iter(b'\n', passed).count();
        self.counted = entry.start;
        let line = 1 + self.lines;
        let place = Place {
            byte: Some(entry.start as u64),
            ..self.place.clone()
        };
        if !nests_within(&self.text[entry.clone()], MAX_DEPTH) {
            let message = format!(
                "the entry on line {line} nests more than {MAX_DEPTH} elements within each other"
            );
            return Some(Err(Problem::skipped(place, message)));
        }
        let xml = format!("{}{}{}", self.before, &self.text[entry], self.behind);
        let read = parsed(&xml).map(|feed| feed.entries.into_iter().next());
        Some(match read {
            Ok(Some(entry)) => {
                let number = self.n_entries;
                document(entry, &self.channel, place, number, &self.params)
            }
            Ok(None) => Err(Problem::skipped(place, format!("no entry (line {line})"))),
            Err(error) => {
                let message = format!("the entry on line {line} cannot be read: {error}");
                Err(Problem::skipped(place, message))
            }
        })
    }
}

fn document(
    entry: Entry,
    channel: &Metadata,
    place: Place,
    number: usize,
    params: &IngestParams,
) -> Result<Document, Problem> {
    let link = entry.links.iter().find(|link| {
        let rel = link.rel.as_deref();
        matches!(rel, None | Some("alternate"))
    });
    let url = link.or(entry.links.first()).map(|link| link.href.clone());
    let names = entry.authors.iter();
    let names: Vec<&str> = names.filter_map(|author| author.name.as_deref()).collect();
    let date = entry.published.or(entry.updated);
    let content = entry.content.and_then(|content| {
        let is_html = content.content_type.as_str().contains("html");
        content.body.map(|body| (body, is_html))
    });
    let summary = (entry.summary).map(|text| {
        let is_html = text.content_type.as_str().contains("html");
        (text.content, is_html)
    });
    let (text, is_html) = content.or(summary).unwrap_or_default();
    let metadata = Metadata {
        title: entry.title.map(|title| title.content),
        byline: (!names.is_empty()).then(|| names.join(", ")),
        date: date.map(|date| date.to_rfc3339()),
        url: url.clone(),
        language: entry.language,
        source: entry.source,
    };
    let metadata = metadata.or(channel.clone());
    let id = url.unwrap_or_else(|| format!("{}#{number}", place.path));
    let is_html = is_html && text.contains(['<', '&']);
    page::described(&text, is_html, metadata, Some(id), place, params)
}

#[derive(Deserialize)]
struct JsonFeed<'f> {
    title: Option<String>,
    language: Option<String>,
    #[serde(borrow)]
    items: Vec<&'f RawValue>,
}

#[derive(Deserialize)]
struct JsonItem {
    id: Option<serde_json::Value>,
    url: Option<String>,
    external_url: Option<String>,
    title: Option<String>,
    content_html: Option<String>,
    content_text: Option<String>,
    summary: Option<String>,
    date_published: Option<String>,
    author: Option<JsonAuthor>,
    #[serde(default)]
    authors: Vec<JsonAuthor>,
    language: Option<String>,
}

#[derive(Deserialize)]
struct JsonAuthor {
    name: Option<String>,
}

fn json(text: &str, place: &Place, params: &IngestParams) -> Vec<Result<Document, Problem>> {
    let feed: JsonFeed = match serde_json::from_str(text) {
        Ok(feed) => feed,
        Err(error) => {
            let message = format!("the JSON feed cannot be read: {error}");
            return vec![Err(Problem::skipped(place.clone(), message))];
        }
    };
    let entry = |(i, item): (usize, &&RawValue)| {
        // The item borrows from the text, so its place is a difference of addresses.
        let at = item.get().as_ptr() as usize - text.as_ptr() as usize;
        let place = Place {
            byte: Some(at as u64),
            ..place.clone()
        };
        let item: JsonItem = serde_json::from_str(item.get()).map_err(|error| {
            let message = format!("item {} cannot be read: {error}", i + 1);
            Problem::skipped(place.clone(), message)
        })?;
        let (text, is_html) = match (item.content_html, item.content_text) {
            (Some(html), _) => (html, true),
            (None, text) => (text.or(item.summary).unwrap_or_default(), false),
        };
        let names = item.authors.into_iter().chain(item.author);
        let names: Vec<String> = names.filter_map(|author| author.name).collect();
        let url = item.url.or(item.external_url);
        let id = url.clone().or(match item.id {
            Some(serde_json::Value::String(id)) => Some(id),
            other => other.map(|id| id.to_string()),
        });
        let metadata = Metadata {
            title: item.title,
            byline: (!names.is_empty()).then(|| names.join(", ")),
            date: item.date_published,
            url,
            language: item.language.or(feed.language.clone()),
            source: feed.title.clone(),
        };
        let id = id.unwrap_or_else(|| format!("{}#{}", place.path, i + 1));
        page::described(&text, is_html, metadata, Some(id), place, params)
    };
    feed.items.iter().enumerate().map(entry).collect()
}
