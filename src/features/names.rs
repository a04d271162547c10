//! Many names in one piece of memory.
//!
//! Owns [`TermNames`]: a model has a hundred thousand names of a few bytes each, which apart would take
//! more memory in headers than in letters, and more time to make than all else when a model is opened.

/// A list of names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TermNames {
    text: String,
    /// Where each name ends in `text`.
    ends: Vec<usize>,
}

impl TermNames {
    /// The names that end at `ends` in `text`; none where one of them is not UTF-8.
    pub fn from_bytes(text: Vec<u8>, ends: Vec<usize>) -> Option<Self> {
        let text = String::from_utf8(text).ok()?;
        let whole = ends.is_sorted() && ends.last().copied().unwrap_or(0) == text.len();
        let parted = ends.iter().all(|end| text.is_char_boundary(*end));
        (whole && parted).then_some(TermNames { text, ends })
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The name with this number.
    ///
    /// # Panics
    /// When there is none.
    pub fn get(&self, number: usize) -> &str {
        let start = match number {
            0 => 0,
            n => self.ends[n - 1],
        };
        &self.text[start..self.ends[number]]
    }

    /// The names, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|number| self.get(number))
    }

    /// Adds a name.
    pub fn push(&mut self, name: &str) {
        self.push_with(|text| text.push_str(name));
    }

    /// Adds the name that `write` appends to the text before it.
    pub fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
    }
}

impl<S: AsRef<str>> FromIterator<S> for TermNames {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let mut all = TermNames::default();
        for name in names {
            all.push(name.as_ref());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_in_order() {
        let names: TermNames = ["tariff", "", "trade war"].into_iter().collect();
        assert_eq!(
            names.iter().collect::<Vec<_>>(),
            ["tariff", "", "trade war"]
        );
        assert_eq!(names.len(), 3);
        let again = TermNames::from_bytes(b"tarifftrade war".to_vec(), vec![6, 6, 15]);
        assert_eq!(again, Some(names));
        let letter = "é".as_bytes();
        assert_eq!(TermNames::from_bytes(letter.to_vec(), vec![1, 2]), None);
        assert_eq!(TermNames::from_bytes(letter[..1].to_vec(), vec![1]), None);
        assert_eq!(TermNames::from_bytes(letter.to_vec(), vec![]), None);
    }
}
