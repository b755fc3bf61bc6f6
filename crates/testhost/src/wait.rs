//! Waiting for a condition, never for a time.

use std::thread;
use std::time::{Duration, Instant};

use crate::Error;

const PAUSE: Duration = Duration::from_millis(20);

/// Asks again and again until `look` gives a value, and returns it.
///
/// `what` says what is waited for, for the error.
///
/// # Errors
/// [`Error::TooLate`] when `limit` has passed; it carries the last failure of `look`. A failing `look` is asked again:
/// while a server starts, failures are what is expected.
pub fn wait_for<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Result<Option<T>, Error>,
) -> Result<T, Error> {
    let end = Instant::now() + limit;
    loop {
        let detail = match look() {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => String::new(),
            Err(error) => error.to_string(),
        };
        if Instant::now() >= end {
            return Err(Error::TooLate { doing: what.to_owned(), limit, detail });
        }
        thread::sleep(PAUSE);
    }
}
