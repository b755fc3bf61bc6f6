//! The panel's API over its unix socket, as root: the way of the CLI, without a program per call.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::connection::{Connection, Target};

const LIMIT: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(30);

/// A client of one panel.
#[derive(Debug)]
pub struct Api {
    connection: Connection,
}

/// What the panel answered.
#[derive(Debug, Clone)]
pub struct ApiAnswer {
    /// The status.
    pub status: u16,
    /// The body; null where there is none.
    pub body: Value,
    /// The object's ETag.
    pub etag: Option<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl ApiAnswer {
    /// Itself where the status is one of success.
    pub fn checked(self) -> Result<Self> {
        if !(200..300).contains(&self.status) {
            bail!("the panel answered {}: {}", self.status, self.body);
        }
        Ok(self)
    }
}

impl Api {
    /// Of the panel in the server whose PID 1 is `leader` on this machine.
    pub fn of_leader(leader: u32) -> Result<Self> {
        let path = PathBuf::from(format!("/proc/{leader}/root/run/holdfast-panel/panel.sock"));
        Ok(Self { connection: Connection::new(Target::Unix(path), LIMIT)? })
    }

    /// One request below `/api/v1`.
    pub fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<ApiAnswer> {
        self.call_with(method, path, &[], body)
    }

    /// The same with headers more.
    pub fn call_with(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<ApiAnswer> {
        let bytes = body.map(serde_json::to_vec).transpose()?;
        let mut all = vec![("accept", "application/json")];
        if bytes.is_some() {
            all.push(("content-type", "application/json"));
        }
        all.extend(headers);
        let path = format!("/api/v1{path}");
        let answer = self.connection.send(method, "localhost", &path, &all, bytes.as_deref())?;
        let etag = answer.header("etag").map(str::to_owned);
        let body = if answer.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&answer.body)
                .with_context(|| format!("{method} {path}: no JSON: {}", answer.text()))?
        };
        Ok(ApiAnswer { status: answer.status, body, etag, elapsed: answer.elapsed })
    }

    /// A GET that must succeed.
    pub fn get(&mut self, path: &str) -> Result<Value> {
        Ok(self.call("GET", path, None)?.checked().with_context(|| format!("GET {path}"))?.body)
    }

    /// A POST that must succeed, without waiting for the host.
    pub fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.call("POST", path, Some(body))?.checked().with_context(|| format!("POST {path}"))?.body)
    }

    /// All objects of a list, page after page.
    pub fn list(&mut self, path: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}?limit=200{cursor}"))?;
            let items = page["items"].as_array().with_context(|| format!("{path} has no items: {page}"))?;
            all.extend(items.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
    }

    /// Asks for `path` until what it answers is as `holds` wants it, and returns that.
    ///
    /// # Errors
    /// `limit` has passed; the error carries what was answered last.
    pub fn wait_until(
        &mut self,
        path: &str,
        limit: Duration,
        holds: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let end = Instant::now() + limit;
        loop {
            let last = match self.call("GET", path, None) {
                Ok(answer) if answer.status == 200 && holds(&answer.body) => return Ok(answer.body),
                Ok(answer) => format!("{} {}", answer.status, answer.body),
                Err(error) => format!("{error:#}"),
            };
            if Instant::now() >= end {
                bail!("GET {path} is not as awaited after {limit:?}: {last}");
            }
            #[expect(clippy::disallowed_methods, reason = "the pause between two looks")]
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until an object is ready in its newest generation.
    pub fn wait_ready(&mut self, path: &str, limit: Duration) -> Result<Value> {
        self.wait_until(path, limit, is_ready)
    }

    /// Waits until an object is gone.
    pub fn wait_gone(&mut self, path: &str, limit: Duration) -> Result<()> {
        let end = Instant::now() + limit;
        loop {
            let answer = self.call("GET", path, None)?;
            if answer.status == 404 {
                return Ok(());
            }
            if Instant::now() >= end {
                bail!("{path} is still there after {limit:?}: {}", answer.body);
            }
            #[expect(clippy::disallowed_methods, reason = "the pause between two looks")]
            std::thread::sleep(PAUSE);
        }
    }
}

/// Whether an object is ready in its newest generation: the green of the panel.
pub fn is_ready(object: &Value) -> bool {
    object["condition"] == "ready"
        && object["generation"].is_u64()
        && object["generation"] == object["observed_generation"]
}
