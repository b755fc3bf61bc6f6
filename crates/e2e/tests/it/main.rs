//! Holdfast on real Debian servers. They need root; without, they fail: a skipped proof would look like a proof.

#![cfg(test)]
