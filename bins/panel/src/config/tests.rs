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
