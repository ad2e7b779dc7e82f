//! How something moves where it was last seen to burn, and where that leads.

use nalgebra::{SMatrix, SVector, Vector3};
use physics::filter::Estimate;
use physics::motion::{self, Matrix6, State};
use physics::time::Tai;
use serde::{Deserialize, Serialize};

use crate::motion::{COAST_PSD, THRUST_PSD};

/// One sigma of each component of the thrust, over its size, and m/s².
const THRUST_SHARE_SIGMA: f64 = 0.1;
const THRUST_SIGMA_MPS2: f64 = 5.0;

/// Further back than this a state is not carried, seconds: the thrust of long before is not known from that of now.
const BACK_S_MAX: f64 = 10.0;

/// A state at the last sight, Earth-fixed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Moving {
    pub time: Tai,
    pub state: State,
    pub covariance: Matrix6,
    /// All of it, gravity and drag too, m/s².
    pub acceleration_mps2: Vector3<f64>,
}

impl Moving {
    /// At another instant. Until the next scan (`scan_s` later) it burns as it did. For later, the thrust ended at an unknown
    /// moment: before that scan, where it is known to have burnt out, else before that instant; taken for even, which
    /// has the mean of half of that time and the variance of a twelfth of its square; from there on it coasts.
    pub fn carried_to(&self, time: Tai, burns: bool, scan_s: f64) -> Option<Estimate<6>> {
        let since_s = time.since_s(self.time);
        let (place, velocity) = (motion::position(&self.state), motion::velocity(&self.state));
        let thrust = self.acceleration_mps2 - motion::acceleration(place, velocity);
        if since_s <= scan_s {
            return (since_s >= -BACK_S_MAX).then(|| self.burning(thrust).carried(time));
        }
        let open_s = if burns { since_s } else { scan_s };
        let mut state = self.state;
        let mut covariance = self.covariance;
        let mut of_velocity = state.fixed_rows_mut::<3>(3);
        of_velocity += thrust * (open_s / 2.0);
        let mut of_velocity = covariance.fixed_view_mut::<3, 3>(3, 3);
        of_velocity += thrust * thrust.transpose() * (open_s * open_s / 12.0);
        let mut there = Estimate { time: self.time, state, covariance, slow: Vec::new() };
        there.coast_to(time, COAST_PSD);
        Some(there)
    }

    fn burning(&self, thrust: Vector3<f64>) -> Burning {
        let sigma_mps2 = THRUST_SHARE_SIGMA * thrust.norm() + THRUST_SIGMA_MPS2;
        let mut state = SVector::<f64, 9>::zeros();
        state.fixed_rows_mut::<6>(0).copy_from(&self.state);
        state.fixed_rows_mut::<3>(6).copy_from(&thrust);
        let mut covariance = SMatrix::<f64, 9, 9>::from_diagonal_element(sigma_mps2 * sigma_mps2);
        covariance.fixed_view_mut::<6, 6>(0, 0).copy_from(&self.covariance);
        Burning(Estimate { time: self.time, state, covariance, slow: Vec::new() })
    }
}

/// With the thrust that it has.
struct Burning(Estimate<9>);

impl Burning {
    fn carried(mut self, time: Tai) -> Estimate<6> {
        self.0.thrust_to(time, THRUST_PSD);
        self.0.kinematic()
    }
}
