//! What a server leaves on this machine, also when its process is killed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use testhost::{Distro, Options, Server, reap};

const CHILD: &str = "leftovers::a_process_that_holds_a_server_until_it_is_killed";
const MARK: &str = "holding ";

/// The names under which a server is seen on this machine.
#[derive(Debug)]
pub(crate) struct Traces {
    slot: String,
}

impl Traces {
    pub(crate) fn of(server: &Server) -> Self {
        Self::of_root(server.root())
    }

    fn of_root(root: &Path) -> Self {
        Self { slot: root.parent().expect("slot").to_str().expect("UTF-8").to_owned() }
    }

    /// Mounts, interfaces, directories, processes and cgroups, each line beginning with its kind.
    pub(crate) fn present(&self) -> Vec<String> {
        let index = self.slot.rsplit('/').next().expect("index");
        let (machine, cgroup) = (format!("hft{index}"), format!("holdfast-testhost-{index}"));
        let mut found = Vec::new();
        let mounts = fs::read_to_string("/proc/self/mounts").expect("mounts");
        let below = format!("{}/", self.slot);
        found.extend(mounts.lines().filter(|line| line.contains(&below)).map(|line| format!("mount {line}")));
        for (kind, path) in [
            ("interface", format!("/sys/class/net/ve-{machine}")),
            ("directory", self.slot.clone()),
            ("propagation directory", format!("/run/systemd/nspawn/propagate/{machine}")),
        ] {
            found.extend(Path::new(&path).exists().then(|| format!("{kind} {path}")));
        }
        let processes = output_of(Command::new("ps").args(["-eo", "ppid=,stat=,cgroup:200=,args="]));
        let (in_cgroup, named) = (format!("/{cgroup}/"), format!("--machine={machine} "));
        let ours = |line: &&str| {
            let mut fields = line.split_whitespace();
            // Of an orphan that was killed, init has yet to take the exit status.
            let taken_by_init =
                fields.next() == Some("1") && fields.next().is_some_and(|stat| stat.starts_with('Z'));
            !taken_by_init && (line.contains(&in_cgroup) || line.contains(&named))
        };
        found.extend(processes.lines().filter(ours).map(|line| format!("process {line}")));
        let cgroups = output_of(Command::new("find").args(["/sys/fs/cgroup", "-name", &cgroup]));
        found.extend(cgroups.lines().map(|dir| format!("cgroup {dir}")));
        found
    }

    /// Fails unless the looking finds each kind while the server runs: else finding nothing later proves nothing.
    pub(crate) fn assert_seen(&self) {
        let present = self.present();
        for kind in ["mount", "interface", "directory", "process", "cgroup"] {
            assert!(present.iter().any(|trace| trace.starts_with(kind)), "{kind} is not seen: {present:#?}");
        }
    }

    pub(crate) fn assert_gone(&self) {
        assert_eq!(self.present(), Vec::<String>::new());
    }
}

fn output_of(command: &mut Command) -> String {
    String::from_utf8_lossy(&command.output().expect("a program of this machine").stdout).into_owned()
}

#[test]
#[ignore = "the child of `what_a_killed_process_left_is_cleared`: it runs until it is killed"]
fn a_process_that_holds_a_server_until_it_is_killed() {
    let server = Server::boot(Options::fresh(Distro::Debian13)).expect("boot");
    println!("{MARK}{}", server.root().display());
    loop {
        std::thread::park();
    }
}

#[test]
fn what_a_killed_process_left_is_cleared() {
    let mut child = Command::new(std::env::current_exe().expect("own path"))
        .args(["--exact", CHILD, "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("start the child");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let root = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once(MARK).map(|(_, root)| root.to_owned()))
        .expect("the child's server");
    let traces = Traces::of_root(Path::new(&root));
    reap().expect("reap while it lives");
    traces.assert_seen();

    child.kill().expect("kill");
    child.wait().expect("wait");
    traces.assert_seen();
    reap().expect("reap");
    traces.assert_gone();
}
