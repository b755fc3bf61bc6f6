//! What contradicts itself in how a site serves, whoever asked for it.

use converge::ObserveError;
use names::UrlHost;
use web_spec::{Serves, SiteSpec};

/// The most networks that see a site which is being worked on: each costs every request to such a site a comparison.
const MOST_ALLOWED: usize = 50;

/// See the module.
pub(super) fn check(spec: &SiteSpec) -> Result<(), ObserveError> {
    let refuse = |field: String, reason: String| Err(ObserveError::Refused { field, reason });
    for (at, name) in spec.redirected.iter().enumerate() {
        let field = format!("redirected/{at}");
        if spec.names.first() == Some(name) {
            return refuse(field, format!("{name} is the primary name: its visitors have nowhere to go"));
        }
        if !spec.names.contains(name) {
            return refuse(field, format!("{name} is none of the site's names"));
        }
        if spec.redirected[..at].contains(name) {
            return refuse(field, format!("{name} is named twice"));
        }
    }
    if let Serves::Redirect(redirect) = &spec.serves {
        let field = "serves/redirect/to".to_owned();
        if let UrlHost::Name(host) = redirect.to.host()
            && spec.names.iter().any(|name| name.as_str() == host.as_str())
        {
            return refuse(field, format!("{host} is a name of this very site: visitors would go round"));
        }
        if redirect.keep_path && redirect.to.target().contains('?') {
            return refuse(field, "nothing can be added to an address with a question mark".to_owned());
        }
    }
    let allowed = spec.maintenance.iter().map(|maintenance| maintenance.allow.len()).sum::<usize>();
    if allowed > MOST_ALLOWED {
        return refuse(
            "maintenance/allow".to_owned(),
            format!("there are more than {MOST_ALLOWED} networks"),
        );
    }
    Ok(())
}
