//! Limits of the disk: what the kernel holds, as the quota unit tells it, and what is to be done about it.
//!
//! The agent has not the capability that quotas ask for. It renders the wanted limits into root's own file and starts a fixed unit, which
//! sets them, reads them back, and writes what it saw (see `account_spec::QuotaList`).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use account_spec::{AccountSpec, Held, Limits, QUOTA_SEEN, QuotaKind, QuotaList, QuotaSeen};
use converge::{Condition, Reason, StepError};
use hostd::{Host, HostError, JobResult, Unit};
use names::Uid;

/// How old what was seen may be for a pass: one look answers for thousands of accounts of a sweep. Nobody but the unit sets limits.
pub(crate) const FOR_PASSES: Duration = Duration::from_mins(1);

/// How old it may be for whoever asks about usage.
pub const FOR_USAGE: Duration = Duration::from_secs(5);

/// When the kernel was asked, and what the unit saw.
type Known = Option<(Duration, Arc<QuotaList>)>;

/// What the kernel holds of all accounts. One look at a time.
#[derive(Debug, Default)]
pub struct Quotas {
    known: Mutex<Known>,
}

/// What is at the place of the home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HomeKind {
    /// Nothing.
    Missing,
    /// A subvolume of its own.
    Subvolume,
    /// A plain directory.
    Plain,
}

/// What the unit is to do about one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaWork {
    /// Make the home a subvolume, with these limits.
    Make(Limits),
    /// Hold these limits.
    Hold(Limits),
    /// Hold nothing.
    Clear,
}

impl Quotas {
    /// What the kernel holds; asked anew where what is known is older than this.
    pub fn list(&self, host: &Host, at_most: Duration) -> Result<Arc<QuotaList>, HostError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let now = host.elapsed();
        if let Some((at, list)) = known.as_ref()
            && now.saturating_sub(*at) <= at_most
        {
            return Ok(Arc::clone(list));
        }
        let done = host.systemd().start(&Unit::QuotaList)?;
        let list = told(host, "list")?.unwrap_or_default();
        if let Some(error) = &list.error {
            return Err(HostError::Quota { reason: error.clone() });
        }
        done.require_done("start", &Unit::QuotaList)?;
        let list = Arc::new(list);
        *known = Some((now, Arc::clone(&list)));
        Ok(list)
    }

    /// Has the unit bring about what the account's file says, and takes up what it saw then.
    pub(crate) fn set(&self, host: &Host, uid: Uid) -> Result<(), StepError> {
        let unit = Unit::Quota(uid);
        let held = |message: String| StepError {
            condition: Condition::Degraded,
            reason: Reason::StepFailed,
            message,
        };
        let done = host.systemd().start(&unit)?;
        let told = told(host, &uid.to_string())?;
        if done != JobResult::Done {
            host.systemd().reset_failed(&unit)?;
            let said = told.and_then(|list| list.error).unwrap_or_else(|| format!("{unit}: {done}"));
            return Err(held(format!("the limits of the disk could not be set: {said}")));
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match (known.as_mut(), told) {
            (Some((_, list)), Some(told)) => {
                let list = Arc::make_mut(list);
                (list.kind, list.lacking, list.filesystem) = (told.kind, told.lacking, told.filesystem);
                list.accounts.remove(&uid.get());
                list.accounts.extend(told.accounts);
            }
            _ => *known = None,
        }
        Ok(())
    }
}

/// What the unit wrote down; none where it never ran.
fn told(host: &Host, name: &str) -> Result<Option<QuotaList>, HostError> {
    let path = format!("{QUOTA_SEEN}/{name}.json");
    let Some(text) = host.files().read_text(&path)? else { return Ok(None) };
    let failed = |e: serde_json::Error| HostError::Quota { reason: format!("{path}: {e}") };
    serde_json::from_str(&text).map(Some).map_err(failed)
}

/// What has to be done for an account that is to be there.
pub(crate) fn plan_present(list: &QuotaList, spec: &AccountSpec, home: HomeKind) -> Option<QuotaWork> {
    let limits = spec.limits;
    let seen = list.accounts.get(&spec.uid.get()).copied().unwrap_or_default();
    let disk = limits.disk_bytes.map(|bytes| list.kind.as_kept(bytes));
    let differs = match (list.kind, home) {
        // nothing was seen: the step sets the limit, or says why it cannot be set
        _ if list.error.is_some() => limits.disk_bytes.is_some() || limits.inodes.is_some(),
        (QuotaKind::None, _) => false,
        (QuotaKind::User, _) => (seen.disk_bytes, seen.inodes) != (disk, limits.inodes),
        (_, HomeKind::Missing) => return Some(QuotaWork::Make(limits)),
        // a directory with the tenant's files in it is not turned into something else behind its back
        (_, HomeKind::Plain) => false,
        (QuotaKind::BtrfsOff, HomeKind::Subvolume) => disk.is_some(),
        (_, HomeKind::Subvolume) => !seen.counted || seen.disk_bytes != disk,
    };
    differs.then_some(QuotaWork::Hold(limits))
}

/// What has to be done for an account that is to be gone. `user` says that its Linux user is still there.
pub(crate) fn plan_absent(list: &QuotaList, uid: Uid, user: bool) -> Option<QuotaWork> {
    let seen = list.accounts.get(&uid.get());
    let held = match list.kind {
        QuotaKind::None | QuotaKind::BtrfsOff => false,
        // without its file the account is in no list, so that it is cleared once, before the user goes
        QuotaKind::User => user && seen.is_none_or(|seen| seen.disk_bytes.is_some() || seen.inodes.is_some()),
        QuotaKind::BtrfsSimple | QuotaKind::BtrfsFull => seen.is_some(),
    };
    held.then_some(QuotaWork::Clear)
}

/// Which limits this server can hold for an account whose home is this, and why not the others.
pub fn held(list: &QuotaList, home: HomeKind, path: &str, seen: Option<&QuotaSeen>) -> Held {
    let of = |disk, inodes, note: Option<&str>| Held { disk, inodes, note: note.map(str::to_owned) };
    match (list.kind, home) {
        (QuotaKind::None, _) => of(
            false,
            false,
            Some(list.lacking.as_deref().unwrap_or("the file system of the homes has no quotas")),
        ),
        (QuotaKind::User, _) => of(true, true, None),
        (_, HomeKind::Plain) => {
            let note = format!(
                "{path} is a plain directory and no subvolume, so that btrfs cannot limit it; docs/guide/limits.md says how to turn it into one"
            );
            of(false, false, Some(&note))
        }
        (QuotaKind::BtrfsOff, _) => of(true, false, Some("files are not limited: btrfs does not count them")),
        (_, HomeKind::Missing | HomeKind::Subvolume) => of(
            seen.is_some_and(|seen| seen.counted),
            false,
            Some("files are not limited: btrfs does not count them"),
        ),
    }
}

#[cfg(test)]
mod tests;
