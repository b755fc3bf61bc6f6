use std::time::Duration;

use hostd::Host;
use names::Digest;

use super::*;
use crate::layout::TLS;

fn make(host: &Host, own: &Own) {
    let held = default_certificate(host, own).unwrap();
    if let Some(directory) = held.directory {
        host.files().ensure_dir(&directory.path, directory.mode, directory.owner).unwrap();
    }
    held.files.steps.iter().for_each(|step| host.files().take(step).unwrap());
}

fn claimed(host: &Host) -> Own {
    let digest = Digest::of(host.files().read(DEFAULT).unwrap().unwrap());
    let claims = [(DEFAULT.to_owned(), converge::Claim::on(digest))].into();
    Own { claims, ..Own::default() }
}

#[test]
fn the_default_is_made_once_and_again_when_it_is_lost_or_about_to_end() {
    let host = Host::for_test().unwrap();
    make(&host, &Own::default());
    let (directory, file) = (host.files().stat(TLS).unwrap().unwrap(), host.files().stat(DEFAULT).unwrap());
    assert_eq!((directory.mode, directory.gid), (0o750, 33));
    assert_eq!(file.map(|file| (file.mode, file.uid, file.gid)), Some((0o640, 0, 33)));
    let first = host.files().read_text(DEFAULT).unwrap().unwrap();
    let leaf = Pair::read(&first.as_str().into()).unwrap().leaf;
    assert_eq!(leaf.names, ["holdfast.invalid".to_owned()].into());

    let again = default_certificate(&host, &claimed(&host)).unwrap();
    assert!(again.directory.is_none() && again.files.steps.is_empty() && again.files.edits.is_empty());

    host.fake_clock().unwrap().advance(Duration::from_hours(3640 * 24));
    make(&host, &claimed(&host));
    let second = host.files().read_text(DEFAULT).unwrap().unwrap();
    assert_ne!(second, first);
    host.files().remove(DEFAULT).unwrap();
    make(&host, &Own::default());
    assert!(host.files().stat(DEFAULT).unwrap().is_some());
}

#[test]
fn what_somebody_put_in_its_place_is_told_and_not_shown() {
    let host = Host::for_test().unwrap();
    make(&host, &Own::default());
    let own = claimed(&host);
    host.files().write(DEFAULT, b"by hand", 0o640, (0, 33)).unwrap();
    let held = default_certificate(&host, &own).unwrap();
    assert!(held.files.steps.is_empty());
    assert!(held.files.edits[0].secret);
    let gone = no_default_certificate(&host, &own).unwrap();
    assert!(gone.files.steps.is_empty() && gone.files.edits[0].secret);
}

#[test]
fn it_goes_with_the_web_server_and_other_files_of_the_object_are_left_alone() {
    let host = Host::for_test().unwrap();
    make(&host, &Own::default());
    let mut own = claimed(&host);
    let other = "/etc/nginx/conf.d/holdfast.conf";
    host.files().write(other, b"x", 0o644, (0, 0)).unwrap();
    own.claims.insert(other.to_owned(), converge::Claim::on(Digest::of("x")));
    let gone = no_default_certificate(&host, &own).unwrap();
    let [step] = &gone.files.steps[..] else { panic!("{} steps", gone.files.steps.len()) };
    assert_eq!(converge::Describe::diff(step), None);
    host.files().take(step).unwrap();
    assert!(host.files().stat(DEFAULT).unwrap().is_none() && host.files().stat(other).unwrap().is_some());
}
