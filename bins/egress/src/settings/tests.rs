use names::Special;

use super::*;

fn read_text(text: &str) -> Result<Bounds> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("egress.toml");
    std::fs::write(&path, text).unwrap();
    read(path.to_str().unwrap())
}

#[test]
fn without_a_file_the_bounds_are_the_usual_ones() {
    assert_eq!(read("/nowhere/egress.toml").unwrap(), Bounds::default());
    assert_eq!(read_text("").unwrap(), Bounds::default());
}

#[test]
fn a_file_that_opens_too_much_or_is_misspelt_is_refused() {
    assert!(read_text("allow = [\"203.0.113.0/24\"]\nports = [443, 8443]\n").is_ok());
    for text in ["alow = []", "allow = [\"localhost\"]", "ports = [70000]", "allow = 1", "[web]"] {
        assert!(read_text(text).is_err(), "{text}");
    }
    let error = read_text("allow = [\"127.0.0.0/8\"]").unwrap_err();
    assert!(format!("{error:#}").contains(Special::Loopback.words()), "{error:#}");
}
