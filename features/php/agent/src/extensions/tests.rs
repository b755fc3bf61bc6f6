use super::*;

#[test]
fn extensions_are_those_of_which_a_file_tells() {
    let host = Host::for_test().unwrap();
    let files = [
        "20-mysqli.ini",
        "10-opcache.ini",
        "20-pdo_mysql.ini",
        "README",
        "20-Bad name.ini",
        "x-y.ini",
        "20-.ini",
    ];
    for file in files {
        host.files().write(&format!("/etc/php/8.4/fpm/conf.d/{file}"), b"", 0o644, (0, 0)).unwrap();
    }
    let listed = list(&host, &ListExtensions { version: "8.4".parse().unwrap() }).unwrap();
    assert_eq!(listed.extensions, ["mysqli", "opcache", "pdo_mysql"]);
    assert!(listed.installed);
    let other = list(&host, &ListExtensions { version: "8.1".parse().unwrap() }).unwrap();
    assert_eq!(other, Extensions::default());
}
