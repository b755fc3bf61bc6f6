use super::*;

/// A moment of the first of January 2026, in hours.
fn hour(hours: f64) -> Micros {
    #[expect(clippy::cast_possible_truncation, reason = "a test's time")]
    let micros = (hours * 3600.0) as i64 * SECOND;
    Micros::new(1_767_225_600 * SECOND + micros).unwrap()
}

fn range(from: f64, to: f64, points: i64, now: f64) -> Range {
    Range::new((Some(hour(from)), Some(hour(to))), points, hour(now)).unwrap()
}

fn row(at: Micros, samples: i64, value: Option<i64>, peak: Option<i64>) -> Row {
    Row { at: at.as_micros(), samples, average: [value; FIGURES], peak: [peak; FIGURES] }
}

#[test]
fn a_time_is_cut_into_even_steps_and_never_into_more_than_asked_for() {
    let usual = Range::new((None, None), 300, hour(1000.01)).unwrap();
    assert_eq!((usual.step / SECOND, usual.count), (300, 289));
    for (from, to, points) in
        [(999.0, 1000.0, 300), (999.0, 1000.0, 7), (0.0, 1000.0, 1), (0.0, 1000.0, 1000), (990.1, 1000.0, 1)]
    {
        let range = range(from, to, points, 1000.0);
        assert!(range.count >= 1 && i64::try_from(range.count).unwrap() <= points, "{range:?}");
        assert!(range.first <= hour(from).as_micros() && range.end() >= hour(to).as_micros(), "{range:?}");
        assert_eq!(range.first % range.step, 0);
        assert_eq!(range.times().count(), range.count);
    }
    assert_eq!(range(999.0, 1000.0, 300, 1000.0).step / SECOND, 60);
    assert_eq!(range(900.0, 910.0, 1000, 1000.0).step / SECOND, 3600, "what is older is known by the hour");
}

#[test]
fn nonsense_is_refused_by_its_parameter() {
    let refused = |from: f64, to: f64| {
        let asked = Range::new((Some(hour(from)), Some(hour(to))), 300, hour(5000.0));
        asked.unwrap_err().0
    };
    assert_eq!(refused(4000.0, 4000.0), "from");
    assert_eq!(refused(4000.0, 3999.0), "from");
    assert_eq!(refused(0.0, 4000.0), "from");
    assert_eq!(refused(4000.0, 5002.0), "to");
    let ahead = Range::new((Some(hour(5000.5)), None), 300, hour(5000.0));
    assert_eq!(ahead.unwrap_err().0, "from", "it begins after now, where it ends");
}

#[test]
fn a_step_without_a_minute_is_a_gap() {
    let range = range(100.0, 100.05, 300, 101.0);
    assert_eq!((range.step / SECOND, range.count), (60, 3));
    let rows = [
        row(hour(100.0), 1, Some(500_000), Some(500_000)),
        row(Micros::new(hour(100.0).as_micros() + 120 * SECOND).unwrap(), 1, None, None),
    ];
    let cpu = &gather(&rows, &range)[0];
    assert_eq!(cpu.average, [Some(0.5), None, None]);
    assert_eq!(cpu.peak, [Some(0.5), None, None]);
}

#[test]
fn minutes_weigh_one_and_hours_as_many_as_they_have() {
    let range = range(0.0, 2.0, 1, 100.0);
    assert_eq!((range.step / SECOND, range.count), (7200, 1));
    let rows = [
        row(hour(0.0), 60, Some(100), Some(900)),
        row(hour(1.0), 20, Some(500), Some(700)),
        // beyond the end
        row(hour(2.0), 60, Some(9000), Some(9000)),
    ];
    let memory = &gather(&rows, &range)[2];
    assert_eq!((memory.average.as_slice(), memory.peak.as_slice()), (&[Some(200.0)][..], &[Some(900.0)][..]));
}

#[test]
fn figures_are_shown_in_their_units() {
    let shown: Vec<f64> = SERIES.iter().map(|(_, unit)| unit.show(1_234_567.0)).collect();
    assert_eq!(shown[..3], [1.2346, 1234.57, 1_234_567.0]);
    assert_eq!(SERIES.map(|(_, unit)| unit.as_str())[5], "bytes_per_second");
}
