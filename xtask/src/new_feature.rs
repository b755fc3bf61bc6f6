//! `cargo xtask new-feature NAME`: a feature's folders, each with the least that compiles, and their places in the workspace.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// One crate of a feature: its folder, what it depends on, and what its first line says.
struct Part {
    name: &'static str,
    dependencies: &'static [&'static str],
    first_line: &'static str,
}

const PARTS: [Part; 3] = [
    Part {
        name: "spec",
        dependencies: &["converge", "names", "serde", "wire"],
        first_line: "What the panel asks of {name}: specs and wire methods. No I/O.",
    },
    Part {
        name: "agent",
        dependencies: &["converge", "hostd", "names", "{name}-spec"],
        first_line: "Makes {name} so on the host: observe, plan, apply.",
    },
    Part {
        name: "panel",
        dependencies: &["api-kit", "auth", "converge", "desired", "names", "store", "{name}-spec"],
        first_line: "{name} in the panel: routes, rules, rows, and rows to specs.",
    },
];

/// Makes the folders; refuses a name that is taken or no plain word.
pub(crate) fn run(name: &str) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace has a root")?;
    make(root, name)
}

fn make(root: &Path, name: &str) -> Result<()> {
    let plain = name.len() <= 20 && name.starts_with(|c: char| c.is_ascii_lowercase());
    ensure!(
        plain && name.chars().all(|c| c.is_ascii_lowercase()),
        "{name:?}: one lower-case word, at most 20 letters"
    );
    let feature = root.join("features").join(name);
    if feature.exists() {
        bail!("{} is there already", feature.display());
    }
    for part in &PARTS {
        let folder = feature.join(part.name);
        fs::create_dir_all(folder.join("src")).with_context(|| format!("make {}", folder.display()))?;
        fs::write(folder.join("Cargo.toml"), manifest(name, part))?;
        fs::write(folder.join("src/lib.rs"), format!("//! {}\n", part.first_line.replace("{name}", name)))?;
    }
    let manifest = root.join("Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    fs::write(&manifest, with_members(&text, name)?)?;
    writeln!(io::stdout(), "{} is made; docs/dev/add-a-feature.md says what comes next", feature.display())?;
    Ok(())
}

fn manifest(name: &str, part: &Part) -> String {
    let mut text = format!("[package]\nname = \"{name}-{}\"\n", part.name);
    for key in ["version", "edition", "rust-version", "license", "publish"] {
        // writing to a string cannot fail
        let _ = writeln!(text, "{key}.workspace = true");
    }
    text.push_str("\n[lints]\nworkspace = true\n\n[dependencies]\n");
    let mut dependencies: Vec<String> = part.dependencies.iter().map(|d| d.replace("{name}", name)).collect();
    dependencies.sort();
    for dependency in dependencies {
        let _ = writeln!(text, "{dependency}.workspace = true");
    }
    text
}

/// The workspace's dependencies with those of the feature, after the last feature.
fn with_members(text: &str, name: &str) -> Result<String> {
    let last = text.rfind("path = \"features/").context("the workspace names its features")?;
    let end = last + text[last..].find('\n').context("a line ends")? + 1;
    let mut lines = String::new();
    for part in &PARTS {
        let _ = writeln!(lines, "{name}-{0} = {{ path = \"features/{name}/{0}\" }}", part.name);
    }
    Ok(format!("{}{lines}{}", &text[..end], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let text = "[workspace.dependencies]\nweb-spec = { path = \"features/web/spec\" }\n\n# others\nserde = \"1\"\n";
        fs::write(root.path().join("Cargo.toml"), text).unwrap();
        root
    }

    #[test]
    fn a_feature_gets_its_folders_and_its_places_in_the_workspace() {
        let root = workspace();
        make(root.path(), "dns").unwrap();
        let manifest = fs::read_to_string(root.path().join("features/dns/agent/Cargo.toml")).unwrap();
        assert!(manifest.contains("name = \"dns-agent\"") && manifest.contains("dns-spec.workspace = true"));
        let workspace = fs::read_to_string(root.path().join("Cargo.toml")).unwrap();
        assert!(
            workspace.contains("dns-panel = { path = \"features/dns/panel\" }\n\n# others"),
            "{workspace}"
        );
        let parsed: toml::Table = workspace.parse().unwrap();
        assert_eq!(parsed["workspace"]["dependencies"].as_table().unwrap().len(), 5);
    }

    #[test]
    fn a_taken_or_odd_name_is_refused_and_nothing_is_made() {
        let root = workspace();
        make(root.path(), "dns").unwrap();
        for name in ["dns", "", "Dns", "a-b", "../x", "x/y"] {
            assert!(make(root.path(), name).is_err(), "{name:?}");
        }
        assert_eq!(fs::read_dir(root.path().join("features")).unwrap().count(), 1);
    }
}
