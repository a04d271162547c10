//! The fields of a row, as they stand in it.
//!
//! Owns [`Fields`]. A value is kept as the JSON text that it was: it is printed again as it came, to the
//! last digit of a long number, and costs nothing where nobody asks for it.

use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;

/// Fields up to which repeated names are looked for pair by pair.
const FEW: usize = 16;

/// The fields of a row but its text and id, in the row's order; names are distinct.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    /// `"name":value,"name":value`.
    json: String,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// The name as JSON without its quotes.
    name: Range<usize>,
    value: Range<usize>,
}

impl Fields {
    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All fields as the inside of a JSON object: `"name":value,…`.
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.entries.iter().map(|entry| self.name(entry))
    }

    /// The value of a field as JSON text.
    pub fn get_json(&self, name: &str) -> Option<&str> {
        let entry = self.entries.iter().find(|e| self.name(e) == name)?;
        Some(&self.json[entry.value.clone()])
    }

    /// The value of a field; one too deeply nested to be read is absent.
    pub fn get(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.get_json(name)?).ok()
    }

    /// The value of a field as text: a string as it is, all else as JSON.
    pub fn get_text(&self, name: &str) -> Option<String> {
        Some(match self.get(name)? {
            Value::String(text) => text,
            other => other.to_string(),
        })
    }

    /// The names and the values as JSON text, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
        (self.entries.iter()).map(|e| (self.name(e), &self.json[e.value.clone()]))
    }

    /// Adds a field whose value is the JSON text `value`.
    pub(super) fn push_json(&mut self, name: &str, value: &str) {
        if !self.entries.is_empty() {
            self.json.push(',');
        }
        let from = self.json.len();
        push_string(&mut self.json, name);
        let quoted = from + 1..self.json.len() - 1;
        self.json.push(':');
        let start = self.json.len();
        self.json.push_str(value);
        self.entries.push(Entry {
            name: quoted,
            value: start..self.json.len(),
        });
    }

    /// Adds a field whose value is a string.
    pub(super) fn push_text(&mut self, name: &str, value: &str) {
        self.push_json(name, "");
        let start = self.json.len();
        push_string(&mut self.json, value);
        if let Some(entry) = self.entries.last_mut() {
            entry.value = start..self.json.len();
        }
    }

    /// Keeps, of fields of the same name, the last value in the place of the first.
    pub(super) fn drop_repeats(&mut self) {
        if !self.repeats() {
            return;
        }
        let mut places = std::collections::HashMap::new();
        let mut kept: Vec<Entry> = Vec::new();
        for entry in &self.entries {
            let at = *places.entry(self.name(entry)).or_insert(kept.len());
            match kept.get_mut(at) {
                Some(first) => first.value = entry.value.clone(),
                None => kept.push(entry.clone()),
            }
        }
        let mut fields = Fields::default();
        for entry in &kept {
            fields.push_json(&self.name(entry), &self.json[entry.value.clone()]);
        }
        *self = fields;
    }

    fn repeats(&self) -> bool {
        let names = || self.entries.iter().map(|e| self.name(e));
        if self.len() <= FEW {
            return names()
                .enumerate()
                .any(|(i, name)| names().take(i).any(|n| n == name));
        }
        let mut sorted: Vec<_> = names().collect();
        sorted.sort_unstable();
        sorted.windows(2).any(|pair| pair[0] == pair[1])
    }

    fn name(&self, entry: &Entry) -> Cow<'_, str> {
        let name = &self.json[entry.name.clone()];
        if !name.contains('\\') {
            return Cow::Borrowed(name);
        }
        let quoted = &self.json[entry.name.start - 1..entry.name.end + 1];
        Cow::Owned(serde_json::from_str(quoted).expect("it was written as JSON"))
    }
}

/// Appends a string as JSON.
fn push_string(json: &mut String, text: &str) {
    let escaped = |found, byte| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    match text.bytes().fold(false, escaped) {
        false => json.extend(["\"", text, "\""]),
        true => json.push_str(&serde_json::to_string(text).expect("a string is JSON")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        let mut fields = Fields::default();
        fields.push_json("n", "12345678901234567890123");
        fields.push_text("a \"b\"", "x\ny");
        fields.push_json("list", "[1, 2]");
        assert_eq!(
            fields.as_json(),
            r#""n":12345678901234567890123,"a \"b\"":"x\ny","list":[1, 2]"#
        );
        assert_eq!(fields.get("a \"b\""), Some(Value::from("x\ny")));
        assert_eq!(fields.get("list").unwrap()[1], 2);
        assert_eq!(fields.get("none"), None);
        assert_eq!(fields.names().collect::<Vec<_>>(), ["n", "a \"b\"", "list"]);
    }

    #[test]
    fn the_last_of_a_name_counts_in_the_place_of_the_first() {
        for n_others in [0, FEW] {
            let mut fields = Fields::default();
            fields.push_json("a", "1");
            fields.push_json("b", "2");
            fields.push_json("a", "3");
            for other in 0..n_others {
                fields.push_json(&format!("o{other}"), "0");
            }
            fields.drop_repeats();
            assert!(fields.as_json().starts_with(r#""a":3,"b":2"#));
            assert_eq!(fields.len(), 2 + n_others);
        }
    }
}
