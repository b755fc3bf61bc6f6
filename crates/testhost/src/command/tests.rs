use std::time::{Duration, Instant};

use super::{Cmd, tail};
use crate::Error;

#[test]
fn a_program_past_its_deadline_is_killed_with_what_it_started() {
    let begun = Instant::now();
    let command = Cmd::new(["sh", "-c", "sleep 60 & wait"]).deadline(Duration::from_millis(100));
    let error = command.run().expect_err("deadline");
    assert!(matches!(error, Error::TooLate { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(30), "the output's readers waited for the child's child");
}

#[test]
fn a_failure_shows_what_the_program_wrote() {
    let error = Cmd::new(["sh", "-c", "echo out; echo err >&2; exit 3"]).check().expect_err("status 3");
    let text = error.to_string();
    assert!(text.contains("out") && text.contains("err") && text.contains('3'), "{text}");
}

#[test]
fn input_goes_in_and_output_comes_out_at_sizes_past_a_pipe() {
    let bytes = vec![b'x'; 1 << 20];
    let output = Cmd::new(["cat"]).stdin(bytes.clone()).check().expect("cat");
    assert_eq!(output.stdout, bytes);
}

#[test]
fn a_tail_begins_at_a_line() {
    assert_eq!(tail(b"one\ntwo\nthree", 7), "three");
    assert_eq!(tail("ä\nö\n".as_bytes(), 100), "ä\nö\n");
}
