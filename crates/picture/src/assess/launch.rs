//! Where and when a track was launched: backwards along what was seen, then by a stated prior on the boost.
//!
//! The boost before a point that was seen is described by two numbers. With the height h, the rate of climb w and the
//! ground speed u there, Earth-fixed:
//!
//! - time since launch  T = (1 + k) h / w. A steady climb from rest has k = 1; thrust that outgrows the falling mass
//!   makes it larger.
//! - way over ground  d = κ h u / w. A straight line has κ = 1, a path that stands upright first and then bends over
//!   evenly κ = 1/2; the later it bends, the smaller.
//!
//! Where thrust was seen, the point is the first plot's, as the opening shows it. Else it is the burn-out, which lies
//! somewhere back along the arc: where the mean acceleration v / T is that of missiles.
//!
//! | prior, v the speed at the point in km/s | middle | one sigma | reason |
//! |---|---|---|---|
//! | k | 1.2 + 0.12 v | 0.04 + 0.06 v | launch at 1.2–2 g of thrust; what is burned makes it grow several-fold |
//! | κ | 0.48 + 0.042 v | 0.011 + 0.0125 v | upright for some seconds, then an even turn; flatter towards the end |
//! | mean acceleration, burn-out | 35 m/s² | factor 1.25 | burns of 60 s to 2 km/s, 150 s to 5.3 km/s, 250 s to 7 km/s are public orders of magnitude |
//!
//! The direction over ground of the point seen is taken for that of the whole boost. The numbers are held against the
//! simulator's launches, which have another law of motion and of steering (`sim/tests/picture.rs`).

use nalgebra::{SVector, Vector2, Vector3};
use physics::filter::Estimate;
use physics::frames::{Position, Site};
use physics::geodesic;
use physics::integrate;
use physics::measure::wrap;
use physics::motion::{self, State};
use physics::time::Tai;
use physics::wgs84::{self, GM_M3PS2};
use statement::GroundEstimate;

use super::ground::{Spread, below, covariance, east_north, ellipse, moved, spread};
use crate::motion::height_and_climb;
use crate::track::Track;

/// (middle, one sigma) of k and κ at a speed, m/s.
fn shape(speed_mps: f64) -> [(f64, f64); 2] {
    let v = speed_mps * 1e-3;
    [(1.2 + 0.12 * v, 0.04 + 0.06 * v), (0.48 + 0.042 * v, 0.011 + 0.0125 * v)]
}

/// (middle, one sigma) of the logarithm of the mean acceleration up to burn-out, m/s²: ln 35, ln 1.25.
const LN_ACCELERATION: (f64, f64) = (3.555, 0.223);

/// Thrust is not looked for further back than this, seconds: longer than the coast of any track that one would still
/// ask the launch of.
const BACK_S_MAX: f64 = 7_200.0;

/// The way back is followed to so much a step, metres: the launch is known to some kilometres.
const TOLERANCE_M: f64 = 1.0;

/// The search for the burn-out takes four steps; so many end it where there is none.
const BURN_OUT_STEPS_MAX: u32 = 20;

/// Height of launch sites and the steering's departure from a plane, one sigma, metres.
const SITE_SIGMA_M: f64 = 100.0;

/// A launch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub ground: GroundEstimate,
    /// Course over ground: degrees from true north to east, and one sigma.
    pub course_deg: Option<(f64, f64)>,
}

/// The launch of a track; `None` where too little was seen of it.
pub(crate) fn launch(track: &Track) -> Option<Origin> {
    if track.motion.thrust_seen.is_some() {
        let opened = track.opened.as_ref()?;
        return (height_and_climb(&opened.state).1 > 0.0).then(|| from_thrust(opened)).flatten();
    }
    track.motion.arc().and_then(|arc| from_coast(arc, arc.time.since_s(track.first)))
}

/// Squared distance that 99.9 % of right ones stay within, four degrees of freedom: place, time, course. Abramowitz &
/// Stegun, table 26.8.
pub(crate) const AGREE: f64 = 18.47;

/// How far apart two independent estimates of a launch are in place, time and, where both know it, course.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Apart {
    /// From one to the other: (east, north) m, seconds, degrees.
    away_m: Vector2<f64>,
    late_s: f64,
    turn_deg: Option<f64>,
    /// Of the squares of these by the sums of the covariances; how place, time and course go together is left out.
    pub squared: f64,
    /// Logarithm of the normal density's root of a determinant, √det(2π S), over m², s and, where known, degrees.
    pub ln_room: f64,
}

pub(crate) fn apart(one: &Origin, other: &Origin) -> Option<Apart> {
    let (from, to) = (&one.ground, &other.ground);
    let (east_m, north_m) = east_north(from.place, wgs84::to_earth_fixed(to.place).vector());
    let away_m = Vector2::new(east_m, north_m);
    let on_ground = covariance(&from.ellipse) + covariance(&to.ellipse);
    let late_s = to.time.since_s(from.time);
    let sigma_s = libm::hypot(from.time_sigma_s, to.time_sigma_s);
    let course = one.course_deg.zip(other.course_deg).map(|((from, from_sigma), (to, to_sigma))| {
        (wrap((to - from).to_radians()).to_degrees(), libm::hypot(from_sigma, to_sigma))
    });
    let turned = course.map_or(0.0, |(turn, sigma)| turn * turn / (sigma * sigma));
    let squared =
        away_m.dot(&(on_ground.try_inverse()? * away_m)) + late_s * late_s / (sigma_s * sigma_s) + turned;
    let of_course = course.map_or(0.0, |(_, sigma)| 0.5 * LN_TAU + libm::log(sigma));
    let ln_room = 1.5 * LN_TAU + 0.5 * libm::log(on_ground.determinant()) + libm::log(sigma_s) + of_course;
    let turn_deg = course.map(|(turn, _)| turn);
    (squared.is_finite() && ln_room.is_finite()).then_some(Apart {
        away_m,
        late_s,
        turn_deg,
        squared,
        ln_room,
    })
}

/// ln 2π.
const LN_TAU: f64 = 1.837_877;

/// A launch that heat shows too: place, time and course of both, each weighed by its inverse covariance. Their errors are
/// independent but for what both take for granted of a boost. Where they differ by more than chance, the one whose place
/// is better known holds alone.
pub(crate) fn joined(by_radar: Option<Origin>, by_heat: Option<Origin>) -> Option<Origin> {
    let (Some(by_radar), Some(by_heat)) = (by_radar, by_heat) else { return by_radar.or(by_heat) };
    let (one, other) = (&by_heat.ground, &by_radar.ground);
    let (of_one, of_other) = (covariance(&one.ellipse), covariance(&other.ellipse));
    let agreed = apart(&by_heat, &by_radar).filter(|apart| apart.squared <= AGREE);
    let inverse = (of_one + of_other).try_inverse();
    let (Some(apart), Some(inverse)) = (agreed, inverse) else {
        let tighter = of_one.determinant() <= of_other.determinant();
        return Some(if tighter { by_heat } else { by_radar });
    };
    let gain = of_one * inverse;
    let moved_m = gain * apart.away_m;
    let both = of_one - gain * of_one;
    // The other's share of two deviates with these sigmas, and one sigma of what both say.
    let weighed = |one: f64, other: f64| {
        (one * one / (one * one + other * other), one * other / libm::hypot(one, other))
    };
    let (of_time, time_sigma_s) = weighed(one.time_sigma_s, other.time_sigma_s);
    let course_deg = match (by_heat.course_deg, by_radar.course_deg, apart.turn_deg) {
        (Some((from, sigma)), Some((_, others)), Some(turn_deg)) => {
            let (share, sigma) = weighed(sigma, others);
            Some(((from + share * turn_deg).rem_euclid(360.0), sigma))
        }
        (one, other, _) => one.or(other),
    };
    Some(Origin {
        ground: GroundEstimate {
            place: moved(one.place, moved_m.x, moved_m.y),
            ellipse: ellipse(&(0.5 * (both + both.transpose()))),
            time: one.time.plus_s(of_time * apart.late_s),
            time_sigma_s,
        },
        course_deg,
    })
}

/// How long something under thrust has burnt, seconds: since its launch, where that is known, else by the shape of a boost.
pub(crate) fn burnt_s(seen: &Estimate<6>, launched: Option<Tai>) -> Option<f64> {
    let since_s = launched.map(|launched| seen.time.since_s(launched));
    since_s.or_else(|| {
        let [(k, _), _] = shape(seen.velocity().norm());
        let (height_m, climb_mps) = height_and_climb(&seen.state);
        (climb_mps > 1.0).then(|| (1.0 + k) * height_m.max(0.0) / climb_mps)
    })
}

/// From a state under thrust.
pub(crate) fn from_thrust(seen: &Estimate<6>) -> Option<Origin> {
    let shape = shape(seen.velocity().norm());
    let middle = origin_of(&seen.state, shape.map(|(middle, _)| middle))?;
    let place = below(middle.position_m);
    let reckoned = spread(&seen.state, &seen.covariance, shape, |state, shape| {
        relative(place, middle.course_rad, &origin_of(state, shape)?)
    })?;
    Some(origin(seen, place, middle.course_rad, &reckoned))
}

/// From a coast that began before it was seen, `seen_s` before its instant.
fn from_coast(arc: &Estimate<6>, seen_s: f64) -> Option<Origin> {
    let ground = integrate::fly_within(&arc.state, 0.0, true, BACK_S_MAX, TOLERANCE_M)?;
    let burn_out = |state: &State, k: f64, ln_acceleration: f64| {
        burn_out(state, k, libm::exp(ln_acceleration), seen_s, -ground.elapsed_s)
    };
    let reckon = |state: &State, [k, kappa, ln_acceleration]: [f64; 3]| {
        let (back_s, burn_out) = burn_out(state, k, ln_acceleration)?;
        let origin = origin_of(&burn_out, [k, kappa])?;
        Some(Launched { before_s: origin.before_s + back_s, ..origin })
    };
    // The speed changes little between the burn-out and its likely places.
    let [first_k, _] = shape(arc.velocity().norm());
    let (_, likely) = burn_out(&arc.state, first_k.0, LN_ACCELERATION.0)?;
    let [k, kappa] = shape(motion::velocity(&likely).norm());
    let prior = [k, kappa, LN_ACCELERATION];
    let middle = reckon(&arc.state, prior.map(|(middle, _)| middle))?;
    let place = below(middle.position_m);
    let reckoned = spread(&arc.state, &arc.covariance, prior, |state, shape| {
        relative(place, middle.course_rad, &reckon(state, shape)?)
    })?;
    Some(origin(arc, place, middle.course_rad, &reckoned))
}

/// How far back along a coast the burn-out lies (seconds), and the state there: where speed over time since launch is
/// the mean acceleration, h = v w / ((1 + k) a); at the latest when the coast was first seen, `seen_s` before, and at the
/// earliest where the middle coast leaves the ground, `ground_s` before.
///
/// Newton's method on e = (1 + k) a h − v w, with v̇ = −g w/v and ẇ = u²/r − g of a coast.
fn burn_out(
    state: &State,
    k: f64,
    acceleration_mps2: f64,
    seen_s: f64,
    ground_s: f64,
) -> Option<(f64, State)> {
    let coast = |from: &State, dt_s: f64| integrate::fly_for(from, dt_s, TOLERANCE_M, motion::derivative);
    let latest_s = seen_s.clamp(0.0, ground_s);
    let mut back_s = latest_s;
    let mut at = coast(state, -back_s)?;
    for _ in 0..BURN_OUT_STEPS_MAX {
        let (height_m, climb_mps) = height_and_climb(&at);
        let (climb_mps, speed_mps) = (climb_mps.max(0.0), motion::velocity(&at).norm());
        let excess = height_m * (1.0 + k) * acceleration_mps2 - speed_mps * climb_mps;
        let radius_m = motion::position(&at).norm();
        let gravity = GM_M3PS2 / (radius_m * radius_m);
        let along2 = speed_mps * speed_mps - climb_mps * climb_mps;
        let rate = climb_mps * (1.0 + k) * acceleration_mps2
            + gravity * climb_mps * climb_mps / speed_mps
            + speed_mps * (gravity - along2 / radius_m).max(1.0);
        let step_s = (back_s + excess / rate).clamp(latest_s, ground_s) - back_s;
        at = coast(&at, -step_s)?;
        back_s += step_s;
        if step_s.abs() < 0.01 {
            break;
        }
    }
    Some((back_s, at))
}

/// A launch as reckoned from one state.
#[derive(Clone, Copy, Debug)]
struct Launched {
    /// Earth-fixed, on the ground, metres.
    position_m: Vector3<f64>,
    /// Seconds before the state.
    before_s: f64,
    /// Course over ground, radians.
    course_rad: f64,
}

fn origin_of(state: &State, [k, kappa]: [f64; 2]) -> Option<Launched> {
    let place = wgs84::to_geodetic(Position::from_vector(motion::position(state)));
    let local = Site::at(place).axes * motion::velocity(state);
    let (height_m, climb_mps) = (place.alt_m.max(0.0), local.z);
    if climb_mps < 1.0 {
        return None;
    }
    let rise_s = height_m / climb_mps;
    let under = moved(place, -kappa * rise_s * local.x, -kappa * rise_s * local.y);
    Some(Launched {
        position_m: wgs84::to_earth_fixed(under).vector(),
        before_s: (1.0 + k) * rise_s,
        course_rad: libm::atan2(local.x, local.y),
    })
}

/// (east, north, seconds before, turn of the course) relative to the middle one.
fn relative(
    place: physics::geodetic::Geodetic,
    course_rad: f64,
    launched: &Launched,
) -> Option<SVector<f64, 4>> {
    let (east_m, north_m) = east_north(place, launched.position_m);
    Some(SVector::<f64, 4>::new(east_m, north_m, launched.before_s, wrap(launched.course_rad - course_rad)))
}

fn origin(
    from: &Estimate<6>,
    place: physics::geodetic::Geodetic,
    course_rad: f64,
    reckoned: &Spread<4>,
) -> Origin {
    let mut on_ground = reckoned.covariance.fixed_view::<2, 2>(0, 0).into_owned();
    on_ground[(0, 0)] += SITE_SIGMA_M * SITE_SIGMA_M;
    on_ground[(1, 1)] += SITE_SIGMA_M * SITE_SIGMA_M;
    let course_sigma_deg = reckoned.covariance[(3, 3)].max(0.0).sqrt().to_degrees();
    let (sin, cos) = libm::sincos(course_rad);
    Origin {
        ground: GroundEstimate {
            place,
            ellipse: ellipse(&on_ground),
            time: from.time.plus_s(-reckoned.mean[2]),
            time_sigma_s: reckoned.covariance[(2, 2)].max(0.0).sqrt(),
        },
        // A course that may be anything is none.
        course_deg: (course_sigma_deg < 60.0).then(|| (geodesic::compass_deg(sin, cos), course_sigma_deg)),
    }
}
