//! The test of the staged tree by nginx itself.

use hostd::{Host, HostError, JobResult, Unit};

use crate::layout::TreeFile;

/// The most of nginx's message that is kept, in characters.
const MESSAGE: usize = 1000;

/// What nginx says of the staged tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It would load it.
    Good,
    /// It would not, for this reason.
    Refused(String),
}

/// Tests the staged tree in the place of the live one, with everything else as it is.
pub trait Check: Send + Sync {
    /// Runs the test. An error means that there was no verdict.
    fn check(&self, host: &Host) -> Result<Verdict, HostError>;
}

impl<T: Check + ?Sized> Check for std::sync::Arc<T> {
    fn check(&self, host: &Host) -> Result<Verdict, HostError> {
        self.as_ref().check(host)
    }
}

/// The unit `holdfast-nginx-check.service`, which writes nginx's messages to a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnitCheck;

impl Check for UnitCheck {
    fn check(&self, host: &Host) -> Result<Verdict, HostError> {
        let unit = Unit::NginxCheck;
        match host.systemd().start(&unit)? {
            JobResult::Done => Ok(Verdict::Good),
            JobResult::Failed => {
                let said = host.check_output(&unit)?.unwrap_or_default();
                let message = error_of(&said);
                if message.is_empty() {
                    // it did not come as far as nginx, or was killed: a verdict about the unit, not about the tree
                    return Err(HostError::Job {
                        verb: "start",
                        unit: unit.name(),
                        result: JobResult::Failed,
                    });
                }
                Ok(Verdict::Refused(message))
            }
            result => Err(HostError::Job { verb: "start", unit: unit.name(), result }),
        }
    }
}

/// The error among nginx's messages, in one line without control characters; empty where there is none. A warning is no
/// error: nginx takes a tree that it warns of.
pub(crate) fn error_of(said: &str) -> String {
    let serious = ["[emerg]", "[alert]", "[crit]", "[error]"];
    let errors = said.lines().find_map(|line| serious.iter().find_map(|level| line.split_once(level)));
    let (_, text) = errors.unwrap_or_default();
    text.trim().chars().take(MESSAGE).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The file that a message blames: `... in /etc/nginx/x.conf:12`.
pub(crate) fn blamed(message: &str) -> Option<&str> {
    let (_, place) = message.rsplit_once(" in /")?;
    let (path, line) = place.rsplit_once(':')?;
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let start = message.len() - place.len() - 1;
    (digits > 0).then(|| &message[start..=start + path.len()])
}

/// The file of our tree that a message blames.
pub(crate) fn blamed_ours(message: &str) -> Option<TreeFile> {
    TreeFile::of_live(blamed(message)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blamed_file_is_read_from_the_end_of_the_message() {
        let message = "unknown directive \"x in /y:1\" in /etc/nginx/sites-enabled/old.conf:12";
        assert_eq!(blamed(message), Some("/etc/nginx/sites-enabled/old.conf"));
        assert_eq!(
            blamed("unexpected end of file, expecting \"}\" in /etc/nginx/a.conf:3"),
            Some("/etc/nginx/a.conf")
        );
        assert_eq!(blamed("bind() to 0.0.0.0:80 failed (98: Address already in use)"), None);
        assert_eq!(blamed("x in /etc/nginx/a.conf:"), None);
        assert_eq!(blamed(""), None);
        let ours = "x in /etc/nginx/holdfast/sites/01890a5d-ac96-774b-bcce-b302099a8057.conf:3";
        assert!(matches!(blamed_ours(ours), Some(TreeFile::Site(_))));
        assert_eq!(blamed_ours("x in /etc/nginx/holdfast/../x.conf:3"), None);
    }

    #[test]
    fn the_message_is_the_error_and_not_a_warning_before_it() {
        let said = "nginx: [warn] conflicting server name \"a\" on 0.0.0.0:80, ignored\n\
                    nginx: [emerg] unknown directive \"bad\x1b[2J\" in /etc/nginx/a.conf:1\n\
                    nginx: configuration file /etc/nginx/nginx.conf test failed\n";
        assert_eq!(error_of(said), "unknown directive \"bad\u{fffd}[2J\" in /etc/nginx/a.conf:1");
        let logged = "2026/01/01 00:00:00 [emerg] 12#12: no \"events\" section in configuration\n";
        assert_eq!(error_of(logged), "12#12: no \"events\" section in configuration");
        assert_eq!(error_of("\n"), "");
        let killed = "nginx: [warn] conflicting server name \"a\" on 0.0.0.0:80, ignored\n";
        assert_eq!(error_of(killed), "", "a test that was killed has no verdict");
    }
}
