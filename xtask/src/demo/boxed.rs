//! The story in this machine's box, by `./install.sh` and the `holdfast` command of this machine.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use e2e::{Cmd, Place, Prompt, Server, Transcript, story};
use serde_json::Value;

use super::SETUP_LIMIT;

/// The box's name and its record, as `holdfast-box` keeps them.
const NAME: &str = "holdfast-box";
const RECORD: &str = "/var/lib/holdfast-box/box.json";

/// Makes the box or brings it up to date, plays, and leaves it there.
pub(super) fn host_a_site(deb: &Path, told: &mut Transcript<'_>) -> Result<()> {
    told.heading("The box")?;
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let install = top.join("install.sh");
    let argv = [install.as_os_str(), "--deb".as_ref(), deb.as_os_str()];
    let shown = format!("./install.sh --deb {}", deb.display());
    let installed = told.run(Prompt::Root, &shown, Cmd::new(argv).deadline(SETUP_LIMIT))?;
    told.expect("it ends well", installed.ok())?;
    told.expect("it tells a link to sign in once", installed.text().contains("/login#"))?;
    let server = Server::attach(NAME)?.context("./install.sh made no box")?;
    let record: Value = serde_json::from_slice(&fs::read(RECORD).context(RECORD)?).context(RECORD)?;
    let port = record["ssh_port"].as_u64().and_then(|port| u16::try_from(port).ok());
    let place = Place::of_box(&server, port.context("the box's record names no SSH port")?);
    let accounts = place.command(&["holdfast", "account", "list", "--json"]).check()?;
    let accounts: Value = serde_json::from_slice(&accounts.stdout)?;
    ensure!(
        accounts["items"].as_array().is_some_and(Vec::is_empty),
        "there are accounts in the box already, and the story begins without: it is not played"
    );
    story::play(place, told)?;

    told.heading("Set-up once more")?;
    let argv = ["holdfast", "setup"];
    let again = told.run(Prompt::Root, &argv.join(" "), place.command(&argv).deadline(SETUP_LIMIT))?;
    // a box on this machine's network sees the addresses that the machine gets meanwhile, such as those of test servers
    let said = again.text();
    let mut steps = said.lines().filter_map(|line| line.trim_start().strip_prefix("done "));
    let of_addresses = |step: &str| {
        ["addresses.conf", "read its units", "the panel answers", "a link for", "is ready"]
            .iter()
            .any(|known| step.contains(known))
    };
    told.expect("it had nothing to do but for new addresses", again.ok() && steps.all(of_addresses))?;
    Ok(())
}
