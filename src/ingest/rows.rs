//! What the fields of a row mean, be it a JSON object or a CSV record.

use serde_json::{Map, Value};

use super::{Document, Format, Problem, read_date};
use crate::error::Place;

/// Turns the fields of a row into a document.
///
/// # Errors
/// A [`Problem`] where there is no `text` or it is not a string.
pub(super) fn document(
    mut fields: Map<String, Value>,
    place: Place,
    format: Format,
) -> Result<Document, Problem> {
    let text = match fields.shift_remove("text") {
        Some(Value::String(text)) => text,
        Some(other) => {
            let message = format!("the field `text` is {}, not a string", kind(&other));
            return Err(Problem::skipped(place, message));
        }
        None => return Err(Problem::skipped(place, "no field `text`")),
    };
    let id = as_text(fields.shift_remove("id").as_ref());
    let date_text = as_text(fields.get("date"));
    let date = date_text.as_deref().and_then(read_date);
    Ok(Document {
        id,
        format,
        text,
        title: as_text(fields.get("title")),
        source: as_text(fields.get("source")),
        article: as_text(fields.get("article")),
        date,
        undated: date.is_none() && date_text.is_some(),
        continues: None,
        fields,
        place,
    })
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
