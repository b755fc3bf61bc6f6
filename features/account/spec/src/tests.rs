//! What crosses the wire, as files.

use converge::{Apply, Condition, Plan, Reason, Refusal, Report, Spec, Status, Wanted};
use names::{CryptHash, Generation, Uid};
use wire::golden::Golden;

use crate::{
    AccountSpec, AccountUsage, GetUsage, Held, Limits, ListUids, ListUsage, Measured, UidNote, UidPage,
    Usage, UsagePage,
};

fn wish(generation: u64, spec: Wanted<AccountSpec>) -> Apply<AccountSpec> {
    Apply::new(
        "01990000-0000-7000-8000-000000000001".parse().unwrap(),
        Generation::new(generation).unwrap(),
        spec,
    )
}

fn alice() -> AccountSpec {
    AccountSpec {
        name: "alice".parse().unwrap(),
        uid: Uid::new(20_001).unwrap(),
        sftp_password: Some(
            CryptHash::parse(&format!("$6$rounds=10000$saltsalt${}", "a".repeat(86))).unwrap(),
        ),
        ssh_keys: vec![
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEHGzCLJUVTRIg31WS9AW3tUnLkvmPNBBNc1AU0oynCx alice"
                .parse()
                .unwrap(),
        ],
        suspended: false,
        limits: Limits::default(),
    }
}

fn report(wish: &Apply<AccountSpec>, status: Status) -> Report {
    Report {
        kind: AccountSpec::KIND.to_owned(),
        scope: wish.scope.to_string(),
        generation: wish.generation,
        digest: wish.digest,
        plan: Plan::default(),
        changed: true,
        taken: 1,
        status,
    }
}

#[test]
fn what_crosses_the_wire_is_as_the_golden_files_say() {
    let present = wish(1, Wanted::Present(alice()));
    let absent = wish(2, Wanted::Absent);
    let limits = Limits { disk_bytes: Some(10 << 30), inodes: Some(100_000), ..Limits::default() };
    let limited = wish(3, Wanted::Present(AccountSpec { limits, ..alice() }));
    let note = "files are not limited: btrfs does not count them";
    let by_quota = Usage {
        bytes: 4096,
        entries: None,
        truncated: false,
        measured_by: Measured::Quota,
        held: Held { disk: true, inodes: false, note: Some(note.to_owned()) },
    };
    let waiting = Status::not_ready(
        Condition::Degraded,
        Reason::Edited,
        "/etc/ssh/holdfast-keys/alice was edited by hand",
    );
    let stale =
        Refusal::GenerationStale { asked: Generation::new(1).unwrap(), held: Generation::new(2).unwrap() };
    let bounds = Refusal::OutOfBounds { field: "uid".to_owned(), reason: "is outside the range".to_owned() };
    Golden::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"))
        .method(&present, &report(&present, Status::ready()))
        .request("absent", &absent)
        .reply::<Apply<AccountSpec>>("edited", &report(&present, waiting))
        .error::<Apply<AccountSpec>>("stale", &stale.into())
        .error::<Apply<AccountSpec>>("bounds", &bounds.into())
        .method(
            &ListUids {},
            &UidPage {
                uids: vec![UidNote {
                    uid: Uid::new(20_001).unwrap(),
                    account: "01990000-0000-7000-8000-000000000001".parse().unwrap(),
                }],
            },
        )
        .method(
            &GetUsage { account: "alice".parse().unwrap() },
            &Usage { bytes: 4096, entries: Some(1), ..Usage::default() },
        )
        .request("limited", &limited)
        .reply::<GetUsage>("quota", &by_quota)
        .method(
            &ListUsage { after: None },
            &UsagePage {
                accounts: vec![
                    AccountUsage { account: present.scope, usage: Some(by_quota.clone()) },
                    AccountUsage { account: present.scope, usage: None },
                ],
                more: true,
            },
        )
        .check()
        .unwrap();
}
