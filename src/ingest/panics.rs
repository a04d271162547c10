//! Panics of the crates that read a format: at some damaged files they come to one, which is an error like any other here.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Keeps panics that are caught where a format is read, and told of as damage to a file, from the hook that is set now. Other
/// panics come to it as before.
pub fn hide_caught_panics() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !CAUGHT.get() {
            others(panic);
        }
    }));
}

/// What `read` gives.
///
/// # Errors
/// What the panic said, where it comes to one.
pub(super) fn caught<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    let said = |panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied());
        text.unwrap_or("unreadable").to_owned()
    };
    let before = CAUGHT.replace(true);
    let given = catch_unwind(AssertUnwindSafe(read));
    CAUGHT.set(before);
    given.map_err(said)
}
