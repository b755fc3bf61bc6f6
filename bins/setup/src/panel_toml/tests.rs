use super::*;

fn name(text: &str) -> Hostname {
    Hostname::parse(text).unwrap()
}

#[test]
fn the_name_that_was_chosen_before_is_kept() {
    let chosen = hostname("# a comment\nhostname = \"panel.example.com\"\nrequests_burst = 10\n");
    assert_eq!(chosen, Some(name("panel.example.com")));
}

#[test]
fn settings_without_a_name_leave_the_servers_own() {
    for text in ["", "#hostname = \"a.example.com\"\n", "hostname = 1\n", "hostname = \"a b\"\n", "not toml"]
    {
        assert_eq!(hostname(text), None, "{text}");
    }
}

#[test]
fn another_name_leaves_the_rest_of_the_file() {
    let text = "#hostname=\"old.example.com\" # mine\nrequests_burst = 10\n hostname=\"old.example.com\" # mine\nweb_listen = [\"0.0.0.0:80\"]\n";
    let new = with_hostname(text, &name("new.example.com")).unwrap();
    assert_eq!(
        new,
        "#hostname=\"old.example.com\" # mine\nrequests_burst = 10\nhostname = \"new.example.com\"\nweb_listen = [\"0.0.0.0:80\"]\n"
    );
    let new = with_hostname("# mine\nrequests_burst = 10\n", &name("new.example.com")).unwrap();
    assert_eq!(new, "hostname = \"new.example.com\"\n# mine\nrequests_burst = 10\n");
}

#[test]
fn a_file_that_is_not_what_it_looks_like_is_left_alone() {
    let inside = "database = \"\"\"\nhostname = \"a\"\n\"\"\"\n";
    for text in ["not toml", inside] {
        assert_eq!(with_hostname(text, &name("new.example.com")), None, "{text}");
    }
}

#[test]
fn the_web_server_listens_on_ports_80_and_443_unless_the_file_says_otherwise() {
    let listens = |text: &str| web_listens(text).iter().map(ToString::to_string).collect::<Vec<_>>();
    let usual = ["0.0.0.0:80", "[::]:80", "0.0.0.0:443", "[::]:443"];
    assert_eq!(listens(""), usual);
    assert_eq!(listens("web_listen = [\"192.0.2.1:80\"]\n"), ["192.0.2.1:80", "192.0.2.1:443"]);
    assert_eq!(
        listens("web_listen = [\"192.0.2.1:80\"]\nweb_listen_tls = [\"192.0.2.1:8444\"]\n"),
        ["192.0.2.1:80", "192.0.2.1:8444"]
    );
    assert_eq!(listens("web_listen_tls = []\n"), usual[..2]);
    assert_eq!(listens("web_listen = 1\n"), usual);
}

#[test]
fn without_ipv6_a_new_file_asks_for_none() {
    let text = |ipv6| new(&name("a.example.com"), ipv6);
    assert_eq!(web_listens(&text(true)).len(), 4);
    assert_eq!(
        web_listens(&text(false)),
        ["0.0.0.0:80", "0.0.0.0:443"].map(|text| ListenAddr::parse(text).unwrap())
    );
    assert_eq!(hostname(&text(false)), Some(name("a.example.com")));
}
