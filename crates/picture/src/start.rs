//! Start: plots that belong to no track may be the first of a new object.

use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::sense::{Radar, Sensed};
use crate::track::Track;

/// Faster than this nothing that stays near the Earth is, m/s.
const SPEED_MPS_MAX: f64 = 9_000.0;

/// Faster than this nothing is that air traffic's radars see, m/s.
const AIR_SPEED_MPS_MAX: f64 = 1_000.0;

/// A plot waits this long for a second one, seconds; three scans where these are slower.
const WAIT_S: f64 = 3.5;

/// Plots that wait for a second one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seeds(Vec<Sensed>);

impl Seeds {
    /// Joins a plot to the nearest one in time that waits and that one object could have made as well; else it waits
    /// itself.
    pub fn grow(&mut self, plot: &Sensed, received: Tai, radars: &[Radar]) -> Option<Track> {
        let fits = |seed: &&Sensed| could_be_one(seed, plot, radars);
        let partner = match plot.el_sigma_rad {
            // One of many aircraft that one slow turn sees: the nearest in space.
            Some(_) => {
                let away_m2 = |seed: &Sensed| (plot.position_m - seed.position_m).norm_squared();
                let by_distance =
                    |a: &(usize, &Sensed), b: &(usize, &Sensed)| away_m2(a.1).total_cmp(&away_m2(b.1));
                let near = self.0.iter().enumerate().filter(|(_, seed)| fits(seed));
                near.min_by(by_distance).map(|(index, _)| index)
            }
            None => self.0.iter().rposition(|seed| fits(&seed)),
        };
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
    if same_scan || dt_s < 0.0 || plot.denies(seed.address) {
        return false;
    }
    let away_m = (plot.position_m - seed.position_m).norm();
    let told = plot.el_sigma_rad.is_some();
    let fastest_mps = if told { AIR_SPEED_MPS_MAX } else { SPEED_MPS_MAX };
    // Cheap and most often enough: 100 km more than any error.
    if away_m > fastest_mps * dt_s + 100_000.0 {
        return false;
    }
    let error_m = |plot: &Sensed| {
        let sensor = &radars[plot.radar as usize].sensor;
        let elevation = plot.el_sigma_rad.or(sensor.sigma_el_rad).unwrap_or(0.0);
        let angle = sensor.sigma_az_rad.unwrap_or(0.0).max(elevation);
        plot.measured.x * angle + sensor.sigma_range_m.unwrap_or(0.0)
    };
    away_m < fastest_mps * dt_s + 4.0 * (error_m(seed) + error_m(plot))
}
