use super::*;

#[test]
fn the_name_that_was_chosen_before_is_kept() {
    let name = chosen("# a comment\nhostname = \"panel.example.com\"\nrequests_burst = 10\n");
    assert_eq!(name.unwrap().as_str(), "panel.example.com");
}

#[test]
fn settings_without_a_name_leave_the_servers_own() {
    for text in ["", "#hostname = \"a.example.com\"\n", "hostname = 1\n", "hostname = \"a b\"\n", "not toml"]
    {
        assert_eq!(chosen(text), None, "{text}");
    }
}
