//! `holdfast man`: man pages, and the same as Markdown for the reference.

mod markdown;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;
use crate::run::Session;

/// Write man pages into a directory
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The directory, which is made where it is missing
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Write the reference in Markdown instead
    #[arg(long)]
    markdown: bool,
}

impl ManArgs {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        fs::create_dir_all(&self.dir)?;
        let pages = if self.markdown { markdown::pages() } else { pages()? };
        for (name, text) in &pages {
            fs::write(self.dir.join(name), text)?;
        }
        if self.markdown {
            remove_stale(&self.dir, &pages)?;
        }
        Ok(session.screen.text(&format!("{} pages in {}", pages.len(), self.dir.display()))?)
    }
}

/// Pages of commands that are no more.
fn remove_stale(dir: &Path, pages: &[(String, String)]) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let ours = Path::new(&name).extension().is_some_and(|extension| extension == "md");
        if ours && !pages.iter().any(|(page, _)| name.to_str() == Some(page)) {
            fs::remove_file(dir.join(&name))?;
        }
    }
    Ok(())
}

/// All commands, each with its full name and what it takes from above.
fn commands() -> Vec<clap::Command> {
    fn walk(command: &clap::Command, above: &str, into: &mut Vec<clap::Command>) {
        let name = if above.is_empty() {
            command.get_name().to_owned()
        } else {
            format!("{above} {}", command.get_name())
        };
        into.push(command.clone().bin_name(name.clone()));
        let below =
            command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
        below.for_each(|below| walk(below, &name, into));
    }
    let mut root = crate::cli::command();
    root.build();
    let mut all = Vec::new();
    walk(&root, "", &mut all);
    all
}

/// Man pages by their file names: one for the whole, one for each command.
fn pages() -> Result<Vec<(String, String)>, Failure> {
    let mut pages = Vec::new();
    for command in commands() {
        let full = command.get_bin_name().unwrap_or_default().to_owned();
        let dashed = full.replace(' ', "-");
        let mut roff = Vec::new();
        clap_mangen::Man::new(command.name(dashed.clone()))
            .title(dashed.to_uppercase())
            .manual("Holdfast")
            .render(&mut roff)?;
        pages.push((format!("{dashed}.1"), String::from_utf8_lossy(&roff).into_owned()));
    }
    Ok(pages)
}

#[cfg(test)]
mod tests;
