//! Labels every paragraph of an article on US–China relations by topic and tone.
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
pub mod text;
pub mod train;

pub use error::{Error, ErrorKind, Place, Result};
pub use model::Model;
pub use predict::Prediction;
pub use train::{Row, TrainParams, Trainer};
