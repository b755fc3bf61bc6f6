//! The rendered tree under the real nginx: what its test says, and what it serves.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "nginx runs on a temporary tree of its own"
)]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use converge::{Reason, Status, Wanted};
use hostd::{Bounds, Host, HostError};
use names::IndexOrder;
use web_spec::{SiteSpec, WebServerSpec};

use crate::layout::{NGINX_LOGS, OVERRIDES, STAGE, TLS, TREE};
use crate::testing::{Files, Server, own_block, read_files, site, spec};
use crate::{Check, Verdict};

const NGINX: &str = "/usr/sbin/nginx";

/// A directory where nginx finds the tree, with all paths changed to it.
struct Prefix {
    dir: tempfile::TempDir,
}

impl Prefix {
    fn new() -> Self {
        assert!(Path::new(NGINX).exists(), "this test needs nginx (package nginx-light)");
        let dir = tempfile::Builder::new().prefix("holdfast-nginx-").tempdir().unwrap();
        for below in ["tree/maps", "tree/sites", "tls", "log", "run"] {
            std::fs::create_dir_all(dir.path().join(below)).unwrap();
        }
        Self { dir }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    fn moved(&self, text: &str) -> String {
        let at = |below: &str| self.path(below).to_str().unwrap().to_owned();
        // addresses of the documentation are none of this machine
        let text =
            text.replace("203.0.113.5:80;", "127.0.0.1:18080;").replace("[2001:db8::5]:80;", "[::1]:18080;");
        let text =
            text.replace("203.0.113.5:80 ", "127.0.0.1:18080 ").replace("[2001:db8::5]:80 ", "[::1]:18080 ");
        let text = text
            .replace("203.0.113.5:443 ", "127.0.0.1:18443 ")
            .replace("[2001:db8::5]:443 ", "[::1]:18443 ");
        text.replace(TLS, &at("tls"))
            .replace(TREE, &at("tree"))
            .replace(NGINX_LOGS, &at("log"))
            .replace("/run/holdfast-php", &at("run"))
    }

    fn put(&self, files: &Files) {
        for below in ["tree", "tree/maps", "tree/sites"] {
            for entry in std::fs::read_dir(self.path(below)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    std::fs::remove_file(path).unwrap();
                }
            }
        }
        for (rel, text) in files {
            std::fs::write(self.path("tree").join(rel), self.moved(text)).unwrap();
        }
        let user = if rustix_is_root() { "user root;" } else { "" };
        let conf = format!(
            "{user} daemon off; master_process off; pid {dir}/pid; error_log {dir}/main.log;\nevents {{}}\n\
             http {{ access_log off; client_body_temp_path {dir}/body; fastcgi_temp_path {dir}/fcgi;\n\
             proxy_temp_path {dir}/proxy; uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;\n\
             types {{ text/html html; text/plain txt; }} default_type application/octet-stream;\n\
             include {dir}/tree/http.con[f]; }}\n",
            dir = self.dir.path().display()
        );
        std::fs::write(self.path("nginx.conf"), conf).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(NGINX);
        command
            .arg("-c")
            .arg(self.path("nginx.conf"))
            .arg("-e")
            .arg(self.path("main.log"))
            .stdin(Stdio::null());
        command
    }
}

fn rustix_is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
}

/// `nginx -t` on the staged tree.
struct RealCheck {
    prefix: Prefix,
    runs: AtomicUsize,
}

impl Check for RealCheck {
    fn check(&self, host: &Host) -> Result<Verdict, HostError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.prefix.put(&read_files(&host.on_disk(STAGE)));
        let end = self.prefix.command().args(["-t", "-q"]).output().unwrap();
        if end.status.success() {
            return Ok(Verdict::Good);
        }
        let said =
            String::from_utf8_lossy(&end.stderr).replace(self.prefix.path("tree").to_str().unwrap(), TREE);
        Ok(Verdict::Refused(crate::check::error_of(&said)))
    }
}

fn checked() -> (Server, Arc<RealCheck>) {
    let check = Arc::new(RealCheck { prefix: Prefix::new(), runs: AtomicUsize::new(0) });
    let host = Host::for_test_of(debian(), Bounds::default()).unwrap();
    (Server::on(host, Some(check.clone())), check)
}

/// The version of Debian whose nginx this machine has, for what differs between them: nginx reads `http2` as a directive since 1.25.1.
fn debian() -> &'static str {
    let said = Command::new(NGINX).arg("-v").output().unwrap().stderr;
    let said = String::from_utf8_lossy(&said).into_owned();
    let version = said.split("nginx/").nth(1).unwrap();
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map_while(|n| n.parse::<u32>().ok());
    let version: [Option<u32>; 3] = std::array::from_fn(|_| numbers.next());
    if version >= [Some(1), Some(25), Some(1)] { "13" } else { "12" }
}

/// An nginx that serves the live tree of a test's server.
struct Serving {
    prefix: Prefix,
    nginx: Child,
    port: u16,
    tls_port: u16,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.nginx.kill();
        let _ = self.nginx.wait();
    }
}

/// Homes below a temporary directory, and a server whose tree an nginx serves on a free port of both loopbacks.
struct Hosting {
    homes: tempfile::TempDir,
    server: Server,
    port: u16,
    tls_port: u16,
}

impl Hosting {
    /// For HTTP alone.
    fn new() -> Self {
        Self::with(|base| base.listen_tls.clear())
    }

    /// For HTTP and HTTPS, and changed as the test needs it.
    fn with(change: impl FnOnce(&mut WebServerSpec)) -> Self {
        let homes = tempfile::Builder::new().prefix("holdfast-homes-").tempdir().unwrap();
        std::fs::set_permissions(homes.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = homes.path().canonicalize().unwrap().to_str().unwrap().to_owned();
        let host = Host::for_test_of(debian(), Bounds { homes: path, ..Bounds::default() }).unwrap();
        let free = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (http, https) = (free(), free());
        let [port, tls_port] = [http, https].map(|socket| socket.local_addr().unwrap().port());
        let server = Server::on(host, None);
        let both = |port: u16| {
            [format!("127.0.0.1:{port}"), format!("[::1]:{port}")].map(|l| l.parse().unwrap()).to_vec()
        };
        let mut base =
            WebServerSpec { listen: both(port), listen_tls: both(tls_port), ..WebServerSpec::default() };
        change(&mut base);
        assert_eq!(server.wish_base(1, Wanted::Present(base)).status, Status::ready());
        Self { homes, server, port, tls_port }
    }

    fn docroot(&self, name: &str) -> PathBuf {
        let path = self.homes.path().join("alice/sites").join(name).join("public");
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    fn site(&self, n: u16, spec: SiteSpec) {
        assert_eq!(self.server.apply(n, 1, Wanted::Present(spec)).status, Status::ready());
    }

    fn serve(&self) -> Serving {
        self.serve_files(&self.server.live())
    }

    fn serve_files(&self, files: &Files) -> Serving {
        let prefix = Prefix::new();
        prefix.put(files);
        for (name, kind) in self.server.host.files().list(TLS).unwrap() {
            assert_eq!(kind, hostfs::FileKind::File);
            let text = self.server.host.files().read(&format!("{TLS}/{name}")).unwrap().unwrap();
            std::fs::write(prefix.path("tls").join(name), text).unwrap();
        }
        let nginx = prefix.command().stderr(Stdio::null()).spawn().unwrap();
        let serving = Serving { prefix, nginx, port: self.port, tls_port: self.tls_port };
        let until = Instant::now() + Duration::from_secs(20);
        // it takes up one address after the other
        let secure = files["server.conf"].contains(" ssl");
        let ports = [Some(self.port), secure.then_some(self.tls_port)];
        let addresses: Vec<_> =
            ports.into_iter().flatten().flat_map(|port| ["127.0.0.1", "::1"].map(|ip| (ip, port))).collect();
        while addresses.iter().any(|address| TcpStream::connect(address).is_err()) {
            let log = || std::fs::read_to_string(serving.prefix.path("main.log"));
            assert!(Instant::now() < until, "nginx does not listen: {:?}", log());
            std::thread::sleep(Duration::from_millis(5));
        }
        serving
    }
}

impl Serving {
    fn ask(&self, request: &str) -> (u16, String) {
        self.ask_at("127.0.0.1", request)
    }

    fn ask_at(&self, address: &str, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect((address, self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        let reply = String::from_utf8_lossy(&reply).into_owned();
        let status = reply.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0);
        (status, reply)
    }

    fn get(&self, host: &str, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    }

    fn access_log(&self, lines: usize) -> Vec<serde_json::Value> {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let text = std::fs::read_to_string(self.prefix.path("log/access.log")).unwrap();
            if text.lines().count() >= lines || Instant::now() > until {
                return text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[cfg(test)]
mod challenge_tests;
#[cfg(test)]
mod secure;
#[cfg(test)]
mod serving_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tls_tests;
