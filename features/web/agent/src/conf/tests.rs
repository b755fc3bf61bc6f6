use proptest::prelude::*;

use super::*;

#[test]
fn words_are_written_so_that_they_are_read_as_they_are() {
    let words =
        ["a", "", " ", "a b", "a;b", "{", "}", "\"", "a\"b\"", "it's", "#x", "\\z", "\\n", "^/a(?:/|\\z)"];
    for word in words {
        let directives = vec![block(["if", "($uri", "~", word, ")"], vec![line(["return", word])])];
        let text = write(&directives, 4).unwrap();
        assert_eq!(read(&text), Some(directives), "{text}");
    }
    let text = write(&[matching("$uri", "^/a\\.b\\z", vec![set("$hf_x", "a b")])], 0).unwrap();
    assert_eq!(text, "if ($uri ~ \"^/a\\\\.b\\\\z\") {\n    set $hf_x \"a b\";\n}\n");
}

#[test]
fn what_nginx_would_read_as_something_else_is_not_written() {
    for word in
        ["$host", "a$http_x", "${uri}", "$", "$0", "a\nb", "a\0b", "ä", "\u{7f}", "\t", "$remote_user"]
    {
        assert_eq!(write(&[line(["set", "$hf_x", word])], 0), Err(ConfError::Word), "{word:?}");
    }
    for word in ["$1", "$uri$is_args$args", "$hf_kept", "$upstream_http_x_a"] {
        assert!(write(&[line(["set", "$hf_x", word])], 0).is_ok(), "{word}");
    }
    assert_eq!(write(&[line(["a", &"b".repeat(5000)])], 0), Err(ConfError::TooLong));
    assert_eq!(write(&[line([])], 0), Err(ConfError::ReadBack));
}

#[test]
fn a_text_that_is_not_well_formed_is_not_read() {
    for text in [
        "a",
        "a {",
        "a; }",
        "}",
        ";",
        "{ }",
        "a \"b",
        "a \"b\"c;",
        "a b\"c;",
        "a ${x};",
        "a \\;",
        "a 'b';",
        "a\tb;",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(read("# a {\nb; # c;\n"), Some(vec![line(["b"])]));
}

proptest! {
    #[test]
    fn every_word_without_a_variable_is_one_word(word in "[ -#%-~]{0,40}") {
        let directives = vec![line(["add_header", "X", &word, "always"]), block(["map", &word], vec![])];
        prop_assert_eq!(read(&write(&directives, 0).unwrap()), Some(directives));
    }

    #[test]
    fn nothing_that_is_read_is_written_as_something_else(text in "[a-c \\\\\"';{}#$\n()]{0,30}") {
        if let Some(directives) = read(&text)
            && let Ok(again) = write(&directives, 0)
        {
            prop_assert_eq!(read(&again), Some(directives));
        }
    }
}
