//! Fields of rules as they are written on a command line.

use serde_json::Value;

use crate::failure::Failure;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Number,
    Switch,
    List,
}

use Holds::{List, Number, Switch, Text};

type Fields = &'static [(&'static str, Holds)];

/// Every kind with its fields, as the API has them; a test holds this against its description.
pub(super) const KINDS: [(&str, Fields); 17] = [
    ("set_header", &[("path", Text), ("name", Text), ("value", Text)]),
    ("remove_header", &[("path", Text), ("name", Text)]),
    ("rewrite", &[("from", Text), ("to", Text)]),
    ("redirect", &[("from", Text), ("to", Text), ("code", Number), ("keep_query", Switch)]),
    ("deny", &[("path", Text)]),
    ("addresses", &[("path", Text), ("networks", List), ("others", Text)]),
    ("password", &[("path", Text), ("realm", Text), ("users", List)]),
    ("cache", &[("path", Text), ("endings", List), ("seconds", Number)]),
    (
        "cors",
        &[
            ("path", Text),
            ("origins", List),
            ("methods", List),
            ("headers", List),
            ("credentials", Switch),
            ("preflight", Number),
        ],
    ),
    ("hotlink", &[("endings", List), ("referers", List), ("strict", Switch)]),
    ("body_size", &[("size", Text)]),
    ("rate_limit", &[("path", Text), ("requests", Number), ("per", Text), ("burst", Number)]),
    ("connection_limit", &[("path", Text), ("connections", Number)]),
    ("error_page", &[("status", Number), ("page", Text)]),
    ("index", &[("files", List)]),
    ("listing", &[("path", Text)]),
    ("front_controller", &[("path", Text), ("to", Text)]),
];

/// Reads `path=/admin` of a kind.
pub(super) fn read(kind: &str, field: &str) -> Result<(String, Value), Failure> {
    let known =
        KINDS.into_iter().find(|(known, _)| *known == kind).map(|(_, fields)| fields).unwrap_or_default();
    let remedy = || {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        format!("The fields of {kind} are: {}.", names.join(", "))
    };
    let (name, value) = field.split_once('=').map_or((field, None), |(name, value)| (name, Some(value)));
    let Some((_, holds)) = known.iter().find(|(known, _)| *known == name) else {
        return Err(Failure::refused(format!("{name} is no field of {kind}"), remedy()));
    };
    let value = match (holds, value) {
        (Switch, None | Some("yes" | "true")) => Value::Bool(true),
        (Switch, Some("no" | "false")) => Value::Bool(false),
        (Switch, Some(_)) => return Err(Failure::refused(format!("{name} is yes or no"), remedy())),
        (_, None) => {
            return Err(Failure::refused(format!("{name} has no value"), format!("Write {name}=VALUE.")));
        }
        (Text, Some(text)) => text.into(),
        (Number, Some(text)) => match text.parse::<u32>() {
            Ok(number) => number.into(),
            Err(_) => return Err(Failure::refused(format!("{name} is no number"), remedy())),
        },
        (List, Some(text)) => text.split(',').map(Value::from).collect::<Vec<_>>().into(),
    };
    Ok((name.to_owned(), value))
}
