//! Reads, labels and writes at the same time, in the order of the input.
//!
//! Owns [`Pipeline`]. One thread reads the input in loads (a block of JSONL lines, some records), any number
//! of workers parse, label and encode a load each, and the calling thread writes what they made in the
//! order of the loads. Queues are bounded, so memory does not grow with the input. What comes out depends on the
//! input alone: neither the threads nor the loads show.

use super::screen::{Screen, stdout_error};
use crate::error::Result;
use crate::ingest::{Counts, Document, Documents, Ledger, Load, Problem};
use crate::model::Model;
use crate::output::DocumentWriter;
use crate::output::jsonl::Encoder;
use crate::predict::{Classifier, LabelParams, LabelledDocument};
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
    /// How documents are labelled.
    pub params: LabelParams,
    /// How many workers label.
    pub threads: usize,
    /// Where problems are told.
    pub screen: &'s Screen,
}

/// What became of a load.
struct Labelled {
    output: Output,
    /// What is wrong with it, and warnings; which of them are told is for the order to decide.
    problems: Vec<Problem>,
    /// Its documents, counted.
    counted: Ledger,
    /// How many paragraphs its last document has: a part that follows counts on from there.
    last_paragraphs: usize,
}

enum Output {
    /// Bytes of the output's format.
    Encoded(Vec<u8>),
    /// Documents that the writer must see.
    Documents(Vec<LabelledDocument>),
}

/// What a worker has.
struct Worker {
    classifier: Classifier<'static>,
    params: LabelParams,
    encoder: Option<Encoder>,
}

/// A load, and where its labels go.
type Job = (Load, SyncSender<Labelled>);

impl Pipeline<'_> {
    /// Labels everything and writes it with `writer`; gives what was read.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn run(self, writer: &mut dyn DocumentWriter) -> Result<Counts> {
        let mut tail = Tail {
            ledger: Ledger::default(),
            next_paragraph: 0,
            screen: self.screen,
            writer,
        };
        let bytes_read = self.documents.bytes_read();
        let done = || bytes_read.load(Ordering::Relaxed);
        let worker = || Worker {
            classifier: self.model.classifier(),
            params: self.params.clone(),
            encoder: tail.writer.encoder().cloned(),
        };
        if self.threads <= 1 {
            let (mut documents, mut worker) = (self.documents, worker());
            while let Some(load) = documents.next_load(LOAD_BYTES) {
                tail.take(worker.label(load))?;
                self.screen.at(done());
            }
        } else {
            let workers = (0..self.threads).map(|_| worker()).collect();
            for labelled in spawn(self.documents, workers) {
                // A worker that has gone has said why on standard error.
                let labelled = labelled.recv().expect("a worker answers every load");
                tail.take(labelled)?;
                self.screen.at(done());
            }
        }
        tail.writer.finish().map_err(stdout_error)?;
        Ok(tail.ledger.counts())
    }
}

/// Starts the reader and the workers; gives the answers in the order of the input. Nobody waits for the
/// threads: when the output is closed the program may end, though a pipe that is read never does.
fn spawn(mut documents: Documents, workers: Vec<Worker>) -> Receiver<Receiver<Labelled>> {
    let (jobs, taken) = sync_channel::<Job>(workers.len());
    let (answers, in_order) = sync_channel(2 * workers.len());
    let taken = Arc::new(Mutex::new(taken));
    for mut worker in workers {
        let taken = Arc::clone(&taken);
        std::thread::spawn(move || {
            loop {
                let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok((load, answer)) = next else { break };
                // Nobody waits for the answer once the output is closed.
                let _ = answer.send(worker.label(load));
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

impl Worker {
    fn label(&mut self, load: Load) -> Labelled {
        let later_part = |r: &std::result::Result<Document, Problem>| {
            r.as_ref()
                .is_ok_and(|document| document.continues.is_some())
        };
        // Later parts of a text are numbered by what was made of the earlier ones.
        let is_alone = match &load {
            Load::Lines(_) => true,
            Load::Records(records) => !records.iter().any(later_part),
        };
        let encoder = self.encoder.as_ref().filter(|_| is_alone);
        let mut labelled = Labelled {
            output: match encoder {
                Some(_) => Output::Encoded(Vec::with_capacity(2 * LOAD_BYTES)),
                None => Output::Documents(Vec::new()),
            },
            problems: Vec::new(),
            counted: Ledger::default(),
            last_paragraphs: 0,
        };
        let (classifier, params) = (&mut self.classifier, &self.params);
        load.for_each(|record| {
            let document = match record {
                Ok(document) => document,
                Err(problem) => return labelled.problems.push(problem),
            };
            labelled.counted.count(&document);
            Ledger::remarks(&document, |problem| labelled.problems.push(problem));
            match (&mut labelled.output, encoder) {
                (Output::Encoded(out), Some(encoder)) => {
                    labelled.last_paragraphs = encode(classifier, &document, params, encoder, out);
                }
                (Output::Documents(documents), _) => {
                    documents.push(classifier.label(document, params));
                }
                (Output::Encoded(_), None) => unreachable!("only an encoder encodes"),
            }
        });
        labelled
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

/// The end of the pipeline, where the order of the input is.
struct Tail<'w> {
    ledger: Ledger,
    next_paragraph: usize,
    screen: &'w Screen,
    writer: &'w mut dyn DocumentWriter,
}

impl Tail<'_> {
    fn take(&mut self, labelled: Labelled) -> Result<()> {
        for problem in &labelled.problems {
            if self.ledger.admits(problem) {
                self.screen.problem(problem);
            }
        }
        self.ledger.add_documents(&labelled.counted);
        match labelled.output {
            Output::Encoded(bytes) => {
                self.next_paragraph = labelled.last_paragraphs;
                self.writer.write_encoded(&bytes).map_err(stdout_error)?;
            }
            Output::Documents(documents) => {
                for mut document in documents {
                    match document.document.continues {
                        Some(_) => document.renumber(self.next_paragraph),
                        None => self.next_paragraph = 0,
                    }
                    self.next_paragraph += document.n_paragraphs;
                    self.writer.write(&document).map_err(stdout_error)?;
                }
            }
        }
        Ok(())
    }
}
