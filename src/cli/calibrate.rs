//! `demarche calibrate`: a model and labelled rows in, the model fitted again to them out.

use super::screen::{self, Screen};
use super::train::{check_output, check_replaced, read_rows};
use super::{InputArgs, Outcome, open_model};
use crate::error::{Error, Place, Result};
use crate::model::TaskModel;
use crate::output::scores::source;
use crate::train::TaskSpec;
use crate::train::calibrate::calibrate;
use crate::train::report::Selective;
use clap::Args;
use std::io::Write;
use std::path::Path;

/// Arguments of `calibrate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CalibrateArgs {
    /// The model (`shipped` is the one that comes with the program)
    #[arg(value_name = "MODEL")]
    model: String,

    /// Labelled rows, none of which it was trained on
    #[arg(required = true, value_name = "LABELED")]
    inputs: Vec<String>,

    /// Where to write the model
    #[arg(short, long, value_name = "MODEL")]
    output: String,

    /// What the rows are called wherever something learned on them is shown
    /// [default: the names of the files]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Seed of the folds across which the cuts are learned
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,

    #[command(flatten)]
    input: InputArgs,
}

const EXAMPLES: &str = "\
The weights stay as they are but for a slope and an offset a label; probabilities, thresholds and the cuts
of `classify --max-error` are those of your rows. Two hundred rows and more are needed for a cut at 5 %.

Examples:
  demarche calibrate shipped my-coded-rows.jsonl -o mine.demarche
  demarche calibrate mine.demarche 2024/*.csv --name \"wire stories of 2024\" -o mine-2024.demarche
  demarche classify --model mine.demarche --max-error 0.1 news.jsonl";

pub fn run(args: CalibrateArgs) -> Result<Outcome> {
    check_output(&args.output)?;
    let model = open_model(Some(&args.model))?;
    let mut documents = args.input.open(&args.inputs)?;
    if documents.will_read(Path::new(&args.output)) {
        let error = Error::usage("is one of the inputs, which the model would replace");
        return Err(error
            .at(Place::file(args.output.as_str()))
            .mend("give the model another name"));
    }
    check_replaced(&args.output)?;
    let screen = Screen::steps().show();
    let spec = |task: &TaskModel| TaskSpec {
        name: task.task.name.clone(),
        form: task.task.form,
    };
    let specs: Vec<TaskSpec> = model.tasks().iter().map(spec).collect();
    let rows = read_rows(&mut documents, &specs, &screen);
    let name = args.name.clone().unwrap_or_else(|| names_of(&args.inputs));
    let calibrated = calibrate(model, &rows, &name, args.seed)?;
    screen.clear();
    for note in &calibrated.notes {
        screen.message(&format!("note: {note}"));
    }
    calibrated.model.save(&args.output)?;
    let mut out = screen::output();
    for task in calibrated.model.tasks() {
        write_task(&mut out, task).map_err(screen::stdout_error)?;
    }
    writeln!(out, "wrote {}", args.output)
        .and_then(|()| out.flush())
        .map_err(screen::stdout_error)?;
    screen.close();
    Ok(args.input.outcome(screen.skipped()))
}

/// The names of files without their folders.
fn names_of(inputs: &[String]) -> String {
    let name = |input: &String| {
        let path = Path::new(input);
        path.file_name()
            .map_or_else(|| input.clone(), |name| name.to_string_lossy().into_owned())
    };
    inputs.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn write_task(out: &mut impl Write, task: &TaskModel) -> std::io::Result<()> {
    let (Some(learned), Some(cuts)) = (&task.calibrated_on, &task.cuts) else {
        return writeln!(out, "{}: left as it is", task.task.name);
    };
    writeln!(out, "{}: fitted on {}", task.task.name, source(learned))?;
    for error in Selective::ERRORS {
        match cuts.for_error(error) {
            Some(cut) => {
                let step = cuts.steps.iter().find(|step| step.confidence == cut);
                let answered = step.map_or(0, |step| step.answered);
                writeln!(
                    out,
                    "  --max-error {error}: answers below {cut:.3} are withheld, {:.0} % of these rows are answered",
                    100.0 * answered as f64 / learned.n_rows.max(1) as f64
                )?;
            }
            None => writeln!(out, "  --max-error {error}: nothing is sure enough")?,
        }
    }
    Ok(())
}
