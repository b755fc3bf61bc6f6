//! Somebody's session or token, over the panel's socket.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::connection::{Answer, Connection};
use crate::node::Node;

const LIMIT: Duration = Duration::from_secs(90);

/// Whoever asks with a bearer: a session's secret, or a token.
#[derive(Debug)]
pub struct Session {
    bearer: String,
    connection: Connection,
}

impl Session {
    /// A session of this person, begun by a link.
    pub fn of(node: &Node, login: &str) -> Result<Self> {
        let link = node.api()?.post("/login-links", &json!({ "login": login }))?;
        let mut connection = Connection::new(node.socket(), LIMIT)?;
        let body = json!({ "token": link["token"] }).to_string();
        let headers = [("content-type", "application/json")];
        let path = "/api/v1/session/link";
        let answer = connection.send("POST", "localhost", path, &headers, Some(body.as_bytes()))?;
        ensure!(answer.status == 201, "no session of {login}: {} {}", answer.status, answer.text());
        let cookie = answer.header("set-cookie").context("no cookie")?.to_owned();
        let (_, rest) = cookie.split_once('=').context("a cookie without a value")?;
        let token = rest.split(';').next().unwrap_or_default();
        Ok(Self { bearer: format!("Bearer {token}"), connection })
    }

    /// Whoever has this token, or this session's secret.
    pub fn by_token(node: &Node, token: &str) -> Result<Self> {
        Ok(Self { bearer: format!("Bearer {token}"), connection: Connection::new(node.socket(), LIMIT)? })
    }

    /// The value of `Authorization`.
    pub fn bearer(&self) -> &str {
        &self.bearer
    }

    /// One request below `/api/v1`; any status is an answer.
    pub fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("content-type", "application/json"),
            ("if-match", "*"),
        ];
        let body = body.map(serde_json::to_vec).transpose()?;
        self.connection.send(method, "localhost", &format!("/api/v1{path}"), &headers, body.as_deref())
    }

    /// A GET: status and body; null where it is no JSON.
    pub fn get(&mut self, path: &str) -> Result<(u16, Value)> {
        let answer = self.send("GET", path, None)?;
        Ok((answer.status, serde_json::from_slice(&answer.body).unwrap_or_default()))
    }

    /// The roles that are in force.
    pub fn roles(&mut self) -> Result<Value> {
        Ok(self.get("/me")?.1["roles"].clone())
    }
}
