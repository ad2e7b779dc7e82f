//! Re-entry: how well the track and the impact are known while the air already slows the object.
//!
//! S0, with its radar turned to look down range (boresight 45° instead of 315°): it sees the object from about the apogee
//! down to some 26 km. The truth's own fall counts here, with the coefficient that its draw gave it, in still air of the
//! standard: what the radar saw and where it ended are one flight.

use physics::motion;
use picture::{Picture, Settings};
use sim::raid::{Raid, Seen};

use super::follow::{Run, error_of, nearest};
use super::ground::{distance_squared, east_north};
use super::statistics::{quantile, root_ratio, share};
use super::{Form, Noted};

/// Heights at which it is asked, metres: at the first scan below on the way down.
const HEIGHTS_M: [f64; 4] = [70e3, 50e3, 40e3, 30e3];

/// Azimuths that the radar sees, from and to, degrees.
const DOWN_RANGE_DEG: [f64; 2] = [345.0, 105.0];

/// Runs, quick and full.
const RUNS: [usize; 2] = [300, 3_000];

/// What was found at one height.
#[derive(Default)]
struct Found {
    /// Squares of the errors of position and velocity; eᵀ P⁻¹ e.
    position_m2: Vec<(f64, f64)>,
    velocity_m2ps2: Vec<(f64, f64)>,
    normalised: Vec<f64>,
    /// Areas of the 90 % ellipses, km²; how many of them, and of how many, held the impact.
    areas_km2: Vec<f64>,
    held: usize,
    /// 90 % half-widths of the time, seconds.
    windows_s: Vec<f64>,
}

/// The figures of re-entry.
pub fn measure(form: &Form) -> Vec<Noted> {
    let mut found: [Found; 4] = Default::default();
    for index in 0..RUNS[usize::from(form.full)] {
        let Ok(mut raid) = Raid::s0(form.seed + index as u64) else { continue };
        if let Some(volume) = &mut raid.sensor.volume {
            volume.az_rad = DOWN_RANGE_DEG.map(f64::to_radians);
        }
        follow(&Run::new(raid.seen(Seen::FromBurnout)), &mut found);
    }
    HEIGHTS_M.iter().zip(&mut found).flat_map(|(height_m, found)| figures(*height_m, found)).collect()
}

fn follow(run: &Run, found: &mut [Found; 4]) {
    let settings = Settings { assess_every_s: 0.0, ..Settings::default() };
    let mut picture = Picture::new(vec![run.raid.sensor.clone()], settings);
    let Some(fell) = run.raid.truths.first().and_then(|truth| truth.impact()) else { return };
    let mut last_m = 0.0;
    for (time_s, plots) in &run.scans {
        let now = run.raid.start.plus_s(*time_s);
        picture.observe(now, plots);
        picture.advance(now);
        let Some((truth, _)) = run.truth(*time_s) else { continue };
        let height_m = motion::radial_height_m(motion::position(&truth));
        let passed = HEIGHTS_M.iter().position(|asked_m| last_m > *asked_m && height_m <= *asked_m);
        last_m = height_m;
        let Some(place) = passed else { continue };
        let found = &mut found[place];
        // Between plots a track is carried on by gravity alone: asked is what it knows at a plot.
        if plots.is_empty() {
            continue;
        }
        if let Some(error) = nearest(&picture, now, &truth).and_then(|track| error_of(&track, &truth)) {
            found.position_m2.push((error.position_m2, 1.0));
            found.velocity_m2ps2.push((error.velocity_m2ps2, 1.0));
            found.normalised.push(error.normalised);
        }
        let assessments = picture.assess(now);
        let assessment = assessments.iter().max_by_key(|assessment| assessment.evidence.plots);
        let Some(ground) = assessment.and_then(|assessment| assessment.impact) else { continue };
        let (east_m, north_m) = east_north(&ground, fell.place);
        let (major_m, minor_m) = ground.ellipse.axes_m(0.9);
        let scale = major_m / ground.ellipse.semi_major_m;
        found.held += usize::from(distance_squared(&ground.ellipse, east_m, north_m) <= scale * scale);
        found.areas_km2.push(core::f64::consts::PI * major_m * minor_m * 1e-6);
        found.windows_s.push(1.645 * ground.time_sigma_s);
    }
}

fn figures(height_m: f64, found: &mut Found) -> Vec<Noted> {
    let at = format!("re-entry: S0, {:.0} km", height_m / 1e3);
    let (said, runs) = (found.areas_km2.len(), found.normalised.len());
    if said == 0 || runs == 0 {
        return Vec::new();
    }
    let reported = |what: &str, measured: f64, unit: &str, note: String| {
        Noted::new(format!("{at}, {what}"), None, measured, unit, false, note)
    };
    let (position, velocity) = (root_ratio(&found.position_m2), root_ratio(&found.velocity_m2ps2));
    let mean = found.normalised.iter().sum::<f64>() / runs as f64;
    let held = share(found.held, said);
    vec![
        reported(
            "position",
            position.value,
            "m rms",
            format!("[{:.0}, {:.0}], {runs} runs", position.low, position.high),
        ),
        reported(
            "velocity",
            velocity.value,
            "m/s rms",
            format!("[{:.0}, {:.0}]", velocity.low, velocity.high),
        ),
        reported("normalised error squared", mean, "", "6 is right".to_owned()),
        reported(
            "impact ellipse of 90 %",
            quantile(&mut found.areas_km2, 0.5),
            "km²",
            format!(
                "median; holds {:.1} % [{:.1}, {:.1}] of {said}; time within {:.1} s",
                100.0 * held.value,
                100.0 * held.low,
                100.0 * held.high,
                quantile(&mut found.windows_s, 0.5)
            ),
        ),
    ]
}
