use super::*;

fn body(listen: Option<&[&str]>, listen_tls: Option<&[&str]>) -> EditNodeBody {
    let read = |all: &[&str]| all.iter().map(|text| text.parse().unwrap()).collect();
    EditNodeBody { listen: listen.map(read), listen_tls: listen_tls.map(read), tls_profile: None }
}

fn refusal<T>(result: Result<T, ApiError>) -> (String, String) {
    let Err(error) = result else { panic!("it is taken") };
    let first = &error.errors()[0];
    (first.pointer.clone(), first.code.to_string())
}

#[test]
fn addresses_come_once_and_not_too_many_and_http_has_one_at_least() {
    let many: Vec<String> = (1..=17).map(|port| format!("192.0.2.1:{port}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let twice: &[&str] = &["0.0.0.0:443", "[::]:443", "0.0.0.0:443"];
    for (body, pointer, code) in [
        (body(Some(&[]), None), "/listen", "listen_empty"),
        (body(Some(&many), None), "/listen", "listen_too_many"),
        (body(None, Some(&many)), "/listen_tls", "listen_too_many"),
        (body(Some(twice), None), "/listen/2", "listen_twice"),
        (body(None, Some(twice)), "/listen_tls/2", "listen_twice"),
    ] {
        assert_eq!(refusal(body.check()), (pointer.to_owned(), code.to_owned()));
    }
    for body in [body(None, None), body(None, Some(&[])), body(Some(&many[1..]), Some(&many[1..]))] {
        body.check().unwrap();
    }
}
