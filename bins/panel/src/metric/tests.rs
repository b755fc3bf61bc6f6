use super::*;

const GIB: u64 = 1 << 30;

fn metrics(uptime: u64, figures: HostFigures) -> HostMetrics {
    HostMetrics {
        uptime_seconds: uptime,
        load: [1.234, 0.0, 0.0],
        memory_total: 8 * GIB,
        memory_available: 5 * GIB,
        disk_total: 100 * GIB,
        disk_available: 60 * GIB,
        figures: Some(figures),
        ..HostMetrics::default()
    }
}

fn counts(factor: u64) -> HostFigures {
    HostFigures {
        cpu_busy: 1000 * factor,
        cpu_total: 4000 * factor,
        network_in: 60_000 * factor,
        network_out: 6000 * factor,
        disk_read: 0,
        disk_write: 600 * factor,
        swap_total: 2 * GIB,
        swap_free: GIB,
        processes: 100,
    }
}

fn at(seconds: i64) -> Micros {
    Micros::new((1_767_225_600 + seconds) * 1_000_000).unwrap()
}

/// The rates of a look `seconds` after another one: cpu, network in and out, disk read and written.
fn rates(before: &HostMetrics, after: &HostMetrics, seconds: i64) -> [Option<i64>; 5] {
    let look_before = counted(before).map(|counted| (at(0), counted));
    let [cpu, _, _, _, _, network_in, network_out, disk_read, disk_write] =
        figures(after, look_before, at(seconds));
    [cpu, network_in, network_out, disk_read, disk_write]
}

#[test]
fn a_first_look_knows_what_is_there_and_no_rates() {
    let seen = figures(&metrics(1000, counts(1)), None, at(0));
    let gib = i64::try_from(GIB).unwrap();
    assert_eq!(seen, [None, Some(1234), Some(3 * gib), Some(gib), Some(40 * gib), None, None, None, None]);
    assert_eq!(
        figures(&HostMetrics::default(), None, at(0)),
        [None, Some(0), None, None, None, None, None, None, None]
    );
}

#[test]
fn counters_become_rates() {
    let (before, after) = (metrics(1000, counts(1)), metrics(1060, counts(2)));
    assert_eq!(rates(&before, &after, 60), [Some(250_000), Some(1000), Some(100), Some(0), Some(10)]);
}

#[test]
fn a_counter_that_went_back_has_no_rate_and_the_others_have() {
    let before = metrics(1000, HostFigures { network_in: u64::MAX, ..counts(1) });
    let after = metrics(1060, counts(2));
    assert_eq!(rates(&before, &after, 60), [Some(250_000), None, Some(100), Some(0), Some(10)]);
}

#[test]
fn looks_that_cannot_be_held_against_each_other_give_no_rates() {
    let before = metrics(1000, counts(1));
    let none = [None; 5];
    // the server began anew, and has counted beyond what it had since
    assert_eq!(rates(&before, &metrics(40, counts(9)), 60), none);
    // nobody looked for too long
    assert_eq!(rates(&before, &metrics(1151, counts(2)), 151), none);
    assert_eq!(rates(&before, &metrics(1150, counts(2)), 150)[1], Some(400));
    // the clock was set: forward, and back
    assert_eq!(rates(&before, &metrics(1060, counts(2)), 120), none);
    assert_eq!(rates(&before, &metrics(1060, counts(2)), -60), none);
    assert_eq!(rates(&before, &metrics(1000, counts(2)), 0), none);
    // an older agent
    assert_eq!(rates(&HostMetrics { figures: None, ..before }, &metrics(1060, counts(2)), 60), none);
}

#[test]
fn absurd_counts_are_no_panic() {
    let most = HostFigures {
        cpu_busy: u64::MAX,
        cpu_total: u64::MAX,
        network_in: u64::MAX,
        network_out: u64::MAX,
        disk_read: u64::MAX,
        disk_write: u64::MAX,
        swap_total: 0,
        swap_free: u64::MAX,
        processes: u64::MAX,
    };
    let after = HostMetrics { load: [f64::NAN; 3], memory_total: u64::MAX, ..metrics(1060, most) };
    let before = metrics(1000, HostFigures::default());
    let look_before = counted(&before).map(|counted| (at(0), counted));
    let seen = figures(&after, look_before, at(60));
    assert_eq!((seen[0], seen[1], seen[3]), (Some(1_000_000), None, Some(0)));
    assert!(seen.iter().flatten().all(|figure| *figure >= 0));
    // all processors' time stood still
    assert_eq!(rates(&before, &metrics(1060, HostFigures::default()), 60)[0], None);
}

#[test]
fn a_look_tells_about_the_minute_that_ended() {
    let minute = |micros: i64| {
        (minute_of(Micros::new(micros).unwrap()) / 60_000_000, until_next(Micros::new(micros).unwrap()))
    };
    let second = |seconds: u64| Duration::from_secs(seconds);
    assert_eq!(minute(600_000_000), (9, second(60)));
    assert_eq!(minute(600_500_000).0, 9);
    assert_eq!(minute(629_000_000), (9, second(31)));
    assert_eq!(minute(631_000_000), (10, second(29)));
    assert_eq!(minute(659_999_999), (10, Duration::from_micros(1)));
}

#[test]
fn a_disk_is_told_of_once_on_the_way_up() {
    let mut told = 0;
    let mut heard = Vec::new();
    for percent in [50, 89, 90, 91, 89, 90, 95, 99, 94, 95, 86, 90, 84, 90, 96, 10, 96] {
        let seen = HostMetrics { disk_total: 100, disk_available: 100 - percent, ..HostMetrics::default() };
        let after = disk_told(&seen, told);
        if after > told {
            heard.push((percent, after));
        }
        told = after;
    }
    assert_eq!(heard, [(90, 90), (95, 95), (90, 90), (96, 95), (96, 95)]);
    assert_eq!(disk_told(&HostMetrics::default(), 90), 90, "nobody looked");
}
