//! The three files of a pool. All values are of types that hold no control byte, quote or specifier.

use converge::ManagedFile;
use hostd::{Host, UNIT_DIR, Unit};
use names::ByteSize;
use php_spec::PoolSpec;

const NOTE: &str =
    "Managed by Holdfast. An edit is noticed and kept, but not taken over: `holdfast drift` shows it.";

/// The files of one pool.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    /// What php-fpm reads.
    pub(crate) conf: ManagedFile,
    /// The socket that PID 1 listens on. Never changes: a running socket unit cannot.
    pub(crate) socket: ManagedFile,
    /// The master's service.
    pub(crate) service: ManagedFile,
}

impl Rendered {
    /// All three.
    pub(crate) fn files(&self) -> Vec<ManagedFile> {
        vec![self.conf.clone(), self.socket.clone(), self.service.clone()]
    }
}

/// Renders a pool.
pub(crate) fn render(host: &Host, spec: &PoolSpec) -> Rendered {
    let home = host.bounds().home(&spec.account);
    let fpm = host.profile().php.fpm_path(spec.version);
    let name = &spec.name;
    let web = &host.profile().web.group;
    let socket_path = format!("/run/holdfast-php/{name}.sock");
    let conf_path = format!("/etc/holdfast/php/{name}.conf");
    let (socket, service) = (Unit::PhpPoolSocket(name.clone()), Unit::PhpPoolService(name.clone()));
    Rendered {
        conf: ManagedFile::root(conf_path.as_str(), conf(spec, &home, &socket_path)),
        socket: ManagedFile::root(
            format!("{UNIT_DIR}/{socket}"),
            format!(
                "# {NOTE}\n[Unit]\nDescription=PHP {version} pool {name} of account {account}\n\n\
                 [Socket]\nListenStream={socket_path}\nSocketUser=root\nSocketGroup={web}\nSocketMode=0660\n\
                 DirectoryMode=0755\n\n[Install]\nWantedBy=sockets.target\n",
                version = spec.version,
                account = spec.account,
            ),
        ),
        service: ManagedFile::root(
            format!("{UNIT_DIR}/{service}"),
            SERVICE
                .replace("{note}", NOTE)
                .replace("{version}", &spec.version.to_string())
                .replace("{pool}", name.as_str())
                .replace("{account}", spec.account.as_str())
                .replace("{homes}", &other_homes(&host.bounds().homes))
                .replace("{home}", &home)
                .replace("{socket}", &socket_path)
                .replace("{conf}", &conf_path)
                .replace("{fpm}", &fpm),
        ),
    }
}

/// Hides the other homes where their directory lies in none of those that are hidden anyway.
fn other_homes(homes: &str) -> String {
    let hidden = ["/home", "/root", "/run/user", "/var", "/srv", "/opt"];
    let below =
        |dir: &&str| homes.strip_prefix(*dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if hidden.iter().any(below) { String::new() } else { format!("{homes}:ro ") }
}

fn mib(size: ByteSize) -> u64 {
    size.bytes().div_ceil(1 << 20)
}

fn conf(spec: &PoolSpec, home: &str, socket: &str) -> String {
    format!(
        "; {NOTE}\n\
         [global]\n\
         ; the master runs as the tenant and may not open /proc/self/fd/2\n\
         error_log = syslog\n\
         syslog.ident = holdfast-php-{pool}\n\
         process_control_timeout = 10s\n\
         \n\
         [{pool}]\n\
         listen = {socket}\n\
         pm = ondemand\n\
         pm.max_children = {children}\n\
         pm.process_idle_timeout = 10s\n\
         pm.max_requests = 1000\n\
         clear_env = yes\n\
         catch_workers_output = yes\n\
         decorate_workers_output = no\n\
         security.limit_extensions = .php\n\
         env[HOME] = {home}\n\
         env[PATH] = /usr/local/bin:/usr/bin:/bin\n\
         env[TMPDIR] = /tmp\n\
         php_admin_value[memory_limit] = {memory}M\n\
         php_admin_value[upload_max_filesize] = {upload}M\n\
         php_admin_value[post_max_size] = {upload}M\n\
         php_value[session.save_path] = {home}/.php/sessions\n\
         php_admin_value[upload_tmp_dir] = /tmp\n\
         php_admin_value[sys_temp_dir] = /tmp\n\
         php_admin_flag[cgi.fix_pathinfo] = off\n\
         php_admin_flag[expose_php] = off\n\
         ; what was put there is what is shown, at once; a tenant may choose otherwise\n\
         php_value[opcache.revalidate_freq] = 0\n\
         php_value[error_log] = {home}/logs/php-error.log\n\
         php_flag[log_errors] = on\n\
         ; what a script sends past its log is lost: in nginx's, its lines could pass for those of another site\n\
         php_admin_flag[fastcgi.logging] = off\n\
         php_flag[display_errors] = off\n",
        pool = spec.name,
        children = spec.max_children,
        memory = mib(spec.memory_limit),
        upload = mib(spec.upload_limit),
    )
}

/// The sandbox of all that a tenant's PHP does. The home is the only place that it can write.
const SERVICE: &str = "\
# {note}
[Unit]
Description=PHP {version} pool {pool} of account {account}; the master runs as the tenant
Requires=holdfast-php-{pool}.socket
After=holdfast-php-{pool}.socket
# it sleeps and wakes as often as its sites are asked for
StartLimitIntervalSec=0

[Service]
Type=notify
User={account}
Group={account}
Slice=holdfast-{account}.slice
Environment=FPM_SOCKETS={socket}=3
KillSignal=SIGQUIT
TimeoutStopSec=15
# sessions outlive the pool's sleep, so they lie in the home; the tenant makes the directories itself
ExecStartPre=/usr/bin/install -d -m 0700 {home}/.php {home}/.php/sessions {home}/logs
ExecStart={fpm} --nodaemonize --fpm-config {conf}
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateTmp=yes
PrivateDevices=yes
PrivateIPC=yes
DevicePolicy=closed
ProtectSystem=strict
ProtectHome=tmpfs
BindPaths={home}
ReadWritePaths={home}
# /dev/shm, /run/lock and message queues are places where every user may write: no tenant finds another there
# on Debian 12 an empty home of ProtectHome=tmpfs alone could be written by anyone
TemporaryFileSystem={homes}/home:ro /root:ro /run/user:ro /var:ro /srv:ro /opt:ro /dev/shm:mode=1777,size=64M,noexec,nosuid,nodev
InaccessiblePaths=-/run/lock -/dev/mqueue -/dev/hugepages -/etc/nginx -/etc/ssh -/etc/holdfast/credentials -/run/holdfast -/run/holdfast-panel -/run/holdfast-egress -/run/holdfast-worker -/run/holdfast-probe -/run/dbus -/run/systemd/private
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
LockPersonality=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @mount @debug @module @raw-io @reboot @swap @clock @cpu-emulation @obsolete @keyring bpf userfaultfd io_uring_setup
SystemCallErrorNumber=EPERM
# nginx must read what PHP wrote; the wall between tenants is the home, 0710
UMask=0022
LimitCORE=0
";

#[cfg(test)]
mod tests;
