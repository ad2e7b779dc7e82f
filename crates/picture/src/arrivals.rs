//! Arrivals: what is wrong with plots before anything is made of them: heard twice, refused, stamped by a wrong clock.

use std::collections::BTreeMap;

use physics::plot::Plot;
use physics::sensor::Sensor;
use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::health::{Finding, look_swapped};
use crate::sense::{Rejection, Sensed};

/// Refused plots in a row that are a finding: stamped ahead; late; impossible.
const AHEAD_PLOTS: u32 = 5;
const LATE_PLOTS: u32 = 20;
const IMPOSSIBLE_PLOTS: u32 = 20;

/// Used plots in a row that end one.
const USED_PLOTS: u32 = 30;

/// How the plots of all sensors arrive, by the sensors' numbers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Arrivals {
    each: BTreeMap<u32, Arrival>,
}

/// How one sensor's plots arrive.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Arrival {
    /// Plots that were heard before, dropped.
    pub duplicates: u64,
    pub last_duplicate: Option<Tai>,
    used_in_row: u32,
    /// Refused in a row for one reason, which, and the first one's instant.
    refused_in_row: Option<(Rejection, u32, Tai)>,
    /// Why most plots are refused.
    pub finding: Option<Finding>,
}

impl Arrivals {
    pub fn of(&self, radar: u32) -> Option<&Arrival> {
        self.each.get(&radar)
    }

    /// A plot that is here already.
    pub fn drop_duplicate(&mut self, plot: &Sensed) {
        let own = self.each.entry(plot.radar).or_default();
        own.duplicates += 1;
        own.last_duplicate = own.last_duplicate.max(Some(plot.time));
    }

    /// A plot that is used.
    pub fn take(&mut self, plot: &Sensed) {
        // Of a sensor that never gave cause nothing is kept.
        let Some(own) = self.each.get_mut(&plot.radar) else { return };
        own.used_in_row += 1;
        if own.used_in_row >= USED_PLOTS {
            (own.refused_in_row, own.finding) = (None, None);
        }
    }

    /// A plot that cannot be used.
    pub fn refuse(&mut self, plot: &Plot, reason: Rejection, received: Tai, sensors: &[Sensor]) {
        let Some(index) = sensors.iter().position(|sensor| sensor.id == plot.sensor_id) else { return };
        let own = self.each.entry(index as u32).or_default();
        own.used_in_row = 0;
        let (count, since) = match own.refused_in_row {
            Some((before, count, since)) if before == reason => (count + 1, since),
            _ => (1, plot.time),
        };
        own.refused_in_row = Some((reason, count, since));
        let off_s = plot.time.since_s(received).abs();
        let why = match reason {
            Rejection::Ahead if count >= AHEAD_PLOTS => {
                format!("its clock is ahead: plots are stamped {off_s:.0} s after they came")
            }
            Rejection::Late if count >= LATE_PLOTS => {
                format!("its plots are stamped {off_s:.0} s before they come: a slow line, or a clock behind")
            }
            Rejection::Impossible if count >= IMPOSSIBLE_PLOTS => {
                let swapped =
                    look_swapped(&sensors[index], plot.range_m.unwrap_or_default(), plot.az_rad, plot.el_rad);
                let likely = if swapped { ": azimuth and elevation look swapped" } else { "" };
                format!("its plots have impossible numbers{likely}")
            }
            _ => return,
        };
        let since = own.finding.as_ref().map_or(since, |finding| finding.since);
        own.finding = Some(Finding::new(since, why));
    }
}
