use std::path::Path;

use clap::{CommandFactory, Parser};
use hostd::Role;

use super::Args;

/// The reference and the man page of the command `holdfast` have it from this file: that program knows nothing of ours.
const OPTIONS: &str = "options.txt";

#[test]
fn the_reference_is_what_set_up_takes() {
    let wanted = Args::command().term_width(100).render_help().to_string();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(OPTIONS);
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    if there != wanted {
        std::fs::write(&path, wanted).unwrap();
        panic!(
            "bins/setup/{OPTIONS} was stale and is written again: write docs/reference/cli again, and commit both"
        );
    }
}

#[test]
fn a_server_is_set_up_for_roles_or_for_none_of_them() {
    let roles = |words: &[&str]| {
        let words = std::iter::once("holdfast setup").chain(words.iter().copied());
        Args::try_parse_from(words).map(|args| args.roles.0)
    };
    assert_eq!(roles(&[]).unwrap(), [Role::Web]);
    assert_eq!(roles(&["--with", "web"]).unwrap(), [Role::Web]);
    assert_eq!(roles(&["--with", "none"]).unwrap(), []);
    for words in ["", "web,none", "mail", "None"] {
        assert!(roles(&["--with", words]).is_err(), "{words:?}");
    }
}
