use super::*;

#[test]
fn logins_are_one_plain_word() {
    for good in ["al", "alice", "alice@example.test", "a.b-c_d", "0day", &"a".repeat(64)] {
        assert_eq!(Login::parse(good).unwrap().to_string(), good);
    }
    let long = "a".repeat(65);
    for bad in ["", "a", "Alice", "-a", "@a", ".a", "a b", "a\n", "ä1", "a/b", "a:b", "a\0b", "a'b", &long] {
        assert_eq!(Login::parse(bad).unwrap_err().code, "login_name", "{bad:?}");
    }
}

#[test]
fn json_refusals_carry_the_code() {
    let error = serde_json::from_str::<Login>("\"A\"").unwrap_err().to_string();
    assert_eq!(names::code_in(&error).map(|(code, _)| code), Some("login_name"));
}
