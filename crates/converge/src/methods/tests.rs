//! What crosses the wire, as files.

use names::Generation;
use wire::golden::Golden;

use super::*;
use crate::condition::{Condition, Reason};
use crate::plan::{Impact, PlannedStep};

fn object() -> Object {
    Object { kind: "site".to_owned(), scope: "01990000-0000-7000-8000-000000000003".to_owned() }
}

fn report() -> Report {
    Report {
        kind: "site".to_owned(),
        scope: object().scope,
        generation: Generation::new(3).unwrap(),
        digest: Digest::of(b"spec"),
        plan: crate::Plan::default(),
        changed: true,
        taken: 1,
        status: Status::ready(),
    }
}

/// What runs on a server: processes and services.
fn running() -> (ProcessList, ServiceList) {
    let process = HostProcess {
        pid: 4711,
        command: "php-fpm8.4".to_owned(),
        user: "alice".to_owned(),
        account: Some("alice".to_owned()),
        unit: Some("holdfast-php-alice-8.4.service".to_owned()),
        cpu: Some(0.25),
        memory: 1 << 24,
        started: 1_767_225_600_000_000,
    };
    let processes = ProcessList { at: 1_767_225_601_000_000, count: 120, processes: vec![process] };
    let service = HostService {
        unit: "nginx.service".to_owned(),
        what: "the web server".to_owned(),
        active: "active".to_owned(),
        sub: "running".to_owned(),
        result: Some("success".to_owned()),
        since: Some(1_767_225_600_000_000),
        memory: Some(1 << 24),
        tasks: Some(3),
        cpu_micros: Some(1_500_000),
        restarts: 0,
    };
    let services = ServiceList {
        at: 1_767_225_601_000_000,
        services: vec![service],
        pools_active: 2,
        pools_idle: 998,
        pools_failed: vec!["alice-8.4".to_owned()],
    };
    (processes, services)
}

fn changes() -> (HostChange, HostChange, ListChanges) {
    let change = HostChange {
        seq: 41,
        at: 1_767_225_601_000_000,
        object: object(),
        by: By::Panel,
        cause: Cause { actor: "root".to_owned(), request_id: "r1".to_owned() },
        generation: Generation::new(3).unwrap(),
        absent: false,
        edited_at: None,
        impact: Impact::Reload,
        steps: vec![PlannedStep {
            code: "file.write".to_owned(),
            summary: "write /etc/nginx/holdfast/maps/host-0f.map".to_owned(),
            impact: Impact::None,
            path: Some("/etc/nginx/holdfast/maps/host-0f.map".to_owned()),
            diff: None,
            unknown: None,
        }],
        of: 1,
        taken: 1,
        status: Status::ready(),
    };
    let edit = HostChange {
        by: By::Outside,
        cause: Cause::default(),
        edited_at: Some(1_767_225_600_000_000),
        taken: 0,
        ..change.clone()
    };
    let ask = ListChanges {
        before: Some(42),
        limit: 50,
        kind: Some("site".to_owned()),
        scope: Some(object().scope),
        by: Some(By::Panel),
        actor: Some("root".to_owned()),
        path: Some("/etc/nginx".to_owned()),
        since: Some(1_767_225_600_000_000),
        until: Some(1_767_312_000_000_000),
    };
    (change, edit, ask)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list with a sample of every method")]
fn what_crosses_the_wire_is_as_the_golden_files_say() {
    let status = ObjectStatus {
        object: object(),
        generation: Generation::new(3).unwrap(),
        digest: Digest::of(b"spec"),
        observed_generation: Some(Generation::new(2).unwrap()),
        absent: false,
        status: Status::not_ready(Condition::Degraded, Reason::ConfigRefused, "unknown directive"),
        since: 1_767_225_600_000_000,
    };
    let page = ObjectPage { objects: vec![status] };
    let wish = HeldWish {
        object: object(),
        generation: Generation::new(3).unwrap(),
        digest: Digest::of(b"spec"),
        spec: Some(serde_json::json!({ "account": "alice", "names": ["www.example.test"] })),
        since: 1_767_225_600_000_000,
    };
    let gone = HeldWish { spec: None, ..wish.clone() };
    let drift = Drift {
        object: object(),
        path: "/etc/nginx/holdfast/sites/x.conf".to_owned(),
        mtime: 1_767_225_600_000_000,
        noticed: 1_767_225_601_000_000,
        foreign: Digest::of(b"foreign"),
        diff: Some("--- a\n+++ b\n".to_owned()),
        waiting: None,
        actions: vec![DriftAction::Revert, DriftAction::Pause],
    };
    let revert = RunDriftAction {
        object: object(),
        action: DriftAction::Revert,
        foreign: Some(Digest::of(b"foreign")),
        path: Some(drift.path.clone()),
        until: None,
        reason: None,
        cause: Cause { actor: "root".to_owned(), request_id: "r1".to_owned() },
    };
    let pause = RunDriftAction {
        action: DriftAction::Pause,
        foreign: None,
        path: None,
        until: Some(1_767_229_200_000_000),
        reason: Some("night work".to_owned()),
        ..revert.clone()
    };
    let metrics = HostMetrics {
        hostname: "server".to_owned(),
        addresses: vec!["203.0.113.2".parse().unwrap(), "2001:db8::2".parse().unwrap()],
        php_versions: vec!["8.4".parse().unwrap()],
        ..HostMetrics::default()
    };
    let figures = HostFigures { cpu_busy: 7, cpu_total: 11, processes: 120, ..HostFigures::default() };
    let counted = HostMetrics { figures: Some(figures), ..metrics.clone() };
    let finding = Finding {
        code: "unit.active".to_owned(),
        subject: "nginx.service".to_owned(),
        severity: Severity::Error,
        message: "is failed".to_owned(),
        remedy: Some("systemctl start nginx".to_owned()),
    };
    let head = AuditHead { at: 1_767_225_600_000_000, seq: 7, hash: Digest::of(b"head"), restored: false };
    let heads = AuditHeads { heads: vec![head.clone()] };
    let get_role = GetRole {
        role: names::NodeRole::Web,
        log: Some(LogFrom { run: Some("0123456789abcdef0123456789abcdef".to_owned()), from: 38 }),
    };
    let role = RoleState {
        packages: vec!["nginx".to_owned(), "php8.4-fpm".to_owned()],
        missing: vec!["php8.4-fpm".to_owned()],
        unmasked: vec!["php8.4-fpm.service".to_owned()],
        memory: Some(60 << 20),
        running: true,
        result: "success".to_owned(),
        trouble: None,
        run: Some("0123456789abcdef0123456789abcdef".to_owned()),
        lines: vec![LogLine { text: "#step packages".to_owned(), end: 53 }],
        more: false,
    };
    let (change, edit, ask) = changes();
    let counts = SweepCounts { objects: 3, differing: 1, ..SweepCounts::default() };
    let (processes, services) = running();
    Golden::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"))
        .method(&ListObjects { kind: Some("site".to_owned()) }, &page)
        .method(&WatchObjects {}, &ObjectPage::default())
        .method(&PreviewAll {}, &counts)
        .method(&RunSweep {}, &counts)
        .method(&ListDrift {}, &DriftList { drift: vec![drift] })
        .method(&revert, &report())
        .request("pause", &pause)
        .error::<RunDriftAction>(
            "moved",
            &wire::Refusal::new("holdfast.agent1.DriftMoved", "the file was changed again"),
        )
        .method(&GetHostMetrics {}, &metrics)
        .reply::<GetHostMetrics>("figures", &counted)
        .method(&ListProcesses { sort: ProcessSort::Memory, limit: 20 }, &processes)
        .method(&ListServices {}, &services)
        .method(&RunDoctor {}, &Diagnosis { findings: vec![finding] })
        .method(&RecordAuditHead { seq: head.seq, hash: head.hash }, &heads)
        .error::<RecordAuditHead>(
            "rewound",
            &wire::Refusal::new("holdfast.agent1.AuditRewound", "a later head of the audit was noted before"),
        )
        .method(&ListWishes { objects: vec![object()] }, &WishList { wishes: vec![wish, gone] })
        .method(&ListAuditHeads {}, &heads)
        .method(&get_role, &role)
        .request("without-lines", &GetRole { role: names::NodeRole::Web, log: None })
        .method(&StartRole { role: names::NodeRole::Web, cause: revert.cause.clone() }, &role)
        .method(&StopRole { role: names::NodeRole::Web, cause: revert.cause.clone() }, &role)
        .method(&ask, &ChangePage { changes: vec![change.clone(), edit] })
        .method(&GetChange { seq: 41 }, &change)
        .error::<GetChange>(
            "gone",
            &wire::Refusal::new("holdfast.agent1.NoSuchChange", "nothing with this number is noted"),
        )
        .check()
        .unwrap();
}

#[test]
fn texts_for_people_are_cut_off_where_they_are_read() {
    let long = "ä".repeat(1000);
    let text = format!(
        r#"{{"object":{{"kind":"site","scope":"1"}},"action":"pause","reason":"{long}",
            "cause":{{"actor":"{long}","request_id":"x{long}"}}}}"#
    );
    let asked: RunDriftAction = serde_json::from_str(&text).unwrap();
    assert_eq!(asked.cause.actor.len(), crate::MAX_NOTE);
    assert_eq!(asked.cause.request_id.len(), crate::MAX_NOTE - 1, "not in the middle of a character");
    assert_eq!(asked.reason.unwrap().len(), crate::MAX_NOTE);
}

#[test]
fn heads_of_the_time_after_a_backup_stand_no_more_once_it_was_put_back() {
    let head = |seq: u64, restored| AuditHead {
        at: 0,
        seq,
        hash: Digest::of(format!("{seq} {restored}")),
        restored,
    };
    let heads = AuditHeads {
        heads: vec![head(3, false), head(5, false), head(9, false), head(5, true), head(6, false)],
    };
    let standing: Vec<_> = heads.standing().iter().map(|head| (head.seq, head.restored)).collect();
    assert_eq!(standing, [(3, false), (5, true), (6, false)]);
    let (mark, lost) = heads.restored().unwrap();
    assert_eq!((mark.seq, lost), (5, Some(9)));
    let plain = AuditHeads { heads: vec![head(3, false), head(9, false)] };
    assert_eq!((plain.standing().len(), plain.restored()), (2, None));
}

#[test]
fn a_mark_reads_as_it_was_written_and_a_program_s_word_is_none() {
    for mark in
        [Mark::Run("1"), Mark::Step("packages"), Mark::Done, Mark::Failed("apt: no"), Mark::Remedy("wait")]
    {
        assert_eq!(Mark::read(&mark.to_string()), Some(mark));
    }
    for line in ["", "Setting up nginx ...", " #done", "#donee", "step packages", "E: #failed"] {
        assert_eq!(Mark::read(line), None, "{line:?}");
    }
}
