use auth::Actor;
use axum::body::Body;
use axum::extract::Request;
use http::{Method, StatusCode};
use http_body_util::BodyExt;

use super::{File, Ui, takes};

const FILES: &[File] = &[
    File { path: "/assets/a-1234.js", plain: b"plain", brotli: Some(b"brotli"), gzip: Some(b"gzip") },
    File { path: "/boot.js", plain: b"boot", brotli: None, gzip: None },
    File { path: "/index.html", plain: b"<meta content=\"__NONCE__\">", brotli: None, gzip: None },
];
const BUILT: Ui = Ui(FILES);

struct Got {
    status: StatusCode,
    headers: http::HeaderMap,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(ui: Ui, method: Method, path: &str, is_signed_in: bool, encoding: Option<&str>) -> Got {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(encoding) = encoding {
        request = request.header("accept-encoding", encoding);
    }
    let mut request = request.body(Body::empty()).unwrap();
    if is_signed_in {
        request.extensions_mut().insert(Actor::root());
    }
    let response = ui.answer(&request);
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Got { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

async fn get(path: &str, is_signed_in: bool) -> Got {
    ask(BUILT, Method::GET, path, is_signed_in, None).await
}

#[tokio::test]
async fn an_asset_is_kept_for_a_year_and_comes_as_the_client_takes_it() {
    for (encoding, body, said) in [
        (None, "plain", ""),
        (Some("gzip, deflate, br, zstd"), "brotli", "br"),
        (Some("gzip;q=0.5"), "gzip", "gzip"),
        (Some("br;q=0, gzip"), "gzip", "gzip"),
        (Some("identity"), "plain", ""),
    ] {
        let got = ask(BUILT, Method::GET, "/assets/a-1234.js", false, encoding).await;
        assert_eq!((got.body.as_str(), got.header("content-encoding")), (body, said), "{encoding:?}");
        assert_eq!(got.header("content-type"), "text/javascript; charset=utf-8");
        assert!(got.header("cache-control").contains("immutable"));
        assert_eq!(got.header("vary"), "accept-encoding");
    }
}

#[tokio::test]
async fn every_page_is_the_page_with_a_nonce_of_its_own() {
    let (first, second) = (get("/", true).await, get("/sites/www.example.test?tab=activity", true).await);
    for got in [&first, &second] {
        assert_eq!(got.status, StatusCode::OK);
        assert_eq!(got.header("cache-control"), "no-cache");
        let nonce = got.body.split('"').nth(1).unwrap();
        assert_eq!(nonce.len(), 43);
        assert!(got.header("content-security-policy").contains(&format!("style-src 'self' 'nonce-{nonce}'")));
        assert!(!got.header("content-security-policy").contains("unsafe"));
    }
    assert_ne!(first.body, second.body);
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_the_sign_in_and_back() {
    assert_eq!(get("/", false).await.header("location"), "/login");
    let got = get("/sites?q=a&cursor=b", false).await;
    assert_eq!(
        (got.status, got.header("location")),
        (StatusCode::SEE_OTHER, "/login?to=/sites?q=a&cursor=b")
    );
    assert_eq!(get("/boot.js", false).await.header("cache-control"), "no-cache");
}

#[tokio::test]
async fn the_api_is_never_a_page() {
    for path in ["/api", "/api/v1/no-such-thing", "/assets/gone-9999.js"] {
        let got = get(path, true).await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(got.header("content-type"), "application/problem+json", "{path}");
    }
    let got = ask(BUILT, Method::POST, "/sites", true, None).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_program_without_files_has_no_pages() {
    let got = ask(Ui(&[]), Method::GET, "/sites", true, None).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
}

#[test]
fn an_encoding_is_taken_by_its_whole_name() {
    let headers =
        http::HeaderMap::from_iter([(http::header::ACCEPT_ENCODING, "brx, x-gzip".parse().unwrap())]);
    assert!(!takes(&headers, "br") && !takes(&headers, "gzip"));
}
