//! A byte stream at the agent's socket, cut into reads of any size: no panic, and the same requests however it is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (step, bytes) = input;
    let cut = wire::fuzz::stream(bytes, usize::from(step));
    assert_eq!(cut, wire::fuzz::stream(bytes, bytes.len()));
});
