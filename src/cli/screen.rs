//! Standard output and standard error.
//!
//! Owns the progress bar, messages and the buffered output. Results go to standard output,
//! all else to standard error. Colours are left out where the stream is no terminal or NO_COLOR is
//! set.

use crate::error::Error;
use crate::ingest::{Problem, Severity};
use crate::train::Step;
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{BufWriter, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};

const RED: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
const YELLOW: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));

/// What the user sees beside the results.
pub struct Screen {
    bar: ProgressBar,
    skipped: AtomicU64,
    /// Whether problems are told and counted.
    tells: bool,
}

impl Screen {
    /// A screen with a bar of bytes, or of an unknown length.
    pub fn bytes(total: Option<u64>) -> Self {
        let bar = match total {
            Some(total) => ProgressBar::new(total).with_style(style(
                "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            )),
            None => {
                ProgressBar::new_spinner().with_style(style("{spinner} {bytes} {bytes_per_sec}"))
            }
        };
        Screen::of(bar)
    }

    /// A screen with a bar of steps.
    pub fn steps() -> Self {
        Screen::of(ProgressBar::new(0).with_style(style("{bar:30} {pos}/{len} {msg} {elapsed}")))
    }

    fn of(bar: ProgressBar) -> Self {
        // A bar between lines of results on the same terminal would tear them.
        if !std::io::stderr().is_terminal() || std::io::stdout().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Screen {
            bar,
            skipped: AtomicU64::new(0),
            tells: true,
        }
    }

    /// Leaves problems untold: what is read will be read again.
    pub fn without_problems(self) -> Self {
        Screen {
            tells: false,
            ..self
        }
    }

    /// Draws the bar even when standard output is the same terminal: nothing is printed meanwhile.
    pub fn show(self) -> Self {
        if std::io::stderr().is_terminal() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self
    }

    /// Moves the bar of bytes.
    pub fn at(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    /// Moves the bar of steps.
    pub fn step(&self, step: Step) {
        self.bar.set_length(step.total);
        self.bar.set_position(step.done);
        self.bar.set_message(step.what);
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Tells of a problem with a record and counts it.
    pub fn problem(&self, problem: &Problem) {
        if !self.tells {
            return;
        }
        let (style, word) = match problem.severity {
            Severity::Warning => (YELLOW, "warning"),
            Severity::Skipped => {
                self.skipped.fetch_add(1, Ordering::Relaxed);
                (RED, "skipped")
            }
        };
        self.message(&format!("{style}{word}{style:#}: {problem}"));
    }

    /// Prints a line to standard error.
    pub fn message(&self, line: &str) {
        // Nothing can be said of a failure to write to standard error.
        let _ = self.bar.suspend(|| writeln!(anstream::stderr(), "{line}"));
    }

    /// How many records were skipped.
    pub fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    /// Says how many records were skipped, if any.
    pub fn close(&self) {
        self.clear();
        match self.skipped() {
            0 => {}
            1 => self.message("1 record was skipped"),
            n => self.message(&format!("{n} records were skipped")),
        }
    }

    /// Prints the error that ends the program.
    pub fn error(error: &Error) {
        let _ = writeln!(anstream::stderr(), "{RED}error{RED:#}: {error}");
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("templates are tested by running them")
}

/// Buffered standard output; colours pass only to a terminal.
pub fn output() -> impl Write {
    BufWriter::with_capacity(1 << 16, anstream::AutoStream::auto(std::io::stdout()))
}

/// Buffered standard output for formats that know no colours.
pub fn plain_output() -> impl Write {
    BufWriter::with_capacity(1 << 16, std::io::stdout())
}

/// How an error of standard output is reported.
pub fn stdout_error(error: std::io::Error) -> Error {
    Error::io("standard output", error)
}

/// The width of the terminal, or 120 columns where there is none.
pub fn width() -> usize {
    let terminal = terminal_size::terminal_size().filter(|_| std::io::stdout().is_terminal());
    terminal.map_or(120, |(width, _)| usize::from(width.0))
}
