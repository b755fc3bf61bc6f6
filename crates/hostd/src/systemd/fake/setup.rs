//! What set-up asks for, in effigy.

use super::FakeSystemd;
use crate::error::HostError;
use crate::systemd::{JobResult, SetupSystemd, UnitState};
use crate::unit::{MaskedUnit, OwnUnit};

impl SetupSystemd for FakeSystemd {
    fn start_own(&self, unit: OwnUnit) -> Result<JobResult, HostError> {
        self.start_name(unit.name())
    }

    fn stop_own(&self, unit: OwnUnit) -> Result<JobResult, HostError> {
        self.stop_name(unit.name())
    }

    fn restart_own(&self, unit: OwnUnit) -> Result<JobResult, HostError> {
        let _ = self.stop_name(unit.name())?;
        self.bring_up(unit.name())
    }

    fn enable_own(&self, units: &[OwnUnit]) -> Result<(), HostError> {
        units.iter().try_for_each(|unit| self.enable_name(unit.name(), true))
    }

    fn disable_own(&self, units: &[OwnUnit]) -> Result<(), HostError> {
        units.iter().try_for_each(|unit| self.enable_name(unit.name(), false))
    }

    fn state_own(&self, unit: OwnUnit) -> Result<UnitState, HostError> {
        self.state_name(unit.name())
    }

    fn mask(&self, units: &[MaskedUnit]) -> Result<(), HostError> {
        for unit in units {
            self.change("mask", &unit.name())?;
            self.lock().units.entry(unit.name()).or_default().masked = true;
        }
        Ok(())
    }

    fn unmask(&self, units: &[MaskedUnit]) -> Result<(), HostError> {
        for unit in units {
            self.change("unmask", &unit.name())?;
            self.lock().units.entry(unit.name()).or_default().masked = false;
        }
        Ok(())
    }

    fn stop_masked(&self, unit: MaskedUnit) -> Result<JobResult, HostError> {
        self.stop_name(&unit.name())
    }

    fn state_masked(&self, unit: MaskedUnit) -> Result<UnitState, HostError> {
        self.state_name(&unit.name())
    }
}
