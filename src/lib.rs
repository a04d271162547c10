//! Labels every paragraph of an article on US–China relations by topic and tone, and can say
//! exactly why; and trains, measures and explains such models on rows of your own.
//!
//! ```text
//!  files, folders, stdin                       labelled rows
//!        │ ingest                                    │ ingest, train::rows
//!        ▼                                           ▼
//!    Document ──paragraphs──▶ Paragraph             Row
//!                                 │ text              │ text
//!                                 ▼                   ▼
//!                               terms            TermCounts
//!                                 │ features          │ features, train (options, folds,
//!                                 ▼                   ▼                  solver, thresholds)
//!                            TF-IDF row ◀───────── Model ──▶ model file
//!                                 │ predict           ▲
//!                                 ▼                   │ train::benchmark, evaluate
//!                            Prediction ──────▶ figures with intervals
//!                                 │ output
//!                                 ▼
//!                       table · JSONL · CSV
//! ```
//!
//! In the order of the data: [`ingest`], [`paragraphs`], [`text`], [`features`], [`model`],
//! [`evaluate`], [`predict`], [`train`], [`quantify`], [`output`], [`cli`]. A layer imports only from earlier ones.
//!
//! # Example
//! ```
//! use demarche::{Row, TrainParams, Trainer};
//!
//! let rows: Vec<Row> = (0..30)
//!     .flat_map(|i| {
//!         [
//!             Row::new(format!("Beijing hit back at round {i} of the tariffs"))
//!                 .single("tone", "confrontational")
//!                 .multi("topics", ["trade"]),
//!             Row::new(format!("Envoys agreed to meet again after session {i}"))
//!                 .single("tone", "conciliatory")
//!                 .multi("topics", [""; 0]),
//!         ]
//!     })
//!     .collect();
//! let model = Trainer::new(TrainParams::default()).fit(&rows)?.model;
//!
//! let prediction = model.classify("Another round of tariffs, and Beijing hit back");
//! assert_eq!(prediction.label("tone"), Some("confrontational"));
//! assert_eq!(prediction.labels("topics"), ["trade"]);
//! # Ok::<(), demarche::Error>(())
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod cli;
pub mod error;
pub mod evaluate;
pub mod features;
pub mod ingest;
pub mod model;
pub mod output;
pub mod paragraphs;
pub mod predict;
pub mod quantify;
pub mod text;
pub mod train;

pub use error::{Error, ErrorKind, Place, Result};
pub use model::Model;
pub use predict::Prediction;
pub use train::{Row, TrainParams, Trainer};

#[cfg(all(doctest, feature = "shipped-model"))]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
