use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;

#[test]
fn a_worker_is_not_called_more_often_at_once_than_it_may_be_and_no_worker_waits_for_another() {
    let docroots = WorkerDocroots::default();
    let (alice, bob): (AccountName, AccountName) = ("alice".parse().unwrap(), "bob".parse().unwrap());
    let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let _turn = docroots.turn(&alice);
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // bob's turn comes while alice's are all taken
                drop(docroots.turn(&bob));
                thread::yield_now();
                now.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    assert!((1..=CALLS).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    assert!(docroots.calls.lock().unwrap().is_empty());
}
