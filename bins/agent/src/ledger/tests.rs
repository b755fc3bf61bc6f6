use account_spec::{AccountSpec, Limits};
use converge::Wanted;
use names::{AccountId, Generation, Uid};

use super::*;

fn id(n: u8) -> AccountId {
    AccountId::parse(&format!("01990000-0000-7000-8000-0000000000{n:02x}")).unwrap()
}

fn file(n: u8) -> String {
    format!("{LEDGER}/account/{}.json", id(n))
}

fn entry(n: u8) -> Entry<AccountSpec> {
    let spec = AccountSpec {
        name: format!("account{n}").parse().unwrap(),
        uid: Uid::new(20_000 + u32::from(n)).unwrap(),
        sftp_password: None,
        ssh_keys: Vec::new(),
        suspended: false,
        limits: Limits::default(),
    };
    Entry::accept(None, id(n), Generation::new(1).unwrap(), Wanted::Present(spec), 0)
}

fn keys(ledger: &Ledger) -> Vec<AccountId> {
    ledger.list::<AccountSpec>().unwrap().iter().map(|entry| entry.scope).collect()
}

#[test]
fn what_was_saved_is_there_after_a_start_and_what_was_forgotten_is_not() {
    let host = Arc::new(Host::for_test().unwrap());
    let ledger = Ledger::open(Arc::clone(&host));
    for n in [1, 2] {
        ledger.save(entry(n)).unwrap();
    }
    ledger.forget::<AccountSpec>(&id(1)).unwrap();
    ledger.forget::<AccountSpec>(&id(1)).unwrap();
    for ledger in [ledger, Ledger::open(Arc::clone(&host))] {
        assert_eq!(keys(&ledger), [id(2)]);
        assert_eq!(ledger.load::<AccountSpec>(&id(2)).unwrap().as_deref(), Some(&entry(2)));
    }
    assert_eq!(host.files().stat(&file(2)).unwrap().unwrap().mode, 0o600, "it holds hashes of passwords");
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_holds_up_no_other() {
    let host = Arc::new(Host::for_test().unwrap());
    let ledger = Ledger::open(Arc::clone(&host));
    ledger.save(entry(1)).unwrap();
    let text = host.files().read_text(&file(1)).unwrap().unwrap();
    let broken = [
        (2, text.clone(), "which is not its name"),
        (3, text.replace("\"version\":1", "\"version\":9"), "version 9"),
        (4, "{".to_owned(), "EOF"),
    ];
    for (n, text, _) in &broken {
        host.files().write(&file(*n), text.as_bytes(), 0o600, (0, 0)).unwrap();
    }
    let ledger = Ledger::open(Arc::clone(&host));
    assert_eq!(keys(&ledger), [id(1)]);
    let unreadable = ledger.unreadable();
    for (n, text, reason) in broken {
        assert!(unreadable[&file(n)].contains(reason), "{unreadable:?}");
        assert_eq!(host.files().read_text(&file(n)).unwrap().unwrap(), text, "it is left alone");
    }
}

#[test]
fn what_could_not_be_written_is_not_taken_for_saved() {
    let host = Arc::new(Host::for_test().unwrap());
    let ledger = Ledger::open(Arc::clone(&host));
    ledger.save(entry(1)).unwrap();
    host.fail_on("write /var/lib/holdfast-agent/ledger", "no space left on device");
    let paused = Entry { overwrite: true, ..entry(1) };
    assert!(ledger.save(paused).is_err());
    assert!(!ledger.load::<AccountSpec>(&id(1)).unwrap().unwrap().overwrite);
}
