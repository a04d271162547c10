//! How far long work is.
//!
//! Owns [`Step`], which training hands to a callback: it neither prints nor looks at a clock.

/// How far a stage of the work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is being done.
    pub what: String,
    /// Parts of it that are done.
    pub done: u64,
    /// Parts of it in all.
    pub total: u64,
}
