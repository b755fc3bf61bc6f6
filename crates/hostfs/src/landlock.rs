//! The process takes rights away from itself.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, RestrictionStatus, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus,
};

/// How much of the confinement the running kernel enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Enforced {
    /// Everything asked for.
    Full,
    /// An older kernel (Debian 12): what it knows.
    Partial,
    /// The kernel has no Landlock, or it is switched off.
    None,
}

/// Confining failed.
#[derive(Debug, thiserror::Error)]
pub enum ConfineError {
    /// One of the paths cannot be opened.
    #[error("cannot open {} for confinement", path.display())]
    Path {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: landlock::PathFdError,
    },
    /// The kernel refused the rules.
    #[error("the kernel refused the confinement")]
    Rules(#[source] landlock::RulesetError),
}

/// From now on the calling thread, and what it starts, may change files below `read_write`, read and run files below
/// `read_only`, and reach no other file by name. It cannot be undone.
///
/// Landlock binds the thread that calls it and threads started later: call it first thing in `main`, before a runtime
/// starts threads. Descriptors that are open already keep their rights. Best effort: the answer tells how much of it
/// the kernel enforces.
pub fn confine(read_write: &[&Path], read_only: &[&Path]) -> Result<Enforced, ConfineError> {
    // ABI 5 (Linux 6.10) is the newest that both name files alone and are of use here; Debian 12 has ABI 2.
    let all = AccessFs::from_all(ABI::V5);
    let read = AccessFs::from_read(ABI::V5);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)
        .and_then(Ruleset::create)
        .map_err(ConfineError::Rules)?;
    for (paths, access) in [(read_write, all), (read_only, read)] {
        for path in paths {
            let fd = PathFd::new(path)
                .map_err(|source| ConfineError::Path { path: path.to_path_buf(), source })?;
            // A rule on a single file takes file rights alone.
            let access = if path.is_dir() { access } else { access & AccessFs::from_file(ABI::V5) };
            rules = rules.add_rule(PathBeneath::new(fd, access)).map_err(ConfineError::Rules)?;
        }
    }
    let RestrictionStatus { ruleset, .. } = rules.restrict_self().map_err(ConfineError::Rules)?;
    Ok(match ruleset {
        RulesetStatus::FullyEnforced => Enforced::Full,
        RulesetStatus::PartiallyEnforced => Enforced::Partial,
        RulesetStatus::NotEnforced => Enforced::None,
    })
}
