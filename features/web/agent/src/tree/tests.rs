use proptest::prelude::*;

use super::*;
use crate::layout::{BaseFile, MapKind};
use crate::record::{SiteState, SiteWant};

fn id(n: u8) -> SiteId {
    SiteId::parse(&format!("01890a5d-ac96-774b-bcce-b3020000{n:04x}")).unwrap()
}

fn base(text: &str) -> Want {
    Want::Base(Some([text.into(), "listen".into(), "locations".into(), "server".into()]))
}

/// The files of a tree that grew by changes, as they lie on the disk.
#[derive(Default)]
struct Disk {
    tree: Tree,
    files: BTreeMap<TreeFile, Arc<str>>,
}

impl Disk {
    fn change(&mut self, wants: &[&Want]) -> Preview {
        let preview = self.tree.preview(wants);
        for (file, text) in &preview.files {
            set(&mut self.files, *file, text.clone());
        }
        self.tree.take(wants, &preview);
        preview
    }

    fn read_back(&self) -> Tree {
        Tree::from_files(self.files.iter().map(|(f, t)| (*f, t.to_string()))).unwrap()
    }
}

fn want(n: u8, names: &[&str], pool: bool, suspended: bool, block: Option<&str>) -> Want {
    let mut names: Vec<_> = names.iter().map(|n| DomainName::parse(n).unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    let record = SiteRecord {
        names,
        root: format!("/home/alice/sites/{n}/public").into(),
        pool: pool.then(|| "alice-8.4".parse().unwrap()),
        state: if suspended { SiteState::Suspended } else { SiteState::Active },
        sent_on: BTreeMap::new(),
        redirect: None,
        tls: None,
    };
    Want::Site(id(n), Some(SiteWant { record, block: block.map(Arc::from) }))
}

/// The same, served otherwise: one of several states, all names but the first sent on, and the whole site.
fn served(want: Want, how: u8) -> Want {
    let Want::Site(id, Some(mut site)) = want else { return want };
    let record = &mut site.record;
    record.state = match how % 5 {
        0 => SiteState::Disabled,
        1 => SiteState::Maintenance(Vec::new()),
        2 => {
            SiteState::Maintenance(vec!["203.0.113.0/24".parse().unwrap(), "2001:db8::/33".parse().unwrap()])
        }
        _ => record.state.clone(),
    };
    if how & 8 != 0 {
        let first = record.names[0].clone();
        record.sent_on = record.names[1..].iter().map(|name| (name.clone(), first.clone())).collect();
    }
    if how & 16 != 0 {
        record.redirect = Some(web_spec::Redirect {
            to: format!("https://r{how}.example.org/a/").parse().unwrap(),
            code: web_spec::RedirectCode::Found,
            keep_path: how & 32 != 0,
        });
    }
    if how & 64 != 0 {
        record.tls = Some(web_spec::SiteTls {
            certificate: names::CertificateId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            force_https: how & 1 != 0,
            hsts: (how & 2 != 0).then_some(web_spec::Hsts {
                max_age: u32::from(how),
                include_subdomains: how & 4 != 0,
                preload: how & 128 != 0,
            }),
        });
    }
    Want::Site(id, Some(site))
}

#[test]
fn a_change_touches_only_the_shards_of_its_names_and_its_site() {
    let mut disk = Disk::default();
    disk.change(&[&base("http")]);
    for n in 0..100 {
        disk.change(&[&want(n, &[&format!("www.s{n}.example.test")], true, false, None)]);
    }
    let preview = disk.change(&[&want(200, &["www.new.example.test"], true, false, None)]);
    let files: Vec<String> = preview.files.keys().map(ToString::to_string).collect();
    assert_eq!(files.len(), 4, "{files:?}");
    assert!(preview.files.contains_key(&TreeFile::Digest));
    assert!(!preview.files.keys().any(|f| matches!(f, TreeFile::Map(MapKind::State, _) | TreeFile::Base(_))));
}

#[test]
fn a_site_that_is_removed_leaves_no_line_and_no_file() {
    let mut disk = Disk::default();
    disk.change(&[&base("http")]);
    let before = disk.files.clone();
    disk.change(&[&want(1, &["a.example.test", "b.example.test"], true, true, Some("block"))]);
    assert_eq!(disk.files.len(), before.len() + 3 + 2 + 1, "two names in two shards, three maps, one block");
    disk.change(&[&Want::Site(id(1), None)]);
    assert_eq!(disk.files, before);
}

#[test]
fn a_name_moves_from_one_site_to_another_in_whatever_order_they_come() {
    let one = want(1, &["a.example.test", "x.example.test"], false, false, None);
    let two = want(2, &["b.example.test"], false, false, None);
    let one_after = want(1, &["a.example.test"], false, false, None);
    let two_after = want(2, &["b.example.test", "x.example.test"], false, false, None);
    let x = DomainName::parse("x.example.test").unwrap();
    let mut ends = Vec::new();
    for together in [vec![&one_after, &two_after], vec![&two_after, &one_after]] {
        let mut disk = Disk::default();
        disk.change(&[&base("http"), &one, &two]);
        disk.change(&together);
        assert_eq!(disk.tree.holder(&x), Some(id(2)));
        ends.push(disk.files);
    }
    for apart in [[&one_after, &two_after], [&two_after, &one_after]] {
        let mut disk = Disk::default();
        disk.change(&[&base("http"), &one, &two]);
        for want in apart {
            disk.change(&[want]);
        }
        assert_eq!(disk.tree.holder(&x), Some(id(2)));
        ends.push(disk.files);
    }
    ends.dedup();
    assert_eq!(ends.len(), 1);
}

#[test]
fn the_digest_tells_every_file() {
    let mut disk = Disk::default();
    disk.change(&[&base("http")]);
    let mut seen = vec![disk.tree.digest()];
    for change in [
        want(1, &["a.example.test"], false, false, None),
        want(1, &["a.example.test"], true, false, None),
        want(1, &["a.example.test"], true, true, None),
        want(1, &["a.example.test"], true, true, Some("one")),
        want(1, &["a.example.test"], true, true, Some("two")),
        served(want(1, &["a.example.test", "b.example.test"], true, true, None), 3),
        served(want(1, &["a.example.test", "b.example.test"], true, true, None), 11),
        served(want(1, &["a.example.test", "b.example.test"], true, true, None), 27),
        served(want(1, &["a.example.test", "b.example.test"], true, true, None), 2),
        served(want(1, &["a.example.test", "b.example.test"], true, true, None), 0),
        base("other"),
    ] {
        let preview = disk.change(&[&change]);
        assert_eq!(preview.digest, disk.tree.digest());
        assert!(!seen.contains(&preview.digest));
        let told = disk.files[&TreeFile::Digest].to_string();
        assert!(told.contains(&preview.digest.unwrap().to_string()));
        seen.push(preview.digest);
    }
    let same = disk.tree.preview(&[&base("other")]);
    assert!(same.files.is_empty());
}

#[test]
fn a_line_that_is_not_ours_is_refused_with_its_place() {
    for (kind, line) in [
        (MapKind::State, "active"),
        (MapKind::State, "Suspended"),
        (MapKind::Redirect, "301"),
        (MapKind::Redirect, "301+javascript:alert(1)"),
        (MapKind::SendOn, "www.example.test"),
        (MapKind::Allow, "203.0.113.0/24"),
        (MapKind::Pool, "x"),
    ] {
        let text = format!("{} {line};\n", id(1));
        assert!(Tree::from_files([(TreeFile::Map(kind, 0), text.clone())]).is_err(), "{text}");
    }
    for text in [
        "a.example.test\n",
        "# ok\n~x 1;\n",
        "a.example.test x;\n",
        "a.example.test  01890a5d-ac96-774b-bcce-b30200000001;\n",
    ] {
        let file = TreeFile::Map(MapKind::Host, 0);
        let error = Tree::from_files([(file, text.to_owned())]).unwrap_err();
        assert_eq!(error.file, "maps/host-00.map");
        assert_eq!(error.line, text.lines().count());
    }
}

fn any_want() -> impl Strategy<Value = Want> {
    let names = proptest::collection::vec(0_u8..12, 1..4);
    let block = proptest::option::of("[a-z]{3}");
    (0_u8..8, names, any::<bool>(), any::<bool>(), block, any::<u8>(), any::<u8>()).prop_map(
        |(n, names, pool, suspended, block, absent, how)| {
            let names: Vec<String> = names.iter().map(|k| format!("n{k}.example.test")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            match absent % 4 {
                0 => Want::Site(id(n), None),
                _ => served(want(n, &names, pool, suspended, block.as_deref()), how),
            }
        },
    )
}

proptest! {
    #[test]
    fn incremental_changes_equal_a_full_render(rounds in proptest::collection::vec(proptest::collection::vec(any_want(), 1..4), 1..12)) {
        let mut grown = Disk::default();
        grown.change(&[&base("http")]);
        for round in &rounds {
            let mut once: BTreeMap<_, &Want> = BTreeMap::new();
            once.extend(round.iter().map(|w| (w.owner(), w)));
            grown.change(&once.values().copied().collect::<Vec<_>>());
        }
        // what the tree says is there, written into an empty one in one go
        let mut whole = Disk::default();
        let mut wants = vec![base("http")];
        for (id, record) in grown.tree.sites() {
            let block = grown.files.get(&TreeFile::Site(id)).cloned();
            wants.push(Want::Site(id, Some(SiteWant { record: record.clone(), block })));
        }
        whole.change(&wants.iter().collect::<Vec<_>>());
        prop_assert_eq!(&whole.files, &grown.files);
        prop_assert_eq!(whole.tree.digest(), grown.tree.digest());
        // and read back from the disk
        let read = grown.read_back();
        prop_assert_eq!(read.digest(), grown.tree.digest());
        prop_assert_eq!(read.sites().collect::<Vec<_>>(), grown.tree.sites().collect::<Vec<_>>());
        for (file, text) in &grown.files {
            prop_assert_eq!(grown.tree.file(*file), Some(Digest::of(text.as_bytes())));
        }
        for which in BaseFile::ALL {
            prop_assert!(grown.files.contains_key(&TreeFile::Base(which)));
        }
    }
}
