//! What belongs to a request, in the tasks that it spawns.

/// `work` under the id and the claim of the present request, for what is spawned and still belongs to it.
pub fn carry<F: Future>(work: F) -> impl Future<Output = F::Output> {
    crate::request_id::carry(crate::idempotency::carry(work))
}
