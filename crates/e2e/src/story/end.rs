//! All goes, and what stays is well.

use anyhow::Result;

use super::{ACCOUNT, SITE, Teller};
use crate::transcript::Prompt;

/// Our units that run all the time or on every call.
const UNITS: [&str; 6] = [
    "holdfast-panel.service",
    "holdfast-agent.service",
    "holdfast-probe.service",
    "holdfast-egress.service",
    "holdfast-worker@alice.service",
    "holdfast-nginx-check.service",
];
/// Systemd calls this `MEDIUM`; nothing of ours is that exposed.
const EXPOSED: f64 = 5.0;

impl Teller<'_, '_> {
    pub(super) fn everything_goes(&mut self) -> Result<()> {
        self.told.heading("The site and the account go")?;
        let early = self.line(&["holdfast", "account", "delete", ACCOUNT, "--yes"])?;
        self.told.expect("an account with a site stays", early.code() == 1)?;
        let gone = self.line(&["holdfast", "site", "delete", SITE, "--yes"])?;
        self.told.expect("the site is deleted", gone.ok())?;
        let gone = self.line(&["holdfast", "account", "delete", ACCOUNT, "--yes"])?;
        self.told.expect("the account is deleted", gone.ok())?;
        let status = self.visit(self.place.outside())?;
        self.told.expect("the name is unknown again", status == "404")?;
        let accounts = self.json(&["holdfast", "account", "list", "--json"])?;
        self.told.expect("no account is left", accounts["items"].as_array().is_some_and(Vec::is_empty))?;
        let plan = self.line(&["holdfast", "plan"])?;
        self.told.expect("nothing to do", plan.text() == "nothing to do")?;
        Ok(())
    }

    pub(super) fn the_doctor_is_content(&mut self) -> Result<()> {
        self.told.heading("Every process, unit, socket and permission")?;
        let doctor = self.line(&["holdfast", "doctor", "--all"])?;
        self.told.expect("`holdfast doctor` ends with 0", doctor.code() == 0)?;
        Ok(())
    }

    pub(super) fn the_sandboxes(&mut self) -> Result<()> {
        self.told.heading("How exposed the units are, by systemd's own measure (0 best, 10 worst)")?;
        for unit in UNITS {
            let script = format!("systemd-analyze security --no-pager {unit} | tail -n 1");
            let command = self.place.inside(&["sh", "-c", &script]);
            let line = self.told.run(Prompt::Root, &script, command)?.text();
            let level = line.split_whitespace().find_map(|word| word.parse::<f64>().ok());
            self.told
                .expect(&format!("{unit} is below {EXPOSED}"), level.is_some_and(|level| level < EXPOSED))?;
        }
        Ok(())
    }
}
