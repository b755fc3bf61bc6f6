//! What is held: a managed file against a hand edit, a site's suspension.

use anyhow::Result;

use super::{SITE, Teller, resolve};
use crate::transcript::Prompt;

/// The managed file that is edited by hand.
const EDITED: &str = "/etc/nginx/holdfast/locations.conf";
const EDIT: &str = "# edited by hand at three in the morning";

impl Teller<'_, '_> {
    pub(super) fn a_hand_edit_is_held(&mut self) -> Result<()> {
        self.told.heading("A hand edit of a managed file is held, shown, and reverted")?;
        let edit = format!("echo '{EDIT}' >> {EDITED}");
        self.told.run(Prompt::Root, &edit, self.place.inside(&["sh", "-c", &edit]))?;
        let drift = self.line(&["holdfast", "drift"])?;
        let said = drift.text();
        self.told.expect("`holdfast drift` names the file", said.contains(EDITED))?;
        self.told.expect("and shows the edit as a diff", said.contains(&format!("+{EDIT}")))?;
        self.told.expect("and when it was made", said.contains("  edited   20"))?;
        self.told.expect("and what can be done", said.contains("holdfast drift revert "))?;
        let node = self.line(&["holdfast", "node", "show"])?;
        let degraded = node.text().contains("condition: degraded") && node.text().contains("reason: edited");
        self.told.expect("the web server is degraded, reason: edited", degraded)?;
        let reverted = self.line(&["holdfast", "drift", "revert", EDITED])?;
        self.told.expect("`holdfast drift revert` ends well", reverted.ok())?;
        let argv = ["grep", "-c", EDIT, EDITED];
        let shown = format!("grep -c '{EDIT}' {EDITED}");
        let grep = self.told.run(Prompt::Root, &shown, self.place.inside(&argv))?;
        self.told.expect("the file is as it should be", grep.text() == "0")?;
        let drift = self.line(&["holdfast", "drift"])?;
        self.told.expect("no drift is left", drift.ok() && !drift.text().contains(EDITED))?;
        let (resolved, url) = (resolve(SITE, 80, self.place.local()), format!("http://{SITE}/"));
        let page = self.line(&["curl", "-sS", "--resolve", &resolved, &url])?;
        self.told.expect("the site was served all the while", page.text().contains("a page of alice"))?;
        Ok(())
    }

    pub(super) fn a_suspended_site_answers_503(&mut self) -> Result<()> {
        self.told.heading("A suspended site answers 503")?;
        let outside = self.place.outside();
        let suspended = self.line(&["holdfast", "site", "suspend", SITE])?;
        self.told.expect("the site is suspended", suspended.ok())?;
        let status = self.visit(outside)?;
        self.told.expect("visitors get 503", status == "503")?;
        let back = self.line(&["holdfast", "site", "unsuspend", SITE])?;
        self.told.expect("the site is back", back.ok())?;
        let status = self.visit(outside)?;
        self.told.expect("visitors get 200", status == "200")?;
        Ok(())
    }
}
