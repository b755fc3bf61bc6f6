use std::collections::BTreeSet;
use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

/// An nginx that refuses single changes and pairs, and blames a change in its message if it may.
struct Nginx {
    bad: BTreeSet<usize>,
    pairs: Vec<(usize, usize)>,
    blames: bool,
    broken: bool,
}

impl Nginx {
    fn verdict(&self, set: &[usize]) -> Verdict {
        let refuse =
            |one: usize| Verdict::Refused(if self.blames { format!("site {one}") } else { "no".to_owned() });
        if self.broken {
            return Verdict::Refused("foreign".to_owned());
        }
        let single = set.iter().find(|one| self.bad.contains(one)).copied();
        let pair = self.pairs.iter().find(|(a, b)| set.contains(a) && set.contains(b)).map(|(_, b)| *b);
        single.or(pair).map_or(Verdict::Good, refuse)
    }

    fn isolate(&self, count: usize) -> (Outcome, usize) {
        let mut tests = 0;
        let test = |set: &[usize]| {
            tests += 1;
            Ok::<_, Infallible>(self.verdict(set))
        };
        let outcome = isolate(count, test, |m| m.strip_prefix("site ")?.parse().ok()).unwrap();
        (outcome, tests)
    }
}

fn split(outcome: Outcome) -> (Vec<usize>, BTreeMap<usize, String>) {
    match outcome {
        Outcome::Split { good, bad } => (good, bad),
        Outcome::Foreign(message) => panic!("not foreign: {message}"),
    }
}

#[test]
fn a_good_set_takes_one_test() {
    let nginx = Nginx { bad: BTreeSet::new(), pairs: Vec::new(), blames: true, broken: false };
    let (outcome, tests) = nginx.isolate(200);
    assert_eq!((split(outcome).0.len(), tests), (200, 1));
}

#[test]
fn three_bad_ones_and_a_pair_among_two_hundred() {
    for (blames, most) in [(true, 10), (false, 80)] {
        let nginx = Nginx { bad: [3, 77, 150].into(), pairs: vec![(20, 121)], blames, broken: false };
        let (outcome, tests) = nginx.isolate(200);
        let (good, bad) = split(outcome);
        assert_eq!(good.len(), 196);
        assert_eq!(bad.keys().copied().collect::<Vec<_>>(), [3, 77, 121, 150]);
        assert!(tests <= most, "{tests} tests");
    }
}

#[test]
fn what_is_refused_without_any_change_is_foreign() {
    for blames in [true, false] {
        let nginx = Nginx { bad: [1].into(), pairs: Vec::new(), blames, broken: true };
        assert_eq!(nginx.isolate(5).0, Outcome::Foreign("foreign".to_owned()));
        assert_eq!(nginx.isolate(0).0, Outcome::Foreign("foreign".to_owned()));
    }
}

#[test]
fn one_that_was_blamed_for_anothers_fault_goes_on() {
    // 5 is bad, and nginx blames 2 as long as 2 is there
    let test = |set: &[usize]| {
        Ok::<_, Infallible>(match (set.contains(&5), set.contains(&2)) {
            (true, true) => Verdict::Refused("site 2".to_owned()),
            (true, false) => Verdict::Refused("no".to_owned()),
            _ => Verdict::Good,
        })
    };
    let (good, bad) = split(isolate(8, test, |m| m.strip_prefix("site ")?.parse().ok()).unwrap());
    assert_eq!(good, [0, 1, 2, 3, 4, 6, 7]);
    assert_eq!(bad.len(), 1);
}

proptest! {
    #[test]
    fn the_good_pass_together_and_no_bad_one_could_join_them(
        count in 0_usize..40,
        bad in proptest::collection::btree_set(0_usize..40, 0..5),
        pairs in proptest::collection::vec((0_usize..40, 0_usize..40), 0..4),
        blames: bool,
    ) {
        let pairs = pairs.into_iter().filter(|(a, b)| a != b).collect();
        let nginx = Nginx { bad, pairs, blames, broken: false };
        let (good, bad) = split(nginx.isolate(count).0);
        prop_assert_eq!(nginx.verdict(&good), Verdict::Good);
        prop_assert_eq!(good.len() + bad.len(), count);
        for one in bad.keys() {
            prop_assert_ne!(nginx.verdict(&joined(&good, &[*one])), Verdict::Good);
        }
    }
}
