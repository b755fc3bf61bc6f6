use std::time::Duration;

use super::*;

fn write(host: &Host, path: &str, text: &str) {
    let files = host.files();
    files.ensure_dirs(path.rsplit_once('/').unwrap().0, 0o755, (0, 0)).unwrap();
    files.write(path, text.as_bytes(), 0o644, (0, 0)).unwrap();
}

/// A process of a user that has taken so much processor time and memory.
fn process(host: &Host, pid: u32, name: &str, uid: u32, (ticks, pages): (u64, u64)) {
    let stat = format!("{pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 500 0 {pages} 0");
    write(host, &format!("/proc/{pid}/stat"), &stat);
    write(
        host,
        &format!("/proc/{pid}/status"),
        &format!("Name:\t{name}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n"),
    );
    write(host, &format!("/proc/{pid}/cgroup"), &format!("0::/system.slice/{name}.service\n"));
    write(host, &format!("/proc/{pid}/cmdline"), "mysql\0--password=hunter2\0");
    write(host, &format!("/proc/{pid}/environ"), "SECRET=hunter2\0");
}

fn host() -> Host {
    let host = Host::for_test().unwrap();
    write(&host, "/proc/stat", "cpu  1 2 3 4\nbtime 1767225600\n");
    process(&host, 600, "nginx", 0, (100, 10));
    process(&host, 700, "php-fpm8.4", 4_000_000_000, (50, 30));
    process(&host, 800, "sshd", 0, (10, 20));
    host
}

fn look(processes: &Processes, host: &Host, sort: ProcessSort, limit: u32) -> ProcessList {
    processes.list(host, &ListProcesses { sort, limit }).unwrap()
}

fn names(list: &ProcessList) -> Vec<&str> {
    list.processes.iter().map(|process| process.command.as_str()).collect()
}

#[test]
fn those_that_take_most_come_first_and_no_more_than_asked_for() {
    let (host, processes) = (host(), Processes::default());
    let list = look(&processes, &host, ProcessSort::Memory, 2);
    assert_eq!((names(&list), list.count), (vec!["php-fpm8.4", "sshd"], 3));
    assert_eq!(list.processes[0].cpu, None, "nobody looked before");
    assert_eq!(list.processes[0].user, "4000000000", "a user without a name");
    assert_eq!(list.processes[1].user, "root");
    assert_eq!(list.processes[1].unit.as_deref(), Some("sshd.service"));
    assert_eq!(list.processes[1].started, 1_767_225_605 * 1_000_000);
    assert!(list.processes[1].memory >= 20 * 4096);
    assert_eq!(names(&look(&processes, &host, ProcessSort::Cpu, 1000)), ["nginx", "php-fpm8.4", "sshd"]);
}

#[test]
fn what_a_process_takes_is_what_it_took_since_the_look_before() {
    let (host, processes) = (host(), Processes::default());
    look(&processes, &host, ProcessSort::Cpu, 9);
    host.fake_clock().unwrap().advance(Duration::from_secs(10));
    process(&host, 800, "sshd", 0, (510, 20));
    process(&host, 900, "new", 0, (100, 1));
    let list = look(&processes, &host, ProcessSort::Cpu, 9);
    let shares: Vec<_> = list.processes.iter().map(|p| (p.command.as_str(), p.cpu)).collect();
    let wanted = [("sshd", Some(0.5)), ("new", Some(0.1)), ("php-fpm8.4", Some(0.0)), ("nginx", Some(0.0))];
    assert_eq!(shares, wanted);
    // another window looks a second later: against the same look before, or it would show chance
    host.fake_clock().unwrap().advance(Duration::from_secs(1));
    let list = look(&processes, &host, ProcessSort::Cpu, 1);
    assert_eq!(list.processes[0].cpu, Some(0.0), "nothing since");
    host.fake_clock().unwrap().advance(Duration::from_hours(1));
    assert_eq!(look(&processes, &host, ProcessSort::Cpu, 1).processes[0].cpu, None, "that was too long ago");
}

#[test]
fn a_number_that_is_used_again_is_another_process() {
    let (host, processes) = (host(), Processes::default());
    look(&processes, &host, ProcessSort::Cpu, 9);
    host.fake_clock().unwrap().advance(Duration::from_secs(10));
    let stat = "600 (other) S 1 1 1 0 -1 0 0 0 0 0 40 0 0 0 20 0 1 0 999 0 1 0";
    write(&host, "/proc/600/stat", stat);
    let list = look(&processes, &host, ProcessSort::Cpu, 1);
    assert_eq!((list.processes[0].command.as_str(), list.processes[0].cpu), ("other", Some(0.04)));
}

#[test]
fn nothing_that_a_process_was_started_with_leaves_the_server() {
    let list = look(&Processes::default(), &host(), ProcessSort::Memory, 100);
    assert!(!serde_json::to_string(&list).unwrap().contains("hunter2"));
}

#[test]
fn garbage_below_proc_hides_nothing_else() {
    let host = host();
    write(&host, "/proc/601/stat", "garbage");
    write(&host, "/proc/602/stat", "602 (gone) S 1 1 1 0 -1 0 0 0 0 0 999 0 0 0 20 0 1 0 500 0 999 0");
    write(&host, "/proc/self", "x");
    let list = look(&Processes::default(), &host, ProcessSort::Memory, 100);
    assert_eq!(names(&list), ["php-fpm8.4", "sshd", "nginx"], "one without an owner has ended");
}
