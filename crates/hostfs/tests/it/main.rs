//! The promises that need a hostile second party, or a process that gives up its rights.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod confine;
mod race;
