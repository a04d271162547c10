//! Reads, labels and writes at the same time, in the order of the input.
//!
//! Owns [`Pipeline`]. One thread reads the input in loads (a block of JSONL lines, some records), any number
//! of workers parse, label and encode (or roll up) a load each, and the calling thread takes what they made
//! in the order of the loads. Queues are bounded, so memory does not grow with the input. What comes out depends on the
//! input alone: neither the threads nor the loads show.

use super::screen::{Screen, stdout_error};
use crate::error::Result;
use crate::ingest::{Counts, Document, Documents, Ledger, Load, Problem};
use crate::model::Model;
use crate::output::DocumentWriter;
use crate::output::jsonl::Encoder;
use crate::predict::{Batch, Classifier, LabelParams, LabelledDocument, Stories, Survey};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// About how many bytes of records, not lines, are labelled together.
const LOAD_BYTES: usize = 512 << 10;

/// Everything that classifying takes.
pub struct Pipeline<'s> {
    /// The model.
    pub model: &'static Model,
    /// The input.
    pub documents: Documents,
    /// How many workers label.
    pub threads: usize,
    /// Where problems are told.
    pub screen: &'s Screen,
}

/// What became of a load.
struct Made<T> {
    output: T,
    /// What is wrong with it, and warnings; which of them are told is for the order to decide.
    problems: Vec<Problem>,
    /// Its documents, counted.
    counted: Ledger,
}

/// What each worker does with the documents of a load, one after the other.
trait Maker: Clone + Send + 'static {
    /// What it makes of a load.
    type Output: Send + 'static;

    /// What it makes of no document; `in_parts` says that the load has later parts of a text.
    fn begin(&self, in_parts: bool) -> Self::Output;

    /// Takes a document in.
    fn add(
        &mut self,
        classifier: &mut Classifier<'static>,
        document: Document,
        output: &mut Self::Output,
    );
}

/// Makes one thing of each document.
#[derive(Clone)]
struct Each<F>(F);

impl<T, F> Maker for Each<F>
where
    T: Send + 'static,
    F: Fn(&mut Classifier<'static>, Document) -> T + Clone + Send + 'static,
{
    type Output = Vec<T>;

    fn begin(&self, _in_parts: bool) -> Vec<T> {
        Vec::new()
    }

    fn add(&mut self, classifier: &mut Classifier<'static>, document: Document, all: &mut Vec<T>) {
        all.push(self.0(classifier, document));
    }
}

/// Labels, and encodes where that can be done by any thread.
#[derive(Clone)]
struct Labeller {
    params: LabelParams,
    encoder: Option<Encoder>,
}

enum Labelled {
    /// Bytes of the output's format, and how many paragraphs the last document has: a part that follows
    /// counts on from there.
    Encoded(Vec<u8>, usize),
    /// Documents that the writer must see.
    Documents(Vec<LabelledDocument>),
}

impl Maker for Labeller {
    type Output = Labelled;

    fn begin(&self, in_parts: bool) -> Labelled {
        // Later parts of a text are numbered by what was made of the earlier ones.
        match &self.encoder {
            Some(_) if !in_parts => Labelled::Encoded(Vec::with_capacity(2 * LOAD_BYTES), 0),
            _ => Labelled::Documents(Vec::new()),
        }
    }

    fn add(
        &mut self,
        classifier: &mut Classifier<'static>,
        document: Document,
        output: &mut Labelled,
    ) {
        match (output, &self.encoder) {
            (Labelled::Encoded(out, last), Some(encoder)) => {
                *last = encode(classifier, &document, &self.params, encoder, out);
            }
            (Labelled::Documents(documents), _) => {
                documents.push(classifier.label(document, &self.params));
            }
            (Labelled::Encoded(..), None) => unreachable!("only an encoder encodes"),
        }
    }
}

/// What a worker has.
struct Worker<M> {
    classifier: Classifier<'static>,
    maker: M,
}

/// A load, and where what is made of it goes.
type Job<M> = (Load, SyncSender<Made<<M as Maker>::Output>>);

impl Pipeline<'_> {
    /// Labels everything and writes it with `writer`; gives what was read.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn run(self, params: LabelParams, writer: &mut dyn DocumentWriter) -> Result<Counts> {
        let batch = params.batch.clone();
        let labeller = Labeller {
            // Which cluster a document is of is known by its place in the order.
            encoder: writer.encoder().filter(|_| batch.is_none()).cloned(),
            params,
        };
        let mut writing = Writing {
            next_paragraph: 0,
            stories: Stories::default(),
            batch,
            writer,
        };
        let counts = self.make(labeller, |labelled| {
            writing.write(labelled).map_err(stdout_error)
        })?;
        writing.writer.finish().map_err(stdout_error)?;
        Ok(counts)
    }

    /// Reads everything, to be read again, for what the documents have in common; gives what was read too.
    ///
    /// # Errors
    /// When a thread could not be asked.
    pub fn survey(self, params: LabelParams) -> Result<(Batch, Counts)> {
        let mut survey = Survey::default();
        let counts = self.each(
            move |classifier, document| classifier.survey(document, &params),
            |surveyed| {
                survey.add(&surveyed);
                Ok(())
            },
        )?;
        Ok((survey.finish(), counts))
    }

    /// Gives every document to `each` on some thread, and what that makes of it to `take` in the order of the
    /// input; gives what was read.
    ///
    /// # Errors
    /// Those of `take`.
    pub fn each<T: Send + 'static>(
        self,
        each: impl Fn(&mut Classifier<'static>, Document) -> T + Clone + Send + 'static,
        mut take: impl FnMut(T) -> Result<()>,
    ) -> Result<Counts> {
        self.make(Each(each), |all| all.into_iter().try_for_each(&mut take))
    }

    fn make<M: Maker>(
        self,
        maker: M,
        mut take: impl FnMut(M::Output) -> Result<()>,
    ) -> Result<Counts> {
        let mut ledger = Ledger::default();
        let bytes_read = self.documents.bytes_read();
        let mut take = |made: Made<M::Output>| -> Result<()> {
            for problem in &made.problems {
                if ledger.admits(problem) {
                    self.screen.problem(problem);
                }
            }
            ledger.add_documents(&made.counted);
            take(made.output)?;
            self.screen.at(bytes_read.load(Ordering::Relaxed));
            Ok(())
        };
        let time_cap = self.documents.time_cap();
        let worker = || {
            let mut classifier = self.model.classifier();
            classifier.set_time_cap(time_cap);
            Worker {
                classifier,
                maker: maker.clone(),
            }
        };
        if self.threads <= 1 {
            let (mut documents, mut worker) = (self.documents, worker());
            while let Some(load) = documents.next_load(LOAD_BYTES) {
                take(worker.work(load))?;
            }
        } else {
            let workers = (0..self.threads).map(|_| worker()).collect();
            for made in spawn(self.documents, workers) {
                // A worker that has gone has said why on standard error.
                take(made.recv().expect("a worker answers every load"))?;
            }
        }
        Ok(ledger.counts())
    }
}

/// What writes the labelled documents, in order.
struct Writing<'w> {
    /// The number of the first paragraph of a part that goes on.
    next_paragraph: usize,
    stories: Stories,
    batch: Option<Arc<Batch>>,
    writer: &'w mut dyn DocumentWriter,
}

impl Writing<'_> {
    /// Writes what was made of a load.
    fn write(&mut self, labelled: Labelled) -> std::io::Result<()> {
        match labelled {
            Labelled::Encoded(bytes, last_paragraphs) => {
                self.next_paragraph = last_paragraphs;
                self.writer.write_encoded(&bytes)
            }
            Labelled::Documents(documents) => {
                (documents.into_iter()).try_for_each(|document| self.write_document(document))
            }
        }
    }

    fn write_document(&mut self, mut document: LabelledDocument) -> std::io::Result<()> {
        match document.document.continues {
            Some(_) => document.renumber(self.next_paragraph),
            None => self.next_paragraph = 0,
        }
        self.next_paragraph += document.n_paragraphs;
        if let Some(batch) = &self.batch {
            let cluster = batch.cluster(self.stories.of(&document.document));
            for paragraph in &mut document.paragraphs {
                paragraph.cluster = cluster;
            }
        }
        self.writer.write(&document)
    }
}

/// Starts the reader and the workers; gives the answers in the order of the input. Nobody waits for the
/// threads: when the output is closed the program may end, though a pipe that is read never does.
fn spawn<M: Maker>(
    mut documents: Documents,
    workers: Vec<Worker<M>>,
) -> Receiver<Receiver<Made<M::Output>>> {
    let (jobs, taken) = sync_channel::<Job<M>>(workers.len());
    let (answers, in_order) = sync_channel(2 * workers.len());
    let taken = Arc::new(Mutex::new(taken));
    for mut worker in workers {
        let taken = Arc::clone(&taken);
        std::thread::spawn(move || {
            loop {
                let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok((load, answer)) = next else { break };
                // Nobody waits for the answer once the output is closed.
                let _ = answer.send(worker.work(load));
            }
        });
    }
    std::thread::spawn(move || {
        while let Some(load) = documents.next_load(LOAD_BYTES) {
            let (answer, awaited) = sync_channel(1);
            if answers.send(awaited).is_err() || jobs.send((load, answer)).is_err() {
                break;
            }
        }
    });
    in_order
}

impl<M: Maker> Worker<M> {
    fn work(&mut self, load: Load) -> Made<M::Output> {
        let later_part = |r: &std::result::Result<Document, Problem>| {
            r.as_ref()
                .is_ok_and(|document| document.continues.is_some())
        };
        let in_parts = match &load {
            Load::Lines(_) => false,
            Load::Records(records) => records.iter().any(later_part),
        };
        let mut made = Made {
            output: self.maker.begin(in_parts),
            problems: Vec::new(),
            counted: Ledger::default(),
        };
        load.for_each(|record| match record {
            Ok(document) => {
                made.counted.count(&document);
                Ledger::remarks(&document, |problem| made.problems.push(problem));
                (self.maker).add(&mut self.classifier, document, &mut made.output);
                made.problems.extend(self.classifier.take_broken_off());
            }
            Err(problem) => made.problems.push(problem),
        });
        made
    }
}

/// Labels a document and appends its lines to `out`; gives the count of its paragraphs.
fn encode(
    classifier: &mut Classifier<'_>,
    document: &Document,
    params: &LabelParams,
    encoder: &Encoder,
    out: &mut Vec<u8>,
) -> usize {
    classifier.label_each(document, params, |classifier, view| {
        let said = |task: usize| {
            let scores = classifier.latest();
            let lanes = classifier.lanes(task);
            (scores.given(task), scores.probabilities(lanes))
        };
        let withheld = classifier.latest().withheld();
        encoder.write(out, document, &view, withheld, said);
    })
}
