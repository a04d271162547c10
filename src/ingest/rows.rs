//! What the fields of a row mean, be it a JSON object or a CSV record.

use serde_json::Value;

use super::{Document, Fields, Format, read_date};
use crate::error::Place;

/// Turns a text and the fields beside it into a document; `id` is taken out of the fields by the caller.
pub(super) fn document(
    text: String,
    id: Option<String>,
    fields: Fields,
    place: Place,
    format: Format,
) -> Document {
    let (mut date_text, mut title, mut source, mut article) = (None, None, None, None);
    let (mut byline, mut url, mut language) = (None, None, None);
    for (name, value) in fields.iter() {
        let place = match name.as_ref() {
            "date" => &mut date_text,
            "title" => &mut title,
            "byline" => &mut byline,
            "url" => &mut url,
            "language" => &mut language,
            "source" => &mut source,
            "article" => &mut article,
            _ => continue,
        };
        *place = json_as_text(value);
    }
    let date = date_text.as_deref().and_then(read_date);
    Document {
        id,
        format,
        text,
        blocks: Vec::new(),
        title,
        byline,
        url,
        language,
        source,
        article,
        date,
        undated: date.is_none() && date_text.is_some(),
        continues: None,
        fields,
        place,
    }
}

/// A field as text: a string as it is, any other value as JSON; blank and null are absent.
pub(super) fn as_text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// [`as_text`] of a value that is JSON text.
pub(super) fn json_as_text(json: &str) -> Option<String> {
    let inside = json
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inside {
        // Most strings have no escapes.
        Some(text) if !text.contains('\\') => (!text.trim().is_empty()).then(|| text.to_owned()),
        _ => as_text(serde_json::from_str(json).ok().as_ref()),
    }
}

/// What a JSON value is, for a message.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
