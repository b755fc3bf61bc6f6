//! What contradicts itself in a site's rules, whoever asked for it.

use converge::ObserveError;
use hostd::Host;
use web_spec::rule::check;
use web_spec::{Rule, SiteSpec};

/// See the module.
pub(super) fn check(host: &Host, spec: &SiteSpec) -> Result<(), ObserveError> {
    let refuse = |field: String, reason: String| Err(ObserveError::Refused { field, reason });
    if let Err(error) = check::check(&spec.rules) {
        let field = format!("rules/{}", error.place);
        return refuse(field.trim_end_matches('/').to_owned(), error.reason);
    }
    let listing = spec.rules.iter().position(|rule| matches!(rule, Rule::Listing(_)));
    match listing {
        Some(at) if !host.bounds().directory_listings => refuse(
            format!("rules/{at}/listing"),
            "directory listings are switched off on this server (agent.toml: directory_listings)".to_owned(),
        ),
        _ => Ok(()),
    }
}
