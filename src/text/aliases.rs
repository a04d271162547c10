//! Words that are read in the place of others.
//!
//! Owns [`Aliases`], a table of phrases and the words in whose place they are read, its file format and the table of
//! what article spinners write (`aliases.txt`). Aliases are laid over the words of a text after it was read, so the
//! words themselves, and where they stand, stay as they are.
//!
//! A line of a file has the words that are read, a colon, and the phrases in whose place they are read, parted by
//! commas (`trade: commerce`); a line without a colon is a phrase that stays as it is (`ministry of commerce`);
//! `#` begins a comment. Of the phrases that fit at a word the longest is taken. Capitals and punctuation do not
//! count.

use super::normalize::normalize;
use super::tokenize::tokens;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The longest phrase of a table, in words.
pub const MAX_PHRASE: usize = 8;

/// The most phrases of a table.
const MAX_PHRASES: usize = 100_000;

/// A table of phrases and what is read in their place. Clones share it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Aliases(Arc<Table>);

#[derive(Debug)]
struct Table {
    /// The lines that it was made of, without comments.
    lines: Vec<String>,
    /// By the first normalized word of a phrase: its other words, and what is read, the longest phrase first.
    by_first: HashMap<String, Vec<Phrase>>,
}

#[derive(Debug)]
struct Phrase {
    rest: Vec<String>,
    /// The words that are read, as they would stand in a text; none where the phrase stays as it is.
    read: Option<Vec<String>>,
}

impl Aliases {
    /// What article spinners write.
    pub fn of_spinners() -> Self {
        Aliases::parse(include_str!("aliases.txt")).expect("a test reads it")
    }

    /// Reads a table.
    ///
    /// # Errors
    /// A usage error with the line where a line has no words, a phrase is too long or stands twice, or there are
    /// none or too many.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut table = Table {
            lines: Vec::new(),
            by_first: HashMap::new(),
        };
        let mut n_phrases = 0;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let wrong = |what: String| {
                Error::usage(format!("line {number}: {what}"))
                    .mend("write `trade: commerce, traffic`, or a phrase alone that stays as it is")
            };
            let (read, phrases) = match line.split_once(':') {
                Some((read, phrases)) => (Some(surfaces(read)), phrases),
                None => (None, line),
            };
            if read.as_ref().is_some_and(Vec::is_empty) {
                return Err(wrong("no words stand before the colon".to_owned()));
            }
            for phrase in phrases.split(',') {
                n_phrases += 1;
                table.add(phrase, read.clone()).map_err(wrong)?;
            }
            table.lines.push(line.to_owned());
        }
        if n_phrases == 0 || n_phrases > MAX_PHRASES {
            let what =
                format!("the table has {n_phrases} phrases, and may have 1 to {MAX_PHRASES}");
            return Err(Error::usage(what));
        }
        for phrases in table.by_first.values_mut() {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
        }
        Ok(Aliases(Arc::new(table)))
    }

    /// How many phrases it has.
    pub fn n_phrases(&self) -> usize {
        self.0.by_first.values().map(Vec::len).sum()
    }

    /// Whether any phrase begins with a normalized word.
    pub fn begin_with(&self, first: &str) -> bool {
        self.0.by_first.contains_key(first)
    }

    /// The longest phrase that begins with `first` and goes on with what `next` gives (0 for the word behind the first):
    /// how many words it has, and the words that are read.
    pub(super) fn find<'w>(
        &self,
        first: &str,
        next: impl Fn(usize) -> Option<&'w str>,
    ) -> Option<(usize, Option<&[String]>)> {
        let phrases = self.0.by_first.get(first)?;
        let fits = |phrase: &&Phrase| {
            let mut rest = phrase.rest.iter().enumerate();
            rest.all(|(i, word)| next(i) == Some(word.as_str()))
        };
        let found = phrases.iter().find(fits)?;
        Some((1 + found.rest.len(), found.read.as_deref()))
    }
}

impl Table {
    fn add(&mut self, phrase: &str, read: Option<Vec<String>>) -> std::result::Result<(), String> {
        let mut words = Vec::new();
        for token in tokens(phrase) {
            let mut word = String::new();
            normalize(&token, &mut word);
            words.push(word);
        }
        if words.is_empty() || words.len() > MAX_PHRASE {
            return Err(format!(
                "`{phrase}` has {} words, and may have 1 to {MAX_PHRASE}",
                words.len()
            ));
        }
        let rest = words.split_off(1);
        let phrases = self.by_first.entry(words.remove(0)).or_default();
        if phrases.iter().any(|known| known.rest == rest) {
            return Err(format!("`{}` stands twice", phrase.trim()));
        }
        phrases.push(Phrase { rest, read });
        Ok(())
    }
}

/// The words of a phrase as they stand in it.
fn surfaces(phrase: &str) -> Vec<String> {
    tokens(phrase)
        .map(|token| token.surface.to_owned())
        .collect()
}

impl PartialEq for Aliases {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.lines == other.0.lines
    }
}

impl Eq for Aliases {}

impl Hash for Aliases {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.lines.hash(state);
    }
}

impl TryFrom<Vec<String>> for Aliases {
    type Error = Error;

    fn try_from(lines: Vec<String>) -> Result<Self> {
        Aliases::parse(&lines.join("\n"))
    }
}

impl From<Aliases> for Vec<String> {
    fn from(aliases: Aliases) -> Self {
        aliases.0.lines.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_spinners_is_read_and_written() {
        let table = Aliases::of_spinners();
        assert!(table.n_phrases() > 300);
        let json = serde_json::to_string(&table).unwrap();
        let read: Aliases = serde_json::from_str(&json).unwrap();
        assert_eq!(read, table);
        assert_eq!(read.n_phrases(), table.n_phrases());
    }

    #[test]
    fn the_longest_phrase_is_taken() {
        let table =
            Aliases::parse("trade: commerce\ntrade war: commerce war # a\nministry of commerce")
                .unwrap();
        let find = |words: &[&'static str]| {
            let found = table.find(words[0], |i| words.get(i + 1).copied())?;
            Some((found.0, found.1.map(|read| read.join(" "))))
        };
        assert_eq!(
            find(&["commerce", "war"]),
            Some((2, Some("trade war".to_owned())))
        );
        assert_eq!(find(&["commerce"]), Some((1, Some("trade".to_owned()))));
        assert_eq!(find(&["ministry", "of", "commerce"]), Some((3, None)));
        assert_eq!(find(&["ministry", "of"]), None);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (text, said) in [
            ("\n: commerce", "line 2: no words stand before the colon"),
            ("trade: ,", "line 1: ` ` has 0 words"),
            ("a: b\nc: B", "line 2: `B` stands twice"),
            (
                "a: b c d e f g h i j",
                "line 1: ` b c d e f g h i j` has 9 words",
            ),
            ("# none", "the table has 0 phrases"),
        ] {
            let error = Aliases::parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
