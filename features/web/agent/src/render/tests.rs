use names::{DomainName, IndexOrder};

use super::*;

fn site() -> SiteId {
    SiteId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap()
}

fn spec() -> SiteSpec {
    SiteSpec {
        account: "alice".parse().unwrap(),
        names: ["www.example.test", "example.test"].map(|n| DomainName::parse(n).unwrap()).to_vec(),
        docroot: "sites/www.example.test/public".parse().unwrap(),
        pool: Some("alice-8.4".parse().unwrap()),
        body_size: Some("256M".parse().unwrap()),
        index: Some(IndexOrder::default()),
        suspended: false,
        redirected: Vec::new(),
        serves: web_spec::Serves::default(),
        disabled: false,
        maintenance: None,
        tls: None,
    }
}

fn base() -> WebServerSpec {
    WebServerSpec {
        listen: ["203.0.113.5:80", "[2001:db8::5]:80"].map(|l| l.parse().unwrap()).to_vec(),
        ..WebServerSpec::default()
    }
}

/// Compares with a file beside this one; `UPDATE_GOLDEN=1` writes it.
#[expect(clippy::disallowed_methods, reason = "a file of the repository")]
fn golden(name: &str, text: &str) {
    let path = format!("{}/src/render/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(
        text,
        std::fs::read_to_string(&path).unwrap_or_default(),
        "{name}: UPDATE_GOLDEN=1 accepts the change"
    );
}

#[test]
fn the_base_is_rendered_for_both_families_of_addresses() {
    let host = Host::for_test().unwrap();
    let texts = Templates::default().base(&host, &base(), &BTreeSet::new()).unwrap();
    for (which, text) in BaseFile::ALL.into_iter().zip(texts) {
        golden(which.name(), &text);
    }
}

#[test]
fn a_base_for_https_is_rendered_for_each_nginx_and_each_profile() {
    let host = Host::for_test().unwrap();
    let modern = WebServerSpec {
        listen_tls: ["203.0.113.5:443", "[2001:db8::5]:443"].map(|l| l.parse().unwrap()).to_vec(),
        tls_profile: TlsProfile::Modern,
        acme: Some("LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ".parse().unwrap()),
        ..base()
    };
    let texts = Templates::default().base(&host, &modern, &BTreeSet::new()).unwrap();
    for (which, text) in BaseFile::ALL.into_iter().zip(&texts) {
        golden(&format!("https-{}", which.name()), text);
    }
    let old = Host::for_test_of("12", hostd::Bounds::default()).unwrap();
    let usual = WebServerSpec {
        listen_tls: vec!["203.0.113.5:8443".parse().unwrap()],
        tls_profile: TlsProfile::Intermediate,
        ..modern
    };
    let texts = Templates::default().base(&old, &usual, &BTreeSet::new()).unwrap();
    for (which, text) in BaseFile::ALL.into_iter().zip(&texts) {
        golden(&format!("https-debian12-{}", which.name()), text);
    }
}

#[test]
fn the_address_of_a_site_by_https_has_the_port_where_it_is_not_the_usual_one() {
    let port = |listen: &[&str]| https_port(&listen.iter().map(|l| l.parse().unwrap()).collect::<Vec<_>>());
    assert_eq!(port(&[]), None);
    assert_eq!(port(&["0.0.0.0:443"]), None);
    assert_eq!(port(&["0.0.0.0:8443", "[::]:443"]), None);
    assert_eq!(port(&["0.0.0.0:8443", "[::]:9443"]), Some(8443));
}

#[test]
fn a_site_with_settings_of_its_own_has_a_block() {
    let host = Host::for_test().unwrap();
    let templates = Templates::default();
    golden("site.conf", &templates.block(&host, site(), &spec()).unwrap().unwrap());
    let one = SiteSpec { index: None, ..spec() };
    golden("site-body-size.conf", &templates.block(&host, site(), &one).unwrap().unwrap());
    let none = SiteSpec { index: None, body_size: None, ..spec() };
    assert_eq!(templates.block(&host, site(), &none).unwrap(), None);
}

#[test]
fn every_value_in_our_templates_goes_through_the_filter() {
    for (name, text) in BUILT_IN {
        for expression in text.split("{{").skip(1) {
            let expression = expression.split("}}").next().unwrap().trim();
            assert!(expression.ends_with("| ngx"), "{name}: {{{{ {expression} }}}}");
        }
    }
}

#[test]
fn the_filter_takes_one_plain_word_and_nothing_else() {
    for good in ["www.example.test", "/etc/nginx/holdfast", "[2001:db8::1]:80", "64M", "alice-8.4", "0"] {
        assert_eq!(plain_word(Value::from(good)).unwrap(), good);
    }
    let hostile = [
        "",
        " ",
        "a b",
        "a;",
        "a{",
        "a}",
        "a\"b",
        "a'b",
        "$host",
        "a\\b",
        "a#b",
        "~^.*$",
        "a\nb",
        "a\rb",
        "a\0b",
        "*.x",
        "a\u{85}b",
        "a\u{2028}b",
        "ä",
        "a\tb",
        "a\u{b}b",
        "`id`",
        "$(id)",
        "a|b",
        "a&b",
        "<svg>",
        "=x",
        "\u{9b}2J",
    ];
    for bad in hostile {
        assert!(plain_word(Value::from(bad)).is_err(), "{bad:?}");
    }
    assert!(plain_word(Value::from(())).is_err());
    assert!(plain_word(Value::UNDEFINED).is_err());
}

#[test]
fn an_administrators_template_wins_if_it_is_roots_alone() {
    let host = Host::for_test().unwrap();
    let path = format!("{OVERRIDES}/site.conf.j2");
    host.files().ensure_dirs(OVERRIDES, 0o755, host.test_owner()).unwrap();
    host.files().write(&path, b"# own {{ id | ngx }}\n", 0o644, host.test_owner()).unwrap();
    let text = Templates::default().block(&host, site(), &spec()).unwrap().unwrap();
    assert_eq!(&*text, format!("# own {}\n", site()));
    host.files().set_meta(&path, 0o666, host.test_owner()).unwrap();
    let error = Templates::default().block(&host, site(), &spec()).unwrap_err();
    assert!(matches!(error, RenderError::Untrusted { path: ref p } if *p == path), "{error}");
}

#[test]
fn a_wrong_template_is_an_error_with_its_name_and_line() {
    let host = Host::for_test().unwrap();
    host.files().ensure_dirs(OVERRIDES, 0o755, host.test_owner()).unwrap();
    for text in ["ok\n{{ missing | ngx }}\n", "ok\n{% if %}\n", "ok\n{{ names | ngx }}\n"] {
        host.files()
            .write(&format!("{OVERRIDES}/site.conf.j2"), text.as_bytes(), 0o644, host.test_owner())
            .unwrap();
        let error = Templates::default().block(&host, site(), &spec()).unwrap_err().to_string();
        assert!(error.contains("site.conf") && error.contains('2'), "{error}");
    }
}

#[test]
fn directives_that_the_administrator_sets_are_not_given_twice() {
    let host = Host::for_test().unwrap();
    let main = "http {\n  server_names_hash_bucket_size 64;\n  # map_hash_max_size 1;\n}\n";
    host.files().write("/etc/nginx/nginx.conf", main.as_bytes(), 0o644, host.test_owner()).unwrap();
    let drop_in = "/etc/nginx/conf.d/holdfast.conf";
    host.files().write(drop_in, b"map_hash_max_size 2;\n", 0o644, host.test_owner()).unwrap();
    let foreign = foreign_directives(&host, drop_in).unwrap();
    assert_eq!(foreign.iter().copied().collect::<Vec<_>>(), ["server_names_hash_bucket_size"]);
    let [http, ..] = Templates::default().base(&host, &base(), &foreign).unwrap();
    assert!(!http.contains("server_names_hash_bucket_size") && http.contains("map_hash_max_size 65536;"));
}

#[test]
fn a_template_is_used_from_the_moment_it_is_there_until_it_is_gone() {
    let host = Host::for_test().unwrap();
    let templates = Templates::default();
    let block = || templates.block(&host, site(), &spec()).unwrap().unwrap();
    let built_in = block();
    let path = format!("{OVERRIDES}/site.conf.j2");
    host.files().ensure_dirs(OVERRIDES, 0o755, host.test_owner()).unwrap();
    for text in ["# mine\n", "# mine, better\n"] {
        host.files().write(&path, text.as_bytes(), 0o644, host.test_owner()).unwrap();
        assert_eq!(&*block(), text);
    }
    host.files().remove(&path).unwrap();
    assert_eq!(block(), built_in);
}
