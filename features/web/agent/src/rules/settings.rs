//! Rules that set something: passwords, times, limits, pages.

use names::SiteId;
use web_spec::Rule;
use web_spec::rule::Span;

use super::expression::{below, condition};
use super::{PATH, Subject, unless_set};
use crate::conf::{Directive, line, set};
use crate::users::UsersFile;

/// Which directories ask for a password. The first rule that fits says it: the last that sets it.
pub(super) fn passwords(site: SiteId, rules: &[Rule], subject: Subject) -> Vec<Directive> {
    let mut directives = Vec::new();
    for rule in rules.iter().rev() {
        let Rule::Password(directory) = rule else { continue };
        let file = UsersFile::of(site, directory);
        let asks = vec![set("$hf_realm", directory.realm.as_str()), set("$hf_users", file.path())];
        directives.extend(subject.when(directory.path.as_ref().and_then(below).as_deref(), asks));
    }
    directives
}

/// How long browsers keep what.
pub(super) fn program(rules: &[Rule]) -> Vec<Directive> {
    let mut directives = Vec::new();
    for rule in rules.iter().rev() {
        let Rule::Cache(cache) = rule else { continue };
        let time = if cache.seconds == 0 { "-1".to_owned() } else { format!("{}s", cache.seconds) };
        let inner = vec![set("$hf_expires", &time)];
        directives.extend(PATH.when(condition(cache.path.as_ref(), &cache.endings).as_deref(), inner));
    }
    directives
}

/// What answers where there is no file.
pub(super) fn fronts(rules: &[Rule]) -> Vec<Directive> {
    let mut directives = Vec::new();
    for rule in rules.iter().rev() {
        let Rule::FrontController(front) = rule else { continue };
        let inner = vec![set("$hf_front", &format!("{}$is_args$args", front.to))];
        directives.extend(PATH.when(front.path.as_ref().and_then(below).as_deref(), inner));
    }
    directives
}

/// What reads the variables.
pub(super) fn directives(rules: &[Rule]) -> Vec<Directive> {
    let mut directives = Vec::new();
    if rules.iter().any(|rule| matches!(rule, Rule::Password(_))) {
        directives.push(line(["auth_basic", "$hf_realm"]));
        directives.push(line(["auth_basic_user_file", "$hf_users"]));
    }
    if rules.iter().any(|rule| matches!(rule, Rule::Cache(_))) {
        directives.push(line(["expires", "$hf_expires"]));
    }
    directives
}

/// Pages of the site's own for a status.
pub(super) struct Pages {
    /// Before the gate, so that nginx finds them before its usual ones.
    pub(super) before: Vec<Directive>,
    /// Behind the gate.
    pub(super) behind: Vec<Directive>,
}

/// What the gate answers is this server's own: of the statuses that a site may have a page for, that is 404 alone.
pub(super) fn pages(rules: &[Rule]) -> Pages {
    let mut pages = Pages { before: Vec::new(), behind: Vec::new() };
    for rule in rules {
        let Rule::ErrorPage(page) = rule else { continue };
        let status = u16::from(page.status);
        if status == 404 {
            pages.before.push(unless_set("$hf_page_404", "@hf_404"));
            pages.before.push(line(["error_page", "404", "$hf_page_404"]));
            pages.behind.push(set("$hf_page_404", page.page.as_str()));
        } else {
            pages.before.push(line(["error_page", &status.to_string(), page.page.as_str()]));
        }
    }
    pages
}

/// Limits by the visitor's address.
pub(super) struct Limits {
    /// Outside of the server block.
    pub(super) zones: Vec<Directive>,
    pub(super) program: Vec<Directive>,
    pub(super) directives: Vec<Directive>,
}

/// A zone has one key for good (nginx does not load a change of it), and so both have the number of the limit among those of its kind.
pub(super) fn limits(site: SiteId, rules: &[Rule]) -> Limits {
    let mut limits = Limits { zones: Vec::new(), program: Vec::new(), directives: Vec::new() };
    let (mut rates, mut connections) = (0, 0);
    for rule in rules {
        let (path, key) = match rule {
            Rule::RateLimit(limit) => {
                let (key, zone) = (format!("$hf_rate_{rates}"), format!("hf_rate_{site}_{rates}"));
                let per = match limit.per {
                    Span::Second => "s",
                    Span::Minute => "m",
                };
                let rate = format!("rate={}r/{per}", limit.requests);
                limits.zones.push(line(["limit_req_zone", &key, &format!("zone={zone}:1m"), &rate]));
                let burst = format!("burst={}", limit.burst);
                let mut words = vec!["limit_req".to_owned(), format!("zone={zone}")];
                if limit.burst > 0 {
                    words.extend([burst, "nodelay".to_owned()]);
                }
                limits.directives.push(Directive { words, block: None });
                rates += 1;
                (limit.path.as_ref(), key)
            }
            Rule::ConnectionLimit(limit) => {
                let (key, zone) =
                    (format!("$hf_conn_{connections}"), format!("hf_conn_{site}_{connections}"));
                limits.zones.push(line(["limit_conn_zone", &key, &format!("zone={zone}:1m")]));
                limits.directives.push(line(["limit_conn", &zone, &limit.connections.to_string()]));
                connections += 1;
                (limit.path.as_ref(), key)
            }
            _ => continue,
        };
        let counted = vec![set(&key, "$binary_remote_addr")];
        limits.program.extend(PATH.when(path.and_then(below).as_deref(), counted));
    }
    if rates > 0 {
        limits.directives.push(line(["limit_req_status", "429"]));
    }
    if connections > 0 {
        limits.directives.push(line(["limit_conn_status", "429"]));
    }
    limits
}
