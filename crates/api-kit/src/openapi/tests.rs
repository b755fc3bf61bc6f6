use utoipa::OpenApi;

use super::*;
use crate::error::Problem;

#[utoipa::path(get, path = "/x", responses((status = 200, description = "Good"), ChangeProblems), security(("session" = [])))]
#[expect(dead_code, reason = "only its description is looked at")]
fn thing_show() {}

#[derive(OpenApi)]
#[openapi(paths(thing_show), components(schemas(Problem)), modifiers(&Security))]
struct Api;

#[test]
fn problems_and_the_session_are_described() {
    let api = serde_json::to_value(Api::openapi()).unwrap();
    let responses = &api["paths"]["/x"]["get"]["responses"];
    for status in ["401", "404", "409", "412", "422", "default"] {
        let schema = &responses[status]["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/Problem", "{status}");
    }
    assert_eq!(api["components"]["securitySchemes"]["session"]["name"], SESSION_COOKIE);
    assert!(api["components"]["schemas"]["Problem"]["properties"]["errors"].is_object());
    assert_eq!(api["openapi"], "3.1.0");
}
