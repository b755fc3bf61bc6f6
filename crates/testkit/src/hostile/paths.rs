//! D26 and the file managers' classics: paths that lead elsewhere.

use super::Payload;

pub(super) fn all() -> Vec<Payload> {
    let mut all: Vec<Payload> = [
        "..",
        ".",
        "./",
        "../..",
        "../../etc/passwd",
        "/",
        "//",
        "/etc",
        "/etc/passwd",
        "//etc//passwd",
        "/home/bob/www",
        "public/../../..",
        "public/..",
        "public/.",
        "public/./x",
        "public//x",
        "public/",
        "..\\..\\windows",
        "..%2f..%2fetc",
        "%2e%2e/",
        "..;/",
        "$host",
        "$document_root",
        "${HOME}",
        "%1",
        "%h",
        "%u",
        "~root",
        "~",
        "~/www",
        "-rf",
        "www/-rf",
        "--checkpoint-action=exec=sh x",
        "www public",
        "\"www\"",
        "'www'",
        "www\n/etc",
        "www\0/etc",
        "www;",
        "www}",
        "www{",
        "www:x",
        "www*",
        "www?",
        "C:\\www",
        "\\\\server\\share",
        "wẃw",
        "www\u{2215}etc",
        "\u{ff0e}\u{ff0e}/etc",
    ]
    .into_iter()
    .map(|text| Payload::text(format!("D26 {}", text.escape_default()), text))
    .collect();
    all.push(Payload::text("D26 4097 bytes", "a".repeat(4097)));
    all.push(Payload::text("D26 4096 bytes in segments", "a/".repeat(2048)));
    all.push(Payload::text("D26 2000 deep", vec!["a"; 2000].join("/")));
    all.push(Payload::text("D26 256 bytes in a segment", "a".repeat(256)));
    all.push(Payload::text("D26 climbing 1000", "../".repeat(1000)));
    all
}
