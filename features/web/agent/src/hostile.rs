//! Hostile strings in every field of a site: what the types let through is rendered, and read back as what was meant.

use std::collections::BTreeMap;
use std::sync::Arc;

use hostd::Host;
use names::{IndexOrder, SiteId};
use testkit::hostile::{FieldKind, cases};
use web_spec::{Hsts, Maintenance, Redirect, RedirectCode, Serves, SiteSpec, SiteTls};

use crate::layout::TreeFile;
use crate::record::{SiteRecord, SiteWant, Want};
use crate::testing::{certificate, own_block, site};
use crate::tree::Tree;
use crate::{Committer, SocketProbe, UnitCheck};

fn kind_of(pointer: &str) -> FieldKind {
    match pointer {
        "/account" => FieldKind::AccountName,
        "/docroot" => FieldKind::RelPath,
        "/tls/certificate" => FieldKind::Id,
        "/pool" => FieldKind::PoolName,
        "/body_size" => FieldKind::BodySize,
        _ if pointer.starts_with("/index/") => FieldKind::IndexFile,
        "/serves/redirect/to" => FieldKind::WebUrl,
        _ if pointer.starts_with("/maintenance/allow/") => FieldKind::Network,
        _ if pointer.starts_with("/names/") || pointer.starts_with("/redirected/") => FieldKind::Domain,
        _ => panic!("a field that this test does not know: {pointer}"),
    }
}

fn rendered(host: &Host, committer: &Committer, id: SiteId, spec: &SiteSpec) -> BTreeMap<TreeFile, Arc<str>> {
    let block = committer.templates().block(host, id, spec).unwrap();
    let want = Want::Site(id, Some(SiteWant { record: SiteRecord::of(spec, host.bounds()), block }));
    let base = Want::Base(Some(["a", "b", "c", "d"].map(Arc::from)));
    let mut tree = Tree::default();
    let preview = tree.preview(&[&base]);
    tree.take(&[&base], &preview);
    let files = tree.preview(&[&want]).files;
    files.into_iter().filter_map(|(file, text)| Some((file, text?))).collect()
}

#[test]
fn no_hostile_string_reaches_a_file_but_as_what_it_means() {
    let host = Host::for_test().unwrap();
    let committer = Committer::new(Box::new(UnitCheck), Box::new(SocketProbe));
    let to = "https://www.example.org/shop".parse().unwrap();
    let spec = SiteSpec {
        index: Some("index.php index.html".parse().unwrap()),
        redirected: vec!["example.test".parse().unwrap()],
        serves: Serves::Redirect(Redirect { to, code: RedirectCode::Moved, keep_path: true }),
        tls: Some(SiteTls {
            certificate: certificate(1),
            force_https: true,
            hsts: Some(Hsts { max_age: 300, include_subdomains: true, preload: true }),
        }),
        maintenance: Some(Maintenance { allow: vec!["203.0.113.0/24".parse().unwrap()] }),
        ..own_block(&["www.example.test", "example.test"])
    };
    let document = serde_json::to_value(&spec).unwrap();
    let (mut tried, mut taken) = (0, 0);
    for case in cases(&document, kind_of) {
        tried += 1;
        let Ok(spec) = serde_json::from_slice::<SiteSpec>(&case.body) else { continue };
        taken += 1;
        let files = rendered(&host, &committer, site(1), &spec);
        let base = [TreeFile::Digest];
        for (file, text) in files.iter().filter(|(file, _)| !base.contains(file)) {
            let plain = text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b));
            assert!(plain, "{} in {}: {file}: {text}", case.payload.id, case.pointer);
        }
        // what is read back is what was meant: no line too many, none too few
        let maps = files.iter().filter(|(file, _)| matches!(file, TreeFile::Map(..)));
        let read = Tree::from_files(maps.map(|(file, text)| (*file, text.to_string()))).unwrap();
        let mut record = SiteRecord::of(&spec, host.bounds());
        // the rules refuse names that are none of the site's before anything is rendered
        let names = record.names.clone();
        record.keep_names(|name| names.contains(name));
        assert_eq!(
            read.sites().collect::<Vec<_>>(),
            [(site(1), &record)],
            "{} in {}",
            case.payload.id,
            case.pointer
        );
        let block = &files[&TreeFile::Site(site(1))];
        let words: Vec<&str> = block.lines().filter(|line| !line.starts_with('#')).collect();
        let names: Vec<String> = spec.names.iter().map(ToString::to_string).collect();
        let index: Vec<String> =
            spec.index.iter().flat_map(IndexOrder::files).map(ToString::to_string).collect();
        let mut wanted = vec![
            "server {".to_owned(),
            "    include /etc/nginx/holdfast/listen.conf;".to_owned(),
            format!("    server_name {};", names.join(" ")),
            format!("    client_max_body_size {};", spec.body_size.unwrap_or_default()),
        ];
        wanted.push(if index.is_empty() {
            "    index $hf_first_index index.html index.htm;".to_owned()
        } else {
            format!("    index {};", index.join(" "))
        });
        wanted.extend(["    include /etc/nginx/holdfast/locations.conf;", "}"].map(str::to_owned));
        assert_eq!(words, wanted, "{} in {}", case.payload.id, case.pointer);
    }
    assert!(tried > 1000 && taken > 10 && taken < tried / 4, "{taken} of {tried}");
    println!("{tried} strings, of which {taken} are values");
}
