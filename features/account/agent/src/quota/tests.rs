use super::*;

fn spec(disk_bytes: Option<u64>, inodes: Option<u64>) -> AccountSpec {
    AccountSpec {
        name: "alice".parse().unwrap(),
        uid: uid(),
        sftp_password: None,
        ssh_keys: Vec::new(),
        suspended: false,
        limits: Limits { disk_bytes, inodes, ..Limits::default() },
    }
}

fn uid() -> Uid {
    Uid::new(20_001).unwrap()
}

fn list(kind: QuotaKind, seen: Option<QuotaSeen>) -> QuotaList {
    let accounts = seen.map(|seen| (uid().get(), seen)).into_iter().collect();
    QuotaList { kind, accounts, ..QuotaList::default() }
}

fn counted(disk_bytes: Option<u64>) -> QuotaSeen {
    QuotaSeen { counted: true, disk_bytes, used_bytes: Some(0), ..QuotaSeen::default() }
}

const DISK: Option<u64> = Some(10 << 30);

#[test]
fn nothing_is_to_be_done_where_the_kernel_holds_what_is_wanted() {
    let hold = |limits: &AccountSpec| Some(QuotaWork::Hold(limits.limits));
    let limited = spec(DISK, None);
    for kind in [QuotaKind::User, QuotaKind::BtrfsSimple, QuotaKind::BtrfsFull] {
        assert_eq!(plan_present(&list(kind, Some(counted(DISK))), &limited, HomeKind::Subvolume), None);
        assert_eq!(
            plan_present(&list(kind, Some(counted(Some(1)))), &limited, HomeKind::Subvolume),
            hold(&limited)
        );
        let free = spec(None, None);
        assert_eq!(plan_present(&list(kind, Some(counted(DISK))), &free, HomeKind::Subvolume), hold(&free));
    }
    assert_eq!(plan_present(&list(QuotaKind::None, None), &limited, HomeKind::Plain), None);
}

#[test]
fn user_quotas_count_in_kib_and_limit_files() {
    let odd = spec(Some((1 << 20) + 1), Some(500));
    let seen = QuotaSeen { disk_bytes: Some(1 << 20), inodes: Some(500), ..QuotaSeen::default() };
    assert_eq!(plan_present(&list(QuotaKind::User, Some(seen)), &odd, HomeKind::Plain), None);
    let fewer = QuotaSeen { inodes: None, ..seen };
    assert!(plan_present(&list(QuotaKind::User, Some(fewer)), &odd, HomeKind::Plain).is_some());
}

#[test]
fn a_home_on_btrfs_is_made_as_a_subvolume_and_a_plain_one_is_left_alone() {
    let limited = spec(DISK, Some(500));
    for kind in [QuotaKind::BtrfsOff, QuotaKind::BtrfsSimple, QuotaKind::BtrfsFull] {
        let seen = list(kind, None);
        let make = plan_present(&seen, &limited, HomeKind::Missing);
        assert_eq!(make, Some(QuotaWork::Make(limited.limits)));
        assert_eq!(plan_present(&seen, &limited, HomeKind::Plain), None);
        let told = held(&seen, HomeKind::Plain, "/home/alice", None);
        assert!(!told.disk && told.note.unwrap().contains("/home/alice is a plain directory"));
    }
    let off = list(QuotaKind::BtrfsOff, None);
    assert_eq!(
        plan_present(&off, &spec(None, Some(500)), HomeKind::Subvolume),
        None,
        "btrfs counts no files"
    );
    assert_eq!(plan_present(&off, &limited, HomeKind::Subvolume), Some(QuotaWork::Hold(limited.limits)));
}

#[test]
fn a_home_that_is_in_no_qgroup_is_put_into_its_own() {
    let lost = QuotaSeen { counted: false, disk_bytes: DISK, ..QuotaSeen::default() };
    let seen = list(QuotaKind::BtrfsSimple, Some(lost));
    assert!(plan_present(&seen, &spec(DISK, None), HomeKind::Subvolume).is_some());
    assert!(!held(&seen, HomeKind::Subvolume, "/home/alice", Some(&lost)).disk);
}

#[test]
fn of_an_account_that_is_gone_nothing_is_held() {
    let clear = Some(QuotaWork::Clear);
    assert_eq!(plan_absent(&list(QuotaKind::BtrfsFull, Some(counted(None))), uid(), false), clear);
    assert_eq!(plan_absent(&list(QuotaKind::BtrfsFull, None), uid(), true), None);
    assert_eq!(
        plan_absent(&list(QuotaKind::User, None), uid(), true),
        clear,
        "its file is gone from the list"
    );
    assert_eq!(plan_absent(&list(QuotaKind::User, None), uid(), false), None);
    assert_eq!(plan_absent(&list(QuotaKind::None, None), uid(), true), None);
}
