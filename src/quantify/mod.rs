//! Estimates of what many documents hold: shares of labels and a tone index, over time.
//!
//! Owns the step from labelled paragraphs to figures of a whole collection ("quantification", Forman 2008): sums by
//! period that a stream of documents is added to, a bootstrap over articles that needs no document twice, the
//! correction for a model's own errors, and change points. docs/trends.md says what each figure is.
//!
//! | file | owns |
//! |---|---|
//! | `periods` | weeks, months and quarters |
//! | `poisson` | how often each draw takes an article |
//! | `measures` | what is measured, and the sums of a document |
//! | `tally` | the sums of many documents, as they are and in every draw |
//! | `errors` | a model's error rates: measured, drawn, and taken out |
//! | `estimate` | sums into figures with intervals |
//! | `change` | change points |
//! | `trends` | all of it over time |
//! | `contrast` | two sets against each other, and their words |

pub mod change;
pub mod contrast;
pub mod errors;
pub mod estimate;
pub mod measures;
pub mod periods;
mod poisson;
pub mod tally;
pub mod trends;

pub use change::{Change, ChangePoint, Segment};
pub use errors::{Confusion, ErrorRates, RatesFrom};
pub use estimate::{Estimate, Estimator};
pub use measures::{DocumentSums, Measure, Measures};
pub use periods::{By, Period};
pub use tally::Tally;
pub use trends::{Trends, TrendsParams, TrendsTally};
