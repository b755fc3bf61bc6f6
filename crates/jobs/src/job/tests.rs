use super::*;

fn steps(states: &[StepState]) -> Vec<Step> {
    let names = ["a", "b", "c"];
    names.iter().zip(states).map(|(name, state)| Step { state: *state, ..Step::pending(name) }).collect()
}

fn states(steps: &[Step]) -> Vec<StepState> {
    steps.iter().map(|step| step.state).collect()
}

#[test]
fn a_step_that_begins_ends_the_one_before() {
    use StepState::{Cancelled, Done, Failed, Pending, Running};
    let now = Micros::now();
    let mut of = steps(&[Pending, Pending, Pending]);
    advance(&mut of, Some("a"), Done, now);
    assert_eq!(states(&of), [Running, Pending, Pending]);
    let before = of.clone();
    advance(&mut of, Some("a"), Done, now);
    assert_eq!(of, before, "again is no change");
    advance(&mut of, Some("c"), Done, now);
    assert_eq!(states(&of), [Done, Done, Running], "what lies between was found to be so");
    advance(&mut of, Some("a"), Done, now);
    assert_eq!(states(&of), [Done, Done, Done], "none goes back");
    let mut of = steps(&[Done, Running, Pending]);
    advance(&mut of, None, Failed, now);
    assert_eq!(states(&of), [Done, Failed, Pending]);
    let mut of = steps(&[Running, Pending, Pending]);
    advance(&mut of, None, Cancelled, now);
    assert_eq!(states(&of), [Cancelled, Pending, Pending]);
    let mut of = steps(&[Pending, Pending, Pending]);
    advance(&mut of, Some("unknown"), Done, now);
    assert_eq!(states(&of), [Pending, Pending, Pending]);
}

#[test]
fn a_state_is_read_by_its_word() {
    for state in State::ALL {
        assert_eq!(State::find(state.as_str()), Some(state));
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
    }
    assert_eq!(State::find("Done"), None);
}
