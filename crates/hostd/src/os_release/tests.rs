use super::*;

#[test]
fn debian_is_read() {
    let text = "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\n\
        # a comment with ID=none\nVERSION=\"13 (trixie)\"\nID=debian\nHOME_URL=\"https://www.debian.org/\"\n";
    assert_eq!(
        OsRelease::parse(text),
        OsRelease {
            id: "debian".to_owned(),
            version_id: "13".to_owned(),
            pretty_name: "Debian GNU/Linux 13 (trixie)".to_owned()
        }
    );
}

#[test]
fn quotes_of_both_kinds_and_escapes_are_taken_off() {
    let text = "ID='debian'\nVERSION_ID=12\nPRETTY_NAME=\"a \\\"b\\\" \\$c\"";
    let os = OsRelease::parse(text);
    assert_eq!((os.id.as_str(), os.version_id.as_str()), ("debian", "12"));
    assert_eq!(os.pretty_name, "a \"b\" $c");
}

#[test]
fn missing_fields_are_empty_and_broken_lines_left_out() {
    assert_eq!(OsRelease::parse("garbage\n\n=x\nID"), OsRelease::default());
    assert_eq!(OsRelease::parse("ID=\"").id, "\"");
}
