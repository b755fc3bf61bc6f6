//! What tests of several crates share. Nothing here is part of a program that is shipped.

pub mod hostile;
