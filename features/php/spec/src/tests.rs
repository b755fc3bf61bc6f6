//! What crosses the wire, as files.

use converge::{Apply, Condition, Plan, Reason, Refusal, Report, Spec, Status, Wanted};
use names::{ByteSize, Generation};
use wire::golden::Golden;

use crate::PoolSpec;

#[test]
fn what_crosses_the_wire_is_as_the_golden_files_say() {
    let spec = PoolSpec {
        name: "alice-8.4".parse().unwrap(),
        account: "alice".parse().unwrap(),
        version: "8.4".parse().unwrap(),
        max_children: 5,
        memory_limit: ByteSize::parse("128M").unwrap(),
        upload_limit: ByteSize::parse("64M").unwrap(),
        suspended: false,
    };
    let scope: names::PoolId = "01990000-0000-7000-8000-000000000002".parse().unwrap();
    let present = Apply::new(scope, Generation::new(1).unwrap(), Wanted::Present(spec));
    let absent = Apply::<PoolSpec>::new(scope, Generation::new(2).unwrap(), Wanted::Absent);
    let report = |status| Report {
        kind: PoolSpec::KIND.to_owned(),
        scope: scope.to_string(),
        generation: present.generation,
        digest: present.digest,
        plan: Plan::default(),
        changed: false,
        taken: 0,
        status,
    };
    let missing = Status::not_ready(
        Condition::Pending,
        Reason::PhpVersionMissing,
        "PHP 8.1 is not installed on this server",
    );
    let conflict = Refusal::GenerationConflict { generation: Generation::new(1).unwrap() };
    Golden::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"))
        .method(&present, &report(Status::ready()))
        .request("absent", &absent)
        .reply::<Apply<PoolSpec>>("version-missing", &report(missing))
        .error::<Apply<PoolSpec>>("conflict", &conflict.into())
        .check()
        .unwrap();
}
