//! What a feature says of one kind of its jobs.

use std::future::Future;
use std::pin::Pin;

use crate::work::{Stop, Work};

/// A future in a box, as a trait object needs it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A kind of job.
///
/// [`Kind::run`] may be dropped at any await and begun anew in another process, with all that was written down. It looks first what the host
/// really did, and goes on from there.
pub trait Kind: Send + Sync + 'static {
    /// The stored word, such as `role.install`.
    fn name(&self) -> &'static str;

    /// The names of its steps, in order.
    fn steps(&self) -> &'static [&'static str];

    /// How many of this kind run at once.
    fn parallel(&self) -> usize {
        1
    }

    /// Does it.
    fn run<'a>(&'a self, work: &'a mut Work) -> BoxFuture<'a, Result<(), Stop>>;
}
