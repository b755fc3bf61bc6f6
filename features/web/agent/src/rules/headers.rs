//! Headers of answers: those that rules set and remove, and those that let pages of other origins in.
//!
//! nginx adds a header by the value of a variable, and none where that is empty; so nothing is added where the program did not run. The
//! site's own programs' header of that name is hidden, and said again where no rule speaks of the path.

use std::collections::BTreeMap;

use names::HeaderName;
use web_spec::Rule;
use web_spec::rule::Cors;

use super::PATH;
use super::expression::{below, choices, condition, literal};
use crate::conf::{Directive, block, line, matching, set};

/// Says that there is no header, whatever the site's own programs say; no value is a space.
const GONE: &str = " ";

const ORIGIN: &str = "Access-Control-Allow-Origin";
const CREDENTIALS: &str = "Access-Control-Allow-Credentials";
const METHODS: &str = "Access-Control-Allow-Methods";
const HEADERS: &str = "Access-Control-Allow-Headers";
const MAX_AGE: &str = "Access-Control-Max-Age";
const OF_CORS: [&str; 5] = [ORIGIN, CREDENTIALS, METHODS, HEADERS, MAX_AGE];

fn variable(name: &str) -> String {
    format!("$hf_h_{}", name.to_ascii_lowercase().replace('-', "_"))
}

/// The headers that rules of a site speak of, by their names in lower case.
pub(super) struct Headers {
    /// As the first rule writes it, and whether there are paths for which no rule may speak.
    names: BTreeMap<String, (String, bool)>,
    cors: bool,
}

impl Headers {
    pub(super) fn of(rules: &[Rule]) -> Self {
        let mut names: BTreeMap<String, (String, bool)> = BTreeMap::new();
        let mut add = |name: &str, everywhere: bool| {
            let known = names.entry(name.to_ascii_lowercase()).or_insert_with(|| (name.to_owned(), true));
            known.1 &= !everywhere;
        };
        for rule in rules {
            match rule {
                Rule::SetHeader(set) => add(set.name.as_str(), condition(set.path.as_ref(), &[]).is_none()),
                Rule::RemoveHeader(gone) => {
                    add(gone.name.as_str(), condition(gone.path.as_ref(), &[]).is_none());
                }
                Rule::Cors(_) => OF_CORS.iter().for_each(|name| add(name, false)),
                _ => {}
            }
        }
        Self { names, cors: rules.iter().any(|rule| matches!(rule, Rule::Cors(_))) }
    }

    /// What visitors are told, outside of the server block. The same in every site that speaks of the header.
    pub(super) fn maps(&self) -> Vec<Directive> {
        let partly = self.names.iter().filter(|(_, (_, partly))| *partly);
        let map = |name: &str| {
            let (wish, told) = (variable(name), told(name));
            let theirs = format!("$upstream_http_{}", name.replace('-', "_"));
            block(
                ["map", &wish, &told],
                vec![line(["default", &wish]), line(["", &theirs]), line([GONE, ""])],
            )
        };
        partly.map(|(name, _)| map(name)).collect()
    }

    /// The first rule that fits the path says it: the last that sets it.
    pub(super) fn program(&self, rules: &[Rule]) -> Vec<Directive> {
        let mut directives = Vec::new();
        for rule in rules.iter().rev() {
            match rule {
                Rule::SetHeader(header) => {
                    let said = vec![set(&variable(header.name.as_str()), header.value.as_str())];
                    directives.extend(PATH.when(condition(header.path.as_ref(), &[]).as_deref(), said));
                }
                Rule::RemoveHeader(header) => {
                    let partly = self.names.get(&header.name.lower()).is_none_or(|(_, partly)| *partly);
                    let gone = vec![set(&variable(header.name.as_str()), if partly { GONE } else { "" })];
                    directives.extend(PATH.when(condition(header.path.as_ref(), &[]).as_deref(), gone));
                }
                Rule::Cors(cors) => directives.extend(shared(cors)),
                _ => {}
            }
        }
        directives
    }

    /// In the server block.
    pub(super) fn directives(&self) -> Vec<Directive> {
        let mut directives = Vec::new();
        for (lower, (name, partly)) in &self.names {
            let value = if *partly { told(lower) } else { variable(lower) };
            directives.push(line(["fastcgi_hide_header", name]));
            directives.push(line(["add_header", name, &value, "always"]));
        }
        if self.cors {
            directives.push(line(["add_header", "Vary", "$hf_vary", "always"]));
        }
        directives
    }
}

fn told(name: &str) -> String {
    format!("$hf_t_{}", name.to_ascii_lowercase().replace('-', "_"))
}

/// Which origin asks, if it is one of these.
pub(super) fn origins(cors: &Cors) -> Vec<Directive> {
    let mut directives = vec![set("$hf_origin", "")];
    if cors.origins.iter().any(names::WebOrigin::is_any) {
        directives.push(matching("$http_origin", "^[!-~]+\\z", vec![set("$hf_origin", "*")]));
        return directives;
    }
    for chunk in choices(cors.origins.iter().map(|origin| literal(origin.as_str()))) {
        let inner = vec![set("$hf_origin", "$http_origin")];
        directives.push(matching("$http_origin", &format!("^{chunk}\\z"), inner));
    }
    directives
}

/// Where the rule speaks, an origin that is not named is told nothing.
fn shared(cors: &Cors) -> Vec<Directive> {
    let path = cors.path.as_ref().and_then(below);
    let mut all: Vec<Directive> = OF_CORS.iter().map(|name| set(&variable(name), GONE)).collect();
    let any = cors.origins.iter().any(names::WebOrigin::is_any);
    all.push(set("$hf_vary", if any { "" } else { "Origin" }));
    let mut directives = PATH.when(path.as_deref(), all);
    directives.extend(origins(cors));
    directives.push(set("$hf_both", "$hf_origin $uri"));
    let mut named = vec![set(&variable(ORIGIN), "$hf_origin")];
    if cors.credentials {
        named.push(set(&variable(CREDENTIALS), "true"));
    }
    let expression = format!("^[^ ]+ {}", path.as_deref().unwrap_or("/"));
    directives.push(matching("$hf_both", &expression, named));
    directives
}

/// What a browser that asks beforehand is told besides.
pub(super) fn preflight(cors: &Cors, seconds: u32) -> Vec<Directive> {
    let methods: Vec<String> = cors.methods.iter().map(ToString::to_string).collect();
    let mut said = vec![set(&variable(METHODS), &methods.join(", "))];
    if !cors.headers.is_empty() {
        let headers: Vec<&str> = cors.headers.iter().map(HeaderName::as_str).collect();
        said.push(set(&variable(HEADERS), &headers.join(", ")));
    }
    said.push(set(&variable(MAX_AGE), &seconds.to_string()));
    said
}
