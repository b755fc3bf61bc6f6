use proptest::prelude::*;

use super::*;

fn frames(buffer: &mut FrameBuffer) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some(frame) = buffer.next().unwrap() {
        frames.push(frame);
    }
    frames
}

#[test]
fn two_frames_in_one_write_come_out_one_by_one() {
    let mut buffer = FrameBuffer::default();
    buffer.push(b"one\0two\0thr");
    assert_eq!(frames(&mut buffer), [b"one".to_vec(), b"two".to_vec()]);
    assert_eq!(buffer.len(), 3);
    buffer.push(b"ee\0");
    assert_eq!(frames(&mut buffer), [b"three".to_vec()]);
    assert_eq!(buffer.len(), 0);
}

#[test]
fn an_empty_frame_is_a_frame() {
    let mut buffer = FrameBuffer::default();
    buffer.push(b"\0\0");
    assert_eq!(frames(&mut buffer), [Vec::<u8>::new(), Vec::new()]);
}

#[test]
fn the_largest_frame_passes_and_one_byte_more_does_not() {
    let mut buffer = FrameBuffer::default();
    buffer.push(&vec![b'x'; MAX_FRAME]);
    assert_eq!(buffer.next(), Ok(None));
    buffer.push(b"\0");
    assert_eq!(buffer.next().unwrap().map(|frame| frame.len()), Some(MAX_FRAME));

    buffer.push(&vec![b'x'; MAX_FRAME + 1]);
    assert_eq!(buffer.next(), Err(TooLarge));
    let mut with_nul = FrameBuffer::default();
    with_nul.push(&vec![b'x'; MAX_FRAME + 1]);
    with_nul.push(b"\0");
    assert_eq!(with_nul.next(), Err(TooLarge));
}

#[test]
fn many_small_frames_do_not_pile_up() {
    let mut buffer = FrameBuffer::default();
    for _ in 0..200_000 {
        buffer.push(b"{\"method\":\"x\"}\0{\"");
        assert!(buffer.next().unwrap().is_some());
        buffer.push(b"\0");
        assert!(buffer.next().unwrap().is_some());
    }
    assert!(buffer.bytes.capacity() < 4 * MAX_FRAME);
}

#[cfg(feature = "server")]
#[test]
fn a_second_frame_behind_the_first_is_noticed() {
    let mut buffer = FrameBuffer::default();
    for (bytes, one) in [(&b"half"[..], true), (b" a frame\0", true), (b"n", false)] {
        buffer.push(bytes);
        assert_eq!(buffer.holds_one_frame(), one, "after {bytes:?}");
    }
}

proptest! {
    /// However the stream is cut into reads, the same frames come out.
    #[test]
    fn frames_do_not_depend_on_the_reads(
        frames_in in prop::collection::vec(prop::collection::vec(1_u8..=255, 0..40), 0..20),
        cuts in prop::collection::vec(1_usize..30, 1..40),
    ) {
        let stream: Vec<u8> = frames_in.iter().flat_map(|frame| frame.iter().copied().chain([0])).collect();
        let mut buffer = FrameBuffer::default();
        let mut out = Vec::new();
        let (mut rest, mut cuts) = (&stream[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
            buffer.push(now);
            out.extend(frames(&mut buffer));
            rest = later;
        }
        prop_assert_eq!(out, frames_in);
        prop_assert_eq!(buffer.len(), 0);
    }
}
