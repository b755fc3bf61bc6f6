use proptest::prelude::*;

use super::*;

const STAT: &str = "cpu  100 20 30 1000 50 5 6 7 40 3\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 5\nbtime 1767225600\n";

const DEV: &str = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    9000      10    0    0    0     0          0         0     9000      10    0    0    0     0       0          0
  eth0: 1000      10    0    0    0     0          0         0     200      10    0    0    0     0       0          0
enp5s0:500 10 0 0 0 0 0 0 50 10 0 0 0 0 0 0
  br-12: 7000      10    0    0    0     0          0         0     7000      10    0    0    0     0       0          0
eth0.10: 7000      10    0    0    0     0          0         0     7000      10    0    0    0     0       0          0
";

const DISKS: &str = "   7       0 loop0 5 0 100 0 0 0 0 0 0 0 0 0 0 0 0
   8       0 sda 10 0 2000 5 20 0 4000 5 0 5 5 0 0 0 0
   8       1 sda1 9 0 1999 5 20 0 4000 5 0 5 5 0 0 0 0
  65     160 sdaa 1 0 2 5 1 0 4 5 0 5 5
 259       0 nvme0n1 1 0 10 5 1 0 20 5 0 5 5
 259       1 nvme0n1p1 1 0 10 5 1 0 20 5 0 5 5
 253       0 dm-0 1 0 777 5 1 0 777 5 0 5 5
 202       1 xvda1 1 0 1 5 1 0 1 5 0 5 5
";

#[test]
fn processor_time_is_worked_or_idle() {
    assert_eq!(cpu(STAT), (168, 1218), "guests are in `user`, the wait for a disk is idle");
    assert_eq!(booted(STAT), 1_767_225_600);
    assert_eq!(cpu("cpu 5"), (5, 5));
    assert_eq!((cpu(""), cpu("cpu0 1 2 3"), booted("btime x")), ((0, 0), (0, 0), 0));
}

#[test]
fn what_goes_through_several_interfaces_is_counted_once() {
    assert_eq!(network(DEV), (1500, 250));
    let inside: String = DEV
        .lines()
        .filter(|line| line.contains("lo:") || line.contains("br-12"))
        .collect::<Vec<_>>()
        .join("\n");
    assert_eq!(network(&inside), (7000, 7000), "where nothing else is there, it is taken");
    assert_eq!(network("eth0: x"), (0, 0));
}

#[test]
fn disks_are_counted_and_what_lies_on_them_is_not() {
    assert_eq!(disks(DISKS), ((2000 + 2 + 10 + 1) * 512, (4000 + 4 + 20 + 1) * 512));
    assert_eq!(disks("8 0 sda 1"), (0, 0));
}

#[test]
fn a_process_is_read_whatever_it_calls_itself() {
    let line = |name: &str| {
        format!(
            "4711 ({name}) S 1 2 3 0 -1 4 5 6 7 8 150 50 9 9 20 0 3 0 12345 999 42 18446744073709551615\n"
        )
    };
    let read = stat(line("php-fpm8.4").as_bytes()).unwrap();
    assert_eq!(read, Stat { command: "php-fpm8.4".to_owned(), ticks: 200, started: 12345, pages: 42 });
    for (hostile, told) in
        [(") S 1 1 (", ") S 1 1 ("), ("a b", "a b"), ("\u{1b}[31m", "?[31m"), ("x\ny", "x?y"), ("", "")]
    {
        let read = stat(line(hostile).as_bytes()).unwrap();
        assert_eq!((read.command.as_str(), read.ticks, read.pages), (told, 200, 42), "{hostile:?}");
    }
    let mut foreign = line("xx").into_bytes();
    foreign[6] = 0xff;
    assert_eq!(stat(&foreign).unwrap().command, "\u{fffd}x", "what is no text hides no process");
    assert_eq!((stat(b""), stat(b"1 (x"), stat(b"1 (x) S 1")), (None, None, None));
}

#[test]
fn the_owner_and_the_unit_are_found() {
    assert_eq!(uid("Name:\tUid: 0\nUid:\t1000\t1001\t1002\t1003\n"), Some(1001));
    assert_eq!((uid("Uid:\t5"), uid("Name:\tx")), (None, None));
    let of = |path: &str| unit(&format!("0::{path}\n"));
    assert_eq!(of("/system.slice/nginx.service").as_deref(), Some("nginx.service"));
    let pool = "/holdfast.slice/holdfast-alice.slice/holdfast-php-alice-8.4.service";
    assert_eq!(of(pool).as_deref(), Some("holdfast-php-alice-8.4.service"));
    let user = "/user.slice/user-0.slice/user@0.service/app.slice/x.scope/below";
    assert_eq!(of(user).as_deref(), Some("x.scope"));
    assert_eq!((of("/"), of("/user.slice"), unit("1:name=systemd:/x.service")), (None, None, None));
    assert_eq!(of(&format!("/{}.service", "x".repeat(300))), None);
}

proptest! {
    /// Whatever the kernel, or somebody in its place, says: no parser panics, and no name leaves with a control character.
    #[test]
    fn garbage_is_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "[ a-z0-9:().\\-\n\u{0}-\u{1f}]{0,300}") {
        for text in [String::from_utf8_lossy(&bytes).into_owned(), text] {
            let (busy, total) = cpu(&format!("cpu {text}"));
            prop_assert!(busy <= total);
            let _ = (booted(&text), network(&text), disks(&text), uid(&text));
            let unit = unit(&format!("0::/{text}.service"));
            prop_assert!(unit.is_none_or(|unit| !unit.chars().any(char::is_control)));
            if let Some(stat) = stat(format!("1 ({text}) S 1 2 3 0 -1 4 5 6 7 8 1 2 9 9 20 0 3 0 5 9 4").as_bytes()) {
                prop_assert!(!stat.command.chars().any(char::is_control));
                prop_assert!(stat.command.chars().count() <= LONGEST_COMMAND);
            }
        }
        let _ = stat(&bytes);
    }

    /// A process cannot lie about its figures by its name.
    #[test]
    fn a_name_changes_no_figure(name in "[ -~]{0,15}") {
        let line = format!("1 ({name}) S 1 2 3 0 -1 4 5 6 7 8 150 50 9 9 20 0 3 0 12345 999 42 1");
        let read = stat(line.as_bytes()).unwrap();
        prop_assert_eq!((read.ticks, read.started, read.pages), (200, 12345, 42));
    }
}

/// The kernel that runs this writes as it is read here.
#[test]
#[expect(clippy::disallowed_methods, reason = "this machine's own files, not a host's")]
fn what_this_kernel_says_is_understood() {
    let read = |path: &str| std::fs::read(path).unwrap();
    let text = |path: &str| String::from_utf8_lossy(&read(path)).into_owned();
    let (busy, total) = cpu(&text("/proc/stat"));
    assert!(busy > 0 && total > busy, "{busy} of {total}");
    assert!(booted(&text("/proc/stat")) > 1_600_000_000);
    let own = stat(&read("/proc/self/stat")).unwrap();
    assert!(own.started > 0 && own.pages > 0, "{own:?}");
    assert!(uid(&text("/proc/self/status")).is_some());
}
