use std::time::Duration;

use account_spec::{AccountSpec, Limits};
use converge::methods::{DriftAction, RunDriftAction};
use converge::{Apply, Refusal, Wanted};
use names::{Generation, Uid};

use super::*;
use crate::agent::Agent;
use crate::server::decide;

const ACCOUNT: &str = "01990000-0000-7000-8000-000000000001";

fn alice() -> AccountSpec {
    AccountSpec {
        name: "alice".parse().unwrap(),
        uid: Uid::new(20_001).unwrap(),
        sftp_password: None,
        ssh_keys: vec![
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEHGzCLJUVTRIg31WS9AW3tUnLkvmPNBBNc1AU0oynCx alice"
                .parse()
                .unwrap(),
        ],
        suspended: false,
        limits: Limits::default(),
    }
}

fn ask(agent: &Agent, generation: u64, spec: Wanted<AccountSpec>) -> Result<Report, Refusal> {
    let generation = Generation::new(generation).unwrap();
    let cause = Cause { actor: "anna".to_owned(), request_id: format!("r{generation}") };
    agent.accounts.apply(Apply { cause, ..Apply::new(ACCOUNT.parse().unwrap(), generation, spec) })
}

fn all(agent: &Agent) -> Vec<HostChange> {
    agent.changes.list(&ListChanges { limit: MAX_CHANGES, ..ListChanges::default() }).unwrap().changes
}

/// A file of the account whose content is compared.
fn keys(agent: &Agent) -> String {
    let made = all(agent).pop().unwrap();
    let full = agent.changes.get(&GetChange { seq: made.seq }).unwrap().unwrap();
    full.steps.into_iter().find_map(|step| step.path.filter(|_| step.diff.is_some())).unwrap()
}

#[test]
fn what_was_asked_for_put_back_and_done_by_hand_is_told_apart() {
    let host = Arc::new(Host::for_test().unwrap());
    let agent = Agent::new(Arc::clone(&host));
    let pass = || {
        host.fake_clock().unwrap().advance(Duration::from_mins(1));
        agent.world.sweep(&|| false, |_| {}).unwrap();
    };
    ask(&agent, 1, Wanted::Present(alice())).unwrap();
    ask(&agent, 1, Wanted::Present(alice())).unwrap();
    pass();
    let made = all(&agent);
    assert_eq!(made.len(), 1, "what changes nothing is no change: {made:#?}");
    assert_eq!((made[0].by, made[0].cause.actor.as_str(), made[0].taken), (By::Panel, "anna", made[0].of));

    let file = keys(&agent);
    let _ = host.files().remove(&file).unwrap();
    pass();
    assert_eq!(all(&agent)[0].by, By::Agent, "a file that was missing");
    assert_eq!(all(&agent)[0].cause, Cause::default());

    host.files().write(&file, b"by hand\n", 0o644, (0, 0)).unwrap();
    pass();
    pass();
    let edits: Vec<_> = all(&agent).into_iter().filter(|change| change.by == By::Outside).collect();
    assert_eq!(edits.len(), 1, "an edit is told once: {edits:#?}");
    assert_eq!(edits[0].steps[0].path.as_deref(), Some(file.as_str()));
    let full = agent.changes.get(&GetChange { seq: edits[0].seq }).unwrap().unwrap();
    assert!(full.steps[0].diff.as_deref().unwrap().contains("+by hand"), "{full:#?}");

    let decision = RunDriftAction {
        object: Object { kind: "account".to_owned(), scope: ACCOUNT.to_owned() },
        action: DriftAction::Revert,
        foreign: None,
        path: None,
        until: None,
        reason: None,
        cause: Cause { actor: "otto".to_owned(), request_id: "r9".to_owned() },
    };
    decide(&agent, &decision).unwrap();
    let reverted = &all(&agent)[0];
    assert_eq!((reverted.by, reverted.cause.actor.as_str()), (By::Panel, "otto"));

    ask(&agent, 2, Wanted::Absent).unwrap();
    assert!(all(&agent)[0].absent);
    let numbers: Vec<u64> = all(&agent).iter().map(|change| change.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).rev().collect::<Vec<_>>());
}

fn change(seq: u64, kind: &str) -> HostChange {
    HostChange {
        seq,
        at: i64::try_from(seq).unwrap() * 1_000,
        object: Object { kind: kind.to_owned(), scope: format!("{seq}") },
        by: By::Panel,
        cause: Cause { actor: "anna".to_owned(), request_id: String::new() },
        generation: Generation::new(1).unwrap(),
        absent: false,
        edited_at: None,
        impact: Impact::None,
        steps: (0..8)
            .map(|n| PlannedStep {
                code: "file.write".to_owned(),
                summary: format!("write /etc/{seq}/{n}"),
                impact: Impact::None,
                path: Some(format!("/etc/{seq}/{n}")),
                diff: Some("+line\n".repeat(2_000)),
                unknown: None,
            })
            .collect(),
        of: 8,
        taken: 8,
        status: converge::Status::ready(),
    }
}

#[test]
fn pages_and_filters_find_what_is_kept_over_rotation_and_restart() {
    let host = Arc::new(Host::for_test().unwrap());
    let mut changes = Changes::new(Arc::clone(&host));
    for seq in 1..=100 {
        if seq % 30 == 0 {
            changes = Changes::new(Arc::clone(&host));
        }
        changes.note(change(seq, if seq % 2 == 0 { "site" } else { "account" }));
    }
    assert!(host.files().stat(&format!("{CHANGES}.2")).unwrap().is_some(), "it was rotated twice at least");
    let list = |ask: ListChanges| -> Vec<u64> {
        let page = changes.list(&ask).unwrap();
        assert!(serde_json::json!(page).to_string().len() < wire::MAX_FRAME / 2);
        page.changes.iter().map(|change| change.seq).collect()
    };
    let some = ListChanges { limit: 3, ..ListChanges::default() };
    assert_eq!(list(some.clone()), [100, 99, 98]);
    assert_eq!(list(ListChanges { before: Some(98), ..some.clone() }), [97, 96, 95]);
    assert_eq!(list(ListChanges { kind: Some("account".to_owned()), ..some.clone() }), [99, 97, 95]);
    assert_eq!(list(ListChanges { scope: Some("7".to_owned()), ..some.clone() }), [7]);
    assert_eq!(list(ListChanges { path: Some("/etc/42/7".to_owned()), ..some.clone() }), [42]);
    assert_eq!(list(ListChanges { by: Some(By::Outside), ..some.clone() }), [0; 0]);
    assert_eq!(list(ListChanges { since: Some(99_000), ..some.clone() }), [100, 99]);
    assert_eq!(list(ListChanges { until: Some(3_000), ..some }), [2, 1]);
    assert_eq!(list(ListChanges { limit: u32::MAX, ..ListChanges::default() }).len(), 100);
    assert!(changes.get(&GetChange { seq: 101 }).unwrap().is_none());
}

#[test]
fn what_is_kept_of_a_change_fits_into_a_frame() {
    let host = Arc::new(Host::for_test().unwrap());
    let changes = Changes::new(Arc::clone(&host));
    let mut huge = change(1, "site");
    for step in &mut huge.steps {
        step.diff = Some("+\u{1}ä\n".repeat(100_000));
    }
    changes.note(huge);
    let kept = changes.get(&GetChange { seq: 1 }).unwrap().unwrap();
    assert!(serde_json::json!(kept).to_string().len() < wire::MAX_FRAME);
    assert!(kept.steps[0].diff.as_deref().unwrap().ends_with("too long to be kept\n"));
}

#[test]
fn a_line_that_was_cut_off_is_passed_over_and_its_number_not_given_twice() {
    let host = Arc::new(Host::for_test().unwrap());
    Changes::new(Arc::clone(&host)).note(change(1, "site"));
    Changes::new(Arc::clone(&host)).note(change(2, "site"));
    host.files().append_log(CHANGES, b"{\"seq\":3,\"at", 0o600, (0, 0)).unwrap();
    let changes = Changes::new(Arc::clone(&host));
    changes.note(change(0, "site"));
    changes.note(change(0, "site"));
    let numbers: Vec<u64> = changes
        .list(&ListChanges { limit: 9, ..ListChanges::default() })
        .unwrap()
        .changes
        .iter()
        .map(|change| change.seq)
        .collect();
    assert_eq!(numbers, [4, 3, 2, 1]);
}

#[test]
fn a_change_that_cannot_be_noted_is_made_all_the_same() {
    let host = Arc::new(Host::for_test().unwrap());
    let agent = Agent::new(Arc::clone(&host));
    host.fail_on("changes.jsonl", "on purpose");
    let report = ask(&agent, 1, Wanted::Present(alice())).unwrap();
    assert_eq!(report.status, converge::Status::ready());
}
