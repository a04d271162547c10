//! The arguments that `trends` and `compare` share: what is measured, and whose errors are taken out.

use super::open_model;
use super::screen::Screen;
use super::train::read_rows;
use crate::error::{Place, Result};
use crate::ingest::{self, IngestParams};
use crate::model::{Model, TaskModel};
use crate::output::error_source::caution;
use crate::predict::Poles;
use crate::quantify::{ErrorRates, Measures, RatesFrom};
use crate::train::TaskSpec;
use clap::Args;

/// What is measured, and by which model.
#[derive(Debug, Args)]
pub struct MeasureArgs {
    /// The model [default: the one that comes with the program]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,

    /// The share of this label, and what is said within its paragraphs
    #[arg(long, value_name = "LABEL")]
    topic: Option<String>,

    /// Coded rows to measure the model's errors on, which are then taken out: JSONL or CSV like that of `benchmark`, of
    /// paragraphs like yours, none of which the model was trained on [default: the errors that the model made in
    /// cross-validation on its own training rows, or on those it was calibrated on]
    #[arg(long, value_name = "LABELED")]
    errors_from: Option<String>,

    /// Take no errors out: figures as the model counts alone
    #[arg(long, conflicts_with = "errors_from")]
    no_correction: bool,

    /// The two opposite labels of the index [default: the model's own, where it has a task with known opposites]
    #[arg(long, value_name = "TASK=POSITIVE:NEGATIVE")]
    poles: Option<Poles>,

    /// The seed of the bootstrap over articles
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
}

impl MeasureArgs {
    /// The model, and what is measured by it.
    pub fn open(&self) -> Result<(&'static Model, Measures)> {
        let model = open_model(self.model.as_deref())?;
        let poles = Poles::given_or_found(self.poles.as_ref(), model.task_names());
        let measures = Measures::new(model, poles.as_ref(), self.topic.as_deref())?;
        Ok((model, measures))
    }

    /// The errors that are taken out: those on the coded rows, or else those that the model knows of itself.
    pub fn errors(&self, model: &Model, screen: &Screen) -> Result<Option<ErrorRates>> {
        match &self.errors_from {
            _ if self.no_correction => Ok(None),
            Some(path) => error_rates(model, path, screen).map(Some),
            None => Ok(ErrorRates::of_model(model)),
        }
    }

    /// Says where the errors come from if they are not of coded rows, and what would mend that.
    pub fn remark(&self, sources: &[RatesFrom], screen: &Screen) {
        if self.no_correction || self.errors_from.is_some() {
            return;
        }
        match sources.first() {
            Some(from) => screen.message(&format!("note: {}", caution(from))),
            None => screen.message(
                "note: figures are as the model counts, errors and all, for it was not measured on any rows; \
                 --errors-from CODED.jsonl takes these out",
            ),
        }
    }
}

/// A model's errors on coded rows.
pub fn error_rates(model: &Model, path: &str, screen: &Screen) -> Result<ErrorRates> {
    let spec = |task: &TaskModel| TaskSpec {
        name: task.task.name.clone(),
        form: task.task.form,
    };
    let specs: Vec<TaskSpec> = model.tasks().iter().map(spec).collect();
    let mut documents = ingest::open(&[path.to_owned()], &IngestParams::default())?;
    let rows = read_rows(&mut documents, &specs, screen);
    let name = std::path::Path::new(path).file_name();
    let name = name.map_or_else(
        || path.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    ErrorRates::measure(model, &rows, &name).map_err(|error| {
        error
            .at(Place::file(path))
            .mend("give rows coded like those of `benchmark`")
    })
}
