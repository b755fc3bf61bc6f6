//! The measurements of one server at one size.

#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use testhost::Cmd;

use super::report::{Figure, Machine, quantile};
use super::rig::{Rig, here};

const AGENT: &str = "holdfast-agent.service";
const PANEL: &str = "holdfast-panel.service";
const MB: f64 = 1_000_000.0;

/// What the machine is, before anything is measured.
pub(super) fn machine(rig: &Rig, package: &str) -> Result<Machine> {
    let sync = rig.sh(
        "cd /var/lib; s=$(date +%s%N); dd if=/dev/zero of=bench-sync bs=4k count=200 oflag=dsync status=none; \
         e=$(date +%s%N); rm bench-sync; echo $(( (e - s) / 200000 ))",
    )?;
    Ok(Machine {
        date: here(["date", "-u", "+%Y-%m-%d %H:%M UTC"])?,
        commit: here(["git", "-C", env!("CARGO_MANIFEST_DIR"), "rev-parse", "--short=12", "HEAD"])?,
        package: package.to_owned(),
        processor: here(["sh", "-c", "sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1"])?,
        cores: here(["nproc"])?,
        memory: here([
            "sh",
            "-c",
            "awk '/^MemTotal/ { printf \"%.1f GB\", $2 * 1024 / 1e9 }' /proc/meminfo",
        ])?,
        kernel: here(["uname", "-srm"])?,
        distribution: rig.sh(". /etc/os-release; echo \"$PRETTY_NAME\"")?,
        sync: format!("{} microseconds", sync.trim()),
        load: load()?,
    })
}

/// The load of this machine.
pub(super) fn load() -> Result<String> {
    here(["cut", "-d", " ", "-f", "1-3", "/proc/loadavg"])
}

/// Counters of the agent's process.
struct Counters {
    write_bytes: u64,
    syscw: u64,
    ticks: u64,
}

fn counters(rig: &Rig) -> Result<Counters> {
    let pid = rig.pid(AGENT)?;
    let io = |key: &str| rig.number(&format!("awk '$1 == \"{key}:\" {{ print $2 }}' /proc/{pid}/io"));
    let ticks = rig.number(&format!("sed 's/.*) //' /proc/{pid}/stat | awk '{{ print $12 + $13 }}'"))?;
    Ok(Counters { write_bytes: io("write_bytes")?, syscw: io("syscw")?, ticks })
}

/// Sweeps over a server where nothing is to be done.
pub(super) fn sweep(rig: &Rig, size: &str) -> Result<Vec<Figure>> {
    // what came before is written by now
    rig.sweep()?;
    rig.sh("sync; rm -f /run/bench-marker; touch /run/bench-marker")?;
    let (before, reloads) = (counters(rig)?, rig.reloads()?);
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let answer = rig.sweep()?;
        let micros = answer.body["cpu_micros"].as_f64().context("the sweep tells no cpu_micros")?;
        ensure!(answer.body["differing"] == 0, "a sweep found something to do: {}", answer.body);
        cpu.push(micros / 1e6);
        wall.push(answer.elapsed);
    }
    let after = counters(rig)?;
    let changed =
        rig.number("find /etc /home /var/lib/holdfast-agent -xdev -newercm /run/bench-marker | wc -l")?;
    let ticks = (after.ticks - before.ticks) as f64 / 300.0;
    Ok(vec![
        Figure::of(format!("idle sweep, {size}: processor time by the agent's count"), "s", cpu).aim(1.0),
        Figure::one(format!("idle sweep, {size}: processor time by /proc, all of the agent"), "s", ticks)
            .aim(1.0),
        Figure::times(format!("idle sweep, {size}: wall clock through the panel"), &wall),
        Figure::one(
            format!("idle sweep, {size}: bytes that the agent gave to the disk in 3 sweeps"),
            "bytes",
            (after.write_bytes - before.write_bytes) as f64,
        )
        .aim(0.0),
        Figure::one(
            format!("idle sweep, {size}: write calls of the agent in 3 sweeps (its answers among them)"),
            "",
            (after.syscw - before.syscw) as f64,
        ),
        Figure::one(format!("idle sweep, {size}: files changed in 3 sweeps"), "", changed as f64).aim(0.0),
        Figure::one(
            format!("idle sweep, {size}: reloads in 3 sweeps"),
            "",
            (rig.reloads()? - reloads) as f64,
        )
        .aim(0.0),
    ])
}

/// Nginx's test, and from a reload until a new worker serves.
pub(super) fn nginx(rig: &Rig, size: &str) -> Result<Vec<Figure>> {
    let test = rig.sh(
        "for i in 1 2 3 4 5; do s=$(date +%s%N); nginx -t 2>/dev/null; e=$(date +%s%N); echo $((e - s)); done",
    )?;
    let reload = rig.sh("master=$(cat /run/nginx.pid)
         for i in 1 2 3 4 5; do
             old=$(pgrep -P $master | sort | tail -n 1); s=$(date +%s%N)
             systemctl reload nginx.service
             until [ \"$(pgrep -P $master | sort | tail -n 1)\" != \"$old\" ]; do :; done
             e=$(date +%s%N); echo $((e - s)); sleep 1
         done")?;
    Ok(vec![
        Figure::of(format!("nginx -t, {size}"), "s", seconds(&test)?).aim(0.2),
        Figure::of(format!("reload of nginx until new workers run, {size}"), "s", seconds(&reload)?),
    ])
}

fn seconds(nanoseconds: &str) -> Result<Vec<f64>> {
    let each = nanoseconds.lines().map(|line| Ok(line.trim().parse::<f64>()? / 1e9));
    each.collect::<Result<_>>().with_context(|| format!("no times: {nanoseconds}"))
}

/// Memory of panel and agent.
pub(super) fn memory(rig: &Rig, when: &str) -> Result<Vec<Figure>> {
    let read = |unit: &str, key: &str| -> Result<f64> {
        let pid = rig.pid(unit)?;
        let kib = rig.number(&format!("awk '$1 == \"{key}:\" {{ print $2 }}' /proc/{pid}/smaps_rollup"))?;
        Ok(kib as f64 * 1024.0 / MB)
    };
    let pss = [read(PANEL, "Pss")?, read(AGENT, "Pss")?];
    let rss = [read(PANEL, "Rss")?, read(AGENT, "Rss")?];
    Ok(vec![
        Figure::one(format!("memory {when}: panel and agent together, PSS"), "MB", pss[0] + pss[1]).aim(40.0),
        Figure::one(format!("memory {when}: panel, PSS"), "MB", pss[0]),
        Figure::one(format!("memory {when}: agent, PSS"), "MB", pss[1]),
        Figure::one(format!("memory {when}: panel and agent together, RSS"), "MB", rss[0] + rss[1]),
    ])
}

/// What idle PHP accounts cost.
pub(super) struct Idle {
    first: u64,
    available: u64,
}

impl Idle {
    /// As it is before the accounts.
    pub(super) fn before(rig: &Rig) -> Result<Self> {
        Ok(Self { first: pid1(rig)?, available: available(rig)? })
    }

    /// As it is after `count` accounts with a PHP site each.
    pub(super) fn after(self, rig: &Rig, count: usize) -> Result<Vec<Figure>> {
        rig.sh("systemctl stop 'holdfast-php-*.service'")?;
        let processes = rig.number("pgrep -c php-fpm || true")?;
        let sockets = rig.number(
            "systemctl list-units --no-legend --plain --state=listening 'holdfast-php-*.socket' | wc -l",
        )?;
        ensure!(sockets >= count as u64, "{sockets} sockets of pools listen, and there are {count} accounts");
        let first = (pid1(rig)? as f64 - self.first as f64) / count as f64;
        let free = (self.available as f64 - available(rig)? as f64) / count as f64;
        let what = format!("{count} idle PHP accounts");
        Ok(vec![
            Figure::one(format!("{what}: processes of php-fpm"), "", processes as f64).aim(0.0),
            Figure::one(format!("{what}: memory of PID 1, each account"), "kB", first * 1.024),
            Figure::one(
                format!(
                    "{what}: memory that the machine has less, each account (with all caches that cannot be dropped)"
                ),
                "kB",
                free * 1.024,
            ),
        ])
    }
}

fn pid1(rig: &Rig) -> Result<u64> {
    rig.number("awk '/^VmRSS/ { print $2 }' /proc/1/status")
}

fn available(rig: &Rig) -> Result<u64> {
    rig.number("awk '/^MemAvailable/ { print $2 }' /proc/meminfo")
}

/// A change of a package that many accounts have.
pub(super) fn package(rig: &Rig, accounts: &[String]) -> Result<Vec<Figure>> {
    let mut api = rig.api()?;
    let any = [("if-match", "*")];
    api.post("/packages", &json!({ "name": "bench" }))?;
    for account in accounts {
        let path = format!("/accounts/{account}/limits");
        api.call_with("PATCH", &path, &any, Some(&json!({ "package": "bench" })))?.checked()?;
    }
    rig.settled("/accounts")?;
    let edit = json!({ "limits": { "tasks": 120, "sites": 100 } });
    let shown = api.call_with("PATCH", "/packages/bench?dry_run=true", &any, Some(&edit))?.checked()?;
    let total = shown.body["plan"]["effects"]["total"].as_u64();
    ensure!(total == Some(accounts.len() as u64), "the plan is over {total:?} accounts");
    let begun = std::time::Instant::now();
    let written = api.call_with("PATCH", "/packages/bench", &any, Some(&edit))?.checked()?;
    rig.settled("/accounts")?;
    let what = format!("a package of {} accounts", accounts.len());
    Ok(vec![
        Figure::times(format!("{what}: the plan of a change"), &[shown.elapsed]),
        Figure::times(format!("{what}: a change until it is written down"), &[written.elapsed]),
        Figure::times(format!("{what}: a change until all are ready"), &[begun.elapsed()]),
    ])
}

/// Lists and reads over HTTPS and over the unix socket.
pub(super) fn latency(rig: &Rig, size: &str, requests: usize) -> Result<Vec<Figure>> {
    let mut api = rig.api()?;
    let link = api.post("/login-links", &json!({}))?;
    let token = link["token"].as_str().context("a login link has no token")?.to_owned();
    let cookie = sign_in(rig, &token)?;
    let mut figures = Vec::new();
    let https = format!("https://{}:8443", rig.server.ipv4());
    for (way, base, socket) in
        [("HTTPS", https.as_str(), false), ("the unix socket", "http://localhost", true)]
    {
        for (what, path) in [
            ("list of 100", "/sites?limit=100".to_owned()),
            ("read", String::new()),
            ("figures of a day", "/node/metrics".to_owned()),
            ("notices", "/notices".to_owned()),
        ] {
            let path = |at: usize| match path.as_str() {
                // reads go all over the table
                "" => format!("/sites/s{}.example.test", 1 + at * 7919 % rig.sites),
                list => list.to_owned(),
            };
            let mut config = String::from("silent\ninsecure\nno-progress-meter\n");
            for at in 0..requests {
                let _ = writeln!(config, "url = \"{base}/api/v1{}\"\noutput = \"/dev/null\"", path(at));
            }
            let header = format!("cookie: {cookie}");
            let socket = if socket { rig.socket().display().to_string() } else { String::new() };
            let mut argv = vec!["curl", "-H", &header, "-w", "%{http_code} %{num_connects} %{time_total}\\n"];
            if !socket.is_empty() {
                // who comes by the socket is root: a session would only be looked up
                argv = vec!["curl", "-w", argv[4], "--unix-socket", &socket];
            }
            argv.extend(["-K", "-"]);
            let output = Cmd::new(argv).stdin(config).deadline(Duration::from_mins(5)).check()?.text();
            let mut times = Vec::new();
            for line in output.lines() {
                let mut words = line.split(' ');
                ensure!(words.next() == Some("200"), "{what} over {way} was answered with {line}");
                // the first one opens the connection, which is not what is asked here
                if words.next() == Some("0") {
                    times.push(words.next().unwrap_or_default().parse::<f64>()? * 1000.0);
                }
            }
            ensure!(
                times.len() + 50 > requests,
                "the connection did not stay: {} of {requests}",
                times.len()
            );
            times.sort_by(f64::total_cmp);
            for (percent, aim) in [(50, None), (99, Some(20.0))] {
                let value = quantile(&times, percent);
                figures.push(Figure {
                    what: format!("{what} over {way}, {size}: p{percent}"),
                    unit: "ms".to_owned(),
                    aim,
                    value,
                    range: (quantile(&times, 0), quantile(&times, 100)),
                    samples: times.len(),
                });
            }
        }
    }
    Ok(figures)
}

/// The cookie of a new session.
fn sign_in(rig: &Rig, token: &str) -> Result<String> {
    let url = format!("https://{}:8443/api/v1/session/link", rig.server.ipv4());
    let argv = [
        "curl",
        "-sk",
        "-D",
        "-",
        "-o",
        "/dev/null",
        "-H",
        "content-type: application/json",
        "-d",
        "@-",
        &url,
    ];
    let output = Cmd::new(argv).stdin(json!({ "token": token }).to_string()).check()?.text();
    let cookie = output.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let pair = value.trim().split(';').next()?;
        name.eq_ignore_ascii_case("set-cookie").then(|| pair.to_owned())
    });
    cookie.with_context(|| format!("no session by the link: {output}"))
}
