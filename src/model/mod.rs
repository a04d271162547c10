//! What is fitted and saved.
//!
//! Owns [`Task`] and [`Form`]: what a model decides, and among which labels.

pub mod task;

pub use task::{Form, ParseFormError, Task};
