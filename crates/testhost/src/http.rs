//! Visits from outside: one HTTP request by curl, to a server's address under any host name.

use std::time::Duration;

use crate::command::Cmd;
use crate::{Error, Server};

const LIMIT: Duration = Duration::from_secs(30);

/// By which protocol a visitor comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A request to be made from outside. The name in its URL need not exist: it is resolved to the server's address.
#[derive(Debug, Clone)]
pub struct Request {
    url: String,
    family: Family,
    method: Option<String>,
    headers: Vec<String>,
    body: Option<Vec<u8>>,
    limit: Duration,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status: `200`.
    pub status: u16,
    /// Header names in lower case, and values, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body, decoded from its transfer encoding.
    pub body: Vec<u8>,
}

impl Request {
    /// A GET of an absolute URL (`http://www.example.test/`), by IPv4. Certificates are not checked.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            family: Family::V4,
            method: None,
            headers: Vec::new(),
            body: None,
            limit: LIMIT,
        }
    }

    /// The same by this protocol.
    #[must_use]
    pub fn over(mut self, family: Family) -> Self {
        self.family = family;
        self
    }

    /// The same with another method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// The same with a header more: `Cookie: a=b`.
    #[must_use]
    pub fn header(mut self, line: impl Into<String>) -> Self {
        self.headers.push(line.into());
        self
    }

    /// The same with a body; a POST if no method was named.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The same with another limit (30 seconds by default).
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

impl Server {
    /// Asks the server from outside for `path` of the site `host`, by HTTP and IPv4.
    pub fn http(&self, host: &str, path: &str) -> Result<Reply, Error> {
        self.request(&Request::get(format!("http://{host}{path}")))
    }

    /// Makes a request from outside.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] when the connection is refused, broken or too slow. Any HTTP status is an answer.
    pub fn request(&self, request: &Request) -> Result<Reply, Error> {
        let no_answer = |why: String| Error::NoAnswer { url: request.url.clone(), why };
        let (host, port) =
            host_and_port(&request.url).ok_or_else(|| no_answer("not an absolute http URL".into()))?;
        let address = match request.family {
            Family::V4 => self.ipv4().to_string(),
            Family::V6 => format!("[{}]", self.ipv6()),
        };
        let seconds = format!("{:.3}", request.limit.as_secs_f64());
        let resolve = format!("{host}:{port}:{address}");
        let mut argv = vec!["curl", "--silent", "--show-error", "--include", "--insecure", "--path-as-is"];
        argv.extend(["--noproxy", "*", "--max-time", &seconds, "--resolve", &resolve]);
        if let Some(method) = &request.method {
            argv.extend(if method == "HEAD" { ["--head", "--globoff"] } else { ["--request", method] });
        }
        for header in &request.headers {
            argv.extend(["--header", header]);
        }
        if request.body.is_some() {
            argv.extend(["--data-binary", "@-"]);
        }
        argv.extend(["--", &request.url]);
        let mut command = Cmd::new(argv).deadline(request.limit + Duration::from_secs(5));
        if let Some(body) = request.body.clone() {
            command = command.stdin(body);
        }
        let output = command.run()?;
        if !output.ok() {
            return Err(no_answer(output.error_text()));
        }
        Reply::parse(&output.stdout).ok_or_else(|| no_answer("the answer has no HTTP status".into()))
    }
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// Reads header blocks and body as curl writes them; interim answers (1xx) are left out.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let (head, body) = (String::from_utf8_lossy(&bytes[..end]), &bytes[end + 4..]);
        let mut lines = head.split("\r\n");
        let status: u16 = lines.next()?.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()?;
        if (100..200).contains(&status) {
            return Self::parse(body);
        }
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Some(Self { status, headers, body: body.to_vec() })
    }
}

fn host_and_port(url: &str) -> Option<(&str, u16)> {
    let (default, rest) = match url.split_once("://")? {
        ("http", rest) => (80, rest),
        ("https", rest) => (443, rest),
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() => Some((host, port.parse().ok()?)),
        None if !authority.is_empty() => Some((authority, default)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
