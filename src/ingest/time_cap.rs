//! What bounds the time that one document may take.
//!
//! The library has no clock of its own: whoever sets a bound brings one. Loops that a document can make long, in reading it and in
//! labelling it, look at it now and then.

use std::time::Duration;

/// The longest that reading one document may take, and again that labelling it may, by a clock.
#[derive(Debug, Clone, Copy)]
pub struct TimeCap {
    /// How long.
    pub limit: Duration,
    /// The time that has passed since some moment that stays the same.
    pub clock: fn() -> Duration,
}

impl PartialEq for TimeCap {
    fn eq(&self, other: &Self) -> bool {
        self.limit == other.limit && std::ptr::fn_addr_eq(self.clock, other.clock)
    }
}

impl Eq for TimeCap {}

/// When the time of a document is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    cap: TimeCap,
    began: Duration,
}

impl Deadline {
    /// Begins now.
    pub fn begin(cap: TimeCap) -> Self {
        Deadline {
            cap,
            began: (cap.clock)(),
        }
    }

    /// The limit, where it has been passed.
    pub fn passed(self) -> Option<Duration> {
        let limit = self.cap.limit;
        ((self.cap.clock)().saturating_sub(self.began) > limit).then_some(limit)
    }
}
