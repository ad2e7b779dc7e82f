//! Satellites by two-line elements: SGP4, turned to Earth-fixed axes.
//!
//! The crate `sgp4` takes its elementary functions from the system, so that the last digits of a position differ between
//! processors: millionths of a millimetre. Whoever uses a position here must decide by it (near or not), never pass it
//! on.

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use crate::motion::{self, State};
use crate::time::Tai;
use crate::wgs84::EARTH_RATE_RADPS;

/// A satellite of a catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Elements", into = "Elements")]
pub struct Satellite {
    /// Its number in the catalogue.
    pub number: u64,
    /// When its elements were valid.
    pub epoch: Tai,
    elements: Elements,
    constants: Box<sgp4::Constants>,
}

/// A two-line element set with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elements {
    /// The object's name.
    pub name: String,
    /// The two lines.
    pub lines: [String; 2],
}

impl Satellite {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.elements.name
    }

    /// Earth-fixed position and velocity at an instant; `None` where SGP4 has no answer, as for one that has come down.
    pub fn state(&self, time: Tai) -> Option<State> {
        let minutes = sgp4::MinutesSinceEpoch(time.since_s(self.epoch) / 60.0);
        let prediction = self.constants.propagate(minutes).ok()?;
        let (sin, cos) = libm::sincos(sidereal_rad(time));
        let turn =
            |v: [f64; 3]| Vector3::new(cos * v[0] + sin * v[1], cos * v[1] - sin * v[0], v[2]) * 1_000.0;
        let position_m = turn(prediction.position);
        let seen_at_rest_mps = turn(prediction.velocity);
        let rate = Vector3::new(0.0, 0.0, EARTH_RATE_RADPS);
        let state = motion::state(position_m, seen_at_rest_mps - rate.cross(&position_m));
        state.iter().all(|value| value.is_finite()).then_some(state)
    }
}

impl TryFrom<Elements> for Satellite {
    type Error = String;

    /// Reads the lines; `Err` says in one line what is wrong with them.
    fn try_from(elements: Elements) -> Result<Satellite, String> {
        let [first, second] = &elements.lines;
        if !first.is_ascii() || !second.is_ascii() {
            return Err("expected two lines of ASCII".to_owned());
        }
        let read = sgp4::Elements::from_tle(None, first.as_bytes(), second.as_bytes())
            .map_err(|error| error.to_string())?;
        let constants = sgp4::Constants::from_elements(&read).map_err(|error| error.to_string())?;
        let posix_ns =
            read.datetime.and_utc().timestamp_nanos_opt().ok_or("expected an epoch of our time")?;
        Ok(Satellite {
            number: read.norad_id,
            epoch: Tai::from_posix_ns(posix_ns),
            elements,
            constants: Box::new(constants),
        })
    }
}

impl From<Satellite> for Elements {
    fn from(satellite: Satellite) -> Elements {
        satellite.elements
    }
}

/// Greenwich mean sidereal time, radians: the angle from TEME's x axis to Greenwich. UT1 is taken for UTC: at most 0.9 s,
/// 400 m of a low satellite's way. Vallado 2013, equation 3-45 (IAU 1982).
fn sidereal_rad(time: Tai) -> f64 {
    let whole_s = time.posix_s();
    let part_s = time.since_s(Tai::from_posix_ns(whole_s.saturating_mul(1_000_000_000)));
    // Days since 2000-01-01 12:00, exactly, before the fraction is added.
    const J2000_POSIX_S: i64 = 946_728_000;
    let days = (whole_s - J2000_POSIX_S) as f64 / 86_400.0 + part_s / 86_400.0;
    let t = days / 36_525.0;
    let seconds = 67_310.548_41 + (876_600.0 * 3_600.0 + 8_640_184.812_866) * t + 0.093_104 * t * t
        - 6.2e-6 * t * t * t;
    (seconds / 86_400.0).rem_euclid(1.0) * core::f64::consts::TAU
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sidereal_time_of_a_known_instant() {
        // Vallado 2013, example 3-5: 1992-08-20 12:14 UT1, GMST 152.578 787 886°.
        let time = Tai::from_utc("1992-08-20T12:14:00Z").unwrap();
        assert!((sidereal_rad(time).to_degrees() - 152.578_787_886).abs() < 1e-6);
    }

    #[test]
    fn a_satellite_is_where_its_elements_say() {
        // The verification set of Vallado, Crawford, Hujsak, Kelso, "Revisiting Spacetrack Report #3" (AIAA 2006-6753):
        // object 5 at its epoch lies at (7022.46529, -1400.08297, 0.03995) km in TEME.
        let elements = Elements {
            name: "Vanguard 1".into(),
            lines: [
                "1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753".into(),
                "2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667".into(),
            ],
        };
        let satellite = Satellite::try_from(elements.clone()).unwrap();
        assert_eq!((satellite.number, satellite.name()), (5, "Vanguard 1"));
        let state = satellite.state(satellite.epoch).unwrap();
        let teme = Vector3::new(7_022_465.29, -1_400_082.97, 39.95);
        let (position_m, gmst) = (motion::position(&state), sidereal_rad(satellite.epoch));
        let back = nalgebra::Rotation3::from_axis_angle(&Vector3::z_axis(), gmst) * position_m;
        assert!((back - teme).norm() < 50.0, "{back}");
        let mut wrong = elements;
        wrong.lines[0].replace_range(20..21, "9");
        assert!(Satellite::try_from(wrong).unwrap_err().contains("checksum"));
    }
}
