//! The gate that every change of the host passes, so that a test can stop the process before any one of them.
//!
//! Outside a test's host it lets everything pass and keeps nothing, also in a build that has the feature `fake`.

use crate::error::HostError;

/// Counts changes, and ends the process (in effigy) before one of them.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    #[cfg(feature = "fake")]
    state: std::sync::Mutex<State>,
}

#[cfg(feature = "fake")]
#[derive(Debug, Default)]
struct State {
    /// The gate of a test's host.
    test: bool,
    /// How many changes still pass; none: all.
    left: Option<usize>,
    /// The change that was not made, once the process has ended.
    crashed: Option<String>,
    /// Changes that may fail on purpose: text in the step, message.
    failing: Vec<(String, String)>,
    /// What was changed, in order.
    log: Vec<String>,
}

#[cfg(not(feature = "fake"))]
#[expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "the same calls as with the feature `fake`"
)]
impl Gate {
    /// A change is about to be made.
    pub(crate) fn change(&self, _step: impl FnOnce() -> String) -> Result<(), HostError> {
        Ok(())
    }

    /// Something is about to be read.
    pub(crate) fn read(&self) -> Result<(), HostError> {
        Ok(())
    }

    /// Batches may be one call to the file system.
    pub(crate) fn batches(&self) -> bool {
        true
    }
}

#[cfg(feature = "fake")]
impl Gate {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A change is about to be made.
    pub(crate) fn change(&self, step: impl FnOnce() -> String) -> Result<(), HostError> {
        let mut state = self.lock();
        if !state.test {
            return Ok(());
        }
        let step = step();
        if state.crashed.is_some() {
            return Err(HostError::Crashed { step });
        }
        if let Some(left) = &mut state.left {
            let Some(rest) = left.checked_sub(1) else {
                state.crashed = Some(step.clone());
                return Err(HostError::Crashed { step });
            };
            *left = rest;
        }
        if let Some((_, message)) = state.failing.iter().find(|(part, _)| step.contains(part.as_str())) {
            return Err(HostError::Injected(message.clone()));
        }
        state.log.push(step);
        Ok(())
    }

    /// Something is about to be read. A process that has ended reads nothing.
    pub(crate) fn read(&self) -> Result<(), HostError> {
        match &self.lock().crashed {
            None => Ok(()),
            Some(step) => Err(HostError::Crashed { step: step.clone() }),
        }
    }

    /// On a test's host each file of a batch is a change of its own, so that the test can stop between them.
    pub(crate) fn batches(&self) -> bool {
        !self.lock().test
    }

    pub(crate) fn for_test() -> Self {
        Self { state: std::sync::Mutex::new(State { test: true, ..State::default() }) }
    }

    pub(crate) fn crash_after(&self, changes: usize) {
        let mut state = self.lock();
        state.left = Some(changes);
        state.crashed = None;
    }

    pub(crate) fn restart(&self) {
        let mut state = self.lock();
        state.left = None;
        state.crashed = None;
    }

    pub(crate) fn crashed(&self) -> Option<String> {
        self.lock().crashed.clone()
    }

    pub(crate) fn fail(&self, part: &str, message: &str) {
        self.lock().failing.push((part.to_owned(), message.to_owned()));
    }

    pub(crate) fn fail_no_more(&self) {
        self.lock().failing.clear();
    }

    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().log)
    }
}
