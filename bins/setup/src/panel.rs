//! What set-up asks of the panel, over its unix socket, where root is the administrator.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::UnixStream;

/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How much of an answer is read, in bytes.
const ANSWER: usize = 1 << 20;

/// Why the panel did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PanelError {
    /// It cannot be reached, or what it sent is no HTTP.
    #[error("{doing}: {reason}")]
    Unreachable {
        /// The request.
        doing: String,
        /// What happened.
        reason: String,
    },
    /// It refused.
    #[error("{doing}: the panel answered {status}: {detail}")]
    Refused {
        /// The request.
        doing: String,
        /// The status.
        status: StatusCode,
        /// What it said.
        detail: String,
    },
    /// It answered something that is not understood.
    #[error("{doing}: the panel's answer cannot be understood: {reason}")]
    Answer {
        /// The request.
        doing: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A one-time link for signing in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct LoginLink {
    /// The address with the token.
    pub(crate) url: String,
    /// When it ends, RFC 3339.
    pub(crate) expires_at: String,
}

/// How the web server's own object stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct WebServer {
    /// `ready` and the like.
    pub(crate) condition: String,
    /// The version of the wish.
    pub(crate) generation: u64,
    /// The version that the server last reported on.
    pub(crate) observed_generation: u64,
    /// The code of its reason.
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// The reason for people.
    #[serde(default)]
    pub(crate) message: Option<String>,
}

impl WebServer {
    /// Does it do what was asked of it?
    pub(crate) fn is_ready(&self) -> bool {
        self.condition == "ready" && self.observed_generation == self.generation
    }

    /// Waiting alone does not help.
    pub(crate) fn waits_for_a_person(&self) -> bool {
        matches!(self.reason.as_deref(), Some("edited" | "paused" | "plan_changed" | "refused" | "behind"))
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let details = [self.reason.as_deref(), self.message.as_deref()];
        let details: Vec<&str> = details.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        if details.is_empty() {
            self.condition.clone()
        } else {
            format!("{} ({})", self.condition, details.join(": "))
        }
    }
}

/// The panel, as set-up needs it.
pub(crate) trait Panel: Sync {
    /// Does it answer?
    fn health(&self) -> Result<(), PanelError>;
    /// A link for the administrator, who is made at the first call.
    fn login_link(&self, login: Option<&str>) -> Result<LoginLink, PanelError>;
    /// Whether the agent answers too, as far as the panel can tell.
    fn agent_answers(&self) -> Result<bool, PanelError>;
    /// What the doctor finds wrong: code and subject of each error.
    fn errors(&self) -> Result<BTreeSet<String>, PanelError>;
    /// Names of the first sites.
    fn sites(&self, most: usize) -> Result<Vec<String>, PanelError>;
    /// How many objects of the server wait for `holdfast adopt`.
    fn undecided(&self) -> Result<usize, PanelError>;
    /// The web server's condition; none while the panel does not know it yet.
    fn web_server(&self) -> Result<Option<WebServer>, PanelError>;
}

/// Where the panel listens for this server itself.
pub(crate) const PANEL: &str = "/run/holdfast-panel/panel.sock";

/// The panel behind its unix socket.
#[derive(Debug)]
pub(crate) struct SocketPanel {
    socket: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl SocketPanel {
    /// A client of the panel that listens at this socket; nothing is opened yet.
    pub(crate) fn new(socket: PathBuf) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Self { socket, runtime })
    }

    fn call(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Value, PanelError> {
        let doing = format!("{method} {path}");
        let unreachable = |reason: &dyn std::fmt::Display| PanelError::Unreachable {
            doing: doing.clone(),
            reason: reason.to_string(),
        };
        let exchange = self
            .runtime
            .block_on(async { tokio::time::timeout(LIMIT, self.exchange(method, path, body)).await });
        let (status, bytes) = match exchange {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(unreachable(&error)),
            Err(_) => return Err(unreachable(&format!("no answer within {} s", LIMIT.as_secs()))),
        };
        let value: Option<Value> = serde_json::from_slice(&bytes).ok();
        if !status.is_success() {
            let text = |key| value.as_ref().and_then(|v| v.get(key)?.as_str());
            let detail = text("detail").or_else(|| text("title")).unwrap_or_default().to_owned();
            return Err(PanelError::Refused { doing, status, detail });
        }
        value.ok_or_else(|| PanelError::Answer { doing, reason: "it is no JSON".to_owned() })
    }

    async fn exchange(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let stream = UnixStream::connect(&self.socket).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::HOST, "localhost")
            .header(header::ACCEPT, "application/json");
        let mut bytes = Bytes::new();
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json");
            bytes = serde_json::to_vec(body)?.into();
        }
        let answer = sender.send_request(request.body(Full::new(bytes))?).await?;
        let status = answer.status();
        let bytes = Limited::new(answer.into_body(), ANSWER).collect().await?.to_bytes();
        connection.abort();
        Ok((status, bytes))
    }
}

fn parse<T: for<'de> Deserialize<'de>>(doing: &str, value: Value) -> Result<T, PanelError> {
    serde_json::from_value(value)
        .map_err(|error| PanelError::Answer { doing: doing.to_owned(), reason: error.to_string() })
}

impl Panel for SocketPanel {
    fn health(&self) -> Result<(), PanelError> {
        self.call(&Method::GET, "/health", None).map(drop)
    }

    fn login_link(&self, login: Option<&str>) -> Result<LoginLink, PanelError> {
        let body = match login {
            Some(login) => json!({ "login": login, "administrator": true }),
            None => json!({}),
        };
        parse("POST /login-links", self.call(&Method::POST, "/login-links", Some(&body))?)
    }

    fn agent_answers(&self) -> Result<bool, PanelError> {
        Ok(self.call(&Method::GET, "/node", None)?["host"].is_object())
    }

    fn errors(&self) -> Result<BTreeSet<String>, PanelError> {
        let diagnosis = self.call(&Method::GET, "/doctor", None)?;
        let findings = diagnosis["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        let word = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let errors = findings.iter().filter(|finding| finding["severity"] == "error");
        Ok(errors.map(|finding| format!("{} {}", word(finding, "code"), word(finding, "subject"))).collect())
    }

    fn sites(&self, most: usize) -> Result<Vec<String>, PanelError> {
        let list = self.call(&Method::GET, &format!("/sites?limit={most}"), None)?;
        let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(items.iter().filter_map(|site| Some(site["name"].as_str()?.to_owned())).collect())
    }

    fn undecided(&self) -> Result<usize, PanelError> {
        let list = self.call(&Method::GET, "/adoption", None)?;
        let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(items.iter().filter(|item| item["why"] != "kept").count())
    }

    fn web_server(&self) -> Result<Option<WebServer>, PanelError> {
        let mut node = self.call(&Method::GET, "/node", None)?;
        match node.get_mut("webserver").map(Value::take) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => parse("GET /node", value).map(Some),
        }
    }
}

#[cfg(test)]
mod tests;
