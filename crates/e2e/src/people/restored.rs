//! The panel is put back as it was before three days of work; the server loses nothing of them.

use std::net::IpAddr;

use anyhow::Result;

use super::Teller;
use crate::life::{self, BACKUP, SERVED};
use crate::load::Load;

impl Teller<'_, '_> {
    pub(super) fn the_panel_of_days_ago(&mut self) -> Result<()> {
        self.told.heading("The panel of three days ago is put back, and nothing on the server is lost")?;
        life::before(self.node)?;
        let backup = self.root(&["backup-panel", BACKUP])?;
        self.done("the panel is copied into one file", &backup)?;
        self.told.note(
            "Three days' work, without the waiting: a site is edited, one is deleted, one is made, and a new account with a site.",
        )?;
        life::days_go_by(self.node)?;
        let visitors =
            Load::start(IpAddr::V4(self.node.ipv4()), &SERVED.map(|(site, _)| site), "/", "<code>");
        let plan = self.root(&["restore-panel", "--dry-run", BACKUP])?;
        self.told
            .expect("what it would do is shown first", plan.ok() && plan.text().contains("would keep"))?;
        let restored = self.root(&["restore-panel", BACKUP])?;
        self.told.expect(
            "the copy is put back, and it says what is to be decided",
            restored.ok() && restored.text().contains("holdfast adopt"),
        )?;
        let listed = self.root(&["adopt", "list"])?;
        let waiting = life::undecided(self.node)?;
        for (what, wanted) in [
            ("the account that the panel does not know is listed", "unknown account ben"),
            ("and its site", "unknown site ben.example.test"),
            ("and the site that was made", "unknown site new.example.test"),
            ("the edited site is behind", "behind site kept.example.test"),
            ("the deleted one too", "behind site gone.example.test"),
        ] {
            self.told.expect(what, listed.ok() && waiting.iter().any(|one| one == wanted))?;
        }
        let swept = self.root(&["sweep"])?;
        self.told.expect("a pass over the whole server takes nothing away", swept.code() != 1)?;
        let served = life::all_are_served(self.node);
        self.told.expect("every site of these days is served", served.is_ok())?;
        let taken = self.root(&["adopt", "take-over", "--all", "--email", "ben@example.test"])?;
        self.done("the panel takes over what it does not know", &taken)?;
        let taken = self.root(&["adopt", "host", "--all"])?;
        self.done("and what the server knows better", &taken)?;
        self.told.expect("nothing is left to decide", life::undecided(self.node)?.is_empty())?;
        let plan = self.root(&["plan"])?;
        self.told.expect("nothing is left to do", plan.text() == "nothing to do")?;
        let report = visitors.stop()?;
        self.told.note(&format!(
            "visitors meanwhile: {} requests answered as they should be, {} not, the slowest after {:.3} s",
            report.good,
            report.bad,
            report.slowest.as_secs_f64()
        ))?;
        for failure in &report.failures {
            self.told.note(failure)?;
        }
        self.told.expect("no visitor noticed", report.bad == 0)?;
        let served = life::all_are_served(self.node);
        self.told.expect("every site is served as before", served.is_ok())?;
        let verdict = self.root(&["audit", "verify"])?;
        let says = verdict.text();
        self.told.expect(
            "the audit is intact, and says that it was restored",
            verdict.ok() && says.contains("intact") && says.contains("restored"),
        )?;
        Ok(())
    }
}
