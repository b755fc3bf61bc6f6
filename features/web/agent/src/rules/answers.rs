//! Rules that answer, or change the path, in their order.

use names::DomainName;
use web_spec::rule::{Addresses, Cors, Decision, Hotlink, PathRedirect, Rewrite};
use web_spec::{Rule, SiteSpec};

use super::expression::{below, choices, condition, exact, literal};
use super::headers::{origins, preflight};
use super::{PATH, Subject};
use crate::conf::{Directive, line, matching, set};
use crate::line::network_bytes;

/// The first run: every rule at its place.
pub(super) fn program(spec: &SiteSpec) -> Vec<Directive> {
    let answer = |rule: &Rule| match rule {
        Rule::Redirect(redirect) => sent_on(redirect),
        Rule::Rewrite(rewrite) => vec![rewritten(rewrite)],
        Rule::Hotlink(hotlink) => hotlinked(hotlink, &spec.names),
        Rule::Cors(cors) => asked_beforehand(cors),
        rule => guard(rule, PATH),
    };
    spec.rules.iter().flat_map(answer).collect()
}

/// Rules that refuse by the path and the visitor's address alone.
pub(super) fn guards(rules: &[Rule], subject: Subject) -> Vec<Directive> {
    rules.iter().flat_map(|rule| guard(rule, subject)).collect()
}

fn guard(rule: &Rule, subject: Subject) -> Vec<Directive> {
    match rule {
        Rule::Deny(deny) => subject.when(below(&deny.path).as_deref(), vec![refused()]),
        Rule::Addresses(addresses) => by_address(addresses, subject),
        _ => Vec::new(),
    }
}

fn refused() -> Directive {
    line(["return", "403"])
}

fn by_address(addresses: &Addresses, subject: Subject) -> Vec<Directive> {
    let refuses = match addresses.others {
        Decision::Deny => "out",
        Decision::Allow => "in",
    };
    let mut directives = vec![set("$hf_net", "out")];
    // an address of the other family has another length
    let networks = addresses.networks.iter().map(|network| network_bytes(*network));
    for chunk in choices(networks) {
        let inner = vec![set("$hf_net", "in")];
        directives.push(matching("$binary_remote_addr", &format!("^(?s:{chunk})\\z"), inner));
    }
    let path = addresses.path.as_ref().and_then(below);
    let expression = format!("^{refuses}{}{}", subject.prefix, path.as_deref().unwrap_or("/"));
    directives.push(set("$hf_both", &format!("$hf_net{}", subject.variable)));
    directives.push(matching("$hf_both", &expression, vec![refused()]));
    directives
}

fn rewritten(rewrite: &Rewrite) -> Directive {
    line(["rewrite", &format!("^{}", exact(&rewrite.from)), rewrite.to.as_str()])
}

/// The address goes through the query, where nginx writes what was captured as an address has it: a query or a line of its own it
/// cannot begin.
fn sent_on(redirect: &PathRedirect) -> Vec<Directive> {
    let expression = format!("^{}", exact(&redirect.from));
    let kept = if redirect.keep_query { "$hf_kept" } else { "" };
    let inner = vec![
        set("$hf_kept", "$is_args$args"),
        line(["rewrite", &expression, &format!("/?{}?", redirect.to)]),
        line(["return", &u16::from(redirect.code).to_string(), &format!("$args{kept}")]),
    ];
    vec![matching("$uri", &expression, inner)]
}

/// Who comes from a page of the site itself, or of one that is named, is no stranger; nor, mostly, who does not say it.
fn hotlinked(hotlink: &Hotlink, own: &[DomainName]) -> Vec<Directive> {
    let mut directives = vec![set("$hf_guest", "yes")];
    if !hotlink.strict {
        directives.push(matching("$http_referer", "^\\z", vec![set("$hf_guest", "")]));
    }
    let own = own.iter().map(|name| literal(name.as_str()));
    let others = hotlink.referers.iter().map(|host| {
        let (name, is_below) = host.name();
        let before = if is_below { "[a-z0-9.-]+\\." } else { "" };
        format!("{before}{}", literal(name))
    });
    for chunk in choices(own.chain(others)) {
        let expression = format!("^(?i:https?://{chunk})(?::\\d+)?(?:[/?#]|\\z)");
        directives.push(matching("$http_referer", &expression, vec![set("$hf_guest", "")]));
    }
    let files = condition(None, &hotlink.endings);
    directives.push(set("$hf_both", "$hf_guest$uri"));
    directives.push(matching(
        "$hf_both",
        &format!("^yes{}", files.as_deref().unwrap_or("/")),
        vec![refused()],
    ));
    directives
}

/// A browser asks beforehand what a page may do (OPTIONS, with the method that it would use).
fn asked_beforehand(cors: &Cors) -> Vec<Directive> {
    let Some(seconds) = cors.preflight else { return Vec::new() };
    let mut directives = origins(cors);
    let asked = "$request_method $http_access_control_request_method $hf_origin $uri";
    directives.push(set("$hf_both", asked));
    let path = cors.path.as_ref().and_then(below);
    let expression = format!("^OPTIONS [A-Z]+ [^ ]+ {}", path.as_deref().unwrap_or("/"));
    let mut inner = preflight(cors, seconds);
    inner.push(line(["return", "204"]));
    directives.push(matching("$hf_both", &expression, inner));
    directives
}
