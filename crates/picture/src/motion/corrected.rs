//! What becomes of a motion where a sensor's bias is found.

use nalgebra::{Matrix3, SMatrix, Vector4};
use physics::filter::Estimate;
use physics::frames::Site;
use physics::measure;
use physics::motion;

use super::{Motion, SURE, carry};
use crate::noise::SETTLED_PLOTS;

impl Motion {
    /// Becomes a coast that is known from elsewhere: from what several sensors see, their biases allowed for.
    pub fn settle(&mut self, known: &Estimate<6>) {
        let mut coast = known.clone();
        carry(&mut coast, self.time);
        (self.coast, self.thrust, self.arc) = (Some(coast), None, None);
        (self.stands, self.odds, self.misfit) = (true, SURE, 3.0);
        self.coast_plots = self.coast_plots.max(SETTLED_PLOTS);
    }

    /// Allows for a change of what is taken off a sensor's range (m), azimuth, elevation (rad) and time (s).
    pub fn loosen(&mut self, site: &Site, change: &Vector4<f64>) {
        let state = self.state();
        let Some(sighting) = measure::sight(site, motion::position(&state)) else { return };
        let Some(back) = sighting.jacobian.try_inverse() else { return };
        let away_m = back * change.fixed_rows::<3>(0) + motion::velocity(&state) * change[3];
        let spread = away_m * away_m.transpose();
        let faster = spread / (LOOSENED_S * LOOSENED_S);
        if let Some(coast) = &mut self.coast {
            add_block(&mut coast.covariance, 0, &spread);
            add_block(&mut coast.covariance, 3, &faster);
        }
        if let Some(thrust) = &mut self.thrust {
            add_block(&mut thrust.covariance, 0, &spread);
            add_block(&mut thrust.covariance, 3, &faster);
        }
    }
}

/// A bias turns over a track's length into an error of its velocity: over so long, seconds.
const LOOSENED_S: f64 = 30.0;

fn add_block<const N: usize>(covariance: &mut SMatrix<f64, N, N>, at: usize, block: &Matrix3<f64>) {
    let mut view = covariance.fixed_view_mut::<3, 3>(at, at);
    view += block;
}
