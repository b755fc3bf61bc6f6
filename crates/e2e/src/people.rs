//! The story of people, packages and rights, line by line: a provider, a reseller and one below it, an owner and her developer; limits that
//! two hundred at once do not pass; what nobody can learn of another's; a suspension, measured; and a panel that is put back as it was.

mod below;
mod given;
mod limits;
mod matrix;
mod restored;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testhost::Output;

use crate::node::Node;
use crate::story::shown;
use crate::transcript::{Prompt, Transcript};

const LIMIT: Duration = Duration::from_secs(90);
const PASSWORD: &str = "correct horse battery staple";
/// The owner's site, and that of the account that belongs to somebody else altogether.
const SITE: &str = "www.example.test";
const FOREIGN: &str = "z.example.test";

/// The story's teller: a server, and what is told.
struct Teller<'a, 't> {
    node: &'a Node,
    told: &'a mut Transcript<'t>,
    /// The panel's certificate, by which people on other machines know it.
    fingerprint: String,
}

/// Plays the story on a server with Holdfast set up and no account.
///
/// # Errors
/// A command could not be run at all. What does not hold is in the transcript.
pub fn play(node: &Node, told: &mut Transcript<'_>) -> Result<()> {
    let pem =
        ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", "/etc/holdfast/credentials/tls.pem"];
    let said = node.check(pem)?.text();
    let fingerprint = said.trim().rsplit('=').next().unwrap_or_default().to_owned();
    let mut teller = Teller { node, told, fingerprint };
    teller.told.note(
        "`#` is root on the server. `rita$` is Rita's shell: HOLDFAST_URL, HOLDFAST_FINGERPRINT and HOLDFAST_TOKEN_FILE of her session.",
    )?;
    teller.the_provider_sells()?;
    teller.a_reseller_sells_what_it_has()?;
    teller.one_below_it_sells_less()?;
    teller.nobody_gives_what_they_have_not()?;
    teller.a_client_with_an_owner()?;
    teller.the_owner_invites_a_developer()?;
    teller.limits_hold_against_two_hundred()?;
    teller.a_change_of_a_package_is_shown_first()?;
    teller.what_is_another_s_is_not_there()?;
    teller.acting_as_is_seen()?;
    teller.a_suspension_is_measured()?;
    teller.the_audit_is_whole()?;
    teller.the_panel_of_days_ago()
}

impl Teller<'_, '_> {
    /// `holdfast ...` as root.
    fn root(&mut self, args: &[&str]) -> Result<Output> {
        let typed = [&["holdfast"], args].concat();
        self.told.run(Prompt::Root, &shown(&typed), self.node.command(&typed).deadline(LIMIT))
    }

    /// A line of root's shell.
    fn shell(&mut self, line: &str) -> Result<Output> {
        self.told.run(Prompt::Root, line, self.node.command(["sh", "-c", line]).deadline(LIMIT))
    }

    /// `holdfast ...` as a person who has signed in, over HTTPS.
    fn by(&mut self, who: &'static str, args: &[&str]) -> Result<Output> {
        self.by_with(who, args, "")
    }

    /// The same, with something to read.
    fn by_with(&mut self, who: &'static str, args: &[&str], input: &str) -> Result<Output> {
        let typed = [&["holdfast"], args].concat();
        let mut command = self.node.command(&typed).deadline(LIMIT);
        let signs_in = args.starts_with(&["session", "create"]);
        for (name, value) in self.endpoint(who) {
            // there is none yet
            if !(signs_in && name == "HOLDFAST_TOKEN_FILE") {
                command = command.env(name, value);
            }
        }
        let mut line = shown(&typed);
        if !input.is_empty() {
            command = command.stdin(input.to_owned());
            line.push_str(" < input");
        }
        self.told.run(Prompt::Of(who), &line, command)
    }

    /// What stands in the environment of a person's shell.
    fn endpoint(&self, who: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("HOLDFAST_URL", "https://localhost:8443".to_owned()),
            ("HOLDFAST_FINGERPRINT", self.fingerprint.clone()),
            ("HOLDFAST_TOKEN_FILE", format!("/root/{who}.session")),
        ])
    }

    /// A person signs in by the link that a command wrote.
    fn follows(&mut self, who: &'static str, written: &Output) -> Result<()> {
        let text = written.text();
        let link =
            text.lines().find(|line| line.contains("/login#")).context("no link was written")?.to_owned();
        let save = format!("/root/{who}.session");
        let argv = ["session", "create", "--link-stdin", "--save", &save];
        let signed = self.by_with(who, &argv, &format!("{link}\n"))?;
        self.told.expect(&format!("the link signs {who} in"), signed.ok())?;
        Ok(())
    }

    /// What holds of a command that must succeed.
    fn done(&mut self, what: &str, output: &Output) -> Result<()> {
        Ok(self.told.expect(what, output.ok())?)
    }

    /// What holds of a command that must be refused, with these words.
    fn refused(&mut self, what: &str, output: &Output, words: &str) -> Result<()> {
        let said = output.error_text();
        Ok(self.told.expect(&format!("refused: {what}"), !output.ok() && said.contains(words))?)
    }

    /// `holdfast --json ...` as root, untold.
    fn json(&self, args: &[&str]) -> Result<Value> {
        self.node.json(args)
    }
}

/// The hash of a plan that a command showed.
fn hash(plan: &Output) -> Result<String> {
    let said = plan.text();
    let hash = said.lines().filter_map(|line| line.strip_prefix("plan ")).next_back().unwrap_or_default();
    ensure!(hash.len() == 64, "the plan has no hash: {said}");
    Ok(hash.to_owned())
}
