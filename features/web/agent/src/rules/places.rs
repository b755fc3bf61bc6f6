//! Rules that need a place of their own in the server block.

use web_spec::Rule;

use crate::conf::{Directive, block, line};

/// Directories that list what is in them. The place is as the one of all files, see `locations.conf`; programs and hidden files are matched
/// by expressions, which go before it.
pub(super) fn listings(rules: &[Rule], homes: &str) -> Vec<Directive> {
    let mut directives = Vec::new();
    for rule in rules {
        let Rule::Listing(listing) = rule else { continue };
        if listing.path.is_root() {
            directives.push(line(["autoindex", "on"]));
            continue;
        }
        let inner = vec![
            line(["disable_symlinks", "if_not_owner", &format!("from={homes}")]),
            line(["autoindex", "on"]),
            line(["try_files", "$uri", "$uri/", "$hf_front"]),
        ];
        directives.push(block(["location", &format!("{}/", listing.path)], inner));
    }
    directives
}
