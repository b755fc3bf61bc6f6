use super::*;
use crate::Host;

#[test]
fn an_empty_file_means_the_defaults() {
    let bounds = Bounds::parse("").unwrap();
    assert_eq!(bounds, Bounds::default());
    assert_eq!(bounds.homes, "/home");
    assert_eq!((bounds.uids.first().get(), bounds.uids.last().get()), (20_000, 59_999));
    assert_eq!(bounds.callers, ["root", "holdfast"]);
    assert_eq!(bounds.drift, DriftPolicy::Hold);
}

#[test]
fn every_key_is_read() {
    let text = r#"
        homes = "/srv/homes"
        uids = { first = 30000, last = 30100 }
        listen = ["192.0.2.1", "2001:db8::1"]
        callers = []
        drift = "enforce"
        [account]
        memory_mib = 1024
        cpu_percent = 200
        tasks = 64
        disk_mib = 2048
        inodes = 5000
        [work]
        connections = 8
        sweep_seconds = 60
        pool_idle_seconds = 30
    "#;
    let bounds = Bounds::parse(text).unwrap();
    assert_eq!(bounds.home(&"alice".parse().unwrap()), "/srv/homes/alice");
    assert_eq!((bounds.uids.first().get(), bounds.uids.last().get()), (30000, 30100));
    assert_eq!(bounds.listen.len(), 2);
    assert!(bounds.callers.is_empty());
    assert_eq!(bounds.drift, DriftPolicy::Enforce);
    let account =
        AccountBounds { memory_mib: 1024, cpu_percent: 200, tasks: 64, disk_mib: 2048, inodes: 5000 };
    assert_eq!(bounds.account, account);
    assert_eq!(bounds.work.pool_idle_seconds, 30);
    let again = toml::to_string(&bounds).unwrap();
    assert_eq!(Bounds::parse(&again).unwrap(), bounds);
}

#[test]
fn what_is_unknown_or_out_of_range_is_refused_with_its_key() {
    let cases = [
        ("hmoes = \"/home\"", "hmoes"),
        ("[work]\nsurprise = 1", "surprise"),
        ("homes = \"home\"", "homes"),
        ("homes = \"/home/../etc\"", "homes"),
        ("homes = \"/\"", "homes"),
        ("homes = \"/home;\"", "homes"),
        ("homes = \"/ho me\"", "homes"),
        ("uids = { first = 0, last = 59999 }", "uids"),
        ("uids = { first = 20000, last = 65534 }", "uids"),
        ("uids = { first = 20001, last = 20000 }", "uids"),
        ("uids = { first = 20001 }", "last"),
        ("listen = [\"localhost\"]", "listen"),
        ("callers = [\"\"]", "callers"),
        ("drift = \"ignore\"", "drift"),
        ("[work]\nsweep_seconds = 0", "sweep_seconds"),
        ("[work]\nsweep_seconds = -1", "sweep_seconds"),
        // four are kept for root: the panel would never get in
        ("[work]\nconnections = 4", "connections"),
        ("[account]\ntasks = 1", "tasks"),
    ];
    for (text, key) in cases {
        let error = Bounds::parse(text).unwrap_err();
        assert!(error.contains(key), "{text}: {error}");
    }
}

#[test]
fn a_file_that_others_may_write_or_that_is_not_roots_is_refused() {
    let host = Host::for_test().unwrap();
    let me = host.test_owner();
    let load = || Bounds::load(host.files(), me.0);
    assert_eq!(load().unwrap(), Bounds::default(), "no file");
    host.files().write(BOUNDS_PATH, b"homes = \"/srv\"", 0o644, me).unwrap();
    assert_eq!(load().unwrap().homes, "/srv");
    for mode in [0o664, 0o646, 0o666] {
        host.files().set_meta(BOUNDS_PATH, mode, me).unwrap();
        assert!(load().unwrap_err().to_string().contains("chmod"), "{mode:o}");
    }
    host.files().write(BOUNDS_PATH, b"", 0o644, (me.0 + 1, me.1)).unwrap();
    assert!(load().unwrap_err().to_string().contains("chown"));
    host.files().symlink("/etc/passwd", BOUNDS_PATH).unwrap();
    assert!(load().is_err(), "a link is not followed");
}

/// The keys of a table and of the tables in it, as `account.tasks`.
fn keys(table: &toml::Table, before: &str, found: &mut Vec<String>) {
    for (key, value) in table {
        let name = format!("{before}{key}");
        match value {
            // a range is one value to the administrator
            toml::Value::Table(inner) if name != "uids" => keys(inner, &format!("{name}."), found),
            _ => found.push(name),
        }
    }
}

#[test]
fn the_reference_page_tells_every_key_and_its_default() {
    let page = include_str!("../../../../docs/reference/config.md");
    let defaults = toml::Table::try_from(Bounds::default()).unwrap();
    let mut found = Vec::new();
    keys(&defaults, "", &mut found);
    assert!(found.len() >= 11, "{found:?}");
    for key in found {
        let row = format!("| `{key}` | `");
        let line = page.lines().find(|line| line.starts_with(&row));
        let line = line.unwrap_or_else(|| panic!("docs/reference/config.md has no row for {key}"));
        let value = key
            .split('.')
            .try_fold(&toml::Value::Table(defaults.clone()), |value, part| value.get(part))
            .cloned();
        if let Some(value @ (toml::Value::Integer(_) | toml::Value::String(_))) = value {
            assert!(line.contains(&format!("`{value}`")), "{key} is {value} by default: {line}");
        }
    }
}
