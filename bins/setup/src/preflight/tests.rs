use hostd::{MaskedUnit, Role};

use super::{DEFAULT_SITE, DEFAULT_SITE_LINK, Finding, Severity, look};
use crate::testing::{Fresh, status, status_with};

const ROOT: (u32, u32) = (0, 0);

fn conflicts(server: &Fresh) -> Vec<Finding> {
    let found = look(server.world()).unwrap();
    found.into_iter().filter(|finding| finding.severity == Severity::Conflict).collect()
}

fn write(server: &Fresh, path: &str, text: &str) {
    let files = server.host.files();
    files.ensure_dirs(path.rsplit_once('/').unwrap().0, 0o755, ROOT).unwrap();
    files.write(path, text.as_bytes(), 0o644, ROOT).unwrap();
}

/// Somebody listens on a port: process 77, in the cgroup of a unit.
fn listens(server: &Fresh, port: u16, name: &str, unit: &str) {
    let line = format!(
        "  0: 00000000:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1\n"
    );
    write(server, "/proc/1/net/tcp", &line);
    write(server, "/proc/77/comm", &format!("{name}\n"));
    write(server, "/proc/77/cgroup", &format!("0::/system.slice/{unit}\n"));
    server.host.files().ensure_dirs("/proc/77/fd", 0o755, ROOT).unwrap();
    server.host.files().symlink("socket:[4711]", "/proc/77/fd/5").unwrap();
}

#[test]
fn a_fresh_server_has_nothing_in_the_way() {
    assert_eq!(look(Fresh::new().world()).unwrap(), []);
}

#[test]
fn looking_changes_nothing() {
    let server = Fresh::new();
    listens(&server, 80, "apache2", "apache2.service");
    server.host.take_changes();
    look(server.world()).unwrap();
    assert_eq!(server.host.take_changes(), Vec::<String>::new());
}

#[test]
fn a_port_in_use_is_told_with_its_holder() {
    let server = Fresh::new();
    listens(&server, 80, "apache2", "apache2.service");
    let [found] = &conflicts(&server)[..] else { panic!() };
    assert_eq!(found.field, "port 80");
    assert_eq!(found.reason, "taken by apache2 (process 77 of apache2.service)");
}

#[test]
fn nginx_itself_may_have_the_sites_ports_but_not_the_panels() {
    let server = Fresh::new();
    listens(&server, 443, "nginx", "nginx.service");
    assert_eq!(conflicts(&server), []);
    listens(&server, 8443, "nginx", "nginx.service");
    assert_eq!(conflicts(&server)[0].field, "port 8443");
}

#[test]
fn foreign_sites_are_told_and_a_foreign_default_server_is_a_conflict() {
    let server = Fresh::new();
    write(&server, "/etc/nginx/conf.d/shop.conf", "server { listen 80; server_name shop.example; }");
    let found = look(server.world()).unwrap();
    assert_eq!(found[0].severity, Severity::Note);
    assert!(found[0].reason.starts_with("shop.example is served"), "{found:?}");
    let text = "server {\n listen [::]:443 ssl default_server;\n server_name shop.example;\n}";
    write(&server, "/etc/nginx/conf.d/shop.conf", text);
    let [found] = &conflicts(&server)[..] else { panic!() };
    assert_eq!(found.field, "/etc/nginx/conf.d/shop.conf:1");
    assert!(found.reason.contains("port 443"));
    assert!(found.remedy.contains("its names are served as before"));
}

#[test]
fn a_foreign_site_without_a_name_is_a_conflict_where_ours_would_answer_in_its_place() {
    let server = Fresh::new();
    for text in
        ["server { listen 80; server_name _; }", "server { }", "server { listen [::]:80 default_server; }"]
    {
        write(&server, "/etc/nginx/conf.d/shop.conf", text);
        let [found] = &conflicts(&server)[..] else { panic!("{text}") };
        assert!(found.reason.contains("has no name") && found.reason.contains("port 80"), "{}", found.reason);
        assert!(found.remedy.contains("give it a `server_name`"), "{}", found.remedy);
        assert!(!found.remedy.contains("as before"), "{}", found.remedy);
    }
    write(&server, "/etc/nginx/conf.d/shop.conf", "server { listen 8080; server_name _; }");
    let found = look(server.world()).unwrap();
    assert_eq!((found[0].severity, found.len()), (Severity::Note, 1));
}

#[test]
fn a_foreign_site_that_has_an_address_for_itself_is_a_conflict() {
    let server = Fresh::new();
    for address in ["127.0.0.1:80", "192.0.2.1", "[2001:db8::1]:80", "localhost:80"] {
        let text = format!("server {{ listen {address}; server_name shop.example; }}");
        write(&server, "/etc/nginx/conf.d/shop.conf", &text);
        let [found] = &conflicts(&server)[..] else { panic!("{address}") };
        assert!(found.reason.contains(&format!("listens on {address}")), "{}", found.reason);
        assert!(
            found.remedy.contains("`listen 80`") && found.remedy.contains("`web_listen`"),
            "{}",
            found.remedy
        );
    }
    write(
        &server,
        "/etc/nginx/conf.d/shop.conf",
        "server { listen 192.0.2.1:80; server_name shop.example; }",
    );
    let listens = "web_listen = [\"0.0.0.0:80\", \"192.0.2.1:80\"]\n";
    write(&server, "/etc/holdfast/panel.toml", listens);
    assert_eq!(conflicts(&server), []);
    let https = "server { listen 192.0.2.2:443 ssl; server_name shop.example; }";
    write(&server, "/etc/nginx/conf.d/shop.conf", https);
    let [found] = &conflicts(&server)[..] else { panic!("an address of its own") };
    assert!(
        found.remedy.contains("`listen 443`") && found.remedy.contains("`web_listen_tls`"),
        "{}",
        found.remedy
    );
    write(&server, "/etc/nginx/conf.d/shop.conf", &https.replace("192.0.2.2", "192.0.2.1"));
    assert_eq!(conflicts(&server), [], "HTTPS is listened for where HTTP is");
    write(&server, "/etc/nginx/conf.d/shop.conf", "server { listen 192.0.2.1:80; }");
    assert!(conflicts(&server)[0].reason.contains("has no name"));
}

#[test]
fn an_nginx_that_runs_as_somebody_else_is_a_conflict() {
    let server = Fresh::new();
    for (user, told) in
        [("user nginx;", "nginx:nginx"), ("user www-data nogroup;", "www-data:nogroup"), ("", "nobody")]
    {
        write(&server, "/etc/nginx/nginx.conf", &format!("{user} http {{}}"));
        let [found] = &conflicts(&server)[..] else { panic!("{user}") };
        assert_eq!(found.field, "/etc/nginx/nginx.conf");
        assert!(found.reason.contains(&format!("run as {told},")), "{}", found.reason);
        assert!(found.remedy.contains("`user www-data;`"), "{}", found.remedy);
    }
}

#[test]
fn a_kernel_without_ipv6_is_told() {
    let server = Fresh::new();
    server.host.files().remove("/proc/1/net/if_inet6").unwrap();
    let found = look(server.world()).unwrap();
    assert_eq!((found.len(), found[0].severity), (1, Severity::Note));
    assert!(found[0].reason.contains("no IPv6"));
}

#[test]
fn debians_default_site_is_no_conflict_while_it_is_as_delivered() {
    let server = Fresh::new();
    write(&server, "/etc/nginx/nginx.conf", "user www-data; http { include sites-enabled/*; }");
    write(&server, DEFAULT_SITE, "welcome\n");
    write(&server, "/var/lib/dpkg/status", &status(&[]));
    server.host.files().symlink(DEFAULT_SITE, DEFAULT_SITE_LINK).unwrap();
    assert_eq!(look(server.world()).unwrap(), []);
    write(&server, "/var/www/html/index.nginx-debian.html", "welcome");
    assert_eq!(look(server.world()).unwrap(), []);
    write(&server, DEFAULT_SITE, "server { listen 80 default_server; server_name _; }");
    let [found] = &conflicts(&server)[..] else { panic!() };
    assert_eq!(found.field, format!("{DEFAULT_SITE_LINK}:1"));
    assert!(found.remedy.contains(&format!("rm {DEFAULT_SITE_LINK}")), "{}", found.remedy);
}

#[test]
fn debians_default_site_is_a_conflict_where_it_shows_pages_of_others() {
    let server = Fresh::new();
    let site = "server { listen 80 default_server; server_name _; }";
    write(&server, "/etc/nginx/nginx.conf", "user www-data; http { include sites-enabled/*; }");
    write(&server, DEFAULT_SITE, site);
    write(&server, "/var/lib/dpkg/status", &status_with(&[], site));
    server.host.files().symlink(DEFAULT_SITE, DEFAULT_SITE_LINK).unwrap();
    assert_eq!(conflicts(&server), []);
    write(&server, "/var/www/html/index.html", "our shop");
    assert_eq!(conflicts(&server)[0].field, format!("{DEFAULT_SITE_LINK}:1"));
}

#[test]
fn files_in_our_place_are_a_conflict_until_the_agent_made_them() {
    let server = Fresh::new();
    write(&server, "/etc/nginx/conf.d/holdfast.conf", "");
    assert_eq!(conflicts(&server)[0].field, "/etc/nginx/conf.d/holdfast.conf");
    write(&server, "/var/lib/holdfast-agent/ledger/web-server/main.json", "{}");
    assert_eq!(conflicts(&server), []);
}

#[test]
fn a_running_php_stops_set_up_unless_it_may_be_stopped() {
    let mut server = Fresh::new();
    write(&server, "/etc/php/8.4/fpm/pool.d/www.conf", "[www]\n");
    let php = server.host.profile().role(Role::Web).mask[0];
    assert!(matches!(php, MaskedUnit::PhpFpm(_)));
    server.systemd().set_active_masked(php, hostd::Active::Active);
    let [found] = &conflicts(&server)[..] else { panic!() };
    assert!(found.reason.contains("the pools www"), "{}", found.reason);
    assert!(found.remedy.contains("--stop-php"));
    server.options.stop_php = true;
    assert_eq!(conflicts(&server), []);
}

#[test]
fn another_php_is_told_and_left_alone() {
    let server = Fresh::new();
    write(&server, "/etc/php/7.4/fpm/pool.d/legacy.conf", "[legacy]\n");
    let found = look(server.world()).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].severity, found[0].field.as_str()), (Severity::Note, "/etc/php/7.4/fpm/pool.d"));
}

#[test]
fn a_person_of_our_name_is_a_conflict_and_our_own_user_is_not() {
    let server = Fresh::new();
    write(&server, "/etc/passwd", "holdfast:x:1000:1000::/home/holdfast:/bin/bash\n");
    assert_eq!(conflicts(&server)[0].field, "user holdfast");
    write(&server, "/etc/passwd", "holdfast:x:980:980::/var/lib/holdfast:/usr/sbin/nologin\n");
    assert_eq!(conflicts(&server), []);
    write(&server, "/etc/group", "holdfast-tenants:x:1001:\n");
    assert_eq!(conflicts(&server)[0].field, "group holdfast-tenants");
}

#[test]
fn strangers_among_the_accounts_ids_are_a_conflict_and_accounts_are_not() {
    let server = Fresh::new();
    write(
        &server,
        "/etc/passwd",
        "bob:x:20001:20001::/home/bob:/bin/bash\nalice:x:20002:20002::/home/alice:/usr/sbin/nologin\n",
    );
    write(&server, "/etc/group", "holdfast-tenants:x:982:alice\n");
    let [found] = &conflicts(&server)[..] else { panic!() };
    assert!(found.reason.ends_with("bob (20001)"), "{}", found.reason);
}

#[test]
fn homes_of_others_are_told() {
    let server = Fresh::new();
    server.host.files().ensure_dirs("/home/debian", 0o755, ROOT).unwrap();
    let found = look(server.world()).unwrap();
    assert_eq!(found[0].severity, Severity::Note);
    assert!(found[0].reason.ends_with("debian"));
}
