//! Real servers on this machine. They need root, and Debian's archive for the first run; without, they fail: a skipped
//! proof would look like a proof.

#![cfg(test)]

mod leftovers;
mod offline;
mod persistent;
mod servers;
