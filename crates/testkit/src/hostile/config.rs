//! Set W: text that would be a directive if it were copied into a configuration file.

use super::{FieldKind, Payload};

/// For every field.
pub(super) fn lines() -> Vec<Payload> {
    [
        ("W01", ";"),
        ("W01", "}"),
        ("W01", "{"),
        ("W01", "#"),
        ("W01", "x; } server { listen 80 default_server; root /etc;"),
        ("W01", "\"; return 200 \"owned"),
        ("W02", "$request_body"),
        ("W02", "$http_x"),
        ("W02", "$arg_x"),
        ("W02", "/srv/$host"),
        ("W03", "include /etc/passwd;"),
        ("W03", "load_module /home/alice/x.so;"),
        ("W03", "error_log /etc/cron.d/x;"),
        ("W03", "access_log /home/alice/log;"),
        ("W03", "perl_set $x 'sub {}';"),
        ("W04", "$uri /../"),
        ("W05", "PHP_ADMIN_VALUE \"auto_prepend_file=/tmp/x\nopen_basedir=\""),
        ("W05", "PHP_VALUE \"allow_url_include=1\""),
        ("W07", "unix:/run/holdfast-php/bob-8.4.sock"),
        ("W08", "unix:/run/holdfast/agent.sock"),
        ("W08", "http://169.254.169.254/"),
        ("W08", "[::ffff:7f00:1]:3306"),
        ("W09", "128M\nuser = www-data"),
        ("W09", "\n[bob]\nuser=root"),
        ("W09", "[global]\npid = /etc/x"),
        ("W10", "extension=/home/alice/x.so"),
        ("W10", "php_admin_value[disable_functions]="),
        ("W10", "sendmail_path=/bin/sh"),
        ("W11", "ErrorLog \"|/bin/sh\""),
        ("W11", "SetHandler \"proxy:unix:/run/x|fcgi://localhost\""),
        ("W11", "</VirtualHost>"),
        ("W12", "user:x\nadmin:y"),
        ("W12", "user:x"),
        ("W13", "a\r\nSet-Cookie: panel=x"),
        ("W17", "::/0 ; }"),
        ("C05", "%i"),
        ("C05", "%%"),
        ("C05", "+/bin/sh -c id"),
        ("C05", "x\nExecStart=/bin/sh"),
        ("C05", "\\x2d"),
        ("C05", "x\\"),
        ("K05", "Match all\n    ForceCommand /bin/sh"),
        ("K05", "%h/../x"),
    ]
    .into_iter()
    .map(|(id, text)| Payload::text(format!("{id} {}", text.escape_default()), text))
    .collect()
}

/// W18: amounts.
pub(super) fn sizes(kind: FieldKind) -> Vec<Payload> {
    let mut all: Vec<Payload> = [
        "-1",
        "9999999999g",
        "1.5M",
        "1e3",
        "0x10",
        "64 M",
        "64MB",
        "64m;",
        "unlimited",
        "inf",
        "18446744073709551616",
        "٦٤M",
    ]
    .into_iter()
    .map(|text| Payload::text(format!("W18 {text}"), text))
    .collect();
    if kind == FieldKind::BodySize {
        all.extend(
            ["0", "0k", "1", "1023", "11G", "1T"].map(|text| Payload::text(format!("W18 {text}"), text)),
        );
    }
    all.push(Payload::canonical("W18 lower case", "64m", "64M"));
    all.push(Payload::canonical("W18 bytes", "1048576", "1M"));
    all
}
