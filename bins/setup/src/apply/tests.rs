use hostd::Bounds;

use super::AGENT_TOML;

#[test]
fn the_file_of_bounds_changes_nothing_and_its_examples_are_the_defaults() {
    assert_eq!(Bounds::parse(AGENT_TOML).unwrap(), Bounds::default());
    let example =
        |line: &str| line.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c != ' '));
    let told: Vec<&str> =
        AGENT_TOML.lines().filter(|line| example(line)).map(|line| line.trim_start_matches('#')).collect();
    assert!(told.len() > 8, "{told:?}");
    assert_eq!(Bounds::parse(&told.join("\n")).unwrap(), Bounds::default());
}
