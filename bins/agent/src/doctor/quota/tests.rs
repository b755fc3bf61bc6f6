use super::*;

const HOMES: &str = "/home";

fn list(kind: QuotaKind, filesystem: &str, lacking: Option<&str>) -> QuotaList {
    QuotaList {
        filesystem: filesystem.to_owned(),
        kind,
        lacking: lacking.map(str::to_owned),
        error: None,
        accounts: std::collections::BTreeMap::new(),
    }
}

fn alice(disk: Option<u64>, inodes: Option<u64>, held: Held) -> Limited {
    Limited {
        name: "alice".to_owned(),
        limits: Limits { disk_bytes: disk, inodes, ..Limits::default() },
        held,
    }
}

#[test]
fn what_no_file_system_holds_is_said_with_why_and_what_to_do() {
    let why = "the file system of /home (ext4) has its quotas turned off: unmount it, `tune2fs -O quota -Q usrquota DEVICE`";
    let list = list(QuotaKind::None, "ext4", Some(why));
    let none = judge(&list, HOMES, &[]);
    assert_eq!(none.severity, Severity::Ok, "nobody has a limit");
    assert!(none.message.contains("could not be held") && none.message.contains(why), "{}", none.message);
    let held = || Held { disk: false, inodes: false, note: Some(why.to_owned()) };
    let both = judge(&list, HOMES, &[alice(Some(1 << 30), Some(1000), held())]);
    assert_eq!(both.severity, Severity::Warning);
    for words in ["1 of 1 limits of disk space cannot be held", "1 of 1 limits of files cannot be held", why]
    {
        assert!(both.message.contains(words), "{words}: {}", both.message);
    }
    assert_eq!(both.remedy.as_deref(), Some(REMEDY));
}

#[test]
fn user_quotas_hold_both_and_btrfs_holds_no_files() {
    let held =
        |inodes| Held { disk: true, inodes, note: (!inodes).then(|| "btrfs does not count them".to_owned()) };
    for filesystem in ["ext4", "xfs"] {
        let said =
            judge(&list(QuotaKind::User, filesystem, None), HOMES, &[alice(Some(1), Some(1), held(true))]);
        assert_eq!(said.severity, Severity::Ok);
        assert_eq!(said.message, format!("{filesystem} with user quotas: space and files are held"));
    }
    let btrfs = list(QuotaKind::BtrfsSimple, "btrfs", None);
    assert_eq!(judge(&btrfs, HOMES, &[alice(Some(1), None, held(false))]).severity, Severity::Ok);
    let files = judge(&btrfs, HOMES, &[alice(Some(1), Some(1000), held(false))]);
    assert_eq!(files.severity, Severity::Warning);
    let words =
        "1 of 1 limits of files cannot be held, the first is that of alice: btrfs does not count them";
    assert_eq!(files.message, words);
}
