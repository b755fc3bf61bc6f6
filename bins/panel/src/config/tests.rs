use super::*;

fn read(text: &str) -> Result<Config, ConfigError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Config::read_from(file.path())
}

#[test]
fn a_missing_file_means_the_defaults() {
    let config = Config::read_from(Path::new("/nonexistent/panel.toml")).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.web_listen.len(), 2, "IPv4 and IPv6");
}

#[test]
fn a_key_is_taken_and_the_others_keep_their_defaults() {
    let config = read("hostname = \"server1.example.test\"\n").unwrap();
    assert_eq!(config.hostname.unwrap().as_str(), "server1.example.test");
    assert_eq!(config.database, Config::default().database);
}

#[test]
fn an_unknown_key_and_a_bad_value_are_refused() {
    assert!(matches!(read("hostnam = \"x.example.test\"\n"), Err(ConfigError::Parse { .. })));
    assert!(matches!(read("web_listen = [\"80\"]\n"), Err(ConfigError::Parse { .. })));
}

#[test]
fn https_is_listened_for_where_http_is_unless_the_file_says_otherwise() {
    let listen_tls = |text: &str| {
        let listen = read(text).unwrap().listen_tls();
        listen.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(listen_tls(""), ["0.0.0.0:443", "[::]:443"]);
    assert_eq!(listen_tls("web_listen = [\"0.0.0.0:80\"]\n"), ["0.0.0.0:443"]);
    let several = "web_listen = [\"192.0.2.1:80\", \"192.0.2.1:8080\", \"192.0.2.2:443\"]\n";
    assert_eq!(listen_tls(several), ["192.0.2.1:443"]);
    assert_eq!(listen_tls("web_listen_tls = [\"192.0.2.1:8444\"]\n"), ["192.0.2.1:8444"]);
    assert_eq!(listen_tls("web_listen_tls = []\n"), Vec::<String>::new());
}

#[test]
fn the_reference_page_tells_every_key() {
    let page = include_str!("../../../../docs/reference/config.md");
    // the refusal of an unknown key names all that are known
    let refused = toml::from_str::<Config>("no_such_key = 1").unwrap_err().to_string();
    let known = refused.split_once("expected one of ").unwrap().1;
    let keys: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    assert!(keys.contains(&"hostname") && keys.len() >= 7, "{keys:?}");
    for key in keys {
        assert!(page.contains(&format!("| `{key}` | ")), "docs/reference/config.md has no row for {key}");
    }
}
