use super::Dpkg;

const STATUS: &str = "Package: nginx-common
Status: install ok installed
Conffiles:
 /etc/nginx/nginx.conf 5eb63bbbe01eeed093cb22bb8f5acdc3
 /etc/nginx/old.conf 5eb63bbbe01eeed093cb22bb8f5acdc3 obsolete
Description: small, powerful
 a text that looks /etc/like one

Package: nginx
Status: install ok half-configured

Package: php8.4-fpm
Status: deinstall ok config-files
";

#[test]
fn only_configured_packages_count_as_installed() {
    let names = ["nginx-common", "nginx", "php8.4-fpm", "never-heard"].map(str::to_owned);
    assert_eq!(Dpkg::parse(STATUS).missing(&names), names[1..]);
}

#[test]
fn what_a_package_delivered_is_known() {
    let dpkg = Dpkg::parse(STATUS);
    let delivered = Some("5eb63bbbe01eeed093cb22bb8f5acdc3");
    assert_eq!(dpkg.delivered("/etc/nginx/nginx.conf"), delivered);
    assert_eq!(dpkg.delivered("/etc/nginx/old.conf"), delivered);
    assert_eq!(dpkg.delivered("a"), None, "lines of other fields are no conffiles");
}

#[test]
fn a_missing_status_means_that_nothing_is_installed() {
    assert_eq!(Dpkg::parse("").missing(&["nginx".to_owned()]), ["nginx"]);
}
