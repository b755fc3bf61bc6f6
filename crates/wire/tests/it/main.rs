//! The service over a real socket: what it answers, and what it refuses while it keeps serving.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod calls;
mod ends;
mod hostile;
mod inherited;
mod refused_peers;
mod service;
