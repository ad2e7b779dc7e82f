//! Sense: lines of sight to heat, and how well each is known.

use core::cmp::Ordering;

use nalgebra::Vector3;
use physics::frames::Site;
use physics::plot::Plot;
use physics::sensor::{Sensor, SensorKind};
use physics::time::Tai;
use physics::wgs84::{SEMI_MAJOR_M, SEMI_MINOR_M};
use serde::{Deserialize, Serialize};

use crate::sense::Rejection;

/// Bias of a sensor that states no slow part, in units of its sigma: where a satellite looks is known to some
/// microradians, whatever its stars and landmarks are measured to.
const BIAS_SIGMAS: f64 = 0.5;

/// An infrared sensor.
///
/// Its `sigma_az_rad` and `sigma_el_rad` are those of the direction, across and along the vertical plane: seen from a
/// satellite the azimuth itself is worth nothing near the point underneath. Each holds for the part that is new in each
/// plot; to it comes a bias that stays. Where the sensor states a slow part, it is split into both instead.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Eye {
    pub sensor: Sensor,
    pub site: Site,
    /// One sigma of each plot's own error (across, up), rad.
    pub sigma_rad: [f64; 2],
    /// One sigma of what is common to all plots (across, up), rad.
    pub bias_rad: [f64; 2],
}

impl Eye {
    /// `None` of what is not infrared, or does not measure two angles.
    pub fn of(sensor: &Sensor) -> Option<Eye> {
        let stated = [sensor.sigma_az_rad?, sensor.sigma_el_rad?];
        let usable = sensor.kind == SensorKind::Infrared && stated.iter().all(|sigma| *sigma > 0.0);
        let (own, common) = match sensor.slow_fraction {
            Some(share) if share > 0.0 => {
                // A plot without any error of its own would say more than a lens can.
                let share = share.clamp(0.0, 0.99);
                ((1.0 - share).sqrt(), share.sqrt())
            }
            _ => (1.0, BIAS_SIGMAS),
        };
        usable.then(|| Eye {
            sensor: sensor.clone(),
            site: Site::at(sensor.place()),
            sigma_rad: stated.map(|sigma| sigma * own),
            bias_rad: stated.map(|sigma| sigma * common),
        })
    }

    /// The larger sigma of one plot's own error, rad.
    pub fn sigma_rad_max(&self) -> f64 {
        self.sigma_rad[0].max(self.sigma_rad[1])
    }
}

/// One line of sight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sighting {
    pub time: Tai,
    pub received: Tai,
    pub scan: i64,
    /// The number of its [`Eye`].
    pub eye: u32,
    pub az_rad: f64,
    pub el_rad: f64,
}

impl Sighting {
    /// The order of sightings, whatever order they came in; `Equal`: the same one.
    pub fn order(&self, other: &Sighting) -> Ordering {
        let place = |of: &Sighting| (of.time, of.eye, of.scan);
        place(self)
            .cmp(&place(other))
            .then(self.az_rad.total_cmp(&other.az_rad))
            .then(self.el_rad.total_cmp(&other.el_rad))
    }

    /// Checks one plot of an infrared sensor; `None`: it is another kind's.
    pub fn sense(plot: &Plot, received: Tai, eyes: &[Eye]) -> Option<Result<Sighting, Rejection>> {
        let eye = eyes.iter().position(|eye| eye.sensor.id == plot.sensor_id)?;
        let possible = plot.az_rad.is_finite()
            && plot.el_rad.is_finite()
            && plot.el_rad.abs() <= core::f64::consts::FRAC_PI_2;
        Some(if possible {
            Ok(Sighting {
                time: plot.time,
                received,
                scan: plot.scan,
                eye: eye as u32,
                az_rad: plot.az_rad,
                el_rad: plot.el_rad,
            })
        } else {
            Err(Rejection::Impossible)
        })
    }

    /// As the fits take it, with the time since `zero`.
    pub fn line(&self, eyes: &[Eye], zero: Tai) -> Line {
        let site = &eyes[self.eye as usize].site;
        let (sin_az, cos_az) = libm::sincos(self.az_rad);
        let (sin_el, cos_el) = libm::sincos(self.el_rad);
        let fixed = |east: f64, north: f64, up: f64| site.axes.transpose() * Vector3::new(east, north, up);
        Line {
            time_s: self.time.since_s(zero),
            eye: self.eye,
            origin_m: site.origin.vector(),
            along: fixed(cos_el * sin_az, cos_el * cos_az, sin_el),
            across: fixed(cos_az, -sin_az, 0.0),
            up: fixed(-sin_el * sin_az, -sin_el * cos_az, cos_el),
        }
    }
}

/// A line of sight in Earth-fixed axes: from where, and three unit vectors at right angles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    pub time_s: f64,
    pub eye: u32,
    pub origin_m: Vector3<f64>,
    /// The measured direction.
    pub along: Vector3<f64>,
    /// To growing azimuth.
    pub across: Vector3<f64>,
    /// To growing elevation.
    pub up: Vector3<f64>,
}

impl Line {
    /// How far from the sensor the line comes to `height_m` above the ellipsoid, metres; where it passes above that, how
    /// far away it is lowest.
    pub fn range_m(&self, height_m: f64) -> f64 {
        // On axes scaled to a sphere of radius 1: |o + s d|² = 1.
        let scale = Vector3::new(SEMI_MAJOR_M + height_m, SEMI_MAJOR_M + height_m, SEMI_MINOR_M + height_m);
        let (o, d) = (self.origin_m.component_div(&scale), self.along.component_div(&scale));
        let (a, b, c) = (d.norm_squared(), o.dot(&d), o.norm_squared() - 1.0);
        let root2 = b * b - a * c;
        let nearest = -b / a;
        let first = nearest - root2.max(0.0).sqrt() / a;
        if first > 0.0 { first } else { (nearest + root2.max(0.0).sqrt() / a).max(1.0) }
    }

    /// The point on it at `range_m`.
    pub fn at(&self, range_m: f64) -> Vector3<f64> {
        self.origin_m + self.along * range_m
    }

    /// Where two lines come closest: the point midway, and how far apart they are there, metres; `None` of lines that are
    /// all but parallel.
    pub fn meets(&self, other: &Line) -> Option<(Vector3<f64>, f64)> {
        let between = other.origin_m - self.origin_m;
        let cosine = self.along.dot(&other.along);
        let sine2 = 1.0 - cosine * cosine;
        if sine2 < 1e-4 {
            return None;
        }
        let (own, others) = (between.dot(&self.along), between.dot(&other.along));
        let (s, t) = ((own - cosine * others) / sine2, (cosine * own - others) / sine2);
        let (here, there) = (self.at(s), other.at(t));
        (s > 0.0 && t > 0.0).then(|| ((here + there) / 2.0, (here - there).norm()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn geostationary(id: &str, lon_deg: f64) -> Sensor {
        let text = format!(
            r#"{{"id": "{id}", "kind": "infrared", "lat_deg": 0, "lon_deg": {lon_deg}, "alt_m": 35786000,
            "sigma_range_m": null, "sigma_az_rad": 1e-5, "sigma_el_rad": 1e-5, "pd": 0.95, "rate_hz": 1}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn two_satellites_lines_meet_at_the_place_they_see() {
        let eyes: Vec<Eye> =
            [97.0, 157.0].iter().map(|lon| Eye::of(&geostationary("s", *lon)).unwrap()).collect();
        let place = physics::geodetic::Geodetic { lat_deg: 40.0, lon_deg: 127.0, alt_m: 10_000.0 };
        let place_m = physics::wgs84::to_earth_fixed(place).vector();
        let lines: Vec<Line> = (0..2)
            .map(|eye| {
                let seen = physics::measure::sight(&eyes[eye].site, place_m).unwrap().measured;
                let sighting = Sighting {
                    time: Tai(0),
                    received: Tai(0),
                    scan: 0,
                    eye: eye as u32,
                    az_rad: seen.y,
                    el_rad: seen.z,
                };
                sighting.line(&eyes, Tai(0))
            })
            .collect();
        let (point_m, apart_m) = lines[0].meets(&lines[1]).unwrap();
        assert!((point_m - place_m).norm() < 0.1 && apart_m < 0.1, "{point_m} {apart_m}");
        // Along one line the height gives the place: to the third order of the flattening.
        assert!((lines[0].at(lines[0].range_m(10_000.0)) - place_m).norm() < 10.0);
        assert!(lines[0].along.cross(&lines[0].across).norm() > 1.0 - 1e-12);
        assert!((lines[0].across.cross(&lines[0].along) - lines[0].up).norm() < 1e-12);
    }
}
