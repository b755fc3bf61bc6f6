//! What an account takes on the disk. The account's worker counts, as the tenant; root opens nothing below a home.

use account_spec::{GetUsage, Usage};
use hostd::Host;
use web_spec::{GetSizes, Sizes};
use wire::{BlockingClient, Method, Refusal};

/// The worker does not answer, or does not count.
const WORKER: &str = "holdfast.account1.WorkerUnreachable";

/// Asks the account's worker about the whole home.
pub(crate) fn get(host: &Host, ask: &GetUsage) -> Result<Usage, Refusal> {
    let failed =
        |error: wire::WireError| Refusal::new(WORKER, format!("the worker of {}: {error}", ask.account));
    let mut worker = BlockingClient::connect(host.worker_socket(&ask.account)).map_err(failed)?;
    let Sizes { bytes, entries, truncated } =
        worker.call(&GetSizes { below: None }, GetSizes::DEADLINE).map_err(failed)?;
    Ok(Usage { bytes, entries, truncated })
}
