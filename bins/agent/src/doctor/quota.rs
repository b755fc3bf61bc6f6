//! Whether the file system of the homes can hold limits of the disk, and counts what accounts take.

use account_agent::{FOR_USAGE, held, home_kind};
use account_spec::{AccountSpec, QuotaKind};
use converge::LedgerStore;
use converge::methods::{Finding, Severity};

use super::{bad, ok};
use crate::agent::Agent;

const CODE: &str = "homes.quota";

pub(super) fn examine(agent: &Agent) -> Finding {
    let host = &agent.host;
    let homes = host.bounds().homes.clone();
    let warn = |message: String, remedy: &str| Finding {
        severity: Severity::Warning,
        ..bad(CODE, &homes, message, remedy)
    };
    let list = match agent.quotas.list(host, FOR_USAGE) {
        Ok(list) => list,
        Err(error) => return bad(CODE, &homes, error.chain(), "look at `journalctl -u holdfast-quota-list`"),
    };
    let accounts = agent.ledger.list::<AccountSpec>().unwrap_or_default();
    let limited = accounts.iter().filter_map(|entry| entry.spec.present());
    let limited: Vec<_> = limited.filter(|spec| spec.limits.disk_bytes.is_some()).collect();
    let not_held = limited.iter().filter_map(|spec| {
        let home = home_kind(host, &spec.name).ok()?;
        let seen = list.accounts.get(&spec.uid.get());
        let held = held(&list, home, &host.bounds().home(&spec.name), seen);
        (!held.disk).then(|| (spec.name.to_string(), held.note.unwrap_or_default()))
    });
    let not_held: Vec<_> = not_held.collect();
    let filesystem = &list.filesystem;
    if let Some((name, why)) = not_held.first() {
        let (count, all) = (not_held.len(), limited.len());
        let message = format!(
            "{count} of {all} limits of disk space cannot be held, the first is that of {name}: {why}"
        );
        return warn(message, "see docs/guide/limits.md; what accounts take is measured all the same");
    }
    match list.kind {
        QuotaKind::None => {
            let why = list.lacking.as_deref().unwrap_or("the file system has no quotas");
            ok(CODE, &homes, format!("limits of disk space could not be held ({why}); usage is measured"))
        }
        QuotaKind::User => ok(CODE, &homes, format!("{filesystem} with user quotas: space and files are held")),
        QuotaKind::BtrfsOff => ok(CODE, &homes, "btrfs; the first limit of disk space turns its quotas on".to_owned()),
        QuotaKind::BtrfsSimple => {
            ok(CODE, &homes, "btrfs with simple quotas: space is held; btrfs does not count files".to_owned())
        }
        QuotaKind::BtrfsFull if limited.is_empty() => {
            ok(CODE, &homes, "btrfs with full qgroups; nothing is limited".to_owned())
        }
        QuotaKind::BtrfsFull => warn(
            "btrfs with full qgroups: space is held, but subvolumes that a tenant makes in its home are not counted".to_owned(),
            "from Linux 6.7 on: btrfs quota disable HOMES; btrfs quota enable --simple HOMES",
        ),
    }
}
