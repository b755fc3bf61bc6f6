use super::*;
use crate::method::Access;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    id: u32,
}

#[derive(Serialize, Deserialize)]
struct Got {
    name: String,
}

impl Method for Get {
    const NAME: &'static str = "holdfast.test1.Get";
    const ACCESS: Access = Access::Read;
    type Reply = Got;
}

fn golden(dir: &Path) -> Golden {
    Golden::new(dir)
        .method(&Get { id: 7 }, &Got { name: "seven".to_owned() })
        .error::<Get>("unknown", &Refusal::new("holdfast.test1.Unknown", "no such thing"))
}

fn problems(golden: Golden) -> String {
    golden.check_with(false).unwrap_err().to_string()
}

#[test]
fn blessed_files_are_accepted_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    golden(dir.path()).check_with(true).unwrap();
    golden(dir.path()).covers([Get::NAME]).check_with(false).unwrap();

    let request = dir.path().join("holdfast.test1.Get/request.json");
    assert_eq!(fs::read_to_string(&request).unwrap(), "{\n  \"id\": 7\n}\n");
    fs::write(&request, "{\n  \"id\": 8\n}\n").unwrap();
    golden(dir.path()).check_with(true).unwrap();
    assert_eq!(fs::read_to_string(&request).unwrap(), "{\n  \"id\": 8\n}\n", "blessing rewrites nothing");
}

#[test]
fn a_missing_file_is_found() {
    let dir = tempfile::tempdir().unwrap();
    golden(dir.path()).check_with(true).unwrap();
    fs::remove_file(dir.path().join("holdfast.test1.Get/error-unknown.json")).unwrap();
    assert!(problems(golden(dir.path())).contains("error-unknown.json: missing"));
}

#[test]
fn a_method_without_sample_is_found() {
    let dir = tempfile::tempdir().unwrap();
    golden(dir.path()).check_with(true).unwrap();
    assert!(problems(golden(dir.path()).covers(["holdfast.test1.Other"])).contains("holdfast.test1.Other"));
}

#[test]
fn a_file_that_reads_as_another_text_is_found() {
    let dir = tempfile::tempdir().unwrap();
    golden(dir.path()).check_with(true).unwrap();
    let at = |file: &str| dir.path().join("holdfast.test1.Get").join(file);
    fs::write(at("reply.json"), "{\n  \"name\": \"x\",\n  \"lost\": 1\n}\n").unwrap();
    fs::write(at("request-old.json"), "{\"renamed\":1}").unwrap();
    fs::write(at("notes.txt"), "").unwrap();
    fs::create_dir(dir.path().join("holdfast.test1.Gone")).unwrap();
    let text = problems(golden(dir.path()));
    for expected in [
        "reply.json: reads and writes",
        "request-old.json: does not read",
        "notes.txt",
        "test1.Gone: belongs",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}
