use std::time::Duration;

use converge::methods::Severity;
use names::Digest;

use super::*;
use crate::agent::Agent;
use crate::doctor;

fn head(seq: u64, content: &str) -> RecordAuditHead {
    RecordAuditHead { seq, hash: Digest::of(content) }
}

fn seqs(journal: &Journal) -> Vec<u64> {
    journal.heads().unwrap().heads.iter().map(|head| head.seq).collect()
}

#[test]
fn a_head_that_goes_back_is_refused_noted_and_told_by_the_doctor() {
    let agent = Agent::new(Arc::new(Host::for_test().unwrap()));
    let said = || doctor::examine(&agent).into_iter().find(|f| f.code == "audit.heads").unwrap();
    assert!(agent.journal.note_head(&head(7, "seven")).unwrap().is_some());
    assert!(agent.journal.note_head(&head(7, "seven")).unwrap().is_some(), "the same again");
    assert_eq!(said().severity, Severity::Ok);
    for rewound in [head(6, "six"), head(7, "another seven")] {
        assert!(agent.journal.note_head(&rewound).unwrap().is_none());
    }
    assert_eq!(seqs(&agent.journal), [7]);
    assert_eq!(said().severity, Severity::Error);
    assert!(said().message.contains("\"seq\":6"), "the first is kept: {}", said().message);
    assert!(agent.journal.note_head(&head(8, "eight")).unwrap().is_some());
    assert_eq!(said().severity, Severity::Error, "until a person has looked at it");
}

#[test]
fn many_heads_at_once_push_no_older_one_out() {
    let host = Arc::new(Host::for_test().unwrap());
    let journal = Journal::new(Arc::clone(&host));
    let clock = host.fake_clock().unwrap();
    for seq in 1..=3 {
        journal.note_head(&head(seq, "honest")).unwrap();
        clock.advance(Duration::from_hours(1));
    }
    for seq in 4..=300 {
        journal.note_head(&head(seq, "hasty")).unwrap();
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(seqs(&journal), [1, 2, 3, 4, 300]);
    for seq in 301..=500 {
        clock.advance(Duration::from_hours(1));
        journal.note_head(&head(seq, "later")).unwrap();
    }
    assert_eq!(seqs(&journal), (401..=500).collect::<Vec<_>>(), "the last hundred are told");
}

#[test]
fn roots_word_that_an_older_panel_was_put_back_lets_its_audit_go_on() {
    let host = Arc::new(Host::for_test().unwrap());
    let journal = Journal::new(Arc::clone(&host));
    for seq in [5, 9] {
        host.fake_clock().unwrap().advance(Duration::from_hours(1));
        journal.note_head(&head(seq, "before")).unwrap();
    }
    let mark =
        json!({ "at": host.now().as_micros(), "seq": 6, "hash": Digest::of("restored"), "restored": true });
    host.files().append(HEADS, format!("{mark}\n").as_bytes(), 0o600, (0, 0)).unwrap();
    assert!(journal.note_head(&head(5, "before")).unwrap().is_none(), "not behind the mark");
    for seq in [7, 8] {
        assert!(journal.note_head(&head(seq, "after")).unwrap().is_some(), "{seq}");
    }
    let heads = journal.heads().unwrap();
    assert!(
        heads.heads.iter().any(|head| head.seq == 6 && head.restored),
        "the mark is never replaced: {heads:?}"
    );
    assert_eq!(heads.heads.last().map(|head| head.seq), Some(8));
}
