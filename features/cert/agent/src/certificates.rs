//! The kind `certificate`.

use cert_spec::CertificateSpec;
use converge::{Done, Edit, FileStep, ObserveError, Own, Reason, Reconcile, Settled, StepError, Wanted};
use hostd::{Host, HostError};
use names::{CertificateId, Digest};

use crate::layout;
use crate::observe::{self, Observed};
use crate::step::{Install, Step};
use crate::store;

#[cfg(test)]
mod tests;

/// Makes certificates so.
#[derive(Debug, Default)]
pub struct Certificates;

impl Reconcile for Certificates {
    type Host = Host;
    type Spec = CertificateSpec;
    type Observed = Observed;
    type Step = Step;

    fn observe(
        &self,
        host: &Host,
        certificate: &CertificateId,
        want: &Wanted<CertificateSpec>,
        _: Option<&CertificateSpec>,
        own: &Own,
    ) -> Result<Observed, ObserveError> {
        observe::observe(host, *certificate, want, own)
    }

    fn plan(&self, _: &Wanted<CertificateSpec>, seen: &Observed) -> Vec<Step> {
        seen.steps.clone()
    }

    fn edits(&self, seen: &Observed) -> Vec<Edit> {
        seen.edits.clone()
    }

    fn settled(&self, _: &Wanted<CertificateSpec>, seen: &Observed) -> Option<Settled> {
        Some(Settled::files(seen.file.as_slice()))
    }

    fn claim(&self, step: &Step) -> Option<(String, Digest)> {
        match step {
            Step::Install(install) => match &install.ready {
                Some(ready) => ready.write.claim(),
                None => install.meanwhile.as_ref().and_then(FileStep::claim),
            },
            Step::SelfSign { write: step, .. } | Step::File(step) => step.claim(),
            _ => None,
        }
    }

    fn apply(&self, host: &Host, step: &Step) -> Result<Done, StepError> {
        if let Step::Install(install) = step {
            return put(host, install).map(|()| Done::default());
        }
        take(host, step)?;
        Ok(Done::default())
    }
}

/// The key is noted before the file is written, and what waited goes last: at no moment is a key in one place alone that a crash may
/// leave half done.
fn put(host: &Host, install: &Install) -> Result<(), StepError> {
    let Install { certificate, ready, meanwhile, .. } = install;
    let Some(ready) = ready else {
        if let Some(write) = meanwhile {
            host.files().take(write)?;
        }
        return Err(StepError::degraded(Reason::ConfigRefused, "the key is not on this server"));
    };
    if let Some(key) = &ready.keep {
        store::keep(host, *certificate, &key.0)?;
    }
    host.files().take(&ready.write)?;
    store::forget(host, *certificate, &ready.forget)?;
    Ok(())
}

fn take(host: &Host, step: &Step) -> Result<(), HostError> {
    match step {
        Step::Directory(directory) => {
            host.files().ensure_dir(&directory.path, directory.mode, directory.owner).map(drop)
        }
        // the kind takes this one itself: it may be refused
        Step::Install(_) => Ok(()),
        Step::SelfSign { write: step, .. } | Step::File(step) => host.files().take(step),
        Step::KeepKey { certificate, key } => store::keep(host, *certificate, &key.0),
        Step::ForgetKeys { certificate, keys } => store::forget(host, *certificate, keys),
        Step::ForgetUsed(certificate) => host.files().remove(&layout::used(*certificate)).map(drop),
        Step::RemoveKeys(certificate) => host.files().remove_tree(&layout::keys(*certificate)).map(drop),
    }
}
