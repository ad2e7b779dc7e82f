//! Tracklets: what of a coasting track is news to others.
//!
//! Two nations that follow one object err alike in what neither sees: thrust, and drag in the thin air, which their
//! filters allow for as noise. What each coast rested on when it began, or left the air, may therefore hold the same
//! error twice. What plots say from there on, while gravity alone moves the object, is each nation's own: this is the
//! tracklet. It is what the filter's information grew by (an inverse Kalman filter: Drummond 2002; Bar-Shalom, Willett,
//! Tian 2011, chapter 8), counted from that anchor on. A coast that began in space with its first plot has no anchor and is
//! news as a whole.

use physics::filter::Estimate;
use physics::information;
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::{Prior, Tracklet};

use crate::motion::COAST_PSD;

/// Above this power of the drag's doubt (m²/s³) nations' errors go together: met on the way up near 75 km, where the
/// air has 3 s left to act, it leaves 0.05 m/s.
const QUIET_PSD: f64 = 1e-3;

/// Where a coast's own plots begin to be news.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Anchor {
    /// What was known before them; `None`: nothing.
    before: Option<Box<Estimate<6>>>,
    /// It is in air that disturbs it.
    disturbed: bool,
}

impl Anchor {
    /// For a coast that begins with what another filter knew.
    pub fn at(coast: &Estimate<6>) -> Anchor {
        Anchor { before: Some(Box::new(known(coast))), disturbed: false }
    }

    /// The coast was carried on, with so much doubt of its drag, m²/s³.
    pub fn note(&mut self, doubt: f64, coast: &Estimate<6>) {
        if doubt > QUIET_PSD {
            self.disturbed = true;
        } else if self.disturbed {
            *self = Anchor::at(coast);
        }
    }

    /// The tracklet of a coast whose first plot is `first`.
    pub fn tracklet(&self, first: Tai, coast: &Estimate<6>) -> Option<Tracklet> {
        if self.disturbed {
            return None;
        }
        let Some(before) = &self.before else {
            return Some(Tracklet { from: first.min(coast.time), to: coast.time, prior: None });
        };
        let mut expected = before.as_ref().clone();
        expected.coast_to(coast.time, COAST_PSD);
        let total = information::inverse(&coast.covariance)?;
        let prior = information::inverse(&expected.covariance)?;
        // Slow errors, which go through both, can make the difference none that plots could give.
        if !information::is_semidefinite(&(total - prior)) {
            return None;
        }
        let offset = prior * (expected.state - coast.state);
        Some(Tracklet {
            from: before.time.min(coast.time),
            to: coast.time,
            prior: Some(Prior { information: information::triangle(&prior), offset: offset.into() }),
        })
    }
}

/// State and covariance alone.
fn known(coast: &Estimate<6>) -> Estimate<6> {
    Estimate { slow: Vec::new(), ..coast.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Vector3;
    use physics::filter::{Measurement, Noise};
    use physics::frames::Site;
    use physics::geodetic::Geodetic;
    use physics::motion::{self, Matrix6};
    use physics::{integrate, measure};

    /// A coast above the air and what a radar measures of it, one plot a second, without errors.
    fn coast() -> Estimate<6> {
        let start = Site::at(Geodetic { lat_deg: 40.0, lon_deg: 128.0, alt_m: 120_000.0 });
        let velocity = start.axes.transpose() * Vector3::new(1_900.0, 100.0, 900.0);
        let mut covariance = Matrix6::identity() * 250.0 * 250.0;
        covariance
            .fixed_view_mut::<3, 3>(3, 3)
            .copy_from_slice(&[400.0, 0., 0., 0., 400.0, 0., 0., 0., 400.0]);
        let state = motion::state(start.origin.vector(), velocity);
        Estimate { time: Tai(0), state, covariance, slow: Vec::new() }
    }

    fn follow(coast: &mut Estimate<6>, seconds: core::ops::Range<i32>) {
        let site = Site::at(Geodetic { lat_deg: 39.0, lon_deg: 130.5, alt_m: 0.0 });
        let truth = super::tests::coast().state
            + motion::state(Vector3::new(90.0, -60.0, 40.0), Vector3::new(7.0, 5.0, -9.0));
        for second in seconds {
            let time = Tai(0).plus_s(f64::from(second));
            coast.coast_to(time, COAST_PSD);
            let at = integrate::coast(&truth, f64::from(second));
            let measured = measure::sight(&site, motion::position(&at)).unwrap().measured;
            let noise = Noise {
                independent: Vector3::new(20.0, 1e-3, 1e-3),
                slow: Vector3::zeros(),
                slow_time_s: 100.0,
            };
            coast.update(&Measurement { site: &site, sensor: 0, measured, range_rate_mps: None, noise });
        }
    }

    /// The tracklet is what the plots alone say: given to a filter that lacks them, it leaves what the plots would.
    #[test]
    fn a_tracklet_given_to_another_is_worth_its_plots() {
        let mut seen = coast();
        let anchor = Anchor::at(&seen);
        follow(&mut seen, 1..40);
        let tracklet = anchor.tracklet(Tai(0), &seen).unwrap();
        let prior = tracklet.prior.unwrap();
        let news =
            information::inverse(&seen.covariance).unwrap() - information::of_triangle(&prior.information);
        let weighted = news * seen.state - motion::State::from(prior.offset);

        // Another knows more of the beginning, and has it from elsewhere.
        let mut other = coast();
        other.state += motion::state(Vector3::new(30.0, 10.0, -20.0), Vector3::new(3.0, -2.0, 1.0));
        other.covariance *= 0.5;
        let mut with_plots = other.clone();
        follow(&mut with_plots, 1..40);
        other.coast_to(seen.time, COAST_PSD);
        let known = information::inverse(&other.covariance).unwrap();
        let covariance = information::inverse(&(known + news)).unwrap();
        let state = covariance * (known * other.state + weighted);
        let sigmas = with_plots.covariance.diagonal().map(f64::sqrt);
        for axis in 0..6 {
            let apart = (state[axis] - with_plots.state[axis]) / sigmas[axis];
            assert!(apart.abs() < 0.02, "axis {axis}: {apart} sigmas");
            let ratio = covariance[(axis, axis)].sqrt() / sigmas[axis];
            assert!((ratio - 1.0).abs() < 0.01, "axis {axis}: {ratio}");
        }
    }

    #[test]
    fn what_begins_in_space_is_news_as_a_whole_and_what_is_in_the_air_is_not_said() {
        let mut seen = coast();
        let mut anchor = Anchor::default();
        anchor.note(0.0, &seen);
        assert_eq!(
            anchor.tracklet(Tai(-5), &seen).unwrap(),
            Tracklet { from: Tai(-5), to: Tai(0), prior: None }
        );
        anchor.note(0.5, &seen);
        assert!(anchor.tracklet(Tai(-5), &seen).is_none());
        seen.coast_to(Tai(0).plus_s(1.0), COAST_PSD);
        anchor.note(1e-4, &seen);
        let left_air = anchor.tracklet(Tai(-5), &seen).unwrap();
        assert_eq!(left_air.from, seen.time);
        // Not a plot since: all of it was known.
        let prior = information::of_triangle(&left_air.prior.unwrap().information);
        assert_eq!(prior, information::inverse(&seen.covariance).unwrap());
    }
}
