//! Finding the bad ones in a set of changes that nginx refuses as a whole, so that all others go on.

use std::collections::BTreeMap;

use crate::check::Verdict;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nginx takes these together; adding any of the others to them makes it refuse, with this message.
    Split {
        /// In their order.
        good: Vec<usize>,
        /// With nginx's message.
        bad: BTreeMap<usize, String>,
    },
    /// It refuses even without any change.
    Foreign(String),
}

/// Splits the changes `0..count`. `test` asks nginx about a subset; `suspect` reads from a message which change it blames.
///
/// The blamed ones are set aside first, which takes one test for each; where no change is blamed, the set is halved
/// again and again. Two changes that are bad only together cost the later one.
pub(crate) fn isolate<E>(
    count: usize,
    mut test: impl FnMut(&[usize]) -> Result<Verdict, E>,
    suspect: impl Fn(&str) -> Option<usize>,
) -> Result<Outcome, E> {
    let mut good: Vec<usize> = (0..count).collect();
    let mut bad = BTreeMap::new();
    let mut suspects = Vec::new();
    let mut verdict = test(&good)?;
    while let Verdict::Refused(message) = verdict {
        if let Some(blamed) = suspect(&message).filter(|blamed| good.contains(blamed)) {
            good.retain(|one| *one != blamed);
            suspects.push(blamed);
            verdict = test(&good)?;
            continue;
        }
        let without_any = if good.is_empty() { Verdict::Refused(message.clone()) } else { test(&[])? };
        if let Verdict::Refused(foreign) = without_any {
            return Ok(Outcome::Foreign(foreign));
        }
        let candidates = std::mem::take(&mut good);
        halve(&mut good, &candidates, message, &mut bad, &mut test)?;
        break;
    }
    suspects.sort_unstable();
    for one in suspects {
        let with = joined(&good, &[one]);
        match test(&with)? {
            Verdict::Good => good = with,
            Verdict::Refused(message) => {
                bad.insert(one, message);
            }
        }
    }
    Ok(Outcome::Split { good, bad })
}

/// Adds to `good` what can be added of `candidates`, which are refused together with it for the reason `message`.
fn halve<E>(
    good: &mut Vec<usize>,
    candidates: &[usize],
    message: String,
    bad: &mut BTreeMap<usize, String>,
    test: &mut impl FnMut(&[usize]) -> Result<Verdict, E>,
) -> Result<(), E> {
    if let [one] = candidates {
        bad.insert(*one, message);
        return Ok(());
    }
    let (first, second) = candidates.split_at(candidates.len() / 2);
    for half in [first, second] {
        let with = joined(good, half);
        match test(&with)? {
            Verdict::Good => *good = with,
            Verdict::Refused(message) => halve(good, half, message, bad, test)?,
        }
    }
    Ok(())
}

fn joined(one: &[usize], other: &[usize]) -> Vec<usize> {
    let mut both = [one, other].concat();
    both.sort_unstable();
    both
}

#[cfg(test)]
mod tests;
