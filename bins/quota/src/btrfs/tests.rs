use super::*;

const GROUPS: &str = "\
Qgroupid    Referenced    Exclusive  Max referenced  Max exclusive Parent   Child   Path
--------    ----------    ---------  --------------  ------------- ------   -----   ----
0/5              16384        16384            none           none -        -       <toplevel>
0/259            20480        20480            none           none 1/20001  -       home/alice
0/260             4096         4096            none           none 1/20001,1/9  -   home/alice/in it
1/20001          24576        24576        20971520           none -        0/259,0/260 <2 member qgroups>
";

fn homes() -> Homes {
    Homes {
        path: "/home".to_owned(),
        filesystem: "btrfs".to_owned(),
        source: "/dev/sdb".to_owned(),
        within: "home".to_owned(),
    }
}

fn alice() -> QuotaFile {
    QuotaFile { account: "alice".parse().unwrap(), disk_bytes: Some(20_971_520), inodes: None }
}

fn uid() -> Uid {
    Uid::new(20_001).unwrap()
}

fn state(subvolumes: &str) -> State {
    State { groups: Some(groups(GROUPS)), subvolumes: super::subvolumes(subvolumes) }
}

#[test]
fn a_home_in_its_qgroup_is_counted_with_what_was_made_in_it() {
    let state = state("ID 259 gen 21 top level 5 path home/alice\n");
    assert_eq!(state.members(uid()).len(), 2);
    let seen = state.seen(&homes(), uid(), Some(&alice()));
    let wanted = QuotaSeen {
        counted: true,
        disk_bytes: Some(20_971_520),
        used_bytes: Some(24_576),
        ..QuotaSeen::default()
    };
    assert_eq!(seen, wanted);
}

#[test]
fn a_subvolume_that_a_tenant_names_like_another_account_is_not_taken_for_its_home() {
    let state = state("ID 259 gen 21 top level 5 path home/bob/alice\nID 260 gen 1 top level 5 path alice\n");
    let seen = state.seen(&homes(), uid(), Some(&alice()));
    assert!(!seen.counted);
    assert_eq!(seen.used_bytes, None, "another subvolume's figures are not the account's");
    assert_eq!(seen.disk_bytes, Some(20_971_520));
}

#[test]
fn the_program_gets_numbers_and_root_owned_paths_alone() {
    let homes = homes();
    let args = |call: Call<'_>| call.args(&homes).join(" ");
    let member = GroupId::of_subvolume(259);
    assert_eq!(args(Call::Assign { member, to: uid() }), "qgroup assign 0/259 1/20001 /home");
    assert_eq!(args(Call::Limit { to: None, of: uid() }), "qgroup limit none 1/20001 /home");
    assert_eq!(args(Call::CreateSubvolume("/home/alice")), "subvolume create /home/alice");
}
