//! A task: a question asked of every sample, and the labels that answer it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How many labels a sample has in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Exactly one label.
    Single,
    /// A set of labels, which may be empty.
    Multi,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Form::Single => "single",
            Form::Multi => "multi",
        })
    }
}

/// A word that names no [`Form`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseFormError {
    word: String,
}

impl fmt::Display for ParseFormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no form of a task; it is single or multi",
            self.word
        )
    }
}

impl std::error::Error for ParseFormError {}

impl FromStr for Form {
    type Err = ParseFormError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "single" => Ok(Form::Single),
            "multi" => Ok(Form::Multi),
            _ => Err(ParseFormError {
                word: word.to_owned(),
            }),
        }
    }
}

/// A task: its name, its form and its labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The name, such as `topic`.
    pub name: String,
    /// Whether a sample has one label or a set of them.
    pub form: Form,
    /// The labels, sorted and without repeats; a label's index here stands for it elsewhere.
    pub labels: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_back_what_it_prints() {
        for form in [Form::Single, Form::Multi] {
            assert_eq!(form.to_string().parse(), Ok(form));
            assert_eq!(
                serde_json::to_string(&form).unwrap(),
                format!("\"{form}\""),
                "serde and Display agree"
            );
        }
        assert_eq!(
            "Multi".parse::<Form>().unwrap_err().to_string(),
            "`Multi` is no form of a task; it is single or multi"
        );
    }
}
