//! Whether the file system of the homes can hold limits of the disk, and counts what accounts take.

use account_agent::{FOR_USAGE, held, home_kind};
use account_spec::{AccountSpec, Held, Limits, QuotaKind, QuotaList};
use converge::LedgerStore;
use converge::methods::{Finding, Severity};

use super::{bad, ok};
use crate::agent::Agent;

const CODE: &str = "homes.quota";
const REMEDY: &str = "see docs/guide/limits.md; what accounts take is measured all the same";

/// An account that has a limit of the disk, and what the server can hold of it.
struct Limited {
    name: String,
    limits: Limits,
    held: Held,
}

pub(super) fn examine(agent: &Agent) -> Finding {
    let host = &agent.host;
    let homes = host.bounds().homes.clone();
    let list = match agent.quotas.list(host, FOR_USAGE) {
        Ok(list) => list,
        Err(error) => return bad(CODE, &homes, error.chain(), "look at `journalctl -u holdfast-quota-list`"),
    };
    let accounts = agent.ledger.list::<AccountSpec>().unwrap_or_default();
    let limited = accounts.iter().filter_map(|entry| entry.spec.present());
    let limited = limited.filter(|spec| spec.limits.disk_bytes.is_some() || spec.limits.inodes.is_some());
    let limited: Vec<_> = limited
        .filter_map(|spec| {
            let home = home_kind(host, &spec.name).ok()?;
            let seen = list.accounts.get(&spec.uid.get());
            let held = held(&list, home, &host.bounds().home(&spec.name), seen);
            Some(Limited { name: spec.name.to_string(), limits: spec.limits, held })
        })
        .collect();
    judge(&list, &homes, &limited)
}

/// What to say of accounts whose limit, of these that have one, is not held; none where all are.
fn not_held(what: &str, of: &[(&Limited, bool)]) -> Option<String> {
    let (first, _) = of.iter().find(|(_, held)| !held)?;
    let count = of.iter().filter(|(_, held)| !held).count();
    let why = first.held.note.as_deref().unwrap_or("the file system does not hold it");
    let (all, name) = (of.len(), &first.name);
    Some(format!("{count} of {all} limits of {what} cannot be held, the first is that of {name}: {why}"))
}

fn judge(list: &QuotaList, homes: &str, limited: &[Limited]) -> Finding {
    let warn = |message: String, remedy: &str| Finding {
        severity: Severity::Warning,
        ..bad(CODE, homes, message, remedy)
    };
    let disk: Vec<_> = limited.iter().filter(|one| one.limits.disk_bytes.is_some()).collect();
    let files = limited.iter().filter(|one| one.limits.inodes.is_some());
    let (of_disk, of_files): (Vec<_>, Vec<_>) = (
        disk.iter().map(|one| (*one, one.held.disk)).collect(),
        files.map(|one| (one, one.held.inodes)).collect(),
    );
    let words: Vec<_> =
        [not_held("disk space", &of_disk), not_held("files", &of_files)].into_iter().flatten().collect();
    if !words.is_empty() {
        return warn(words.join("; "), REMEDY);
    }
    let filesystem = &list.filesystem;
    match list.kind {
        QuotaKind::None => {
            let why = list.lacking.as_deref().unwrap_or("the file system has no quotas");
            ok(CODE, homes, format!("limits of disk space and files could not be held ({why}); usage is measured"))
        }
        QuotaKind::User => ok(CODE, homes, format!("{filesystem} with user quotas: space and files are held")),
        QuotaKind::BtrfsOff => ok(CODE, homes, "btrfs; the first limit of disk space turns its quotas on".to_owned()),
        QuotaKind::BtrfsSimple => {
            ok(CODE, homes, "btrfs with simple quotas: space is held; btrfs does not count files".to_owned())
        }
        QuotaKind::BtrfsFull if disk.is_empty() => {
            ok(CODE, homes, "btrfs with full qgroups; nothing is limited".to_owned())
        }
        QuotaKind::BtrfsFull => warn(
            "btrfs with full qgroups: space is held, but subvolumes that a tenant makes in its home are not counted".to_owned(),
            "from Linux 6.7 on: btrfs quota disable HOMES; btrfs quota enable --simple HOMES",
        ),
    }
}

#[cfg(test)]
mod tests;
