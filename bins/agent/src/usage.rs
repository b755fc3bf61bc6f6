//! What an account takes on the disk. The account's worker counts, as the tenant; root opens nothing below a home.

use account_spec::{GetUsage, Usage};
use web_agent::WorkerCallError;
use web_spec::{GetSizes, Sizes};
use wire::Refusal;

use crate::agent::Agent;

/// The worker does not answer, or does not count.
const WORKER: &str = "holdfast.account1.WorkerUnreachable";

/// Asks the account's worker about the whole home.
pub(crate) fn get(agent: &Agent, ask: &GetUsage) -> Result<Usage, Refusal> {
    let counted = agent.workers.sizes(&agent.host, &ask.account, &GetSizes { below: None });
    let Sizes { bytes, entries, truncated } = counted.map_err(|error| refusal(&error))?;
    Ok(Usage { bytes, entries, truncated })
}

fn refusal(error: &WorkerCallError) -> Refusal {
    let name = match error {
        WorkerCallError::Busy { .. } => wire::names::BUSY,
        WorkerCallError::Failed { .. } => WORKER,
    };
    Refusal::new(name, error.to_string())
}
