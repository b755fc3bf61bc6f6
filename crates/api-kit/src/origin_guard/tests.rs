use http::Request;

use super::*;

const COOKIE: (&str, &str) = ("cookie", "a=b; __Host-holdfast=token");
const JSON: (&str, &str) = ("content-type", "application/json");
const HOST: (&str, &str) = ("host", "panel.example.test:8443");
const OWN: (&str, &str) = ("origin", "https://panel.example.test:8443");

fn checked(method: &Method, uri: &str, headers: &[(&str, &str)]) -> Result<(), u16> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    check(&parts.method, &parts.uri, &parts.headers).map_err(|error| error.status().as_u16())
}

#[test]
fn the_panels_own_pages_may() {
    assert_eq!(checked(&Method::POST, "/x", &[HOST, OWN, COOKIE, JSON]), Ok(()));
    assert_eq!(checked(&Method::DELETE, "/x", &[HOST, OWN, COOKIE]), Ok(()));
    assert_eq!(checked(&Method::GET, "/x", &[HOST, COOKIE]), Ok(()));
    let http2 = "https://panel.example.test:8443/x";
    assert_eq!(checked(&Method::POST, http2, &[OWN, COOKIE, JSON]), Ok(()));
    let plain = [("host", "panel.example.test:443"), ("origin", "https://panel.example.test"), COOKIE, JSON];
    assert_eq!(checked(&Method::POST, "/x", &plain), Ok(()));
}

#[test]
fn a_strangers_page_may_not() {
    let strangers = [
        "null",
        "https://evil.example",
        "http://panel.example.test:8443",
        "https://panel.example.test",
        "https://panel.example.test:9443",
        "https://tenant.panel.example.test:8443",
        "https://example.test:8443",
        "https://panel.example.test:8443.evil.example",
        "https://PANEL.example.test:8443",
        "",
    ];
    for origin in strangers {
        for cookie in [COOKIE, ("x-nothing", "x")] {
            assert_eq!(
                checked(&Method::POST, "/x", &[HOST, ("origin", origin), cookie, JSON]),
                Err(403),
                "{origin}"
            );
        }
    }
    assert_eq!(
        checked(&Method::POST, "/x", &[HOST, OWN, ("origin", "https://evil.example"), COOKIE, JSON]),
        Err(403)
    );
    assert_eq!(checked(&Method::POST, "/x", &[OWN, COOKIE, JSON]), Err(403), "no host at all");
    let cross = ("sec-fetch-site", "same-site");
    assert_eq!(checked(&Method::POST, "/x", &[HOST, OWN, cross, COOKIE, JSON]), Err(403));
}

#[test]
fn with_a_cookie_the_origin_must_be_there_and_the_body_json() {
    for method in
        [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::from_bytes(b"BREW").unwrap()]
    {
        assert_eq!(checked(&method, "/x", &[HOST, COOKIE, JSON]), Err(403), "{method}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        assert_eq!(checked(&Method::POST, "/x", &[HOST, OWN, COOKIE, ("content-type", kind)]), Err(415));
        assert_eq!(checked(&Method::DELETE, "/x", &[HOST, OWN, COOKIE, ("content-type", kind)]), Err(415));
    }
    assert_eq!(checked(&Method::POST, "/x", &[HOST, OWN, COOKIE]), Err(415));
    assert_eq!(checked(&Method::DELETE, "/x", &[HOST, OWN, COOKIE, ("content-length", "3")]), Err(415));
}

#[test]
fn a_program_without_cookie_needs_no_origin() {
    assert_eq!(checked(&Method::POST, "/x", &[HOST, JSON]), Ok(()));
}

#[test]
fn a_second_cookie_of_the_name_makes_none_of_them_count() {
    let token = |cookies: &[&str]| {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append("cookie", cookie.parse().unwrap());
        }
        session_token(&headers).map(str::to_owned)
    };
    assert_eq!(token(&["a=b; __Host-holdfast=one"]).as_deref(), Some("one"));
    assert_eq!(token(&["__Host-holdfast=one; __Host-holdfast=two"]), None);
    assert_eq!(token(&["__Host-holdfast=one", "__Host-holdfast=one"]), None);
    assert_eq!(token(&["holdfast=one", "__host-holdfast=one"]), None);
    assert_eq!(token(&[]), None);
}
