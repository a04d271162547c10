//! What can go wrong, where, and what would mend it.
//!
//! Owns [`Error`] and [`Place`]. An [`Error`] ends a command; a record that is
//! skipped while the work goes on is a [`Problem`](crate::ingest::Problem).

use std::fmt;
use std::sync::Arc;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where in the input something stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The path as the user gave it or as it was found below a folder; `-` is standard input.
    pub path: Arc<str>,
    /// The line, counted from 1, where the format has lines.
    pub line: Option<u64>,
    /// The byte offset from the start of the (decompressed) file, where it is known.
    pub byte: Option<u64>,
}

impl Place {
    /// A whole file.
    pub fn file(path: impl Into<Arc<str>>) -> Self {
        Place {
            path: path.into(),
            line: None,
            byte: None,
        }
    }

    /// A line of a file, counted from 1.
    pub fn line(path: impl Into<Arc<str>>, line: u64) -> Self {
        Place {
            path: path.into(),
            line: Some(line),
            byte: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        } else if let Some(byte) = self.byte {
            write!(f, " (byte {byte})")?;
        }
        Ok(())
    }
}

/// The kinds of [`Error`].
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused to read or write.
    Io(std::io::Error),
    /// An option or an argument makes no sense.
    Usage,
    /// The input cannot be used at all (as opposed to one of its records).
    Input,
    /// A model file is not one, is damaged, or does not fit the request.
    Model,
    /// There is nothing to train on, or training failed.
    Training,
}

/// An error that ends the work: what happened, where, and what would mend it.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    place: Option<Place>,
    mend: Option<String>,
}

impl Error {
    /// An error of `kind`; `message` says what happened, in a clause without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            place: None,
            mend: None,
        }))
    }

    /// Reading or writing `path` failed.
    pub fn io(path: impl Into<Arc<str>>, error: std::io::Error) -> Self {
        let message = error.to_string();
        Error::new(ErrorKind::Io(error), message).at(Place::file(path))
    }

    /// An option or argument makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Usage, message)
    }

    /// The input as a whole cannot be used.
    pub fn input(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Input, message)
    }

    /// A model file cannot be used.
    pub fn model(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Model, message)
    }

    /// Training cannot go on.
    pub fn training(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Training, message)
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// Adds what would mend it, in a clause without a full stop.
    #[must_use]
    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.0.mend = Some(mend.into());
        self
    }

    /// The kind of the error.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Where it happened, where that is known.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// Whether the reader of our output went away (`demarche … | head`).
    pub fn is_broken_pipe(&self) -> bool {
        matches!(&self.0.kind, ErrorKind::Io(e) if e.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(mend) = &self.0.mend {
            write!(f, "; {mend}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

// linfa's `Fit` asks that its own error converts into ours.
impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Error::training(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_place_message_mend() {
        let error = Error::input("no column `text`")
            .at(Place::line("rows.csv", 1))
            .mend("name it in the header");
        assert_eq!(
            error.to_string(),
            "rows.csv:1: no column `text`; name it in the header"
        );
    }

    #[test]
    fn a_broken_pipe_is_told_apart() {
        let pipe = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(Error::io("-", pipe).is_broken_pipe());
        assert!(!Error::usage("x").is_broken_pipe());
    }
}
