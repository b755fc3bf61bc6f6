use std::io::Cursor;

use super::keys;
use crate::failure::Failure;
use crate::screen::Screen;

fn piped(input: impl Into<Vec<u8>>) -> Result<String, Failure> {
    let mut screen = Screen::of_test(std::io::sink(), std::io::sink(), Cursor::new(input.into()));
    super::read(&mut screen, "password")
}

#[test]
fn one_line_end_is_not_part_of_the_password() {
    assert_eq!(piped("secret").unwrap(), "secret");
    assert_eq!(piped("secret\n").unwrap(), "secret");
    assert_eq!(piped("secret\r\n").unwrap(), "secret");
    assert_eq!(piped(" secret \n\n").unwrap(), " secret \n");
}

#[test]
fn what_cannot_be_a_password_is_refused() {
    for (input, reason) in [
        (Vec::new(), "the password is empty"),
        (b"\n".to_vec(), "the password is empty"),
        (vec![0xff], "the password is no UTF-8 text"),
        (vec![b'a'; 70_000], "the password is too long"),
    ] {
        assert_eq!(piped(input).unwrap_err().to_string(), reason);
    }
}

#[test]
fn keys_make_a_line() {
    let typed = |bytes: &[u8]| keys(&mut Cursor::new(bytes.to_vec())).unwrap();
    assert_eq!(typed(b"secret\nmore"), Some(b"secret".to_vec()));
    assert_eq!(typed(b"secreX\x7ft\r"), Some(b"secret".to_vec()));
    assert_eq!(typed("seü\x08cret\n".as_bytes()), Some(b"secret".to_vec()));
    assert_eq!(typed(b"wrong\x15secret\n"), Some(b"secret".to_vec()));
    assert_eq!(typed(b"sec\x03ret\n"), None);
    assert_eq!(typed(b"sec"), None);
}
