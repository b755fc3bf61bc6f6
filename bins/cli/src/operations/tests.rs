//! Nothing of the API is out of the command line's reach: no operation, no field of a body, no parameter of a query.

use std::collections::BTreeSet;

use serde_json::Value;

use super::OPERATIONS;

/// Fields and parameters that have another name on the command line, or are set by the program.
const OTHERWISE: &[(&str, &str, &str)] = &[
    // operation, name in the API, option or argument
    ("account_create", "password", "password_stdin"),
    ("account_create", "limits", "cpu"),
    ("account_edit", "password", "password_stdin"),
    ("account_edit", "limits", "cpu"),
    ("account_list", "q", "query"),
    ("package_list", "q", "query"),
    ("site_list", "q", "query"),
    ("certificate_list", "q", "query"),
    ("site_log", "kind", "error"),
    ("site_log", "limit", "lines"),
    ("site_log_file_list", "kind", "error"),
    ("site_log_follow", "kind", "error"),
    ("site_create", "redirected", "redirect_aliases"),
    ("site_edit", "redirected", "redirect_aliases"),
    ("site_edit", "maintenance", "allow"),
    ("site_create", "https", "certificate"),
    ("site_edit", "https", "force"),
    ("search", "q", "words"),
    ("authority_create", "eab", "eab_key_file"),
    ("authority_edit", "eab", "eab_key_file"),
    ("webhook_create", "url", "address"),
    ("webhook_edit", "url", "address"),
    ("adoption_decide", "kind", "object"),
    ("adoption_decide", "id", "object"),
    ("drift_decide", "kind", "object"),
    ("drift_decide", "id", "object"),
    ("drift_decide", "foreign", "seen"),
    ("session_create", "password", "login"),
    ("session_create_by_link", "token", "link_stdin"),
    ("session_create_by_link", "session", "session"),
    ("passkey_create", "question", "body"),
    ("passkey_create", "name", "body"),
    ("passkey_create", "credential", "body"),
    ("session_ask_for_passkey", "token", "body"),
    ("session_create_by_passkey", "question", "body"),
    ("session_create_by_passkey", "token", "body"),
    ("session_create_by_passkey", "credential", "body"),
    ("session_create_by_code", "token", "login"),
    ("session_create_by_code", "code", "login"),
    ("session_create_by_provider", "provider", "body"),
    ("identity_link", "provider", "body"),
    ("identity_provider_create", "client_secret", "client_secret_stdin"),
    ("identity_provider_edit", "client_secret", "client_secret_stdin"),
    ("session_step_up", "password", "code"),
    // a browser's alone to show: by `holdfast api`
    ("session_step_up", "passkey", "code"),
    // without a terminal from standard input, whatever the command
    ("totp_confirm", "code", "help"),
    ("account_edit", "current_password", "with_current"),
    ("password_set", "current", "first"),
    ("password_set", "new", "first"),
    ("token_create", "permissions", "may"),
    ("token_create", "accounts", "account"),
    ("token_create", "organisations", "organisation"),
    ("token_create", "days", "expires"),
    ("token_create", "never_expires", "expires"),
    ("organisation_list", "q", "query"),
    ("person_list", "q", "query"),
    ("person_create", "password", "password_stdin"),
    ("person_edit", "password", "password_stdin"),
];

/// Set by the program, or the command itself.
const EVERYWHERE: &[&str] = &["If-Match", "Last-Event-ID", "action", "decision"];

/// How a change is rehearsed and held to its plan.
const REHEARSAL: &[&str] = &["dry_run", "expect_plan", "overwrite"];

fn description() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/openapi.json");
    let text =
        std::fs::read_to_string(path).expect("docs/reference/openapi.json, written by `cargo xtask openapi`");
    serde_json::from_str(&text).unwrap()
}

/// Every operation with its id.
fn operations(description: &Value) -> Vec<(String, Value)> {
    let paths = description["paths"].as_object().unwrap();
    let all = paths.values().flat_map(|path| path.as_object().unwrap().values());
    all.filter_map(|operation| Some((operation.get("operationId")?.as_str()?.to_owned(), operation.clone())))
        .collect()
}

fn command(words: &str) -> clap::Command {
    let mut command = crate::cli::command();
    command.build();
    for word in words.split(' ') {
        let below = command.find_subcommand(word);
        command = below.unwrap_or_else(|| panic!("there is no command `{words}`")).clone();
    }
    command
}

#[test]
fn every_operation_of_the_api_has_a_command() {
    let described: BTreeSet<_> = operations(&description()).into_iter().map(|(id, _)| id).collect();
    let known: BTreeSet<_> = OPERATIONS.iter().map(|(id, _)| (*id).to_owned()).collect();
    let missing: Vec<_> = described.difference(&known).collect();
    assert!(missing.is_empty(), "operations without a command: {missing:?}");
    let gone: Vec<_> = known.difference(&described).collect();
    assert!(gone.is_empty(), "operations that the API does not have: {gone:?}");
    assert!(described.len() > 30, "the description is nearly empty");
}

#[test]
fn every_command_of_the_table_exists() {
    for (_, words) in OPERATIONS {
        command(words);
    }
}

/// Each command of a change can look first, hold the change to what it saw, and overrule, where the API can; and says so nowhere else.
#[test]
fn every_change_is_rehearsed_by_each_of_its_commands() {
    let description = description();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (id, operation) in operations(&description) {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let takes = |name: &str| parameters.iter().any(|parameter| parameter["name"] == name);
        let rehearses = REHEARSAL.iter().any(|name| takes(name));
        for (_, words) in OPERATIONS.iter().filter(|(its, _)| *its == id && rehearses) {
            let command = command(words);
            for name in REHEARSAL {
                seen += 1;
                let says = command.get_arguments().any(|argument| argument.get_id() == name);
                if says != takes(name) {
                    wrong.push(format!("{words}: --{name}: {says}, {id} takes it: {}", takes(name)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 100, "only {seen} were looked at");
}

/// The properties of an operation's body.
fn properties(description: &Value, operation: &Value) -> Vec<String> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schema = match schema["$ref"].as_str() {
        Some(reference) => description.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    schema["properties"].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn every_field_and_parameter_can_be_said() {
    let description = description();
    let mut unsaid = Vec::new();
    for (id, operation) in operations(&description) {
        let mut names = properties(&description, &operation);
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        names.extend(parameters.iter().filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)));
        let commands = OPERATIONS.iter().filter(|(its, _)| *its == id).map(|(_, words)| command(words));
        let said: BTreeSet<String> = commands
            .flat_map(|command| {
                command.get_arguments().map(|arg| arg.get_id().to_string()).collect::<Vec<_>>()
            })
            .collect();
        for name in names
            .iter()
            .filter(|name| !EVERYWHERE.contains(&name.as_str()) && !REHEARSAL.contains(&name.as_str()))
        {
            let other =
                OTHERWISE.iter().find(|(its, field, _)| *its == id && field == name).map(|(_, _, arg)| *arg);
            if !said.contains(other.unwrap_or(name)) {
                unsaid.push(format!("{id}: {name}"));
            }
        }
    }
    assert!(unsaid.is_empty(), "no command says: {unsaid:#?}");
}
