//! What SFTP stands on: sshd's rules, PAM's, and the directory into which every account is locked.

use converge::methods::Finding;
use hostd::Host;

use super::{bad, ok};

/// The file of ours that sshd includes, as the package has it.
const RULES: &str = include_str!("../../../../packaging/ssh/sshd.conf");
/// What PAM does at the start of each session.
const PAM_SESSION: &str = "/etc/pam.d/common-session";
/// Which directory a session sees at which place.
const NAMESPACE: &str = "/etc/security/namespace.d/holdfast.conf";
/// Where a session sees its home.
const SEEN_HOME: &str = "/srv/holdfast/sftp/home";

pub(super) fn examine(host: &Host) -> Vec<Finding> {
    vec![included(host), rules(host), pam(host), namespace(host)]
}

fn text(host: &Host, path: &str) -> String {
    let bytes = host.files().read(path).ok().flatten().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Lines without comments and empty ones, each as its words.
fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let words = |line| str::split_whitespace(line).collect::<Vec<_>>();
    text.lines().map(words).filter(|words| words.first().is_some_and(|word| !word.starts_with('#')))
}

/// sshd's own file includes ours, and for everybody: behind a `Match` it would be for some.
fn included(host: &Host) -> Finding {
    let ssh = &host.profile().ssh;
    let pattern = format!("{}/*.conf", ssh.include_dir);
    let main = text(host, &ssh.main_config);
    let is = |word: &str, keyword: &str| word.eq_ignore_ascii_case(keyword);
    let found = lines(&main)
        .take_while(|words| !is(words[0], "match"))
        .any(|words| is(words[0], "include") && words[1..].contains(&pattern.as_str()));
    let subject = ssh.main_config.as_str();
    if found {
        return ok("sftp.include", subject, format!("includes {pattern}"));
    }
    let remedy = format!("write `Include {pattern}` at its beginning, then: systemctl reload ssh");
    bad("sftp.include", subject, format!("does not include {pattern} before any `Match`"), &remedy)
}

fn rules(host: &Host) -> Finding {
    let path = format!("{}/holdfast.conf", host.profile().ssh.include_dir);
    let there = text(host, &path);
    let there: Vec<Vec<&str>> = lines(&there).collect();
    match lines(RULES).find(|rule| !there.contains(rule)) {
        None => ok("sftp.rules", &path, "confines accounts to SFTP in their homes".to_owned()),
        Some(rule) => bad(
            "sftp.rules",
            &path,
            format!("does not say `{}`", rule.join(" ")),
            "write that line there, then: systemctl reload ssh",
        ),
    }
}

fn pam(host: &Host) -> Finding {
    let session = text(host, PAM_SESSION);
    let has = |module: &str, argument: Option<&str>| {
        lines(&session).any(|words| words.contains(&module) && argument.is_none_or(|a| words.contains(&a)))
    };
    if has("pam_namespace.so", None) && has("pam_succeed_if.so", Some("holdfast-tenants")) {
        return ok("sftp.pam", PAM_SESSION, "shows each account its own home".to_owned());
    }
    bad(
        "sftp.pam",
        PAM_SESSION,
        "has no pam_namespace for accounts, so their sessions find no home".to_owned(),
        "pam-auth-update --enable holdfast",
    )
}

fn namespace(host: &Host) -> Finding {
    let homes = format!("{}/", host.bounds().homes);
    if lines(&text(host, NAMESPACE)).any(|words| words.starts_with(&[SEEN_HOME, &homes])) {
        return ok("sftp.home", NAMESPACE, format!("shows homes in {homes}"));
    }
    let message = format!("does not show homes in {homes}");
    bad("sftp.home", NAMESPACE, message, "run `holdfast setup`")
}
