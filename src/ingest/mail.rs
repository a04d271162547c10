//! Messages (EML) and saved pages (MHTML): a file is a document.

use mail_parser::{MessageParser, PartType};

use super::encoding::{Stream, too_long};
use super::metadata::Metadata;
use super::{Document, IngestParams, Problem, page};
use crate::error::Place;

/// Header names that a message's first lines hold and prose does not.
const TELLING: [&str; 4] = ["mime-version:", "message-id:", "received:", "return-path:"];

/// Whether the first bytes of a file are the head of a message.
pub(super) fn is_message(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let mut lines = text.lines().take_while(|line| !line.trim().is_empty());
    let is_header = |line: &str| {
        line.starts_with([' ', '\t'])
            || line.split_once(':').is_some_and(|(name, _)| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
    };
    let mut told = false;
    let all = lines.all(|line| {
        told |= TELLING.iter().any(|name| line.starts_with(name));
        is_header(line)
    });
    all && told
}

/// The text of a message: its HTML where it has some, else its plain text.
pub(super) fn document(
    mut stream: Stream,
    name: String,
    params: &IngestParams,
) -> Result<Document, Problem> {
    let place = Place::file(name);
    let most = params.max_record_bytes;
    let Some((bytes, error)) = stream.read_whole(most) else {
        return Err(too_long(place, "message", most));
    };
    if let Some(error) = error {
        return Err(stream.damaged(place, &error));
    }
    let Some(message) = MessageParser::default().parse(&bytes) else {
        return Err(Problem::skipped(place, "no message: it has no header"));
    };
    let html = message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html.as_ref()),
        _ => None,
    });
    let from = message.from().and_then(|from| from.first());
    let byline = from.and_then(|from| from.name().or(from.address()));
    let snapshot = message.header_raw("Snapshot-Content-Location");
    let url = snapshot.map(str::trim).map(str::to_owned);
    let is_snapshot = url.is_some();
    let metadata = Metadata {
        title: message.subject().map(str::to_owned),
        // A browser that saves a page signs as the browser.
        byline: byline.filter(|_| !is_snapshot).map(str::to_owned),
        date: message
            .date()
            .filter(|_| !is_snapshot)
            .map(|date| date.to_rfc3339()),
        url,
        ..Metadata::default()
    };
    match html {
        Some(html) => page::described(html, true, metadata, None, place, params),
        None => {
            let bodies = 0..message.text_body_count();
            let texts: Vec<_> = bodies.filter_map(|i| message.body_text(i)).collect();
            page::described(&texts.join("\n\n"), false, metadata, None, place, params)
        }
    }
}
