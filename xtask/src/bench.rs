//! `cargo xtask bench`: what Holdfast costs on a real server, measured.
//!
//! Never a test: a figure depends on the machine and on what else runs there. The run writes its figures down as it goes, so
//! that a run that is ended early has told something. `--keep` makes them the stored ones: `bench/baseline.json` and the
//! table `bench/README.md`, of `--tree` `bench/tree.json` and `bench/tree.md`.

mod measure;
mod report;
mod rig;
mod tree;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use testhost::Distro;

use crate::package::{self, PackageArgs};
use report::{Figure, Report};
use rig::{Batch, Rig};

/// What is measured.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// debian12 or debian13
    #[arg(long, default_value = "debian13")]
    on: Distro,
    /// How many sites there are when it is measured, one size after the other
    #[arg(long, value_delimiter = ',', value_name = "N,..", default_value = "1,100,1000,10000")]
    sites: Vec<usize>,
    /// How many idle PHP accounts are measured; the sites are spread over them
    #[arg(long, value_name = "N", default_value_t = 1000)]
    accounts: usize,
    /// Measure what rights cost, in a tree of 1,000 organisations with 10,000 accounts, and nothing else
    #[arg(long, conflicts_with = "quick")]
    tree: bool,
    /// Few sites and accounts, to see that everything works
    #[arg(long)]
    quick: bool,
    /// Measure this package instead of one built now by the release profile
    #[arg(long, value_name = "FILE")]
    deb: Option<PathBuf>,
    /// What is said of the package given by --deb
    #[arg(long, value_name = "TEXT", requires = "deb")]
    profile: Option<String>,
    /// Make the figures the stored ones: bench/baseline.json and bench/README.md, of --tree bench/tree.json and bench/tree.md
    #[arg(long)]
    keep: bool,
    /// End after so many minutes with what is measured by then
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    limit: u64,
}

/// Samples of what is made one by one.
const SINGLES: usize = 9;

/// Measures and writes down.
pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    let (deb, package) = match &args.deb {
        Some(deb) => (deb.canonicalize().with_context(|| deb.display().to_string())?, args.profile.clone()),
        None => (package::run(&PackageArgs::release())?, Some("release profile".to_owned())),
    };
    let package = package.unwrap_or_else(|| format!("as given: {}", deb.display()));
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut run = Run::new(args, &deb, &package, &top)?;
    let outcome = if args.tree { run.tree() } else { run.measure(args) };
    run.finish(args, &top)?;
    outcome
}

struct Run {
    rig: Rig,
    report: Report,
    begun: Instant,
    file: PathBuf,
}

impl Run {
    fn new(args: &BenchArgs, deb: &Path, package: &str, top: &Path) -> Result<Self> {
        let begun = Instant::now();
        let rig = Rig::new(args.on, deb, begun + Duration::from_secs(60 * args.limit))?;
        let machine = measure::machine(&rig, package)?;
        let folder = top.join("target/bench");
        fs::create_dir_all(&folder)?;
        let stamp: String = machine.date.chars().filter(char::is_ascii_digit).collect();
        let file = folder.join(format!("{stamp}.json"));
        Ok(Self { rig, report: Report { machine, figures: Vec::new() }, begun, file })
    }

    /// What rights cost.
    fn tree(&mut self) -> Result<()> {
        let figures = tree::measure(&self.rig)?;
        self.add(figures)
    }

    fn measure(&mut self, args: &BenchArgs) -> Result<()> {
        let (sites, accounts) =
            if args.quick { (&[1, 20, 60][..], 20) } else { (&args.sites[..], args.accounts) };
        ensure!(accounts > 0, "no account, no site");
        let fresh = measure::memory(&self.rig, "fresh")?;
        self.add(fresh)?;
        let (mut firsts, mut names) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            let (name, time) = self.rig.account_to_200()?;
            names.push(name);
            firsts.push(time);
        }
        self.add([Figure::times("create account, pool and first site, until 200", &firsts)])?;
        let first = names.clone();
        let mut idle = true;
        for size in sites {
            if idle && self.rig.sites + accounts <= *size {
                idle = false;
                names = self.idle_accounts(accounts)?;
            }
            let (missing, before) = (size.saturating_sub(self.rig.sites), self.rig.sites);
            if missing > 0 {
                let batch = self.rig.more_sites(missing, &names)?;
                self.batch(&format!("{missing} sites in a batch, {before} before"), "sites", &batch)?;
            }
            self.size(*size, &first[0])?;
        }
        Ok(())
    }

    /// Accounts with a site each that nobody asks for; returns their names.
    fn idle_accounts(&mut self, count: usize) -> Result<Vec<String>> {
        let idle = measure::Idle::before(&self.rig)?;
        let (names, batch) = self.rig.more_accounts(count)?;
        self.batch(&format!("{count} accounts in a batch"), "accounts", &batch)?;
        let batch = self.rig.more_sites(count, &names)?;
        self.batch(&format!("{count} sites with a new pool each in a batch"), "sites", &batch)?;
        let figures = idle.after(&self.rig, count)?;
        self.add(figures)?;
        let figures = measure::package(&self.rig, &names)?;
        self.add(figures)?;
        Ok(names)
    }

    /// All that is measured at one size.
    fn size(&mut self, size: usize, account: &str) -> Result<()> {
        let named = format!("{size} sites");
        let times = self.rig.create_to_first_200(account, SINGLES)?;
        self.add([Figure::times(format!("create a site until its first 200, {named}"), &times).aim(0.15)])?;
        let times = self.rig.create_to_200(account, SINGLES)?;
        self.add([Figure::times(format!("create a site until it is ready and 200, {named}"), &times)])?;
        if size < 1000 && size != 60 {
            return Ok(());
        }
        let figures = measure::memory(&self.rig, &format!("after the batch, {named}"))?;
        self.add(figures)?;
        let figures = measure::sweep(&self.rig, &named)?;
        self.add(figures)?;
        let figures = measure::nginx(&self.rig, &named)?;
        self.add(figures)?;
        let figures = measure::latency(&self.rig, &named, 2000)?;
        self.add(figures)?;
        self.rig.restart()?;
        self.rig.sweep()?;
        let figures = measure::memory(&self.rig, &format!("after a restart and a sweep, {named}"))?;
        self.add(figures)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    fn batch(&mut self, what: &str, unit: &str, batch: &Batch) -> Result<()> {
        let seconds = batch.elapsed.as_secs_f64();
        self.add([
            Figure::one(format!("{what}: until all are ready and the plan is empty"), "s", seconds),
            Figure::one(format!("{what}: until all are accepted"), "s", batch.accepted.as_secs_f64()),
            Figure::one(format!("{what}: rate"), &format!("{unit}/s"), batch.objects as f64 / seconds),
            Figure::one(format!("{what}: reloads"), "", batch.reloads as f64),
        ])
    }

    /// Takes figures down, tells them, and writes all so far.
    fn add(&mut self, figures: impl IntoIterator<Item = Figure>) -> Result<()> {
        let seconds = self.begun.elapsed().as_secs_f64();
        for figure in figures {
            let (least, most) = figure.range;
            eprintln!(
                "{seconds:7.1} s  {}: {:.4} {} ({least:.4} to {most:.4})",
                figure.what, figure.value, figure.unit
            );
            self.report.figures.push(figure);
        }
        self.write(&self.file)
    }

    fn write(&self, file: &Path) -> Result<()> {
        let mut json = serde_json::to_string_pretty(&self.report)?;
        json.push('\n');
        fs::write(file, json).with_context(|| file.display().to_string())
    }

    fn finish(&mut self, args: &BenchArgs, top: &Path) -> Result<()> {
        let load = measure::load()?;
        self.report.machine.load = format!("{}; {load}", self.report.machine.load);
        self.write(&self.file)?;
        let (json, markdown, how) = if args.tree {
            ("bench/tree.json", "bench/tree.md", report::HOW_TREE)
        } else {
            ("bench/baseline.json", "bench/README.md", report::HOW)
        };
        let table = self.report.markdown(how);
        if args.keep {
            self.write(&top.join(json))?;
            fs::write(top.join(markdown), &table)?;
        }
        write!(io::stdout(), "{table}")?;
        eprintln!("written to {}", self.file.display());
        Ok(())
    }
}
