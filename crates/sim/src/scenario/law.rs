//! Refuses what cannot fly, by the law that it breaks.
//!
//! The bounds are those of a free flight on the turning Earth ([`FreeFlight`]): thrust and air only lengthen a flight.
//! Section numbers are those of Bate, Mueller and White, "Fundamentals of Astrodynamics" (1971).

use crate::truth::arc::{FreeFlight, escape_speed_mps, rotation_speed_mps};
use crate::truth::draw::ReportedLaunch;
use crate::truth::earth::{fixed_of, local_axes};
use crate::truth::fit::Course;
use crate::truth::vector::{dot, subtract};

/// A law that a launch breaks, and the key that says so.
pub(super) struct Broken {
    pub(super) key: &'static str,
    pub(super) expected: String,
}

/// Thrust ends below this height, metres: speeds are compared there.
const BURNED_OUT_M: f64 = 250e3;

/// The time of a free flight with the least of the reported range and apogee, seconds: what is flown takes longer.
pub fn least_flight_s(launch: &ReportedLaunch) -> f64 {
    let (range_m, apogee_m) = (launch.range_m.0, launch.apogee_m.0);
    FreeFlight::on_the_turning_earth(launch.site, course_deg(launch), range_m, apogee_m).time_s()
}

/// Whether a free flight as reported obeys Kepler's and energy's laws, and the vehicle's class the rocket equation.
pub(super) fn obeyed(launch: &ReportedLaunch) -> Result<(), Broken> {
    let azimuth_deg = course_deg(launch);
    let (range_m, apogee_m) = (launch.range_m.0, launch.apogee_m);
    let over = |apogee_m: f64| FreeFlight::on_the_turning_earth(launch.site, azimuth_deg, range_m, apogee_m);
    let (range_km, apogee_km) = (range_m * 1e-3, apogee_m.0 * 1e-3);

    let least_s = least_flight_s(launch);
    let most_s = launch.flight_time_s.1;
    if launch.fate.orbit_until_s.is_none() && most_s < least_s {
        let why = "by Kepler's equation (Bate, Mueller and White, 4.2 and 6.4)";
        return Err(Broken {
            key: "flight_time_s",
            expected: format!(
                "expected a flight of at least {least_s:.0} s, which range {range_km:.0} km at apogee {apogee_km:.0} km \
                 needs {why}, found at most {most_s:.0} s"
            ),
        });
    }
    if let Some((least_mps, _)) = launch.speed_mps
        && least_mps >= escape_speed_mps(0.0)
    {
        let escape_mps = escape_speed_mps(0.0);
        return Err(Broken {
            key: "speed_mps",
            expected: format!(
                "expected less than the escape speed √(2μ/r) = {escape_mps:.0} m/s (Bate, Mueller and White, 1.9), \
                 since it comes down, found at least {least_mps:.0} m/s"
            ),
        });
    }

    // The apogee of the least speed for this range: on both sides of it more is needed.
    let (mut low_m, mut high_m) = (1e3, 12_000e3);
    for _ in 0..60 {
        let (a_m, b_m) = (low_m + 0.4 * (high_m - low_m), low_m + 0.6 * (high_m - low_m));
        if over(a_m).speed_mps(0.0) < over(b_m).speed_mps(0.0) { high_m = b_m } else { low_m = a_m }
    }
    let easiest_m = 0.5 * (low_m + high_m);
    let flown = over(easiest_m.clamp(apogee_m.0, apogee_m.1));
    let rotation_mps = rotation_speed_mps(launch.site.lat_deg);
    if let Some((_, most_mps)) = launch.speed_mps {
        let needed_mps = flown.speed_mps(BURNED_OUT_M.min(apogee_m.0)) - rotation_mps;
        if most_mps < needed_mps {
            return Err(Broken {
                key: "speed_mps",
                expected: format!(
                    "expected at least {needed_mps:.0} m/s over the ground, which range {range_km:.0} km at apogee \
                     {apogee_km:.0} km needs by energy, v²/2 − μ/r = −μ/2a (Bate, Mueller and White, 1.6), found at \
                     most {most_mps:.0} m/s"
                ),
            });
        }
    }
    let reach_mps = launch.class.velocity_max_mps();
    let needed_mps = |apogee_m: f64| over(apogee_m).speed_mps(0.0) - rotation_mps;
    let flown_mps = flown.speed_mps(0.0) - rotation_mps;
    if flown_mps <= reach_mps {
        return Ok(());
    }
    let law = format!(
        "an {} gains at most {reach_mps:.0} m/s by the rocket equation (Tsiolkovsky)",
        launch.class.name().to_uppercase()
    );
    if needed_mps(easiest_m) > reach_mps {
        let at_least_mps = needed_mps(easiest_m);
        return Err(Broken {
            key: "range_km",
            expected: format!(
                "expected a range within reach: {law}, found {range_km:.0} km, which needs {at_least_mps:.0} m/s by \
                 energy (Bate, Mueller and White, 6.2)"
            ),
        });
    }
    // Between the easiest apogee and the reported one lies the last that the class reaches.
    let beyond_m = if apogee_m.1 < easiest_m { apogee_m.1 } else { apogee_m.0 };
    let (mut reached_m, mut beyond) = (easiest_m, beyond_m);
    for _ in 0..50 {
        let middle_m = 0.5 * (reached_m + beyond);
        if needed_mps(middle_m) <= reach_mps { reached_m = middle_m } else { beyond = middle_m }
    }
    let bound = if beyond_m < easiest_m { "at least" } else { "at most" };
    Err(Broken {
        key: if launch.fate.orbit_until_s.is_some() { "orbit_km" } else { "apogee_km" },
        expected: format!(
            "expected an apogee of {bound} {:.0} km at range {range_km:.0} km: {law}, found {:.0} km, which needs \
             {flown_mps:.0} m/s by energy (Bate, Mueller and White, 6.2)",
            reached_m * 1e-3,
            beyond_m * 1e-3
        ),
    })
}

/// By which azimuth it leaves, degrees.
fn course_deg(launch: &ReportedLaunch) -> f64 {
    match launch.course {
        Course::Azimuth(azimuth_deg) => azimuth_deg,
        Course::Over(place) => {
            let [east, north, _] = local_axes(launch.site);
            let line = subtract(fixed_of(place), fixed_of(launch.site));
            libm::atan2(dot(east, line), dot(north, line)).to_degrees()
        }
    }
}
