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
