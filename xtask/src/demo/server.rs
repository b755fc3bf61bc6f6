//! The story on a test server as a hoster delivers it: nothing of ours, nginx or PHP on it.

use std::path::Path;

use anyhow::Result;
use e2e::{Distro, Node, Options, Place, Prompt, Server, Transcript, people, story, web_and_tls};

use super::SETUP_LIMIT;

/// The whole way, from the package to set-up once more.
pub(super) fn host_a_site(distro: Distro, deb: &Path, told: &mut Transcript<'_>) -> Result<()> {
    told.heading(&format!("A fresh {distro} server"))?;
    let server = Server::boot(Options::fresh(distro))?;
    told.note(&format!("booted in {:.1} s", server.boot_time().as_secs_f64()))?;
    let place = Place::server(&server);
    let system = place.inside(&["sh", "-c", "head -n 1 /etc/os-release; uname -r; nproc"]);
    told.run(Prompt::Root, "head -n 1 /etc/os-release; uname -r; nproc", system)?;
    let before = place.inside(&["sh", "-c", "command -v nginx php holdfast"]);
    let nothing = told.run(Prompt::Root, "command -v nginx php holdfast", before)?;
    told.expect("there is no nginx, no PHP and no Holdfast", !nothing.ok())?;

    told.heading("The package")?;
    let name = deb.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let there = format!("/root/{name}");
    server.push_file(deb, &there, 0o644)?;
    let argv = ["apt-get", "-q", "-y", "--no-install-recommends", "install", &there];
    let command = place.inside(&argv).env("DEBIAN_FRONTEND", "noninteractive").deadline(SETUP_LIMIT);
    let installed = told.run(Prompt::Root, &argv.join(" "), command)?;
    told.expect("the package is installed", installed.ok())?;

    told.heading("Set-up")?;
    let plan = ["holdfast", "setup", "--dry-run"];
    let planned = told.run(Prompt::Root, &plan.join(" "), place.inside(&plan))?;
    told.expect("what it would do is shown first", planned.ok() && planned.text().contains("would "))?;
    set_up(place, told)?;

    story::play(place, told)?;

    told.heading("Set-up once more")?;
    let planned = told.run(Prompt::Root, &plan.join(" "), place.inside(&plan))?;
    told.expect("it plans nothing", planned.text().contains("nothing to do"))?;
    let again = set_up(place, told)?;
    told.expect("it had nothing to do", again.contains("nothing had to be done"))?;
    Ok(())
}

/// People, packages and rights, on a server that has what the roles need.
pub(super) fn people(distro: Distro, deb: &Path, told: &mut Transcript<'_>) -> Result<()> {
    people::play(&ready(distro, "people", deb, told)?, told)
}

/// HTTPS and certificates, on the same.
pub(super) fn web_and_tls(distro: Distro, deb: &Path, told: &mut Transcript<'_>) -> Result<()> {
    web_and_tls::play(&ready(distro, "web-and-tls", deb, told)?, told)
}

/// A server that has what the roles need, set up.
fn ready(distro: Distro, name: &str, deb: &Path, told: &mut Transcript<'_>) -> Result<Node> {
    told.heading(&format!("A {distro} server"))?;
    let server = Server::boot(Options::ready(distro).name(name))?;
    told.note(&format!("booted in {:.1} s", server.boot_time().as_secs_f64()))?;
    server.install_package(deb)?;
    set_up(Place::server(&server), told)?;
    Ok(Node::of(server))
}

fn set_up(place: Place<'_>, told: &mut Transcript<'_>) -> Result<String> {
    let argv = ["holdfast", "setup"];
    let done = told.run(Prompt::Root, &argv.join(" "), place.inside(&argv).deadline(SETUP_LIMIT))?;
    let text = done.text();
    told.expect("it ends well", done.ok())?;
    told.expect("it tells the panel's address", text.contains("https://"))?;
    told.expect("it tells a link to sign in once", text.contains("/login#"))?;
    Ok(text)
}
