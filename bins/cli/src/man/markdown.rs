//! The reference in Markdown: one page for each noun.

use std::fmt::Write as _;

use clap::{Arg, Command};

use crate::operations;

/// Pages by their file names.
pub(super) fn pages() -> Vec<(String, String)> {
    let all = super::commands();
    let Some((root, below)) = all.split_first() else { return Vec::new() };
    let mut index = String::from("# The command `holdfast`\n\n");
    let _ = writeln!(index, "{}\n", sentence(root));
    index.push_str("| command | what it does |\n| --- | --- |\n");
    let mut pages: Vec<(String, String)> = Vec::new();
    for command in below {
        let full = command.get_bin_name().unwrap_or_default();
        let mut words = full.split(' ').skip(1);
        let noun = words.next().unwrap_or_default();
        let nested = words.next().is_some();
        if nested {
            if let Some((_, page)) = pages.last_mut() {
                let _ = write!(page, "\n## `{full}`\n\n{}", section(command));
            }
        } else {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(index, "| [`{full}`]({noun}.md) | {} |", cell(&about));
            pages.push((format!("{noun}.md"), format!("# `{full}`\n\n{}", section(command))));
        }
    }
    index.push_str("\nThese options go with every command:\n\n");
    index.push_str(&options(root, Arg::is_global_set));
    index.push_str("\nThese go with every command that changes an account, a site or the node, before or behind its name:\n\n");
    index.push_str(&options(root, |arg| !arg.is_global_set()));
    let _ = write!(index, "\n{}", exit_codes());
    index.push_str("\nThe pages of this folder are written by `holdfast man --markdown`; a test fails where they are stale.\n");
    pages.insert(0, ("README.md".to_owned(), index));
    pages
}

fn exit_codes() -> String {
    let mut text = String::from("| exit code | meaning |\n| --- | --- |\n");
    for line in crate::failure::EXIT_CODES.lines().skip(1) {
        if let Some((code, meaning)) = line.trim().split_once("  ") {
            let _ = writeln!(text, "| {code} | {} |", cell(meaning));
        }
    }
    text
}

/// What the command is for.
fn sentence(command: &Command) -> String {
    let long = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    long.trim().to_owned()
}

fn section(command: &Command) -> String {
    let mut text = format!("{}\n", sentence(command));
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let _ = write!(text, "\n```text\n{usage}\n```\n");
    let options = options(command, |arg| !arg.is_global_set());
    if !options.is_empty() {
        let _ = write!(text, "\n{options}");
    }
    if let Some(more) = command.get_after_help() {
        let _ = write!(text, "\n```text\n{}\n```\n", more.to_string().trim());
    }
    let full = command.get_bin_name().unwrap_or_default();
    let operations: Vec<String> = operations::of(full.strip_prefix("holdfast ").unwrap_or_default())
        .map(|operation| format!("`{operation}`"))
        .collect();
    if !operations.is_empty() {
        let plural = if operations.len() == 1 { "" } else { "s" };
        let _ = writeln!(text, "\nOperation{plural} of the API: {}", operations.join(", "));
    }
    text
}

/// A table of those of a command's arguments that are wanted.
fn options(command: &Command, wanted: impl Fn(&Arg) -> bool) -> String {
    let shown = |arg: &&Arg| {
        let common = matches!(arg.get_id().as_str(), "help" | "version");
        !arg.is_hide_set() && !common && wanted(arg)
    };
    let args: Vec<&Arg> = command.get_arguments().filter(shown).collect();
    if args.is_empty() {
        return String::new();
    }
    let mut text = String::from("| option | meaning |\n| --- | --- |\n");
    for arg in args {
        let _ = writeln!(text, "| `{}` | {} |", cell(&name(arg)), cell(&meaning(arg)));
    }
    text
}

fn name(arg: &Arg) -> String {
    let value = arg.get_value_names().and_then(<[_]>::first).map(ToString::to_string);
    let value = value.unwrap_or_else(|| arg.get_id().as_str().to_uppercase());
    let takes = arg.get_num_args().is_some_and(|count| count.takes_values());
    let optional = arg.get_num_args().is_some_and(|count| count.min_values() == 0);
    let value = match (takes, optional) {
        (false, _) => String::new(),
        (true, true) => format!(" [{value}]"),
        (true, false) => format!(" {value}"),
    };
    match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}{value}"),
        (None, Some(long)) => format!("--{long}{value}"),
        _ => value.trim().to_owned(),
    }
}

fn meaning(arg: &Arg) -> String {
    let mut text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let takes = arg.get_num_args().is_some_and(|count| count.takes_values());
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes && !defaults.is_empty() {
        let _ = write!(text, " (default: `{}`)", defaults.join(","));
    }
    if let Some(variable) = arg.get_env() {
        let _ = write!(text, " (environment: `{}`)", variable.to_string_lossy());
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
