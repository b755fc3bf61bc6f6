use super::*;

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn an_id_or_nothing_is_all_that_can_be_asked_for() {
    assert_eq!(task(&words("list")), Some(Task::List));
    assert_eq!(task(&words("set 20001")), Some(Task::Set(Uid::new(20_001).unwrap())));
    for refused in
        ["", "set", "set 0", "set -1", "set 20001 x", "set ../x", "set 1e9", "list 20001", "clear 20001"]
    {
        assert_eq!(task(&words(refused)), None, "{refused}");
    }
}

#[test]
fn the_homes_are_on_the_longest_and_latest_mount() {
    let table = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                 30 22 0:40 /@home /home rw shared:2 - btrfs /dev/mapper/a\\040b rw,subvol=/@home\n\
                 31 22 0:41 / /homestead rw - tmpfs tmpfs rw\n";
    let homes = Homes::in_table("/home", table).unwrap();
    assert_eq!((homes.filesystem.as_str(), homes.source.as_str()), ("btrfs", "/dev/mapper/a b"));
    assert_eq!(homes.home_within(&"alice".parse().unwrap()), "@home/alice");
    let below = Homes::in_table("/home/web", table).unwrap();
    assert_eq!(below.home_within(&"alice".parse().unwrap()), "@home/web/alice");
    assert_eq!(Homes::in_table("/srv/homes", table).unwrap().filesystem, "ext4");
    let over = format!("{table}32 30 0:42 / /home rw - overlay overlay rw\n");
    assert_eq!(Homes::in_table("/home", &over).unwrap().filesystem, "overlay");
}

#[test]
fn a_limit_that_the_kernel_does_not_hold_is_an_error() {
    let file =
        QuotaFile { account: "alice".parse().unwrap(), disk_bytes: Some((1 << 20) + 5), inodes: Some(100) };
    let list = |kind| QuotaList { kind, ..QuotaList::default() };
    let held = QuotaSeen { disk_bytes: Some(1 << 20), inodes: Some(100), ..QuotaSeen::default() };
    assert!(confirm(&list(QuotaKind::User), held, Some(&file)).is_ok(), "user quotas count in KiB");
    assert!(confirm(&list(QuotaKind::BtrfsSimple), held, Some(&file)).is_err());
    assert!(confirm(&list(QuotaKind::User), QuotaSeen { inodes: None, ..held }, Some(&file)).is_err());
    assert!(confirm(&list(QuotaKind::User), held, None).is_err(), "taken away, and still there");
    assert!(confirm(&list(QuotaKind::User), QuotaSeen::default(), None).is_ok());
}
