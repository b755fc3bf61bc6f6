use std::collections::BTreeMap;
use std::path::Path;

use super::{commands, markdown, pages};

#[test]
fn the_reference_is_what_the_commands_say() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/cli");
    let wanted: BTreeMap<String, String> = markdown::pages().into_iter().collect();
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap())
    };
    let there: BTreeMap<String, String> =
        std::fs::read_dir(&dir).map(|entries| entries.map(read).collect()).unwrap_or_default();
    let remedy = "run `cargo run -p cli -- man --markdown --dir docs/reference/cli`";
    let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&there), names(&wanted), "{remedy}");
    for (name, text) in &wanted {
        assert!(there[name] == *text, "docs/reference/cli/{name} is stale: {remedy}");
    }
}

#[test]
fn every_command_says_what_it_does_and_what_it_takes() {
    for command in commands() {
        let name = command.get_bin_name().unwrap().to_owned();
        assert!(command.get_about().is_some(), "`{name}` does not say what it does");
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            assert!(arg.get_help().is_some(), "`{name}`: {} does not say what it means", arg.get_id());
        }
    }
}

#[test]
fn there_is_a_man_page_for_each_command() {
    let pages = pages().unwrap();
    let page = |name: &str| pages.iter().find(|(its, _)| its == name).map(|(_, text)| text.as_str());
    assert_eq!(pages.len(), commands().len());
    assert!(page("holdfast.1").unwrap().contains("Exit codes"), "the exit codes are in the first page");
    assert!(page("holdfast-setup.1").unwrap().contains("dry\\-run"), "the options of set-up are in its page");
    let create = page("holdfast-site-create.1").unwrap();
    assert!(create.contains(".TH HOLDFAST-SITE-CREATE") && create.contains("docroot"), "{create}");
}
