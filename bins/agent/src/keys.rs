//! The calls about private keys: made here, handed over, given up. Noted in the journal before anything is done; the keys are not.

use cert_agent::KeyError;
use cert_spec::{DiscardKeys, ImportKey, KeyImported, KeyMade, KeysDiscarded, MakeKey, errors};
use hostd::HostError;
use names::CertificateId;
use wire::{Method, Refusal};

use crate::agent::Agent;

/// A key and a request for a certificate to come.
pub(crate) fn make(agent: &Agent, ask: &MakeKey) -> Result<KeyMade, Refusal> {
    note::<MakeKey>(agent, ask.certificate)?;
    agent.keys.make(&agent.host, ask).map_err(|e| refusal(&e))
}

/// The key of a certificate that an owner brings.
pub(crate) fn import(agent: &Agent, ask: &ImportKey) -> Result<KeyImported, Refusal> {
    note::<ImportKey>(agent, ask.certificate)?;
    agent.keys.import(&agent.host, ask).map_err(|e| refusal(&e))
}

/// Keys whose certificate will not come.
pub(crate) fn discard(agent: &Agent, ask: &DiscardKeys) -> Result<KeysDiscarded, Refusal> {
    note::<DiscardKeys>(agent, ask.certificate)?;
    agent.keys.discard(&agent.host, ask).map_err(|e| refusal(&e))
}

fn note<M: Method>(agent: &Agent, certificate: CertificateId) -> Result<(), Refusal> {
    agent.journal.keys(M::NAME, certificate).map_err(|e| host_error(&e))
}

fn refusal(error: &KeyError) -> Refusal {
    match error {
        KeyError::Refused(_) => Refusal::new(errors::REFUSED, error.to_string()),
        KeyError::BadKey(_) => Refusal::new(errors::BAD_KEY, error.to_string()),
        KeyError::Make(cause) => Refusal::internal(format!("{error}: {cause}")),
        KeyError::Host(error) => host_error(error),
    }
}

fn host_error(error: &HostError) -> Refusal {
    Refusal::new("holdfast.agent1.Host", error.chain())
}
