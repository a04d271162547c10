//! What a page, a feed entry or a message says of itself.
//!
//! Owns [`Metadata`] and how it becomes a [`Document`]: as the same fields that a row would have, so that it is
//! printed under `input` and found by whoever looks for a field of a row.

use super::{Document, Fields, Format, rows};
use crate::error::Place;

/// What a source says of a text, each as it stands there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// The headline.
    pub title: Option<String>,
    /// Who wrote it.
    pub byline: Option<String>,
    /// When it was published; [`read_date`](super::read_date) may or may not read it.
    pub date: Option<String>,
    /// Its canonical address.
    pub url: Option<String>,
    /// Its language, as a tag such as `en-GB`.
    pub language: Option<String>,
    /// Who published it.
    pub source: Option<String>,
}

impl Metadata {
    /// These, and where one is absent, the `other`.
    pub(super) fn or(self, other: Metadata) -> Metadata {
        Metadata {
            title: self.title.or(other.title),
            byline: self.byline.or(other.byline),
            date: self.date.or(other.date),
            url: self.url.or(other.url),
            language: self.language.or(other.language),
            source: self.source.or(other.source),
        }
    }

    /// A document of a text with what is said of it.
    pub(super) fn document(
        self,
        text: String,
        id: Option<String>,
        place: Place,
        format: Format,
    ) -> Document {
        let mut fields = Fields::default();
        let named = [
            ("title", self.title),
            ("byline", self.byline),
            ("date", self.date),
            ("url", self.url),
            ("language", self.language),
            ("source", self.source),
        ];
        for (name, value) in named {
            if let Some(value) = value.as_deref().map(str::trim).filter(|v| !v.is_empty()) {
                fields.push_text(name, value);
            }
        }
        rows::document(text, id, fields, place, format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_become_fields_and_blank_ones_none() {
        let metadata = Metadata {
            title: Some(" Talks resume ".to_owned()),
            date: Some("2025-03-04T10:00:00Z".to_owned()),
            url: Some("https://example.org/a".to_owned()),
            byline: Some("  ".to_owned()),
            ..Metadata::default()
        };
        let document = metadata.document("a".to_owned(), None, Place::file("a"), Format::Text);
        assert_eq!(document.title.as_deref(), Some("Talks resume"));
        assert_eq!(document.url.as_deref(), Some("https://example.org/a"));
        assert_eq!(document.byline, None);
        assert_eq!(document.date, Some(jiff::civil::date(2025, 3, 4)));
        let names: Vec<_> = document.fields.names().collect();
        assert_eq!(names, ["title", "date", "url"]);
    }
}
