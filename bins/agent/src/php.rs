//! The calls about PHP besides the holding of pools. A reset is noted in the journal before anything is done.

use hostd::HostError;
use php_agent::{ResetError, list_extensions, reset_opcache};
use php_spec::{Extensions, ListExtensions, OpcacheReset, RunOpcacheReset, errors};
use wire::Refusal;

use crate::agent::Agent;

/// Has a pool forget the scripts that it compiled.
pub(crate) fn reset(agent: &Agent, ask: &RunOpcacheReset) -> Result<OpcacheReset, Refusal> {
    agent.journal.opcache_reset(ask).map_err(|e| host_error(&e))?;
    reset_opcache(&agent.host, &*agent.ledger, ask).map_err(|error| match error {
        ResetError::NoSuchPool => Refusal::new(errors::NO_SUCH_POOL, error.to_string()),
        ResetError::Ledger(cause) => Refusal::new("holdfast.agent1.Ledger", cause.to_string()),
        ResetError::Host(cause) => host_error(&cause),
    })
}

/// What php-fpm of a version loads.
pub(crate) fn extensions(agent: &Agent, ask: &ListExtensions) -> Result<Extensions, Refusal> {
    list_extensions(&agent.host, ask).map_err(|e| host_error(&e))
}

fn host_error(error: &HostError) -> Refusal {
    Refusal::new("holdfast.agent1.Host", error.chain())
}
