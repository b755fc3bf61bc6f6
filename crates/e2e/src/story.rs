//! The story of hosting a site, line by line as a person types it: the demo shows it, the tests hold it.

mod end;
mod held;
mod hosting;
mod people;

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testhost::{Cmd, Output};

use crate::place::Place;
use crate::transcript::{Prompt, Transcript};

const ACCOUNT: &str = "alice";
const SITE: &str = "www.example.test";
const PASSWORD: &str = "correct horse battery staple";
const LIMIT: Duration = Duration::from_secs(90);

/// The story's teller: a place, and what is told.
struct Teller<'a, 't> {
    place: Place<'a>,
    told: &'a mut Transcript<'t>,
}

/// Plays the story on a place with Holdfast set up and no account.
///
/// # Errors
/// A command could not be run at all. What does not hold is in the transcript.
pub fn play(place: Place<'_>, told: &mut Transcript<'_>) -> Result<()> {
    let mut teller = Teller { place, told };
    teller.an_account()?;
    teller.a_plan_and_a_site()?;
    teller.a_visitor_sees_the_starter_page()?;
    teller.the_owner_puts_a_page()?;
    teller.the_site_is_ready()?;
    teller.a_plan_as_json()?;
    teller.refusals_say_what_to_do()?;
    teller.a_hand_edit_is_held()?;
    teller.a_suspended_site_answers_503()?;
    teller.the_owner_signs_in_by_a_link()?;
    teller.everything_goes()?;
    teller.the_doctor_is_content()?;
    teller.the_sandboxes()
}

impl Teller<'_, '_> {
    /// A line of the administrator's shell.
    fn line(&mut self, argv: &[&str]) -> Result<Output> {
        let command = self.place.command(argv).deadline(LIMIT);
        self.told.run(Prompt::Root, &shown(argv), command)
    }

    /// The same with `--json`, read.
    fn json(&mut self, argv: &[&str]) -> Result<Value> {
        let output = self.line(argv)?;
        ensure!(output.ok(), "{} failed", argv.join(" "));
        serde_json::from_slice(&output.stdout).with_context(|| format!("{} wrote no JSON", argv.join(" ")))
    }

    /// A line of somebody's shell on another machine.
    fn outside(&mut self, argv: &[&str]) -> Result<Output> {
        self.told.run(Prompt::Outside, &shown(argv), Cmd::new(argv).deadline(LIMIT))
    }

    /// The status of a site's page, asked for from outside.
    fn visit(&mut self, address: IpAddr) -> Result<String> {
        let (resolve, url) = (resolve(SITE, 80, address), format!("http://{SITE}/"));
        let argv = ["curl", "-sS", "-o", "/dev/null", "-w", r"%{http_code}\n", "--resolve", &resolve, &url];
        Ok(self.outside(&argv)?.text())
    }
}

/// curl's word for where a name is.
pub(crate) fn resolve(name: &str, port: u16, address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("{name}:{port}:{address}"),
        IpAddr::V6(address) => format!("{name}:{port}:[{address}]"),
    }
}

/// A command line as it is typed.
pub(crate) fn shown(argv: &[&str]) -> String {
    let simple = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%~[]".contains(c);
    let quoted = argv.iter().map(|word| {
        if !word.is_empty() && word.chars().all(simple) { (*word).to_owned() } else { format!("'{word}'") }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
