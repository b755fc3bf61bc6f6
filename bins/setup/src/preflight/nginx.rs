//! Foreign sites of an nginx that is here already: what they listen on and what they are called.
//!
//! This reads configuration as nginx does (words, quotes, comments, blocks, `include`), as far as `server` blocks need
//! it, and tolerates everything else: nginx itself is the judge of syntax. It only reports; nothing of it is rendered
//! again.

use std::collections::BTreeSet;
use std::net::IpAddr;

use hostd::{Files, HostError};
use hostfs::FileKind;

mod tokens;

use tokens::{Token, tokens};

/// Files that are read at most; an `include` that goes in circles ends here.
const MAX_FILES: usize = 2000;

/// How many links a file name may lead through.
const MAX_LINKS: usize = 8;

/// One `server` block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Server {
    /// The file, by the path through which nginx includes it.
    pub(crate) file: String,
    /// Where the block begins, counted from 1.
    pub(crate) line: usize,
    /// The `listen` directives; none means port 80.
    pub(crate) listens: Vec<Listen>,
    /// The names of `server_name`.
    pub(crate) names: Vec<String>,
}

/// One `listen` directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listen {
    /// Its address, as written.
    pub(crate) address: String,
    /// It answers for names that nobody has.
    pub(crate) default_server: bool,
}

/// What nginx listens on where a `server` names nothing, or an address without a port.
const DEFAULT_PORT: u16 = 80;

/// Where a `listen` directive leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// All addresses of a family.
    All(u16),
    /// One address. None of them for a name, which nginx looks up.
    One(Option<IpAddr>, u16),
    /// A unix socket.
    Unix,
}

impl Listen {
    /// Where it leads to.
    pub(crate) fn place(&self) -> Place {
        if self.address.starts_with("unix:") {
            return Place::Unix;
        }
        if let Ok(port) = self.address.parse() {
            return Place::All(port);
        }
        // a colon inside brackets is the address's own
        let (host, port) = match self.address.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().unwrap_or(DEFAULT_PORT)),
            _ => (self.address.as_str(), DEFAULT_PORT),
        };
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            _ if host == "*" => Place::All(port),
            Ok(ip) if ip.is_unspecified() => Place::All(port),
            ip => Place::One(ip.ok(), port),
        }
    }
}

impl Server {
    /// Its `listen` directives, with the one that nginx assumes where there is none.
    pub(crate) fn all_listens(&self) -> Vec<Listen> {
        if self.listens.is_empty() {
            return vec![Listen { address: DEFAULT_PORT.to_string(), default_server: false }];
        }
        self.listens.clone()
    }

    /// For people: names, or what stands for them.
    pub(crate) fn title(&self) -> String {
        if self.names.is_empty() { "a site without a name".to_owned() } else { self.names.join(" ") }
    }

    /// For people: file and line.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// The `user` directive: whom nginx's workers run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// The user.
    pub(crate) name: String,
    /// The group, which is the one of that name where none is given.
    pub(crate) group: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Found {
    /// There is a main file.
    pub(crate) main: bool,
    /// Whom the workers run as; none leaves it to nginx, which takes `nobody`.
    pub(crate) user: Option<User>,
    /// The `server` blocks of `http`, in nginx's order.
    pub(crate) servers: Vec<Server>,
    /// Included files that could not be read, with the reason.
    pub(crate) unread: Vec<(String, String)>,
}

/// Reads the configuration that starts at `main`, leaving out files for which `ours` says so.
pub(crate) fn scan(files: &Files, main: &str, ours: impl Fn(&str) -> bool) -> Result<Found, HostError> {
    let mut scan = Scan { files, ours: &ours, found: Found::default(), seen: BTreeSet::new() };
    if scan.files.stat(main)?.is_some() {
        scan.found.main = true;
        scan.file(main, Context::Main)?;
    }
    Ok(scan.found)
}

/// Where a directive stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    Main,
    Http,
    /// In this server block, by its index.
    Server(usize),
    /// Somewhere that cannot hold a site.
    Other,
}

struct Scan<'a> {
    files: &'a Files,
    ours: &'a dyn Fn(&str) -> bool,
    found: Found,
    seen: BTreeSet<String>,
}

impl Scan<'_> {
    fn file(&mut self, path: &str, context: Context) -> Result<(), HostError> {
        if (self.ours)(path) || self.seen.len() >= MAX_FILES || !self.seen.insert(path.to_owned()) {
            return Ok(());
        }
        match self.text(path) {
            Ok(Some(text)) => self.parse(path, &text, context),
            Ok(None) => Ok(()),
            Err(error) if error.is_crash() => Err(error),
            Err(error) => {
                self.found.unread.push((path.to_owned(), error.chain()));
                Ok(())
            }
        }
    }

    /// The content, through the links by which sites are usually enabled.
    fn text(&self, path: &str) -> Result<Option<String>, HostError> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            match self.files.stat(&path)?.map(|meta| meta.kind) {
                None | Some(FileKind::Dir | FileKind::Special) => return Ok(None),
                Some(FileKind::File) => {
                    let bytes = self.files.read(&path)?;
                    return Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
                }
                Some(FileKind::Symlink) => {
                    let Some(target) = self.files.read_link(&path)? else { return Ok(None) };
                    path = join(parent(&path), &target);
                }
            }
        }
        Ok(None)
    }

    fn parse(&mut self, path: &str, text: &str, base: Context) -> Result<(), HostError> {
        let mut stack = vec![base];
        let mut words: Vec<String> = Vec::new();
        let mut line = 1;
        for (token, at) in tokens(text) {
            let context = stack.last().copied().unwrap_or(Context::Other);
            match token {
                Token::Word(word) => {
                    if words.is_empty() {
                        line = at;
                    }
                    words.push(word);
                }
                Token::Open => {
                    stack.push(self.open(path, line, context, &words));
                    words.clear();
                }
                Token::Close => {
                    // a closing brace too many is nginx's to complain about
                    if stack.len() > 1 {
                        stack.pop();
                    }
                    words.clear();
                }
                Token::End => {
                    self.directive(context, &words)?;
                    words.clear();
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, path: &str, line: usize, context: Context, words: &[String]) -> Context {
        match (context, words.first().map(String::as_str)) {
            (Context::Main, Some("http")) => Context::Http,
            (Context::Http, Some("server")) => {
                self.found.servers.push(Server { file: path.to_owned(), line, ..Server::default() });
                Context::Server(self.found.servers.len() - 1)
            }
            _ => Context::Other,
        }
    }

    fn directive(&mut self, context: Context, words: &[String]) -> Result<(), HostError> {
        let Some((name, args)) = words.split_first() else { return Ok(()) };
        match (name.as_str(), context, args) {
            ("include", Context::Main | Context::Http, [pattern]) => {
                // relative to the directory of nginx.conf; included files lie there too
                let pattern = join("/etc/nginx", pattern);
                for file in self.expand(&pattern)? {
                    self.file(&file, context)?;
                }
            }
            ("user", Context::Main, [name, rest @ ..]) => {
                let group = rest.first().unwrap_or(name).clone();
                self.found.user = Some(User { name: name.clone(), group });
            }
            ("listen", Context::Server(index), [address, options @ ..]) => {
                let default_server =
                    options.iter().any(|o| matches!(o.as_str(), "default_server" | "default"));
                if let Some(server) = self.found.servers.get_mut(index) {
                    server.listens.push(Listen { address: address.clone(), default_server });
                }
            }
            ("server_name", Context::Server(index), names) => {
                if let Some(server) = self.found.servers.get_mut(index) {
                    server.names.extend(names.iter().filter(|n| !matches!(n.as_str(), "_" | "")).cloned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The files that a pattern of `include` names; `*` is understood in the last component.
    fn expand(&self, pattern: &str) -> Result<Vec<String>, HostError> {
        let Some((dir, last)) = pattern.rsplit_once('/') else { return Ok(Vec::new()) };
        if !last.contains('*') {
            return Ok(vec![pattern.to_owned()]);
        }
        let entries = match self.files.list(dir) {
            Ok(entries) => entries,
            Err(error) if error.is_crash() => return Err(error),
            // a directory that is a link, or a pattern in the middle: nothing that Debian does
            Err(_) => return Ok(Vec::new()),
        };
        let names = entries.into_iter().map(|(name, _)| name).filter(|name| matches(last, name));
        Ok(names.map(|name| format!("{dir}/{name}")).collect())
    }
}

/// Does a name match a pattern with any number of `*`? As in a shell, `*` matches no leading dot.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// An absolute path without `.` and `..`.
fn join(dir: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{dir}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests;
