//! Fits models.

pub mod solver;
