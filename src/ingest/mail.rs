//! Messages (EML) and saved pages (MHTML): a file is a document.

use std::borrow::Cow;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::encoding::{Stream, too_long};
use super::metadata::Metadata;
use super::panics::caught;
use super::time_cap::Deadline;
use super::{Document, IngestParams, Problem, page};
use crate::error::Place;

/// The header that browsers put the address of a saved page into.
const SNAPSHOT: &str = "Snapshot-Content-Location";

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

/// How many of the parts that were not read a message names.
const NAMED_PARTS: usize = 5;

/// The headers that have parameters.
const WITH_PARAMETERS: [&[u8]; 2] = [b"content-type", b"content-disposition"];

/// The longest of them, in bytes. The crate that reads messages looks through all pieces of a value that comes in pieces for each
/// further one (RFC 2231), so a header of some megabytes would take minutes.
const MAX_PARAMETERS_BYTES: usize = 64 << 10;

/// Whether such a header, with the lines that go on with it, is longer than that; whichever part it is of.
fn has_endless_parameters(message: &[u8]) -> bool {
    let (mut at, mut length) = (0, None);
    while at < message.len() {
        let rest = &message[at..];
        let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let begins = |name: &&[u8]| {
            let head = rest.get(..name.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(name))
        };
        let is_begun = WITH_PARAMETERS.iter().any(begins);
        length = match length {
            Some(so_far) if matches!(rest[0], b' ' | b'\t') => Some(so_far + line),
            _ => is_begun.then_some(line),
        };
        if length.is_some_and(|length| length > MAX_PARAMETERS_BYTES) {
            return true;
        }
        at += line;
    }
    false
}

/// The text of a message (its HTML where it has some, else its plain text), behind a warning of what else there is in it.
pub(super) fn records(
    mut stream: Stream,
    name: String,
    params: &IngestParams,
) -> Vec<Result<Document, Problem>> {
    let place = Place::file(name);
    let most = params.max_record_bytes;
    let Some((bytes, error)) = stream.read_whole(most) else {
        return vec![Err(too_long(place, "message", most))];
    };
    if let Some(error) = error {
        return vec![Err(stream.damaged(place, &error))];
    }
    if has_endless_parameters(&bytes) {
        let message = format!(
            "a header of the message that says what a part is has more than {MAX_PARAMETERS_BYTES} bytes"
        );
        return vec![Err(Problem::skipped(place, message))];
    }
    let deadline = params.page.time.map(Deadline::begin);
    let message = match caught(|| MessageParser::default().parse(&bytes)) {
        Ok(Some(message)) => message,
        Ok(None) => return vec![Err(Problem::skipped(place, "no message: it has no header"))],
        Err(said) => {
            let said = format!("the message is damaged: {said}");
            return vec![Err(Problem::skipped(place, said))];
        }
    };
    let unread = unread(&message).map(|message| Err(Problem::warning(place.clone(), message)));
    let document = document(&message, place, params, deadline);
    take_apart(message);
    unread.into_iter().chain([document]).collect()
}

/// Drops a message level by level: left to itself each level would be dropped from within the one around it, and a message may hold
/// a message in a message as often as it has lines.
fn take_apart(message: Message) {
    let mut left = vec![message];
    while let Some(message) = left.pop() {
        left.extend(
            message
                .parts
                .into_iter()
                .filter_map(|part| match part.body {
                    PartType::Message(inner) => Some(inner),
                    _ => None,
                }),
        );
    }
}

fn is_snapshot(message: &Message) -> bool {
    message.header_raw(SNAPSHOT).is_some()
}

fn document(
    message: &Message,
    place: Place,
    params: &IngestParams,
    deadline: Option<Deadline>,
) -> Result<Document, Problem> {
    let from = message.from().and_then(|from| from.first());
    let byline = from.and_then(|from| from.name().or(from.address()));
    let url = message.header_raw(SNAPSHOT);
    let is_snapshot = is_snapshot(message);
    let metadata = Metadata {
        title: message.subject().map(str::to_owned),
        // A browser that saves a page signs as the browser.
        byline: byline.filter(|_| !is_snapshot).map(str::to_owned),
        date: message
            .date()
            .filter(|_| !is_snapshot)
            .map(|date| date.to_rfc3339()),
        url: url.map(|url| url.trim().to_owned()),
        ..Metadata::default()
    };
    if has_html(message) {
        // What of it is plain text comes out as HTML too.
        let bodies = (0..message.html_body_count()).filter_map(|i| message.body_html(i));
        let page = joined(bodies, "\n", &place, deadline)?;
        page::described(&page, true, metadata, None, place, params)
    } else {
        let bodies = (0..message.text_body_count()).filter_map(|i| message.body_text(i));
        let text = joined(bodies, "\n\n", &place, deadline)?;
        page::described(&text, false, metadata, None, place, params)
    }
}

/// How many bodies pass between two looks at the clock.
const BODIES_A_LOOK: usize = 256;

/// The bodies of a message as one text.
///
/// # Errors
/// A problem where that, and what came before, takes longer than it may.
fn joined<'m>(
    bodies: impl Iterator<Item = Cow<'m, str>>,
    between: &str,
    place: &Place,
    deadline: Option<Deadline>,
) -> Result<String, Problem> {
    let mut all = String::new();
    for (i, body) in bodies.enumerate() {
        if (i + 1).is_multiple_of(BODIES_A_LOOK)
            && let Some(limit) = deadline.and_then(Deadline::passed)
        {
            let message = format!(
                "the message took longer than {} s to read; --max-seconds allows more",
                limit.as_secs_f64()
            );
            return Err(Problem::skipped(place.clone(), message));
        }
        if i > 0 {
            all.push_str(between);
        }
        all.push_str(&body);
    }
    Ok(all)
}

fn has_html(message: &Message) -> bool {
    (message.html_bodies()).any(|part| matches!(part.body, PartType::Html(_)))
}

/// What to tell of the parts of a message that are not read. The pictures and styles of a saved page are no parts to tell
/// of: those of a page of HTML are not either.
fn unread(message: &Message) -> Option<String> {
    let bodies = match has_html(message) {
        true => &message.html_body,
        false => &message.text_body,
    };
    let is_saved = is_snapshot(message);
    let is_binary =
        |part: &MessagePart| matches!(part.body, PartType::Binary(_) | PartType::InlineBinary(_));
    // A picture between the paragraphs stands among the bodies, and as an attachment too.
    let mut ids: Vec<_> = bodies
        .iter()
        .filter(|id| (message.part(**id)).is_some_and(is_binary))
        .collect();
    ids.extend(&message.attachments);
    ids.sort_unstable();
    ids.dedup();
    let parts = ids.into_iter().filter_map(|id| message.part(*id));
    let unread = parts.filter(|part| !(is_saved && is_of_page(part)));
    let mut names: Vec<String> = unread.map(name_of).collect();
    let (n, parts) = match names.len() {
        0 => return None,
        1 => (1, "part"),
        n => (n, "parts"),
    };
    if n > NAMED_PARTS {
        names.truncate(NAMED_PARTS);
        names.push("…".to_owned());
    }
    Some(format!(
        "{n} {parts} of the message not read: {}; save what is text as files of its own",
        names.join(", ")
    ))
}

/// Whether a part is a picture, style or font of a saved page.
fn is_of_page(part: &MessagePart) -> bool {
    match &part.body {
        PartType::Binary(_) | PartType::InlineBinary(_) => true,
        PartType::Text(_) => !part.is_content_type("text", "plain"),
        PartType::Html(_) | PartType::Message(_) | PartType::Multipart(_) => false,
    }
}

/// What to call a part: its name and what it is.
fn name_of(part: &MessagePart) -> String {
    let kind = part.content_type().map(|kind| {
        let subtype = kind.subtype().unwrap_or("?");
        format!("{}/{subtype}", kind.ctype())
    });
    let kind = match (&part.body, kind) {
        (PartType::Message(_), _) => "a message".to_owned(),
        (_, kind) => kind.unwrap_or_else(|| "a part without a type".to_owned()),
    };
    match part.attachment_name() {
        Some(name) => format!("{} ({kind})", name.replace(char::is_control, "\u{fffd}")),
        None => kind,
    }
}
