use serde_json::{Value, json};

use super::PlanView;
use crate::testing::written;

pub(crate) fn plan() -> Value {
    json!({ "plan": {
        "hash": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "impact": "reload",
        "objects": [
            { "kind": "pool", "id": "1", "name": "alice-8.4", "generation": 1, "steps": [
                { "code": "unknown", "summary": "make pool alice-8.4", "impact": "none", "unknown": "account alice" } ] },
            { "kind": "site", "id": "2", "name": "www.example.test", "generation": 1, "steps": [
                { "code": "file.write", "summary": "write /etc/nginx/holdfast/maps/host-1f.map", "impact": "none",
                  "path": "/etc/nginx/holdfast/maps/host-1f.map",
                  "diff": "--- a\n+++ b\n@@ -0,0 +1 @@\n-\told\x1b[2J\n+www.example.test 2;\n" },
                { "code": "unit.reload", "summary": "reload nginx.service", "impact": "reload" },
                { "code": "home.trash", "summary": "move /home/alice to the trash", "impact": "data_loss" } ] },
            { "kind": "webserver", "id": "3", "name": "node", "generation": 4, "steps": [] }
        ] } })
}

fn shown(value: &Value, colours: bool) -> String {
    written(Some(80), colours, |screen| PlanView::read(value).unwrap().show(screen))
}

#[test]
fn a_plan_is_read_by_people() {
    insta::assert_snapshot!(shown(&plan(), false));
}

#[test]
fn a_diff_has_its_colours() {
    let text = shown(&plan(), true);
    assert!(text.contains("\x1b[32m+www.example.test 2;\x1b[0m"), "{text:?}");
    assert!(text.contains("\x1b[31m-    old\\x1b[2J\x1b[0m"), "{text:?}");
}

#[test]
fn an_empty_plan_is_nothing_to_do() {
    for empty in [
        json!({ "hash": "x", "objects": [] }),
        json!({ "plan": { "objects": [{ "kind": "site", "steps": [] }] } }),
    ] {
        assert_eq!(shown(&empty, false), "nothing to do\n");
    }
}

#[test]
fn what_a_later_release_adds_is_passed_over() {
    let later = json!({ "plan": { "colour": "blue", "objects": [{ "kind": "site", "name": "x", "steps": [
        { "summary": "do", "impact": "explosion", "because": 1 }] }] } });
    assert_eq!(shown(&later, false), "site x\n  - do\n1 step\n");
}
