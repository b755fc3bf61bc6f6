//! `holdfast api`: any request, the answer as it is.

use std::io::Read;

use clap::Args;
use hyper::Method;
use serde_json::Value;

use crate::client::Call;
use crate::failure::Failure;
use crate::run::Session;

/// A larger document is none of ours.
const LARGEST: u64 = 1 << 20;

/// Send any request to the panel's API, and write its answer
///
/// `holdfast api GET /openapi.json` writes the description of all operations.
#[derive(Debug, Args)]
pub(crate) struct ApiArgs {
    /// GET, POST, PUT, PATCH or DELETE
    #[arg(ignore_case = true, value_parser = ["GET", "POST", "PUT", "PATCH", "DELETE"])]
    method: String,
    /// The path with its query; below /api/v1, with or without that
    path: String,
    /// The body as JSON, or - to read it from standard input
    body: Option<String>,
    /// The version that is changed, as the ETag that was read, or *
    #[arg(long, value_name = "ETAG")]
    if_match: Option<String>,
    /// Ask the panel to wait so many seconds for the server, at most 60
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = clap::value_parser!(u64).range(..=60))]
    prefer_wait: u64,
}

impl ApiArgs {
    pub(crate) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let path = self.path.strip_prefix("/api/v1").unwrap_or(&self.path);
        if !path.starts_with('/') {
            return Err(Failure::Usage("the path must begin with /".to_owned()));
        }
        let method = Method::from_bytes(self.method.to_ascii_uppercase().as_bytes())
            .map_err(|_| Failure::Usage(format!("{} is no method", self.method)))?;
        let mut call = Call::new(method, path).patient();
        if self.prefer_wait > 0 {
            call = call.header("prefer", format!("wait={}", self.prefer_wait));
        }
        if let Some(tag) = self.if_match {
            call = call.header("if-match", tag);
        }
        if let Some(body) = &self.body {
            call = call.body(document("body", body, session)?);
        }
        let reply = session.ask("waiting for the answer", call).await?;
        if reply.body.is_empty() {
            return Ok(());
        }
        Ok(session.screen.json(&reply.body)?)
    }
}

/// A JSON document of the command line, or of standard input where it is `-`.
pub(crate) fn document(what: &str, text: &str, session: &mut Session) -> Result<Value, Failure> {
    let mut read = String::new();
    let text = if text == "-" {
        session.screen.input().take(LARGEST).read_to_string(&mut read)?;
        read.as_str()
    } else {
        text
    };
    serde_json::from_str(text).map_err(|error| Failure::Usage(format!("the {what} is no JSON: {error}")))
}
