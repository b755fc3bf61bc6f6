//! The crate against real Debian servers. They need root; without, they fail: a skipped proof would look like a proof.

#![cfg(test)]

mod e2e;
mod inside;
