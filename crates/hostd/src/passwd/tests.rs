use proptest::prelude::*;

use super::*;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
    www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n\
    alice:x:20000:20000::/home/alice:/usr/sbin/nologin\n";
const GROUP: &str = "root:x:0:\nwww-data:x:33:\nalice:x:20000:\nholdfast-tenants:x:990:alice,bob\n";
const SHADOW: &str = "root:*:20000:0:99999:7:::\n\
    alice:$6$salt$hash:20000:0:99999:7:::\n\
    bob:!$6$salt$hash:20000:0:99999:7::1:\n\
    carol:!:20000:0:99999:7:::\n\
    dave::20000:0:99999:7:::\n\
    erin:abJnggxhB.yWI:20000:0:99999:7:::\n";

#[test]
fn users_groups_and_members_are_found() {
    let db = UserDb::parse(PASSWD, GROUP, SHADOW);
    let alice = db.user("alice").unwrap();
    assert_eq!((alice.uid, alice.gid, alice.home.as_str()), (20000, 20000, "/home/alice"));
    assert_eq!(db.user_by_uid(33).unwrap().name, "www-data");
    assert_eq!(db.group_by_gid(990).unwrap().members, ["alice", "bob"]);
    assert!(db.in_group("alice", "holdfast-tenants"));
    assert!(db.in_group("alice", "alice"), "by the primary group");
    assert!(!db.in_group("alice", "www-data"));
    assert!(!db.in_group("nobody", "missing"));
    assert_eq!(db.ignored(), 0);
}

#[test]
fn passwords_are_locked_hashed_or_absent() {
    let db = UserDb::parse(PASSWD, GROUP, SHADOW);
    let alice = db.password("alice").unwrap();
    assert_eq!((alice.hash(), alice.locked(), alice.expired()), (Some("$6$salt$hash"), false, false));
    let bob = db.password("bob").unwrap();
    assert_eq!((bob.hash(), bob.locked(), bob.expired()), (Some("$6$salt$hash"), true, true));
    let carol = db.password("carol").unwrap();
    assert_eq!((carol.hash(), carol.locked()), (None, true));
    assert!(db.password("root").unwrap().locked());
    for open in ["dave", "erin"] {
        assert!(!db.password(open).unwrap().locked(), "{open}: an empty password, and one of an old sort");
    }
    assert!(!format!("{alice:?}").contains("hash$"), "a hash is never printed");
    assert!(!format!("{alice:?}").contains("salt"));
}

#[test]
fn lines_of_another_form_are_left_out_and_counted() {
    let passwd = "alice:x:20000:20000::/home/alice\n\
        bob:x:+5:5::/home/bob:/bin/sh\n\
        carol:x:-1:5::/home/carol:/bin/sh\n\
        dave:x:4294967296:5::/home/dave:/bin/sh\n\
        eve:x:7:7::/home/eve:/bin/sh:extra\n\
        +::::::\n\
        # a comment\n\
        \n\
        :x:8:8::/:/bin/sh\n";
    let db = UserDb::parse(passwd, "", "alice:x\n");
    assert!(db.users().is_empty());
    assert_eq!(db.ignored(), 8);
}

#[test]
fn the_first_of_two_lines_counts() {
    let db = UserDb::parse("a:x:1:1::/a:/s\na:x:2:2::/b:/s\nb:x:1:1::/c:/s\n", "", "");
    assert_eq!(db.user("a").unwrap().uid, 1);
    assert_eq!(db.user_by_uid(1).unwrap().name, "a");
    assert_eq!(db.users().len(), 3);
}

prop_compose! {
    fn any_user()(
        name in "[a-z][a-z0-9-]{0,30}",
        uid: u32,
        gid: u32,
        gecos in "[^:\n]{0,20}",
        home in "/[^:\n]{0,20}",
        shell in "[^:\n]{0,20}",
    ) -> User {
        User { name, uid, gid, gecos, home, shell }
    }
}

prop_compose! {
    fn any_group()(
        name in "[a-z][a-z0-9-]{0,30}",
        gid: u32,
        members in prop::collection::vec("[a-z][a-z0-9]{0,8}", 0..4),
    ) -> Group {
        Group { name, gid, members }
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read_back(
        users in prop::collection::vec(any_user(), 0..20),
        groups in prop::collection::vec(any_group(), 0..20),
    ) {
        let passwd: Vec<String> = users
            .iter()
            .map(|u| format!("{}:x:{}:{}:{}:{}:{}", u.name, u.uid, u.gid, u.gecos, u.home, u.shell))
            .collect();
        let group: Vec<String> =
            groups.iter().map(|g| format!("{}:x:{}:{}", g.name, g.gid, g.members.join(","))).collect();
        let db = UserDb::parse(&passwd.join("\n"), &group.join("\n"), "");
        prop_assert_eq!(db.users(), &users[..]);
        prop_assert_eq!(db.groups(), &groups[..]);
        prop_assert_eq!(db.ignored(), 0);
        for user in &users {
            let first = users.iter().find(|u| u.name == user.name);
            prop_assert_eq!(db.user(&user.name), first);
            let first = users.iter().find(|u| u.uid == user.uid);
            prop_assert_eq!(db.user_by_uid(user.uid), first);
        }
    }

    #[test]
    fn any_text_is_taken_without_a_panic_and_no_line_is_lost(
        passwd in "[a-z:0-9\n+-]{0,200}", group in any::<String>(), shadow in any::<String>(),
    ) {
        let db = UserDb::parse(&passwd, &group, &shadow);
        let lines = |text: &str| text.split('\n').filter(|l| !l.is_empty() && !l.starts_with('#')).count();
        let read = db.users().len() + db.groups().len() + db.ignored();
        let shadow_lines = lines(&shadow);
        prop_assert!(read + shadow_lines >= lines(&passwd) + lines(&group));
        for user in db.users() {
            prop_assert!(!user.name.contains(':') && !user.name.is_empty());
            prop_assert!(db.user(&user.name).is_some());
        }
    }
}
