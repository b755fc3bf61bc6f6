//! Typed calls between Holdfast's processes over unix sockets.
//!
//! The wire format is Varlink's: JSON objects, each ended by a NUL byte, so that `varlinkctl` and any ten-line
//! script can speak to a service. A request type *is* a procedure ([`Method`]); there is no interface compiler and no
//! macro. Descriptors cross the socket beside a frame.
//!
//! Guarantees of the listening side (feature `server`): the peer's uid is checked before one byte is read, frames and
//! descriptors are bounded, every call has a deadline, a panic in a handler ends that call alone.
//! The calling side is in feature `client`. Without features the crate has no I/O and serves the spec crates.

#[cfg(feature = "client")]
mod client;
#[cfg(any(feature = "server", feature = "client"))]
mod descriptors;
#[cfg(any(feature = "server", feature = "client"))]
mod envelope;
mod error;
#[cfg(any(feature = "server", feature = "client"))]
mod frame;
#[cfg(feature = "fuzz")]
pub mod fuzz;
#[cfg(feature = "golden")]
pub mod golden;
mod hello;
mod method;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
pub mod systemd;

#[cfg(feature = "client")]
pub use client::{Answer, BlockingClient, Client, Peer};
pub use error::{Refusal, WireError, names};
pub use hello::{Hello, HelloReply};
pub use method::{Access, Method};
#[cfg(feature = "server")]
pub use server::{AllowedPeers, Call, Caller, Limits, Router, serve};
#[cfg(feature = "server")]
pub use tokio_util::sync::CancellationToken;

/// The largest frame in bytes, its NUL not counted.
pub const MAX_FRAME: usize = 1024 * 1024;

/// The most descriptors that may cross with one frame.
pub const MAX_FDS: usize = 4;
