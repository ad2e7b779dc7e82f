//! Launches in a scenario's file, checked against the laws of motion before a flight is sought.

use serde::Deserialize;

use super::Scenario;
use super::error::ScenarioError;
use super::land;
use super::law;
use super::reader::{PlaceForm, Reader};
use crate::truth::Truth;
use crate::truth::draw::{ReportedLaunch, VehicleClass};
use crate::truth::fate::{Failure, Fate};
use crate::truth::fit::Course;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LaunchForm {
    id: String,
    vehicle: VehicleClass,
    site: PlaceForm,
    #[serde(default)]
    at_sea: bool,
    #[serde(default)]
    site_spread_km: f64,
    launch_s: f64,
    #[serde(default)]
    launch_spread_s: f64,
    /// Several alike, each drawn for itself.
    #[serde(default = "one")]
    count: i64,
    #[serde(default)]
    every_s: f64,
    range_km: [f64; 2],
    apogee_km: Option<[f64; 2]>,
    orbit_km: Option<[f64; 2]>,
    flight_time_s: Option<[f64; 2]>,
    speed_mps: Option<[f64; 2]>,
    burn_s: Option<[f64; 2]>,
    over: Option<PlaceForm>,
    #[serde(default)]
    over_spread_km: f64,
    course_deg: Option<f64>,
    #[serde(default)]
    course_spread_deg: f64,
    #[serde(default)]
    drops: bool,
    failure: Option<FailureForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailureForm {
    at_s: [f64; 2],
    pieces: i64,
}

fn one() -> i64 {
    1
}

/// What is up for longer is not simulated, seconds.
const FLIGHT_MAX_S: f64 = 7_200.0;

impl Reader<'_> {
    /// Adds the launches of one table to the scenario.
    pub(super) fn launch(&self, form: LaunchForm, scenario: &mut Scenario) -> Result<(), ScenarioError> {
        let count = self.count("count", form.count, 1, 1_000)?;
        let every_s = self.number("every_s", form.every_s, 0.0, 86_400.0)?;
        let one = self.one_launch(form, scenario.end_s)?;
        for index in 0..count {
            let launch = ReportedLaunch {
                id: if count == 1 { one.id.clone() } else { format!("{}-{}", one.id, index + 1) },
                launch_s: one.launch_s + f64::from(index) * every_s,
                ..one.clone()
            };
            self.number("launch_s", launch.launch_s, 0.0, scenario.end_s)?;
            let mut flying = scenario.nominal.iter().flatten();
            if flying.any(|other| other.id == launch.id) {
                let expected = format!("expected each name once, found `{}` twice", launch.id);
                return Err(self.wrong("id", &expected));
            }
            let nominal = Truth::nominal(&launch).map_err(|error| self.wrong("id", &error.to_string()))?;
            scenario.launches.push(launch);
            scenario.nominal.push(nominal);
        }
        Ok(())
    }

    fn one_launch(&self, form: LaunchForm, end_s: f64) -> Result<ReportedLaunch, ScenarioError> {
        let metres = |(low_km, high_km): (f64, f64)| (low_km * 1e3, high_km * 1e3);
        let optional = |key: &str, value: Option<[f64; 2]>, least: f64, most: f64| {
            value.map(|value| self.span(key, value, least, most)).transpose()
        };
        let id = self.slug("id", form.id)?;
        let site = self.place("site", &form.site)?;
        if site.alt_m < 0.0 || (form.at_sea && site.alt_m != 0.0) {
            let expected = "expected a launch from the ground or, with `at_sea`, from 0 m";
            return Err(self.wrong("site", &format!("{expected}, found `alt_m` {}", site.alt_m)));
        }
        if !form.at_sea && !land::is_near_land(site) {
            let found = format!("{}, {} at sea", site.lat_deg, site.lon_deg);
            let expected = "expected a site on land, or `at_sea = true`";
            return Err(self.wrong("site", &format!("{expected}, found {found}")));
        }
        let launch_s = self.number("launch_s", form.launch_s, 0.0, end_s)?;
        let launch_spread_s = self.number("launch_spread_s", form.launch_spread_s, 0.0, 3_600.0)?;
        let apogee_km = match (form.apogee_km, form.orbit_km) {
            (Some(apogee_km), None) => self.span("apogee_km", apogee_km, 10.0, 10_000.0)?,
            (None, Some(orbit_km)) if form.vehicle == VehicleClass::Slv => {
                // Lower down air ends an orbit within a turn.
                self.span("orbit_km", orbit_km, 180.0, 2_000.0)?
            }
            (None, Some(_)) => {
                let found = form.vehicle.name();
                return Err(
                    self.wrong("orbit_km", &format!("expected vehicle `slv` for an orbit, found `{found}`"))
                );
            }
            (None, None) => return Err(self.wrong("id", "expected `apogee_km` or `orbit_km`, found neither")),
            (Some(_), Some(_)) => {
                return Err(self.wrong("orbit_km", "expected `apogee_km` or `orbit_km`, found both"));
            }
        };
        let (course, course_spread) = match (&form.over, form.course_deg) {
            (Some(over), None) => {
                let spread_km = self.number("over_spread_km", form.over_spread_km, 0.0, 500.0)?;
                (Course::Over(self.place("over", over)?), spread_km * 1e3)
            }
            (None, Some(course_deg)) => {
                let course_deg = self.number("course_deg", course_deg, 0.0, 360.0)?;
                let spread_deg = self.number("course_spread_deg", form.course_spread_deg, 0.0, 45.0)?;
                (Course::Azimuth(course_deg), spread_deg)
            }
            (None, None) => return Err(self.wrong("id", "expected `over` or `course_deg`, found neither")),
            (Some(_), Some(_)) => {
                return Err(self.wrong("course_deg", "expected `over` or `course_deg`, found both"));
            }
        };
        let flight_time_s = optional("flight_time_s", form.flight_time_s, 60.0, FLIGHT_MAX_S)?;
        let burn_s = optional("burn_s", form.burn_s, 5.0, FLIGHT_MAX_S)?;
        if let (Some((burn_s, _)), Some((_, flight_s))) = (burn_s, flight_time_s)
            && burn_s >= flight_s
        {
            let expected = format!("expected a burn shorter than the flight of at most {flight_s} s");
            return Err(self.wrong("burn_s", &format!("{expected}, found at least {burn_s} s")));
        }
        let failure = form.failure.map(|failure| self.failure(failure, flight_time_s)).transpose()?;
        let launch = ReportedLaunch {
            id,
            class: form.vehicle,
            burn_s,
            site,
            site_spread_m: self.number("site_spread_km", form.site_spread_km, 0.0, 100.0)? * 1e3,
            launch_s,
            launch_spread_s,
            range_m: metres(self.span("range_km", form.range_km, 20.0, 15_000.0)?),
            apogee_m: metres(apogee_km),
            flight_time_s: flight_time_s.unwrap_or((0.0, FLIGHT_MAX_S)),
            speed_mps: optional("speed_mps", form.speed_mps, 100.0, 20_000.0)?,
            course,
            course_spread,
            fate: Fate {
                drops: form.drops,
                failure,
                orbit_until_s: form.orbit_km.map(|_| end_s - launch_s + launch_spread_s),
            },
        };
        law::obeyed(&launch).map_err(|broken| self.wrong(broken.key, &broken.expected))?;
        Ok(launch)
    }

    fn failure(
        &self,
        form: FailureForm,
        flight_time_s: Option<(f64, f64)>,
    ) -> Result<Failure, ScenarioError> {
        let at_s = self.span("failure", form.at_s, 1.0, FLIGHT_MAX_S)?;
        if let Some((_, flight_s)) = flight_time_s
            && at_s.1 >= flight_s
        {
            let expected = format!("expected a failure within the flight of at most {flight_s} s");
            return Err(self.wrong("failure", &format!("{expected}, found one up to {} s", at_s.1)));
        }
        Ok(Failure { at_s, pieces: self.count("failure", form.pieces, 1, 200)? })
    }
}
