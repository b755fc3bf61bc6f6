use super::*;

#[test]
fn the_last_places_are_roots() {
    let limits = Limits::default();
    assert!(has_room(&limits, 998, 5));
    assert!(!has_room(&limits, 998, 4));
    assert!(has_room(&limits, 0, 4));
    assert!(has_room(&limits, 0, 1));
    assert!(!has_room(&limits, 0, 0));
}
