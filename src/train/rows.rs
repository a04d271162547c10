//! Labelled rows.
//!
//! Owns [`Row`] and its [`Gold`] labels, and how the fields of a JSONL or CSV row are read as
//! labels of tasks.

use crate::error::{Error, Place, Result};
use crate::ingest::{Document, Format, Problem};
use crate::model::examples::Example;
use crate::model::{Form, Model};
use crate::text::{Passage, Sign};
use litemap::LiteMap;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What a human says of a row for one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gold {
    /// The label of a single task.
    Single(String),
    /// The labels of a multi task, sorted; none is an answer too.
    Multi(Vec<String>),
}

/// A labelled text: one sample.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// The text.
    pub text: String,
    /// What was written together: folds never split it. A row without one is an article alone.
    pub article: Option<String>,
    /// The labels, by the name of the task; a task that is absent is unlabelled.
    pub gold: LiteMap<String, Gold>,
    /// The row's kind, whether or not it is a task: see [`KindRule`].
    pub kind: Option<String>,
    /// Where the row stands, if it was read from a file.
    pub place: Place,
    /// What the row is called in reports: its `id`, else its place.
    pub name: String,
    /// When it was published, where that could be read.
    pub date: Option<jiff::civil::Date>,
    /// The row's other fields that hold a string, a number or a truth value, by which figures can be given.
    pub fields: LiteMap<String, String>,
    /// What is known of where the text stands: the field `signs`, a string of facts parted by spaces.
    pub signs: Vec<Sign>,
    /// What each of several coders said, by task: the field `coders`, an object of objects.
    pub coders: LiteMap<String, LiteMap<String, Gold>>,
}

impl Row {
    /// An unlabelled row.
    pub fn new(text: impl Into<String>) -> Self {
        Row {
            text: text.into(),
            ..Row::default()
        }
    }

    /// Names the article.
    #[must_use]
    pub fn article(mut self, article: impl Into<String>) -> Self {
        self.article = Some(article.into());
        self
    }

    /// Gives the label of a single task.
    #[must_use]
    pub fn single(mut self, task: impl Into<String>, label: impl Into<String>) -> Self {
        let (task, label) = (task.into(), label.into());
        if task == KIND {
            self.kind = Some(label.clone());
        }
        self.gold.insert(task, Gold::Single(label));
        self
    }

    /// Gives the labels of a multi task.
    #[must_use]
    pub fn multi<L: Into<String>>(
        mut self,
        task: impl Into<String>,
        labels: impl IntoIterator<Item = L>,
    ) -> Self {
        let mut labels: Vec<String> = labels.into_iter().map(Into::into).collect();
        labels.sort();
        labels.dedup();
        self.gold.insert(task.into(), Gold::Multi(labels));
        self
    }
}

impl<'r> From<&'r Row> for Passage<'r> {
    fn from(row: &'r Row) -> Self {
        Passage {
            text: &row.text,
            signs: &row.signs,
        }
    }
}

/// The field, and the task, that says whether a row is body text.
const KIND: &str = "kind";

/// The kind of body text, and of what else a page carries.
const BODY: &str = "body";
const BOILERPLATE: &str = "boilerplate";

/// Rows whose kind is not `body` are unlabelled for every task but `kind`, provided that some row
/// is `body` or `boilerplate`: among other kinds (tweet, blog) the field says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindRule {
    applies: bool,
}

impl KindRule {
    /// The rule for these rows.
    pub fn of(rows: &[Row]) -> Self {
        KindRule {
            applies: rows
                .iter()
                .any(|row| matches!(row.kind.as_deref(), Some(BODY | BOILERPLATE))),
        }
    }

    /// Whether the row is set aside.
    pub fn sets_aside(self, row: &Row) -> bool {
        self.applies && row.kind.as_deref().is_some_and(|kind| kind != BODY)
    }

    /// The row's labels for a task, as far as the rule lets it have any.
    pub fn gold<'r>(self, row: &'r Row, task: &str) -> Option<&'r Gold> {
        let gold = row.gold.get(task);
        gold.filter(|_| task == KIND || !self.sets_aside(row))
    }
}

/// The name and form of a task, before its labels are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSpec {
    /// The name, which is also the field of the rows that holds its labels.
    pub name: String,
    /// The form.
    pub form: Form,
}

/// Fields of input and output rows, which no task may be named like.
pub const RESERVED_FIELDS: &[&str] = &[
    "article",
    "coders",
    "date",
    "doc",
    "end",
    "explain",
    "field",
    "id",
    "input",
    "language",
    "nearest",
    "paragraph",
    "scores",
    "signs",
    "source",
    "start",
    "text",
    "title",
];

impl TaskSpec {
    /// A task; its name must not be that of a field.
    ///
    /// # Errors
    /// A usage error for an empty or reserved name.
    pub fn new(name: &str, form: Form) -> Result<Self> {
        if name.is_empty() || name.contains(['.', ';', '=']) {
            return Err(Error::usage(format!(
                "`{name}` cannot be the name of a task"
            )));
        }
        if RESERVED_FIELDS.contains(&name) {
            return Err(Error::usage(format!(
                "a task cannot be called `{name}`: that is a field of the rows"
            ))
            .mend("rename the field"));
        }
        Ok(TaskSpec {
            name: name.to_owned(),
            form,
        })
    }

    /// The fields that are read as tasks when none are named: kind, topics, tone, label, labels.
    pub fn detected() -> Vec<Self> {
        let spec = |(name, form): (&str, Form)| TaskSpec {
            name: name.to_owned(),
            form,
        };
        [
            ("kind", Form::Single),
            ("topics", Form::Multi),
            ("tone", Form::Single),
            ("label", Form::Single),
            ("labels", Form::Multi),
        ]
        .map(spec)
        .into()
    }
}

impl FromStr for TaskSpec {
    type Err = Error;

    /// `name:form`, such as `stance:single`.
    fn from_str(text: &str) -> Result<Self> {
        let (name, form) = text.split_once(':').unwrap_or((text, "single"));
        let form = form.parse().map_err(|e| Error::usage(format!("{e}")))?;
        TaskSpec::new(name, form)
    }
}

impl fmt::Display for TaskSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.form)
    }
}

/// The rows that taught `model` something: those with a label for one of its tasks.
pub fn examples<'r>(rows: &'r [Row], model: &'r Model) -> impl Iterator<Item = Example> + 'r {
    let rule = KindRule::of(rows);
    rows.iter().filter_map(move |row| {
        let tasks = model.tasks().iter().map(|task| &task.task.name);
        let labels: BTreeMap<String, Vec<String>> = tasks
            .filter_map(|task| {
                let labels = match rule.gold(row, task)? {
                    Gold::Single(label) => vec![label.clone()],
                    Gold::Multi(labels) => labels.clone(),
                };
                Some((task.clone(), labels))
            })
            .collect();
        (!labels.is_empty()).then(|| Example {
            id: row.name.clone(),
            text: row.text.clone(),
            labels,
        })
    })
}

/// Reads a document as a labelled row of the tasks `specs`.
///
/// # Errors
/// A problem that names the row, when it is a file rather than a row or a label has the wrong type.
pub fn labelled_row(document: Document, specs: &[TaskSpec]) -> Result<Row, Problem> {
    let skipped = |message: String| Problem::skipped(document.place.clone(), message);
    if !matches!(
        document.format,
        Format::Jsonl | Format::Csv | Format::Parquet
    ) {
        return Err(skipped(
            "a text file has no labels; give JSONL or CSV rows (what has no name to tell, \
             such as standard input, is read as CSV with --input-format csv)"
                .to_owned(),
        ));
    }
    let is_task = |field: &str| specs.iter().any(|spec| spec.name == field);
    let n_tasks = (document.fields.names())
        .filter(|field| is_task(field))
        .count();
    // Rows are many: none has room for labels that it does not have.
    let mut gold = LiteMap::with_capacity(n_tasks);
    for spec in specs {
        let Some(value) = document.fields.get(&spec.name) else {
            continue;
        };
        let labels = match document.format {
            Format::Csv => cell_labels(&value, spec.form),
            _ => json_labels(&value, spec.form),
        };
        match labels {
            Ok(Some(labels)) => {
                gold.insert(spec.name.clone(), labels);
            }
            Ok(None) => {}
            Err(message) => return Err(skipped(format!("`{}` {message}", spec.name))),
        }
    }
    let kind = document.fields.get(KIND);
    let kind = kind.as_ref().and_then(Value::as_str).map(str::trim);
    let plain = document.fields.names().filter(|field| !is_task(field));
    let fields = plain.filter_map(|field| {
        let value = document.fields.get(&field)?;
        Some((field.into_owned(), plain_text(&value)?))
    });
    Ok(Row {
        date: document.date,
        fields: fields.collect(),
        coders: coders(document.fields.get("coders").as_ref(), specs),
        signs: signs(document.fields.get("signs").as_ref()),
        kind: kind.filter(|kind| !kind.is_empty()).map(str::to_owned),
        name: document.name(),
        text: document.text,
        article: document.article,
        gold,
        place: document.place,
    })
}

/// Reads a line of predictions: a JSON object with the `id` of its row (or `doc`, as `classify` prints it)
/// and labels as labelled rows have them. It needs no text.
///
/// # Errors
/// What is wrong with the line, in a clause.
pub fn prediction_row(line: &str, specs: &[TaskSpec]) -> Result<Row, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
    let id = value.get("id").or_else(|| value.get("doc"));
    let name = id.and_then(plain_text).ok_or("no `id`")?;
    let mut gold = LiteMap::new();
    for spec in specs {
        let labels = value
            .get(&spec.name)
            .map(|labels| json_labels(labels, spec.form));
        let labels = labels.transpose();
        let labels = labels.map_err(|message| format!("`{}` {message}", spec.name))?;
        gold.extend(labels.flatten().map(|labels| (spec.name.clone(), labels)));
    }
    Ok(Row {
        name,
        gold,
        ..Row::default()
    })
}

/// A string, number or truth value as text; none for all else and for what is blank.
fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Facts parted by white space; what is no string is passed over.
fn signs(value: Option<&Value>) -> Vec<Sign> {
    let facts = value.and_then(Value::as_str).unwrap_or_default();
    facts.split_whitespace().map(Sign::new).collect()
}

/// `{CODER: {TASK: LABEL or LABELS}}`; what is not of that form is passed over, for it is no gold label.
fn coders(value: Option<&Value>, specs: &[TaskSpec]) -> LiteMap<String, LiteMap<String, Gold>> {
    let Some(Value::Object(coders)) = value else {
        return LiteMap::new();
    };
    let said = |given: &Value| -> LiteMap<String, Gold> {
        let of_task = |spec: &TaskSpec| {
            let labels = json_labels(given.get(&spec.name)?, spec.form).ok()??;
            Some((spec.name.clone(), labels))
        };
        specs.iter().filter_map(of_task).collect()
    };
    (coders.iter())
        .map(|(coder, given)| (coder.clone(), said(given)))
        .collect()
}

/// JSONL: null is unlabelled, `[]` is labelled none. An empty string is unlabelled for a single
/// task and no label for a multi one.
fn json_labels(value: &Value, form: Form) -> Result<Option<Gold>, String> {
    let label = |value: &Value| match value {
        Value::String(label) => Ok(Some(label.trim().to_owned()).filter(|l| !l.is_empty())),
        Value::Number(label) => Ok(Some(label.to_string())),
        Value::Bool(label) => Ok(Some(label.to_string())),
        _ => Err("holds something that is no label".to_owned()),
    };
    match (value, form) {
        (Value::Null, _) => Ok(None),
        (Value::Array(values), Form::Multi) => {
            let labels: Result<Vec<String>, String> =
                values.iter().filter_map(|v| label(v).transpose()).collect();
            Ok(Some(multi(labels?)))
        }
        (Value::Array(_), Form::Single) => {
            Err("is a list, but the task takes one label (name:multi takes a list)".to_owned())
        }
        (value, Form::Single) => Ok(label(value)?.map(Gold::Single)),
        (value, Form::Multi) => Ok(Some(multi(label(value)?.into_iter().collect()))),
    }
}

/// CSV: values of a multi task are parted by `;`; an empty cell is none for a multi task and
/// unlabelled for a single one.
fn cell_labels(value: &Value, form: Form) -> Result<Option<Gold>, String> {
    let cell = value.as_str().unwrap_or_default().trim();
    Ok(match form {
        Form::Single if cell.is_empty() => None,
        Form::Single => Some(Gold::Single(cell.to_owned())),
        Form::Multi => {
            let labels = cell.split(';').map(str::trim).filter(|l| !l.is_empty());
            Some(multi(labels.map(str::to_owned).collect()))
        }
    })
}

fn multi(mut labels: Vec<String>) -> Gold {
    labels.sort();
    labels.dedup();
    Gold::Multi(labels)
}
