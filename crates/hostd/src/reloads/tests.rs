use super::*;

/// How many of these callers, one after another, had the unit files read.
fn readings(reloads: &Reloads, callers: &[u64]) -> usize {
    let mut count = 0;
    for begun in callers {
        let read = || {
            count += 1;
            Ok(())
        };
        reloads.after(*begun, read).unwrap();
    }
    count
}

#[test]
fn one_reading_serves_all_who_came_before_it_began() {
    let reloads = Reloads::default();
    let came = [(); 20].map(|()| reloads.begun());
    assert_eq!(readings(&reloads, &came), 1);
    assert_eq!(readings(&reloads, &[reloads.begun()]), 1, "who comes later needs another");
}

#[test]
fn one_that_was_under_way_does_not_count() {
    let reloads = Reloads::default();
    let mut during = 0;
    let read = || {
        during = reloads.begun();
        Ok(())
    };
    reloads.after(reloads.begun(), read).unwrap();
    assert_eq!(readings(&reloads, &[during]), 1);
}

#[test]
fn one_that_failed_does_not_count() {
    let reloads = Reloads::default();
    let came = reloads.begun();
    assert!(reloads.after(came, || Err(HostError::Injected("no".to_owned()))).is_err());
    assert_eq!(readings(&reloads, &[came]), 1);
}
