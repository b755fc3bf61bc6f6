//! `cargo xtask package`: the binaries and the Debian package.
//!
//! One package for all supported distributions. What keeps it so is checked on every build, not hoped for: each binary
//! may need no newer symbol of the C library than the oldest distribution has, and no library beyond the three that
//! the package depends on. A package for the machine that builds it (`--here`) may need what that machine has, and then says so.

mod ui;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

/// Cargo packages that bring a binary, and the binary's name.
const BINARIES: &[(&str, &str)] = &[
    ("agent", "holdfast-agent"),
    ("holdfast-box", "holdfast-box"),
    ("cli", "holdfast"),
    ("egress", "holdfast-egress"),
    ("panel", "holdfast-panel"),
    ("probe", "holdfast-probe"),
    ("quota", "holdfast-quota"),
    ("setup", "holdfast-setup"),
    ("worker", "holdfast-worker"),
];

/// The C library of the oldest distribution (Debian 12).
const OLDEST_GLIBC: (u32, u32) = (2, 36);

/// The compiler's default linker on this target is LLD, of which [`OPTIONAL`] is known to work.
const LLD_TARGET: &str = "x86_64-unknown-linux-gnu";

/// Functions of glibc 2.39 that Rust's standard library takes where they are there, by weak references, and does without
/// elsewhere. A linker that finds them makes their *version* a need all the same, and the loader of an older distribution
/// refuses the whole binary. So they are defined as absent. GNU ld gives such a symbol an address in a position-independent
/// binary, so it is not told to.
const OPTIONAL: [&str; 2] = ["pidfd_getpid", "pidfd_spawnp"];

/// What the package depends on brings these: `libc6` and `libgcc-s1`.
const LIBRARIES: [&str; 4] = ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-"];

/// Builds the package.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
pub(crate) struct PackageArgs {
    /// Quick to build and slow to run: for tests while developing.
    #[arg(long)]
    fast: bool,
    /// Take the binaries that were built last.
    #[arg(long)]
    no_build: bool,
    /// For this machine's own distribution and newer ones, instead of all that are supported.
    #[arg(long)]
    here: bool,
    /// Without the browser panel: needs no Node.js, and answers with a plain page.
    #[arg(long)]
    no_ui: bool,
    /// Where the package goes.
    #[arg(long, default_value = "target/debian", value_name = "DIRECTORY")]
    out: PathBuf,
}

impl PackageArgs {
    /// The package as it is released.
    pub(crate) fn release() -> Self {
        Self { fast: false, no_build: false, here: false, no_ui: false, out: PathBuf::from("target/debian") }
    }
}

/// Builds the package and returns its path.
pub(crate) fn run(args: &PackageArgs) -> Result<PathBuf> {
    let begun = Instant::now();
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec().context("read the workspace")?;
    let top = metadata.workspace_root.clone().into_std_path_buf();
    let target = metadata.target_directory.clone().into_std_path_buf();
    let profile = if args.fast { "fast" } else { "release" };

    if !args.no_build {
        let ui = if args.no_ui { None } else { Some(ui::build(&top)?) };
        build(&top, profile, ui.as_deref())?;
    }
    // one package at a time: two would make each other's tree
    fs::create_dir_all(&target).with_context(|| format!("make {}", target.display()))?;
    let lock = fs::File::create(target.join("package.lock")).context("make the package's lock")?;
    lock.lock().context("wait for another package")?;
    let built = target.join(profile);
    let limit = if args.here { glibc_here()?.max(OLDEST_GLIBC) } else { OLDEST_GLIBC };
    let mut glibc = OLDEST_GLIBC;
    for (_, binary) in BINARIES {
        glibc = glibc.max(check_libraries(&built.join(binary), limit)?);
    }
    stage(&top, &target.join("package"), &built.join("holdfast"))?;
    let out = if args.out.is_absolute() { args.out.clone() } else { top.join(&args.out) };
    let deb = make_deb(&top, profile, &out, glibc)?;
    let size = fs::metadata(&deb).with_context(|| deb.display().to_string())?.len();
    eprintln!("package: {} KiB in {:.1} s", size / 1024, begun.elapsed().as_secs_f64());
    Ok(deb)
}

/// Builds the binaries; `ui` is where the built browser panel lies that the panel takes in.
fn build(top: &Path, profile: &str, ui: Option<&Path>) -> Result<()> {
    let mut command = cargo();
    match ui {
        Some(ui) => command.env("HOLDFAST_UI", ui),
        None => command.env_remove("HOLDFAST_UI"),
    };
    command.current_dir(top).args(["build", "--locked", "--profile", profile]);
    command.args(["--config", &absent_symbols()]);
    for (package, _) in BINARIES {
        command.args(["--package", package]);
    }
    run_to_end(&mut command)
}

/// A setting of cargo by which [`OPTIONAL`] are absent.
fn absent_symbols() -> String {
    let arguments: Vec<String> =
        OPTIONAL.iter().map(|symbol| format!("\"-Clink-arg=-Wl,--defsym={symbol}=0\"")).collect();
    format!("target.{LLD_TARGET}.rustflags=[{}]", arguments.join(", "))
}

/// The version of this machine's C library.
fn glibc_here() -> Result<(u32, u32)> {
    let said = output(Command::new("getconf").arg("GNU_LIBC_VERSION"))?;
    let version = said.trim().strip_prefix("glibc ").and_then(|version| {
        let (major, minor) = version.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    });
    version.with_context(|| format!("getconf GNU_LIBC_VERSION says {said:?}"))
}

/// The version of the C library that a binary needs. Refuses one that would not start where it is `oldest`.
fn check_libraries(binary: &Path, oldest: (u32, u32)) -> Result<(u32, u32)> {
    let versions = output(Command::new("readelf").args(["--version-info", "--wide"]).arg(binary))?;
    let newest = glibc_versions(&versions).into_iter().next_back().unwrap_or_default();
    ensure!(
        newest <= oldest,
        "{} needs GLIBC_{}.{}, and the package is for {}.{}: build it on Debian 12, or for this machine alone by --here",
        binary.display(),
        newest.0,
        newest.1,
        oldest.0,
        oldest.1,
    );
    let dynamic = output(Command::new("readelf").args(["--dynamic", "--wide"]).arg(binary))?;
    for library in needed(&dynamic) {
        ensure!(
            LIBRARIES.iter().any(|known| library.starts_with(known)),
            "{} needs the library {library}, which nothing that the package depends on brings: link it statically, or add \
             its package to `depends` in bins/setup/Cargo.toml and its name to xtask",
            binary.display(),
        );
    }
    Ok(newest)
}

/// The versions of the C library that a binary needs, by `readelf --version-info`.
fn glibc_versions(text: &str) -> BTreeSet<(u32, u32)> {
    text.split_whitespace()
        .filter_map(|word| word.strip_prefix("GLIBC_")?.split_once('.'))
        .filter_map(|(major, minor)| {
            let minor = minor.split_once('.').map_or(minor, |(minor, _)| minor);
            Some((major.parse().ok()?, minor.parse().ok()?))
        })
        .collect()
}

/// The libraries that a binary needs, by `readelf --dynamic`.
fn needed(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| line.split_once('[')?.1.split_once(']'))
        .map(|(name, _)| name)
}

/// Puts all files but the binaries where the package will have them, below `stage/tree`.
fn stage(top: &Path, stage: &Path, cli: &Path) -> Result<()> {
    let tree = stage.join("tree");
    if tree.exists() {
        fs::remove_dir_all(&tree).with_context(|| format!("remove {}", tree.display()))?;
    }
    let packaging = top.join("packaging");
    let units = tree.join("usr/lib/systemd/system");
    for unit in files_of(&packaging.join("units"))? {
        // templates of units that the agent renders are built into it
        if unit.extension().is_some_and(|e| {
            ["service", "socket", "slice", "timer", "path", "target"].iter().any(|k| e == *k)
        }) {
            copy(&unit, &units)?;
        }
    }
    // of units that are not ours: configuration, which stays when the package is removed
    for dir in drop_ins_of(&packaging.join("units"))? {
        copy_tree(&dir, &tree.join("etc/systemd/system").join(dir.file_name().unwrap_or_default()))?;
    }
    for profile in files_of(&packaging.join("profiles"))? {
        copy(&profile, &tree.join("usr/share/holdfast/profiles"))?;
    }
    copy_as(&packaging.join("deb/holdfast.sysusers"), &tree.join("usr/lib/sysusers.d/holdfast.conf"))?;
    copy_as(&packaging.join("deb/holdfast.tmpfiles"), &tree.join("usr/lib/tmpfiles.d/holdfast.conf"))?;
    copy_as(&packaging.join("ssh/sshd.conf"), &tree.join("etc/ssh/sshd_config.d/holdfast.conf"))?;
    copy_as(&packaging.join("ssh/namespace.conf"), &tree.join("etc/security/namespace.d/holdfast.conf"))?;
    copy_as(&packaging.join("ssh/pam.conf"), &tree.join("usr/share/pam-configs/holdfast"))?;
    let doc = tree.join("usr/share/doc/holdfast");
    for name in ["README.md", "SECURITY.md"] {
        let file = top.join(name);
        if file.exists() {
            copy(&file, &doc)?;
        }
    }
    let guide = top.join("docs/guide");
    if guide.is_dir() {
        copy_guide(&guide, &doc.join("guide"))?;
    }
    generated(cli, &tree)
}

/// The guide's pages, and of the pictures those that a page shows: the others are for tests alone.
fn copy_guide(guide: &Path, place: &Path) -> Result<()> {
    let mut text = String::new();
    for page in files_of(guide)? {
        text += &fs::read_to_string(&page).with_context(|| format!("read {}", page.display()))?;
        copy(&page, place)?;
    }
    let pictures = guide.join("pictures");
    if pictures.is_dir() {
        for picture in files_of(&pictures)? {
            let name = picture.file_name().unwrap_or_default().to_string_lossy();
            if text.contains(&format!("(pictures/{name})")) {
                copy(&picture, &place.join("pictures"))?;
            }
        }
    }
    Ok(())
}

/// What the CLI tells about itself: man pages and completions.
fn generated(cli: &Path, tree: &Path) -> Result<()> {
    let man = tree.join("usr/share/man/man1");
    fs::create_dir_all(&man).with_context(|| format!("make {}", man.display()))?;
    let dir = man.to_string_lossy().into_owned();
    output(Command::new(cli).args(["man", "--dir", &dir])).context("write the man pages")?;
    ensure!(!files_of(&man)?.is_empty(), "`holdfast man --dir {dir}` wrote no page");
    for (shell, path) in [
        ("bash", "usr/share/bash-completion/completions/holdfast"),
        ("zsh", "usr/share/zsh/vendor-completions/_holdfast"),
        ("fish", "usr/share/fish/vendor_completions.d/holdfast.fish"),
    ] {
        let text = output(Command::new(cli).args(["completions", shell])).context("write the completions")?;
        ensure!(!text.is_empty(), "`holdfast completions {shell}` wrote nothing");
        let path = tree.join(path);
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir).with_context(|| format!("make {}", dir.display()))?;
        }
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

fn make_deb(top: &Path, profile: &str, out: &Path, glibc: (u32, u32)) -> Result<PathBuf> {
    // made beside its place and renamed into it: who installs the package meanwhile gets the old one whole
    let beside = out.join("new");
    fs::create_dir_all(&beside).with_context(|| format!("make {}", beside.display()))?;
    let mut command = cargo();
    command
        .current_dir(top)
        .args([
            "deb",
            "--quiet",
            "--no-build",
            "--locked",
            "--package",
            "setup",
            "--profile",
            profile,
            "--output",
        ])
        .arg(&beside)
        .env("SOURCE_DATE_EPOCH", epoch(top));
    if profile == "fast" {
        // a package that is soon thrown away need not be small
        command.arg("--fast");
    }
    let printed = output(&mut command).context("make the package (cargo install --locked cargo-deb)")?;
    let Some(deb) =
        printed.lines().map(str::trim).rfind(|line| Path::new(line).extension().is_some_and(|e| e == "deb"))
    else {
        bail!("cargo deb did not say where the package is: {printed}");
    };
    if glibc != OLDEST_GLIBC {
        depend_on(Path::new(deb), &beside.join("tree"), glibc)?;
    }
    let place = out.join(Path::new(deb).file_name().unwrap_or_default());
    fs::rename(deb, &place).with_context(|| format!("put {} into its place", place.display()))?;
    Ok(place)
}

/// Makes a package depend on this C library; `tree` is where it is taken apart. `cargo deb` knows one `depends` alone.
fn depend_on(deb: &Path, tree: &Path, glibc: (u32, u32)) -> Result<()> {
    if tree.exists() {
        fs::remove_dir_all(tree).with_context(|| format!("remove {}", tree.display()))?;
    }
    run_to_end(Command::new("dpkg-deb").arg("--raw-extract").arg(deb).arg(tree))?;
    let control = tree.join("DEBIAN/control");
    let text = fs::read_to_string(&control).with_context(|| format!("read {}", control.display()))?;
    fs::write(&control, depending_on(&text, glibc)?)
        .with_context(|| format!("write {}", control.display()))?;
    let options = ["--root-owner-group", "--uniform-compression", "-Zxz", "--build"];
    output(Command::new("dpkg-deb").args(options).arg(tree).arg(deb))?;
    fs::remove_dir_all(tree).with_context(|| format!("remove {}", tree.display()))
}

/// A package's description with this version of the C library in place of the oldest.
fn depending_on(control: &str, (major, minor): (u32, u32)) -> Result<String> {
    let oldest = format!("libc6 (>= {}.{})", OLDEST_GLIBC.0, OLDEST_GLIBC.1);
    ensure!(control.contains(&oldest), "`depends` in bins/setup/Cargo.toml has no {oldest}");
    Ok(control.replace(&oldest, &format!("libc6 (>= {major}.{minor})")))
}

/// The time of the last commit, so that the same sources make the same package; a tree without git has none.
fn epoch(top: &Path) -> String {
    let log = Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(top).output();
    let text = log.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    if text.is_empty() { "0".to_owned() } else { text }
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn run_to_end(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("run {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("run {command:?}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} ended with {}: {}", output.status, errors.trim());
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} wrote what is not UTF-8"))
}

fn files_of(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("list {}", dir.display()))? {
        let path = entry.with_context(|| format!("list {}", dir.display()))?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Directories of drop-ins, as `nginx.service.d`.
fn drop_ins_of(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut dirs = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("list {}", dir.display()))? {
        let path = entry.with_context(|| format!("list {}", dir.display()))?.path();
        if path.is_dir() && path.extension().is_some_and(|extension| extension == "d") {
            dirs.push(path);
        }
    }
    dirs.sort();
    Ok(dirs)
}

fn copy(file: &Path, dir: &Path) -> Result<()> {
    copy_as(file, &dir.join(file.file_name().unwrap_or_default()))
}

fn copy_as(file: &Path, place: &Path) -> Result<()> {
    if let Some(dir) = place.parent() {
        fs::create_dir_all(dir).with_context(|| format!("make {}", dir.display()))?;
    }
    fs::copy(file, place).with_context(|| format!("copy {}", file.display()))?;
    Ok(())
}

fn copy_tree(dir: &Path, place: &Path) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("list {}", dir.display()))? {
        let entry = entry.with_context(|| format!("list {}", dir.display()))?;
        let there = place.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &there)?;
        } else {
            copy_as(&entry.path(), &there)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
