//! One JSON object as a row.
//!
//! Owns the parse of a line in one pass: the text comes out as a string, every other field as the JSON text
//! that it is.

use super::{Document, Fields, Format, Problem, rows};
use crate::error::Place;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What mends a JSON file that is no JSONL.
pub(super) const ONE_A_LINE: &str = "put one object on a line (JSONL)";

/// Reads a line.
///
/// # Errors
/// A [`Problem`] where it is no JSON object with a string `text`.
pub(super) fn parse(line: &str, place: Place) -> Result<Document, Problem> {
    if !line.trim_ascii_start().starts_with('{') {
        return Err(no_object(line, place));
    }
    match serde_json::from_str::<Row>(line) {
        Ok(row) => row.document(place),
        Err(error) => Err(not_json(&error, place)),
    }
}

/// Reads all of a text, laid out over several lines, as one object.
///
/// # Errors
/// As [`parse`].
pub(super) fn parse_whole(text: &str, place: Place) -> Result<Document, Problem> {
    match serde_json::from_str::<Row>(text) {
        Ok(row) => row.document(place),
        Err(error) => {
            let message = format!("not one JSON object: {error}; {ONE_A_LINE}");
            Err(Problem::skipped(place, message))
        }
    }
}

fn not_json(error: &serde_json::Error, place: Place) -> Problem {
    // Its line is always 1 here, which would read as the file's.
    let message = error.to_string().replace(" at line 1 column", " at column");
    Problem::skipped(place, format!("not JSON: {message}"))
}

fn no_object(line: &str, place: Place) -> Problem {
    match serde_json::from_str(line) {
        Ok(Value::Array(_)) => {
            let message = format!("the line is an array, not a JSON object; {ONE_A_LINE}");
            Problem::skipped(place, message)
        }
        Ok(other) => {
            let message = format!("the line is {}, not a JSON object", rows::kind(&other));
            Problem::skipped(place, message)
        }
        Err(error) => not_json(&error, place),
    }
}

/// A row as it is parsed.
struct Row<'l> {
    text: Option<Text<'l>>,
    id: Option<&'l RawValue>,
    fields: Fields,
}

impl Row<'_> {
    fn document(self, place: Place) -> Result<Document, Problem> {
        match self.text {
            Some(Text::Text(text)) => {
                let format = Format::Jsonl;
                let id = self.id.and_then(|id| rows::json_as_text(id.get()));
                let text = text.into_owned();
                Ok(rows::document(text, id, self.fields, place, format))
            }
            Some(Text::Other(kind)) => {
                let message = format!("the field `text` is {kind}, not a string");
                Err(Problem::skipped(place, message))
            }
            None => Err(Problem::skipped(place, "no field `text`")),
        }
    }
}

impl<'de> Deserialize<'de> for Row<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row<'de>, A::Error> {
        let mut row = Row {
            text: None,
            id: None,
            fields: Fields::default(),
        };
        while let Some(Name(name)) = map.next_key()? {
            match name.as_ref() {
                "text" => row.text = Some(map.next_value()?),
                "id" => row.id = Some(map.next_value()?),
                _ => {
                    let value: &RawValue = map.next_value()?;
                    row.fields.push_json(&name, value.get());
                }
            }
        }
        row.fields.drop_repeats();
        Ok(row)
    }
}

/// A name, not copied where it has no escapes.
struct Name<'l>(Cow<'l, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(TextVisitor)? {
            Text::Text(name) => Ok(Name(name)),
            Text::Other(kind) => Err(serde::de::Error::custom(format!("a name is {kind}"))),
        }
    }
}

/// The value of `text`: a string, or what it is instead.
enum Text<'l> {
    Text(Cow<'l, str>),
    Other(&'static str),
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Text<'de>, E> {
        Ok(Text::Other(rows::kind(&Value::Null)))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Text<'de>, E> {
        Ok(Text::Other(rows::kind(&Value::Bool(value))))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Text<'de>, E> {
        Ok(Text::Other(rows::kind(&value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Text<'de>, E> {
        Ok(Text::Other(rows::kind(&value.into())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Text<'de>, E> {
        Ok(Text::Other(rows::kind(&0.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Text<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::Other(rows::kind(&Value::Array(Vec::new()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::Other(rows::kind(&Value::Object(Default::default()))))
    }
}
