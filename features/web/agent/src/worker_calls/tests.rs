use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;

fn alice() -> AccountName {
    "alice".parse().unwrap()
}

fn bob() -> AccountName {
    "bob".parse().unwrap()
}

fn ask() -> MakeDocroot {
    MakeDocroot { docroot: "public".parse().unwrap(), site: "www.example.test".parse().unwrap(), php: false }
}

fn listen(host: &Host, account: &AccountName) -> UnixListener {
    UnixListener::bind(host.worker_socket(account)).unwrap()
}

/// A worker that answers so many connections; those before them it closes unread.
fn answering(listener: &UnixListener, closed: usize, answered: usize) {
    for at in 0..closed + answered {
        let (mut stream, _) = listener.accept().unwrap();
        if at >= closed {
            let mut byte = [1];
            while byte[0] != 0 {
                stream.read_exact(&mut byte).unwrap();
            }
            stream.write_all(b"{\"parameters\":{\"created\":true,\"starter\":true}}\0").unwrap();
        }
    }
}

#[test]
fn a_worker_is_not_called_more_often_at_once_than_it_may_be_and_no_worker_waits_for_another() {
    let calls = WorkerCalls::default();
    let (alice, bob) = (alice(), bob());
    let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let patience = Duration::from_mins(1);
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let _turn = calls.turn(&alice, Errand::Docroot, patience).unwrap();
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // bob's turn comes while alice's are all taken
                drop(calls.turn(&bob, Errand::Docroot, patience).unwrap());
                thread::yield_now();
                now.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    assert!((1..=DOCROOTS).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    assert!(calls.lock().accounts.is_empty() && calls.lock().in_all == 0);
}

#[test]
fn nobody_waits_without_end_for_room() {
    let calls = WorkerCalls::default();
    let alice = alice();
    let held = [(); DOCROOTS].map(|()| calls.turn(&alice, Errand::Docroot, Duration::ZERO).unwrap());
    let counts = calls.turn(&alice, Errand::Count, Duration::ZERO).unwrap();
    for errand in [Errand::Docroot, Errand::Count] {
        let refused = calls.turn(&alice, errand, Duration::from_millis(10)).err().unwrap();
        assert!(matches!(refused, WorkerCallError::Busy { .. }), "{refused}");
    }
    drop((held, counts));
    drop(calls.turn(&alice, Errand::Docroot, Duration::ZERO).unwrap());
}

#[test]
fn all_accounts_together_have_a_bound() {
    let calls = WorkerCalls::default();
    let accounts: Vec<AccountName> = (0..=IN_ALL).map(|n| format!("a{n}").parse().unwrap()).collect();
    let held: Vec<_> = accounts[..IN_ALL]
        .iter()
        .map(|account| calls.turn(account, Errand::Docroot, Duration::ZERO).unwrap())
        .collect();
    assert!(calls.turn(&accounts[IN_ALL], Errand::Docroot, Duration::ZERO).is_err());
    drop(held);
    assert!(calls.turn(&accounts[IN_ALL], Errand::Docroot, Duration::ZERO).is_ok());
}

#[test]
fn a_stopped_worker_is_not_asked_again_for_a_while_and_then_it_is() {
    let host = Host::for_test().unwrap();
    let calls = WorkerCalls { silence: Duration::from_millis(300), ..WorkerCalls::default() };
    let (alice, bob) = (alice(), bob());
    // it takes connections, by its socket unit, and reads nothing
    let listener = listen(&host, &alice);
    let late = |patience| {
        calls.turn(&alice, Errand::Docroot, patience)?.call(&host, &ask(), Duration::from_millis(50))
    };
    assert!(matches!(late(Duration::ZERO), Err(WorkerCallError::Failed { .. })));
    let begun = Instant::now();
    let refused = late(Duration::from_secs(10)).unwrap_err();
    assert!(matches!(refused, WorkerCallError::Busy { .. }), "{refused}");
    assert!(begun.elapsed() < Duration::from_secs(1), "at once, not after the wait for room");
    let bobs = listen(&host, &bob);
    thread::scope(|scope| {
        scope.spawn(|| answering(&bobs, 0, 1));
        calls.docroot(&host, &bob, &ask()).unwrap();
    });
    let until = Instant::now() + Duration::from_secs(10);
    while matches!(late(Duration::ZERO), Err(WorkerCallError::Busy { .. })) {
        assert!(Instant::now() < until, "it is never asked again");
        thread::yield_now();
    }
    drop(listener);
}

#[test]
fn a_worker_that_ends_just_then_is_asked_once_more() {
    let host = Host::for_test().unwrap();
    let calls = WorkerCalls::default();
    let alice = alice();
    let listener = listen(&host, &alice);
    thread::scope(|scope| {
        scope.spawn(|| answering(&listener, 1, 1));
        assert!(calls.docroot(&host, &alice, &ask()).unwrap().created);
    });
    thread::scope(|scope| {
        scope.spawn(|| answering(&listener, 2, 0));
        let error = calls.docroot(&host, &alice, &ask()).unwrap_err();
        assert!(
            matches!(error, WorkerCallError::Failed { error: WireError::Closed, .. }),
            "once, not for ever: {error}"
        );
    });
}
