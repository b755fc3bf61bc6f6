//! What is on the host of a pool.

use std::collections::BTreeMap;

use converge::file::{FilesPlan, plan_files};
use converge::{ObserveError, Own, Reason, Wanted};
use hostd::{Host, HostError, Unit};
use names::{Digest, PoolName};
use php_spec::PoolSpec;

use crate::render::{Rendered, render};

/// Everything that a plan about a pool needs.
#[derive(Debug)]
pub struct Observed {
    /// The wanted files; none where the pool has to go.
    pub(crate) rendered: Option<Rendered>,
    pub(crate) files: FilesPlan,
    /// The pool that is looked at: the wanted one, or the one that has to go.
    pub(crate) subject: Option<PoolName>,
    /// systemd has read the unit files as they are wanted.
    pub(crate) units_loaded: bool,
    /// The socket listens.
    pub(crate) listens: bool,
    /// A master runs that read something else than what is wanted, or that should not run.
    pub(crate) stale_master: bool,
}

impl Observed {
    /// Stands for unit files that are gone.
    pub(crate) fn gone() -> Digest {
        Digest::of("")
    }

    /// The digest of both unit files.
    pub(crate) fn units_digest(rendered: &Rendered) -> Digest {
        Digest::of_parts([rendered.socket.content.as_bytes(), rendered.service.content.as_bytes()])
    }

    /// The digest of all that a starting master reads.
    pub(crate) fn inputs_digest(rendered: &Rendered) -> Digest {
        Digest::of_parts([rendered.conf.content.as_bytes(), rendered.service.content.as_bytes()])
    }
}

/// Under which name the ledger keeps the digest of the loaded unit files.
pub(crate) fn units_key(pool: &PoolName) -> String {
    format!("{}+socket", Unit::PhpPoolService(pool.clone()))
}

/// Under which name the ledger keeps the digest of what the master loaded.
pub(crate) fn master_key(pool: &PoolName) -> String {
    Unit::PhpPoolService(pool.clone()).name()
}

fn failed(error: &HostError) -> ObserveError {
    ObserveError::Failed(error.chain())
}

/// Whether units are up, by name; asked as seldom as possible.
pub(crate) trait Up {
    /// The unit is active.
    fn up(&self, host: &Host, unit: &Unit) -> Result<bool, HostError>;
}

/// Reads the host for one pool.
pub(crate) fn observe(
    host: &Host,
    want: &Wanted<PoolSpec>,
    last: Option<&PoolSpec>,
    own: &Own,
    units: &impl Up,
) -> Result<Observed, ObserveError> {
    if let Some(spec) = want.present() {
        check(host, spec)?;
    }
    let rendered = want.present().map(|spec| render(host, spec));
    let wanted = rendered.as_ref().map(Rendered::files).unwrap_or_default();
    let mut seen = BTreeMap::new();
    for path in wanted.iter().map(|f| &f.path).chain(own.claims.keys()) {
        if !seen.contains_key(path) {
            seen.insert(path.clone(), host.files().observe(path).map_err(|e| failed(&e))?);
        }
    }
    let files = plan_files(&wanted, &seen, own);
    let subject = want.present().or(last).map(|spec| spec.name.clone());
    let mut observed =
        Observed { rendered, files, subject, units_loaded: true, listens: false, stale_master: false };
    let Some(pool) = observed.subject.clone() else { return Ok(observed) };
    let up = |unit| units.up(host, &unit).map_err(|e| failed(&e));
    let loaded = |key: &str| own.loaded.get(key).copied();
    observed.listens = up(Unit::PhpPoolSocket(pool.clone()))?;
    if let Some(rendered) = &observed.rendered {
        observed.units_loaded = loaded(&units_key(&pool)) == Some(Observed::units_digest(rendered));
        let current = loaded(&master_key(&pool)) == Some(Observed::inputs_digest(rendered));
        let unwanted = want.present().is_some_and(|spec| spec.suspended);
        observed.stale_master = (!current || unwanted) && up(Unit::PhpPoolService(pool))?;
    } else {
        observed.units_loaded = loaded(&units_key(&pool)).is_none_or(|digest| digest == Observed::gone());
        observed.stale_master = up(Unit::PhpPoolService(pool))?;
    }
    Ok(observed)
}

/// The spec agrees with itself, the version is installed, and the account is there.
fn check(host: &Host, spec: &PoolSpec) -> Result<(), ObserveError> {
    let refuse = |field: &str, reason: String| Err(ObserveError::Refused { field: field.to_owned(), reason });
    if *spec.name.account() != spec.account || spec.name.version() != spec.version {
        return refuse(
            "name",
            format!("{} is not account {} with PHP {}", spec.name, spec.account, spec.version),
        );
    }
    if !(1..=500).contains(&spec.max_children) {
        return refuse("max_children", "must be 1 to 500".to_owned());
    }
    if !host.has_php(spec.version).map_err(|e| failed(&e))? {
        let message = format!("PHP {} is not installed on this server", spec.version);
        return Err(ObserveError::Because(Reason::PhpVersionMissing, message));
    }
    let users = host.users().map_err(|e| failed(&e))?;
    match users.user(spec.account.as_str()) {
        Some(user) if host.is_account(user.uid).map_err(|e| failed(&e))? => Ok(()),
        Some(_) => refuse("account", format!("user {} is not an account of Holdfast", spec.account)),
        None => Err(ObserveError::WaitsFor(format!("account {}", spec.account))),
    }
}

#[cfg(test)]
mod tests;
