use serde_json::json;

use crate::testing::{Answer, FakePanel, problem};

fn made() -> Answer {
    Answer::json(200, &json!({ "codes": ["aaaa-bbbb-cccc-dddd", "eeee-ffff-0000-1111"] }))
}

#[tokio::test]
async fn an_authenticator_is_offered_and_confirmed_in_two_steps_without_a_terminal() {
    let offer = json!({ "secret": "GEZDGNBV", "uri": "otpauth://totp/x?secret=GEZDGNBV", "expires_at": "2026-03-01T12:00:00Z" });
    let panel = FakePanel::start([
        ("POST /second-factor/totp", Answer::json(201, &offer)),
        ("POST /second-factor/totp/confirm", made()),
    ]);
    let ran = panel.run(&["second-factor", "offer"]).await;
    assert!(ran.out.contains("GEZDGNBV") && ran.err.contains("second-factor confirm"), "{ran:?}");
    let ran = panel.run_with(&["second-factor", "confirm"], "123456\n", |_| ()).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "aaaa-bbbb-cccc-dddd\neeee-ffff-0000-1111\n"));
    assert_eq!(panel.seen()[1].body, json!({ "code": "123456" }));
}

#[tokio::test]
async fn the_password_is_asked_for_at_the_terminal_alone_and_what_was_refused_is_sent_again() {
    let refused = || problem(403, "step_up_required", "Show it again.");
    let until = Answer::json(200, &json!({ "until": "2026-03-01T12:00:00Z" }));
    let panel = FakePanel::start([("POST /second-factor/recovery-codes", refused())]);
    let ran = panel.run_with(&["second-factor", "recovery-codes"], "correct horse\n", |_| ()).await;
    assert!(ran.code == 1 && ran.err.contains("holdfast session step-up"), "{ran:?}");
    panel.only();
    let panel = FakePanel::start([("POST /session/step-up", until)]);
    let ran = panel.run_with(&["session", "step-up", "--code"], "123456\n", |_| ()).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(panel.only().body, json!({ "code": "123456" }));
}

#[test]
fn what_is_typed_is_a_code_or_a_password() {
    let call = |typed: &str| format!("{:?}", crate::session::step_up(typed));
    assert!(call("123456").contains("code"));
    for password in ["correct horse", "1234567", "12345a", "１２３４５６"] {
        assert!(call(password).contains("password"), "{password}");
    }
}
