//! Compares predictions with gold labels.
