//! The kind `pool`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use converge::{Done, Edit, FileStep, ObserveError, Own, Reason, Reconcile, Settled, StepError, Wanted};
use hostd::{Host, HostError, JobResult, Unit, UnitSet};
use names::{Digest, PhpVersion, PoolId, PoolName};
use php_spec::PoolSpec;

use crate::observe::{self, Observed, Up, master_key, units_key};
use crate::step::Step;

#[cfg(test)]
mod tests;

/// Where a configuration is set aside for its test; `holdfast-php-check@` reads it there.
const STAGE: &str = "/var/lib/holdfast-agent/stage/php";

/// How long one listing of all pools' units answers for those that are as wanted.
const LISTING: Duration = Duration::from_secs(2);

/// A configuration that a php-fpm took, without the names in it: the program (version, and when its file changed), and the
/// digest. Its values are typed and no name has a byte that means anything to php-fpm, so another name changes nothing; and
/// a test costs more than all else of a new pool.
type Tested = (PhpVersion, i64, Digest);

/// Makes pools so.
#[derive(Debug, Default)]
pub struct Pools {
    /// When the units were listed, and which were up. One call answers for thousands of pools of a sweep.
    listed: Mutex<Option<(Duration, BTreeMap<String, bool>)>>,
    /// One test of a version at a time: they share one file. What passed it is not tested again under another name.
    testing: Mutex<BTreeSet<Tested>>,
}

impl Up for Pools {
    fn up(&self, host: &Host, unit: &Unit) -> Result<bool, HostError> {
        let now = host.elapsed();
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if listed.as_ref().is_none_or(|(at, _)| now.saturating_sub(*at) > LISTING) {
            let all = host.systemd().list(UnitSet::Pools)?;
            *listed = Some((now, all.into_iter().map(|(name, unit)| (name, unit.active.is_up())).collect()));
        }
        // a socket that listened two seconds ago is taken to listen; all else is asked for afresh
        let socket = matches!(unit, Unit::PhpPoolSocket(_));
        if socket && listed.as_ref().is_some_and(|(_, up)| up.get(&unit.name()) == Some(&true)) {
            return Ok(true);
        }
        drop(listed);
        Ok(host.systemd().state(unit)?.active.is_up())
    }
}

impl Reconcile for Pools {
    type Host = Host;
    type Spec = PoolSpec;
    type Observed = Observed;
    type Step = Step;

    fn observe(
        &self,
        host: &Host,
        _: &PoolId,
        want: &Wanted<PoolSpec>,
        last: Option<&PoolSpec>,
        own: &Own,
    ) -> Result<Observed, ObserveError> {
        observe::observe(host, want, last, own, self)
    }

    fn plan(&self, want: &Wanted<PoolSpec>, seen: &Observed) -> Vec<Step> {
        let Some(pool) = &seen.subject else {
            return seen.files.steps.iter().cloned().map(Step::File).collect();
        };
        match want {
            Wanted::Present(spec) => plan_present(spec, pool, seen),
            Wanted::Absent => plan_absent(pool, seen),
        }
    }

    fn edits(&self, seen: &Observed) -> Vec<Edit> {
        seen.files.edits.clone()
    }

    fn settled(&self, _: &Wanted<PoolSpec>, seen: &Observed) -> Option<Settled> {
        let Some((rendered, pool)) = seen.rendered.as_ref().zip(seen.subject.as_ref()) else {
            return Some(Settled::default());
        };
        let mut settled = Settled::files(&rendered.files());
        settled.loaded.insert(units_key(pool), Observed::units_digest(rendered));
        settled.loaded.insert(master_key(pool), Observed::inputs_digest(rendered));
        Some(settled)
    }

    fn claim(&self, step: &Step) -> Option<(String, Digest)> {
        match step {
            Step::File(step) => step.claim(),
            _ => None,
        }
    }

    fn apply(&self, host: &Host, step: &Step) -> Result<Done, StepError> {
        let done = self.take(host, step);
        if let Step::Listen(pool) | Step::Stop(pool) | Step::Restart { pool, .. } = step {
            let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, up)) = listed.as_mut() {
                up.remove(&Unit::PhpPoolSocket(pool.clone()).name());
            }
        }
        done
    }
}

fn plan_present(spec: &PoolSpec, pool: &PoolName, seen: &Observed) -> Vec<Step> {
    let mut steps = Vec::new();
    let Some(rendered) = &seen.rendered else { return steps };
    let writes_conf = seen
        .files
        .steps
        .iter()
        .any(|step| matches!(step, FileStep::Write { file, .. } if file.path == rendered.conf.path));
    if writes_conf {
        let conf = rendered.conf.content.clone();
        steps.push(Step::Test { pool: pool.clone(), version: spec.version, conf });
    }
    steps.extend(seen.files.steps.iter().cloned().map(Step::File));
    if !seen.units_loaded {
        steps.push(Step::LoadUnits { pool: pool.clone(), digest: Observed::units_digest(rendered) });
    }
    if spec.suspended {
        if seen.listens || seen.stale_master {
            steps.push(Step::Stop(pool.clone()));
        }
        return steps;
    }
    if seen.stale_master {
        steps.push(Step::Restart { pool: pool.clone(), digest: Observed::inputs_digest(rendered) });
    }
    if !seen.listens {
        steps.push(Step::Listen(pool.clone()));
    }
    steps
}

fn plan_absent(pool: &PoolName, seen: &Observed) -> Vec<Step> {
    let mut steps = Vec::new();
    if seen.listens || seen.stale_master {
        steps.push(Step::Stop(pool.clone()));
    }
    steps.extend(seen.files.steps.iter().cloned().map(Step::File));
    if !seen.files.steps.is_empty() || !seen.units_loaded {
        steps.push(Step::LoadUnits { pool: pool.clone(), digest: Observed::gone() });
    }
    steps
}

impl Pools {
    fn take(&self, host: &Host, step: &Step) -> Result<Done, StepError> {
        match step {
            Step::Test { pool, version, conf } => self.test(host, pool, *version, conf)?,
            Step::File(step) => host.files().take(step)?,
            Step::LoadUnits { pool, digest } => {
                let units = [Unit::PhpPoolSocket(pool.clone()), Unit::PhpPoolService(pool.clone())];
                host.load_units(&units)?;
                return Ok(Done { loaded: Some((units_key(pool), *digest)) });
            }
            Step::Restart { pool, digest } => {
                stop(host, &Unit::PhpPoolService(pool.clone()))?;
                return Ok(Done { loaded: Some((master_key(pool), *digest)) });
            }
            Step::Listen(pool) => {
                let socket = Unit::PhpPoolSocket(pool.clone());
                let listen = || {
                    host.systemd().reset_failed(&socket)?;
                    host.systemd().enable(std::slice::from_ref(&socket))?;
                    host.systemd().start(&socket)?.require_done("start", &socket)
                };
                listen()?;
            }
            Step::Stop(pool) => {
                let socket = Unit::PhpPoolSocket(pool.clone());
                let end = || {
                    host.systemd().disable(std::slice::from_ref(&socket))?;
                    stop(host, &socket)?;
                    stop(host, &Unit::PhpPoolService(pool.clone()))
                };
                end()?;
            }
        }
        Ok(Done::default())
    }

    fn test(&self, host: &Host, pool: &PoolName, version: PhpVersion, conf: &str) -> Result<(), StepError> {
        let mut tested = self.testing.lock().unwrap_or_else(PoisonError::into_inner);
        let program = host.files().stat(&host.profile().php.fpm_path(version))?;
        let nameless =
            conf.replace(pool.as_str(), "{pool}").replace(&host.bounds().home(pool.account()), "{home}");
        let shape = (version, program.map_or(0, |meta| meta.mtime_micros), Digest::of(nameless));
        if tested.contains(&shape) {
            return Ok(());
        }
        let check = Unit::PhpCheck(version);
        let run = || {
            host.files().ensure_dirs(STAGE, 0o700, (0, 0))?;
            host.files().write(&format!("{STAGE}/{version}.conf"), conf.as_bytes(), 0o600, (0, 0))?;
            host.systemd().reset_failed(&check)?;
            host.systemd().start(&check)
        };
        match run()? {
            JobResult::Done => {
                host.files().remove(&format!("{STAGE}/{version}.conf"))?;
                tested.insert(shape);
                Ok(())
            }
            other => {
                let said = host.check_output(&check).ok().flatten().unwrap_or_default();
                let message =
                    format!("php-fpm {version} refuses the configuration of pool {pool} ({other:?}): {said}");
                Err(StepError::degraded(Reason::ConfigRefused, message.trim().to_owned()))
            }
        }
    }
}

fn stop(host: &Host, unit: &Unit) -> Result<(), HostError> {
    host.systemd().stop(unit)?.require_done("stop", unit)
}
