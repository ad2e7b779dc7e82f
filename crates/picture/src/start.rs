//! Start: plots that belong to no track may be the first of a new object.

use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::sense::{Radar, Sensed};
use crate::track::Track;

/// Faster than this nothing that stays near the Earth is, m/s.
const SPEED_MPS_MAX: f64 = 9_000.0;

/// A plot waits this long for a second one, seconds; three scans where these are slower.
const WAIT_S: f64 = 3.5;

/// Plots that wait for a second one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seeds(Vec<Sensed>);

impl Seeds {
    /// Joins a plot to the nearest one in time that waits and that one object could have made as well; else it waits
    /// itself.
    pub fn grow(&mut self, plot: &Sensed, received: Tai, radars: &[Radar]) -> Option<Track> {
        let partner = self.0.iter().rposition(|seed| could_be_one(seed, plot, radars));
        let Some(partner) = partner else {
            self.0.push(*plot);
            return None;
        };
        let seed = self.0.remove(partner);
        Track::start(&seed, plot, received, radars)
    }

    /// Gives up those that have waited too long.
    pub fn forget(&mut self, now: Tai, radars: &[Radar]) {
        self.0.retain(|seed| {
            let scan_s = 1.0 / radars[seed.radar as usize].sensor.rate_hz;
            now.since_s(seed.time) <= WAIT_S.max(3.0 * scan_s).min(30.0)
        });
    }
}

fn could_be_one(seed: &Sensed, plot: &Sensed, radars: &[Radar]) -> bool {
    let same_scan = seed.radar == plot.radar && seed.scan == plot.scan;
    let dt_s = plot.time.since_s(seed.time);
    if same_scan || dt_s < 0.0 {
        return false;
    }
    let away_m = (plot.position_m - seed.position_m).norm();
    // Cheap and most often enough: 100 km more than any error.
    if away_m > SPEED_MPS_MAX * dt_s + 100_000.0 {
        return false;
    }
    let error_m = |plot: &Sensed| {
        let sensor = &radars[plot.radar as usize].sensor;
        let angle = sensor.sigma_az_rad.unwrap_or(0.0).max(sensor.sigma_el_rad.unwrap_or(0.0));
        plot.measured.x * angle + sensor.sigma_range_m.unwrap_or(0.0)
    };
    away_m < SPEED_MPS_MAX * dt_s + 4.0 * (error_m(seed) + error_m(plot))
}
