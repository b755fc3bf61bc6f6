//! The rules of a site as nginx's configuration.
//!
//! All that a rule decides is decided by a program of nginx's rewrite module in the site's own server block, behind the gate that all sites
//! share: it compares the path, and sets variables that the block's directives read. Names of variables are the same in all sites, so that
//! their number does not grow with that of the sites.
//!
//! nginx runs the program once for a request, and again where it answers by another path of its own accord (an index file, a front
//! controller, an error page). What a rule sets is decided the first time, by the path that was asked for. Who gets to see something is
//! decided each time, for the path that then answers; but not for the error page of a refusal. What certificate authorities and this server
//! itself ask for is left before any rule.

use names::{BodySize, IndexOrder, SiteId};
use web_spec::{Rule, SiteSpec};

use crate::conf::{Directive, equal, line, matching, set};

mod answers;
mod expression;
mod headers;
mod places;
mod settings;

/// What the rules add to a site's configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RuleConf {
    /// Outside of the server block.
    pub(crate) http: Vec<Directive>,
    /// In the block, before the gate.
    pub(crate) before: Vec<Directive>,
    /// In the block, behind the gate.
    pub(crate) behind: Vec<Directive>,
    /// The largest request body, where a rule says it.
    pub(crate) body_size: Option<BodySize>,
    /// Index files, where a rule says them.
    pub(crate) index: Option<IndexOrder>,
}

/// What a path is compared in.
#[derive(Debug, Clone, Copy)]
struct Subject {
    variable: &'static str,
    /// What stands before the path, as an expression.
    prefix: &'static str,
}

/// The path, as far as the program came.
const PATH: Subject = Subject { variable: "$uri", prefix: "" };
/// The path at the program's start, at any run but one for an error page.
const EACH_RUN: Subject = Subject { variable: "$hf_at", prefix: "1?00\\d" };
/// The same, at any run but the first.
const LATER_RUN: Subject = Subject { variable: "$hf_at", prefix: "100\\d" };

impl Subject {
    /// Directives for where the path fits a condition; none: for every path.
    fn when(self, condition: Option<&str>, inner: Vec<Directive>) -> Vec<Directive> {
        match (condition, self.prefix) {
            (None, "") => inner,
            (condition, prefix) => {
                let expression = format!("^{prefix}{}", condition.unwrap_or("/"));
                vec![matching(self.variable, &expression, inner)]
            }
        }
    }
}

/// What a variable is before the program ran; what it was set to the first time stays.
fn unless_set(variable: &'static str, value: &str) -> Directive {
    matching(variable, "^\\z", vec![set(variable, value)])
}

/// Makes the configuration of a site's rules. `homes` is the directory of all homes.
pub(crate) fn conf(site: SiteId, spec: &SiteSpec, homes: &str) -> RuleConf {
    let rules = spec.rules.as_slice();
    if rules.is_empty() {
        return RuleConf::default();
    }
    let headers = headers::Headers::of(rules);
    let limits = settings::limits(site, rules);
    let pages = settings::pages(rules);
    let guards = rules.iter().any(|rule| matches!(rule, Rule::Deny(_) | Rule::Addresses(_)));
    let passwords = rules.iter().any(|rule| matches!(rule, Rule::Password(_)));

    let mut before = vec![line(["uninitialized_variable_warn", "off"])];
    if passwords {
        before.push(set("$hf_realm", "off"));
    }
    if rules.iter().any(|rule| matches!(rule, Rule::Cache(_))) {
        before.push(unless_set("$hf_expires", "off"));
    }
    before.extend(pages.before);

    let mut behind = vec![equal("$hf_question", "yes", vec![line(["break"])])];
    if passwords || guards {
        behind.push(set("$hf_at", "$hf_again$status$uri"));
    }
    if passwords {
        behind.push(set("$hf_realm", "off"));
    }
    behind.extend(settings::passwords(site, rules, EACH_RUN));
    behind.extend(answers::guards(rules, LATER_RUN));
    behind.push(equal("$hf_again", "1", vec![line(["break"])]));
    behind.push(set("$hf_again", "1"));
    behind.extend(pages.behind);
    behind.extend(headers.program(rules));
    behind.extend(settings::program(rules));
    behind.extend(limits.program);
    behind.extend(answers::program(spec));
    if let Some(last) = rules.iter().rposition(|rule| matches!(rule, Rule::Rewrite(_))) {
        // the path that answers is another now
        behind.extend(answers::guards(&rules[..last], PATH));
        behind.extend(settings::passwords(site, rules, PATH));
    }
    behind.extend(settings::fronts(rules));
    behind.extend(settings::directives(rules));
    behind.extend(limits.directives);
    behind.extend(headers.directives());
    behind.extend(places::listings(rules, homes));

    RuleConf {
        http: [headers.maps(), limits.zones].concat(),
        before,
        behind,
        body_size: rules.iter().find_map(|rule| match rule {
            Rule::BodySize(largest) => Some(largest.size),
            _ => None,
        }),
        index: rules.iter().find_map(|rule| match rule {
            Rule::Index(index) => Some(index.files.clone()),
            _ => None,
        }),
    }
}

#[cfg(test)]
mod tests;
