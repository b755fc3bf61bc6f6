//! A real browser, Debian's chromium, driven over its `DevTools` protocol by the pipe that it offers for that: no port, no driver in between.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::LIMIT;

/// For an answer of the browser.
const ANSWER: Duration = Duration::from_mins(1);

/// A browser with one page. Gone when dropped.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    next: u64,
    /// The page's session in the protocol; empty until there is one.
    page: String,
    _profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// Starts one that finds `host` at `address`, and trusts the certificate of this key (SHA-256 of the public key, in base64).
    pub(crate) fn start(host: &str, address: &str, key: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        #[expect(clippy::disallowed_methods, reason = "a browser for a test")]
        let mut command = Command::new("sh");
        // it reads the protocol from descriptor 3 and writes to 4
        command.args([
            "-c",
            "exec chromium \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null",
            "chromium",
        ]);
        command.args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ]);
        command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
        command.arg("--remote-debugging-pipe");
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.arg(format!("--host-resolver-rules=MAP {host} {address}"));
        command.arg(format!("--ignore-certificate-errors-spki-list={key}"));
        command.env("HOME", profile.path());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("chromium is installed");
        let (to, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (send, from) = channel();
        std::thread::spawn(move || {
            let mut out = BufReader::new(out);
            let mut message = Vec::new();
            while out.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { return };
                if send.send(value).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let mut browser = Self { child, to, from, next: 0, page: String::new(), _profile: profile };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        browser.page =
            browser.call("Target.attachToTarget", &attach)["sessionId"].as_str().unwrap().to_owned();
        browser.call("Page.enable", &json!({}));
        browser
    }

    /// Calls a method of the protocol, which must answer.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.ask(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Calls a method of the protocol; the error is the browser's.
    fn ask(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": params });
        if !self.page.is_empty() {
            message["sessionId"] = self.page.as_str().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap();
        loop {
            let answer = self.from.recv_timeout(ANSWER);
            let answer = answer.unwrap_or_else(|_| panic!("the browser said nothing to {method}"));
            if answer["id"] == self.next {
                return match answer.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(answer["result"].clone()),
                };
            }
        }
    }

    /// Opens an address.
    pub(crate) fn open(&mut self, address: &str) {
        let opened = self.call("Page.navigate", &json!({ "url": address }));
        assert!(opened.get("errorText").is_none(), "{opened}");
    }

    /// As [`Browser::evaluate`]; none where it threw, or the page went away meanwhile.
    pub(crate) fn try_evaluate(&mut self, expression: &str) -> Option<Value> {
        let answer = self.ask("Runtime.evaluate", &evaluation(expression)).ok()?;
        answer.get("exceptionDetails").is_none().then(|| answer["result"]["value"].clone())
    }

    /// What an expression is on the page; a promise is waited for.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.call("Runtime.evaluate", &evaluation(expression));
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true on the page.
    pub(crate) fn until(&mut self, expression: &str) {
        let outcome = testhost::wait_for(expression, LIMIT, || {
            let holds =
                format!("(() => {{ try {{ return Boolean({expression}); }} catch {{ return false; }} }})()");
            Ok((self.evaluate(&holds) == true).then_some(()))
        });
        if let Err(error) = outcome {
            panic!("{error}; the page shows: {}", self.evaluate("document.body?.innerText"));
        }
    }

    /// Fills a form's fields and sends it.
    pub(crate) fn submit(&mut self, form: &str, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            let set =
                format!("document.forms[{}].elements[{}].value = {}", json!(form), json!(name), json!(value));
            self.evaluate(&set);
        }
        self.evaluate(&format!("document.forms[{}].requestSubmit()", json!(form)));
    }

    /// Presses a button.
    pub(crate) fn press(&mut self, id: &str) {
        self.until(&format!("document.getElementById({0}).checkVisibility()", json!(id)));
        self.evaluate(&format!("document.getElementById({}).click()", json!(id)));
    }
}

fn evaluation(expression: &str) -> Value {
    json!({ "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true })
}
