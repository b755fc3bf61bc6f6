use proptest::prelude::*;

use super::*;
use crate::proof::{accepted, holds, refused, texts};

#[test]
fn plain_file_names_are_kept() {
    for name in ["index.php", "index.html", "Default.htm", "a", "start-page_1.html"] {
        accepted(IndexFile::parse, &[(name, name)]);
    }
    refused(
        IndexFile::parse,
        &[
            ("", "index_file_empty"),
            (".htaccess", "index_file_first"),
            ("..", "index_file_first"),
            ("-x", "index_file_first"),
            ("_x", "index_file_first"),
            ("a/b", "index_file_character"),
            ("/etc/passwd", "index_file_character"),
            ("index.php index.html", "index_file_character"),
            ("index.php;", "index_file_character"),
            ("index.php\n", "index_file_character"),
            ("$uri", "index_file_character"),
        ],
    );
    assert_eq!(IndexFile::parse(&"a".repeat(65)).unwrap_err().code, "index_file_too_long");
}

#[test]
fn an_order_names_one_to_eight_different_files() {
    accepted(
        IndexOrder::parse,
        &[("index.php", "index.php"), ("b a", "b a"), ("a b c d e f g h", "a b c d e f g h")],
    );
    refused(
        IndexOrder::parse,
        &[
            ("", "index_order_empty"),
            ("a a", "index_order_twice"),
            ("a b c d e f g h i", "index_order_too_long"),
            ("a  b", "index_file_empty"),
            (" a", "index_file_empty"),
            ("a\nb", "index_file_character"),
            ("a;b", "index_file_character"),
        ],
    );
    assert_eq!(IndexOrder::parse(&"a ".repeat(1 << 20)).unwrap_err().code, "index_order_too_long");
    assert_eq!(IndexOrder::default().to_string(), "index.php index.html");
}

#[test]
fn an_order_is_a_list_in_json() {
    let order: IndexOrder = serde_json::from_str(r#"["index.html","index.php"]"#).unwrap();
    assert_eq!(order.files().len(), 2);
    assert_eq!(serde_json::to_string(&order).unwrap(), r#"["index.html","index.php"]"#);
    for (json, code) in [
        ("[]", "index_order_empty"),
        (r#"["a","a"]"#, "index_order_twice"),
        (r#"["a","b","c","d","e","f","g","h","i"]"#, "index_order_too_long"),
        (r#"["../x"]"#, "index_file_character"),
    ] {
        let error = serde_json::from_str::<IndexOrder>(json).unwrap_err().to_string();
        assert_eq!(crate::code_in(&error).unwrap().0, code, "{json}");
    }
}

proptest! {
    #[test]
    fn files_that_are_accepted_read_back(text in texts("[a-zA-Z0-9._-]{1,12}")) {
        holds(IndexFile::parse, &text)?;
    }

    #[test]
    fn orders_that_are_accepted_read_back(text in texts("[a-c]{1,2}( [a-c]{1,2}){0,8}")) {
        holds(IndexOrder::parse, &text)?;
    }
}
