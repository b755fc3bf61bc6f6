use super::*;

const PATH: &str = "/etc/ssh/holdfast-keys/alice";

fn edit(host: &Host) -> Edit {
    let seen = host.files().observe(PATH).unwrap();
    Edit::unwanted(PATH, &seen, &converge::Claim::default())
}

fn kept(host: &Host) -> Vec<Vec<u8>> {
    let names = host.files().list(DRIFT).unwrap();
    names.iter().map(|(name, _)| host.files().read(&format!("{DRIFT}/{name}")).unwrap().unwrap()).collect()
}

#[test]
fn what_was_there_is_kept_byte_for_byte() {
    let host = Host::for_test().unwrap();
    host.files().write(PATH, b"caf\xe9 \xff\n", 0o644, (0, 0)).unwrap();
    keep(&host, &edit(&host)).unwrap();
    assert_eq!(kept(&host), [b"caf\xe9 \xff\n"]);
}

#[test]
fn of_a_link_it_is_kept_where_it_leads() {
    let host = Host::for_test().unwrap();
    host.files().symlink("/root/keys", PATH).unwrap();
    let looked_at = edit(&host);
    keep(&host, &looked_at).unwrap();
    assert_eq!(kept(&host), [b"-> /root/keys\n"]);
    host.files().symlink("/root/others", PATH).unwrap();
    assert!(keep(&host, &looked_at).is_err(), "another link is another edit");
}

#[test]
fn what_was_changed_since_it_was_looked_at_is_not_kept_under_its_name() {
    let host = Host::for_test().unwrap();
    host.files().write(PATH, b"first", 0o644, (0, 0)).unwrap();
    let looked_at = edit(&host);
    host.files().write(PATH, b"second", 0o644, (0, 0)).unwrap();
    let error = keep(&host, &looked_at).unwrap_err();
    assert!(matches!(error, HostError::ChangedMeanwhile { .. }), "{error}");
    host.files().remove(PATH).unwrap();
    assert!(keep(&host, &looked_at).is_err());
    assert!(kept(&host).is_empty());
}
