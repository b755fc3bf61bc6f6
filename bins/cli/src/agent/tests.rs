use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;

use crate::testing::{Ran, run};

/// An agent that answers one call with these frames; gives back what it was asked.
async fn call(frames: &'static [&'static str], args: &[&str], input: &str) -> (Ran, Value) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut request = Vec::new();
        BufReader::new(read).read_until(0, &mut request).await.unwrap();
        request.pop();
        for frame in frames {
            write.write_all(format!("{frame}\0").as_bytes()).await.unwrap();
        }
        serde_json::from_slice(&request).unwrap()
    });
    let socket = socket.display().to_string();
    let args: Vec<&str> =
        ["agent", "call", "--agent-socket", &socket].into_iter().chain(args.iter().copied()).collect();
    let ran = run(&args, input, |_| ()).await;
    (ran, serving.await.unwrap())
}

#[tokio::test]
async fn progress_goes_to_standard_error_and_the_reply_to_standard_output() {
    let frames = &[
        r#"{"parameters":{"step":1},"continues":true}"#,
        r#"{"parameters":{"step":2},"continues":true}"#,
        r#"{"parameters":{"objects":7}}"#,
    ];
    let (ran, asked) = call(frames, &["RunSweep"], "").await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "{\n  \"objects\": 7\n}\n"));
    assert_eq!(ran.err, "{\"step\":1}\n{\"step\":2}\n");
    assert_eq!(asked, json!({ "method": "holdfast.agent1.RunSweep", "parameters": {}, "more": true }));
}

#[tokio::test]
async fn a_refusal_is_told_with_its_name() {
    let frames = &[
        "{\"error\":\"holdfast.wire1.InvalidParameter\",\"parameters\":{\"message\":\"kind: unknown \\u001b[2J\",\"detail\":{\"parameter\":\"kind\"}}}",
    ];
    let (ran, asked) = call(frames, &["holdfast.agent1.ListObjects", "-"], "{\"kind\":\"x\"}").await;
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert_eq!(
        ran.err,
        "error: holdfast.wire1.InvalidParameter: kind: unknown \\x1b[2J {\"parameter\":\"kind\"}\n"
    );
    assert_eq!(asked["parameters"], json!({ "kind": "x" }));
}

#[tokio::test]
async fn an_agent_that_is_not_there_is_told_with_what_to_do() {
    let ran =
        run(&["agent", "call", "--agent-socket", "/nonexistent/agent.sock", "GetHostMetrics"], "", |_| ())
            .await;
    assert_eq!(ran.code, 5);
    assert!(
        ran.err.contains("No such file") && ran.err.contains("remedy: Root alone may ask the agent."),
        "{}",
        ran.err
    );
}
