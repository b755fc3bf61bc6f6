//! Names that no account may have: users and groups of Debian's base system and of the packages we manage, our own, and
//! words that a visitor or a mail server takes for an authority.
//!
//! Names with a dash, dot or underscore are not listed: no account name can have them. What exists on a given server beside
//! these is refused by the agent, which looks.

/// In alphabetical order.
const RESERVED: &[&str] = &[
    "abuse", "account", "accounts", "adm", "admin", "administrator", "agent", "amavis", "anonymous", "apache",
    "apache2", "api", "audio", "autoconfig", "autodiscover", "avahi", "backup", "bin", "bind", "cdrom",
    "clamav", "clock", "cluster", "colord", "console", "crontab", "daemon", "dbus", "debian", "debianspamd", "default",
    "dhcpcd", "dialout", "dip", "disk", "dns", "dnsmasq", "docker", "dovecot", "dovenull", "egress", "email",
    "everyone", "exim", "fax", "fetchmail", "floppy", "ftp", "fuse", "games", "gdm", "git", "gnats", "group", "groups",
    "guest", "haproxy", "holdfast", "home", "hostmaster", "http", "httpd", "incus", "info", "input", "irc", "kmem", "kvm",
    "libvirt", "list", "listen", "localhost", "log", "lp", "lpadmin", "lxd", "mail", "mailer", "man", "mariadb",
    "master", "memcache", "memcached", "messagebus", "monitor", "mysql", "named", "netdev", "network", "news", "nginx",
    "nobody", "nogroup", "nologin", "none", "noreply", "ntp", "ntpsec", "null", "opendkim", "operator", "ossec", "owner",
    "panel", "pdns", "php", "phpmyadmin", "plugdev", "podman", "polkitd", "pollinate", "postdrop", "postfix", "postgres",
    "postgresql", "postmaster", "powerdns", "probe", "proftpd", "proxy", "public", "pulse", "pureftpd", "rdma", "redis",
    "render", "reseller", "restic", "root", "rspamd", "rtkit", "sasl", "saned", "security", "server", "sftp", "sgx",
    "shadow", "smtp", "snap", "snmp", "src", "ssh", "sshd", "ssl", "sslcert", "staff", "statd", "status", "strongswan",
    "sudo", "support", "sync", "sys", "syslog", "system", "systemd", "tape", "tcpdump", "tenant", "tss", "tty",
    "unbound", "users", "usbmux", "utmp", "uucp", "uuidd", "valkey", "varnish", "vcsa", "video", "vmail", "voice",
    "wheel", "webmail", "webmaster", "worker", "www", "wwwdata", "wwwrun", "xfs",
];

pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}
