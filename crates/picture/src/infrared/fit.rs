//! The launch of what lines of sight show: maximum likelihood over the bank.
//!
//! For each kind of the bank the most likely unknowns are found by Levenberg and Marquardt's method on the first plots;
//! what was found is carried over to longer windows while it still fits (a first stage that ends, a steering that the kind
//! does not know). Around each the likelihood is taken for normal (Laplace), and the kinds are mixed by their evidence,
//! share × e^(−χ²/2) × √det of the covariance (the priors have unit variance).
//!
//! D. Danis, "Space-based tactical ballistic missile launch parameter estimation", IEEE Trans. Aerospace and Electronic
//! Systems 29, 1993, 412–424, fits launch point, time and course to lines of sight by a fixed profile; Y. Li, T. Kirubarajan,
//! Y. Bar-Shalom, M. Yeddanapudi, "Trajectory and launch point estimation for ballistic missiles from boost phase LOS
//! measurements", IEEE Aerospace Conference, 1999, by a thrust and a drag that are fitted with it, as here.

use nalgebra::{Matrix2, SMatrix, SVector, Vector3};
use physics::frames::Site;
use physics::geodetic::Geodetic;
use physics::measure::wrap;
use physics::motion::{self, Matrix6, State};
use serde::{Deserialize, Serialize};

use super::bank::Kind;
use super::boost::{Path, Reference, SHAPE, UNKNOWNS, Unknowns};
use super::free::free;
use super::normal::{chi2, normal};
use super::sight::{Eye, Line};

/// Windows from the first plot on, seconds.
const WINDOWS_S: [f64; 3] = [20.0, 40.0, LONGEST_S];

/// The last of them: what comes later changes no launch.
pub(crate) const LONGEST_S: f64 = 60.0;

/// With a longer window χ² may grow by more than the number of angles that are new by so many of its sigmas.
const FITS_SIGMAS: f64 = 2.5;

/// Where one satellite alone begins to look for it: height of the first sight (m), and time since lift-off (s).
const FIRST_HEIGHT_M: f64 = 8_000.0;
const FIRST_AFTER_S: f64 = 28.0;

/// Steps of the method on a window, and the change of χ² that ends it.
const STEPS: usize = 14;
const SETTLED: f64 = 1e-3;

/// One sigma of what has no prior of its own, in the units of the unknowns: east, north, lift-off, course. So wide that it
/// only keeps the equations definite.
const WIDE: [(usize, f64); 4] = [(0, 3e3), (1, 3e3), (3, 1e3), (4, 10.0)];

/// The launch, and what is left of the bank's fit beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Fit {
    pub place: Geodetic,
    /// Of (east, north), m².
    pub covariance_m2: Matrix2<f64>,
    /// Since the lines' zero, seconds, and one sigma.
    pub lift_off_s: (f64, f64),
    /// Course over ground, rad, and one sigma.
    pub course_rad: (f64, f64),
    /// χ² over the number of angles of the best kind.
    pub misfit: f64,
    /// The last line that it holds for, since the lines' zero, seconds; and the state there, of the best kind.
    pub until_s: f64,
    pub state: State,
    pub state_covariance: Matrix6,
    pub acceleration_mps2: Vector3<f64>,
}

/// One kind's most likely unknowns.
#[derive(Clone, Debug)]
struct Mode<'a> {
    kind: &'a Kind,
    unknowns: Unknowns,
    covariance: SMatrix<f64, UNKNOWNS, UNKNOWNS>,
    /// χ² of the lines, and with the priors'.
    chi2: f64,
    total: f64,
    log_evidence: f64,
}

/// Fits lines in the order of time, whose zero is the first one's time. `None` where nothing fits.
pub(crate) fn fit(lines: &[Line], eyes: &[Eye], bank: &[Kind]) -> Option<Fit> {
    let (reference, starts) = starts(lines, eyes)?;
    let mut modes: Vec<Mode> = Vec::new();
    let mut fitted: &[Line] = &[];
    for window_s in WINDOWS_S {
        let window = &lines[..lines.partition_point(|line| line.time_s <= window_s)];
        if window.len() == fitted.len() {
            break;
        }
        let found = match modes.is_empty() {
            true => open(&reference, bank, window, eyes, &starts),
            false => modes
                .iter()
                .filter_map(|mode| settle(&reference, mode.kind, window, eyes, &mode.unknowns))
                .collect::<Vec<Mode>>(),
        };
        let least = found.iter().map(|mode| mode.chi2).fold(f64::INFINITY, f64::min);
        let before = modes.iter().map(|mode| mode.chi2).fold(f64::INFINITY, f64::min);
        let new = 2.0 * (window.len() - fitted.len()) as f64;
        if !modes.is_empty() && least - before > new + FITS_SIGMAS * (2.0 * new).sqrt() {
            break;
        }
        (modes, fitted) = (found, window);
    }
    mixed(&reference, &modes, fitted)
}

/// The first window: the widest kind, which is the bank's last, from all starts; the others from where that led.
fn open<'a>(
    reference: &Reference,
    bank: &'a [Kind],
    lines: &[Line],
    eyes: &[Eye],
    starts: &[Unknowns],
) -> Vec<Mode<'a>> {
    let Some((widest, others)) = bank.split_last() else { return Vec::new() };
    let each = starts.iter().filter_map(|start| settle(reference, widest, lines, eyes, start));
    let mut modes = distinct(each.collect());
    let found: Vec<Unknowns> = match modes.is_empty() {
        true => starts.to_vec(),
        false => modes.iter().map(|mode| mode.unknowns).collect(),
    };
    for kind in others {
        let each = found.iter().filter_map(|unknowns| {
            // Where and which way it flies, not what: that is counted in each kind's own sigmas.
            let mut start = Unknowns::zeros();
            start.fixed_rows_mut::<SHAPE>(0).copy_from(&unknowns.fixed_rows::<SHAPE>(0));
            settle(reference, kind, lines, eyes, &start)
        });
        modes.extend(distinct(each.collect()));
    }
    modes
}

/// Where the method begins.
fn starts(lines: &[Line], eyes: &[Eye]) -> Option<(Reference, Vec<Unknowns>)> {
    let at = |lift_off_s: f64, course_rad: f64| {
        let mut unknowns = Unknowns::zeros();
        (unknowns[3], unknowns[4]) = (lift_off_s, course_rad);
        unknowns
    };
    let opening = &lines[..lines.partition_point(|line| line.time_s <= WINDOWS_S[0])];
    if let Some(first) = free(opening, eyes, 0.0) {
        let position_m = motion::position(&first.state);
        let reference = Reference::below(position_m);
        let later = motion::velocity(&first.state) + first.acceleration_mps2 * 10.0;
        let local = reference.site.axes * later;
        let climb_mps = (reference.site.axes * motion::velocity(&first.state)).z.max(50.0);
        let height_m = motion::radial_height_m(position_m).max(0.0);
        let before_s = (2.2 * height_m / climb_mps).clamp(2.0, 80.0);
        return Some((reference, vec![at(-before_s, libm::atan2(local.x, local.y))]));
    }
    let first = lines.first()?;
    let reference = Reference::below(first.at(first.range_m(FIRST_HEIGHT_M)));
    let courses = (0..4).map(|quarter| core::f64::consts::FRAC_PI_2 * f64::from(quarter));
    Some((reference, courses.map(|course_rad| at(-FIRST_AFTER_S, course_rad)).collect()))
}

/// The priors' precisions, in the unknowns' units.
fn precision() -> Unknowns {
    let mut precision = Unknowns::repeat(1.0);
    for (index, sigma) in WIDE {
        precision[index] = 1.0 / (sigma * sigma);
    }
    precision
}

/// Levenberg and Marquardt from a start.
fn settle<'a>(
    reference: &Reference,
    kind: &'a Kind,
    lines: &[Line],
    eyes: &[Eye],
    start: &Unknowns,
) -> Option<Mode<'a>> {
    let precision = precision();
    let until_s = lines.last()?.time_s;
    let fly = |unknowns: &Unknowns| Path::fly(reference, kind, unknowns, until_s);
    let of_priors = |unknowns: &Unknowns| unknowns.component_mul(unknowns).dot(&precision);
    let total = |unknowns: &Unknowns, path: &Path| {
        let seen = chi2(lines, eyes, |index| motion::position(&path.at(lines[index].time_s)));
        seen + of_priors(unknowns)
    };
    let mut unknowns = *start;
    let mut path = fly(&unknowns);
    let mut least = total(&unknowns, &path);
    let mut damping = 1e-2;
    for step in 0..=STEPS {
        let slopes = Slopes::of(reference, kind, &unknowns, until_s);
        let found = normal::<UNKNOWNS>(lines, eyes, |index| {
            let time_s = lines[index].time_s;
            (motion::position(&path.at(time_s)), slopes.position(&path, time_s))
        });
        let information = found.information + SMatrix::from_diagonal(&precision);
        let gradient = found.gradient - unknowns.component_mul(&precision);
        let mut change = 0.0;
        while step < STEPS && damping < 1e6 {
            let mut damped = information;
            for row in 0..UNKNOWNS {
                damped[(row, row)] *= 1.0 + damping;
            }
            let mut tried = unknowns + damped.cholesky()?.solve(&gradient);
            tried[4] = wrap(tried[4]);
            let tried_path = fly(&tried);
            let tried_total = total(&tried, &tried_path);
            if tried_total < least {
                change = least - tried_total;
                (unknowns, path, least) = (tried, tried_path, tried_total);
                damping = (damping * 0.1).max(1e-7);
                break;
            }
            damping *= 10.0;
        }
        if change < SETTLED {
            let root = information.cholesky()?;
            let log_root: f64 = root.l().diagonal().iter().map(|value| libm::log(*value)).sum();
            let log_evidence = libm::log(kind.share) - least / 2.0 - log_root;
            let covariance = root.inverse();
            return log_evidence.is_finite().then_some(Mode {
                kind,
                unknowns,
                covariance,
                chi2: found.chi2,
                total: least,
                log_evidence,
            });
        }
    }
    None
}

/// Paths beside a path: how each unknown moves it.
struct Slopes {
    beside: Vec<(usize, f64, Path)>,
}

impl Slopes {
    fn of(reference: &Reference, kind: &Kind, unknowns: &Unknowns, until_s: f64) -> Slopes {
        let beside = (0..UNKNOWNS)
            // A later lift-off is the same path later.
            .filter(|unknown| *unknown != 3)
            .map(|unknown| {
                let step = if unknown < SHAPE { 0.01 } else { 0.02 };
                let mut moved = *unknowns;
                moved[unknown] += step;
                (unknown, step, Path::fly(reference, kind, &moved, until_s))
            })
            .collect();
        Slopes { beside }
    }

    /// By the unknowns: of position and velocity.
    fn state(&self, path: &Path, time_s: f64) -> SMatrix<f64, 6, UNKNOWNS> {
        let middle = path.at(time_s);
        let mut slope = SMatrix::<f64, 6, UNKNOWNS>::zeros();
        for (unknown, step, beside) in &self.beside {
            slope.set_column(*unknown, &((beside.at(time_s) - middle) / *step));
        }
        let later = path.at(time_s + 0.1);
        slope.set_column(3, &((middle - later) / 0.1));
        // Exact where it can be.
        slope.fixed_view_mut::<3, 1>(0, 3).copy_from(&-motion::velocity(&middle));
        slope
    }

    fn position(&self, path: &Path, time_s: f64) -> SMatrix<f64, 3, UNKNOWNS> {
        let middle = path.at(time_s);
        let mut slope = SMatrix::<f64, 3, UNKNOWNS>::zeros();
        for (unknown, step, beside) in &self.beside {
            let moved = motion::position(&beside.at(time_s)) - motion::position(&middle);
            slope.set_column(*unknown, &(moved / *step));
        }
        slope.set_column(3, &-motion::velocity(&middle));
        slope
    }
}

/// Those that are not the same as a better one.
fn distinct(mut modes: Vec<Mode>) -> Vec<Mode> {
    modes.sort_by(|a, b| a.total.total_cmp(&b.total));
    let mut kept: Vec<Mode> = Vec::new();
    for mode in modes {
        let same = |other: &Mode| {
            let apart = mode.unknowns - other.unknowns;
            let near = |index: usize| {
                apart[index] * apart[index] < 0.25 * other.covariance[(index, index)].max(1e-6)
            };
            near(0) && near(1) && near(3)
        };
        if !kept.iter().any(same) {
            kept.push(mode);
        }
    }
    kept
}

/// What one mode says: (east, north) m, lift-off s, course rad, with covariance.
fn said(reference: &Reference, mode: &Mode, until_s: f64) -> (SVector<f64, 4>, SMatrix<f64, 4, 4>) {
    let path = Path::fly(reference, mode.kind, &mode.unknowns, until_s);
    let slopes = Slopes::of(reference, mode.kind, &mode.unknowns, until_s);
    let lift_off_s = mode.unknowns[3];
    let axes = Site::at(reference.pad(&mode.unknowns)).axes;
    let between = |time_s: f64| motion::position(&path.at(time_s));
    let away = axes * (between(until_s) - between(lift_off_s));
    let mut at_pad = slopes.position(&path, lift_off_s);
    at_pad.set_column(3, &Vector3::zeros());
    let by_unknowns = axes * (slopes.position(&path, until_s) - at_pad);
    let ground2 = (away.x * away.x + away.y * away.y).max(1.0);
    let mut rows = SMatrix::<f64, 4, UNKNOWNS>::zeros();
    (rows[(0, 0)], rows[(1, 1)], rows[(2, 3)]) = (1e3, 1e3, 1.0);
    let of_course = (by_unknowns.row(0) * away.y - by_unknowns.row(1) * away.x) / ground2;
    rows.set_row(3, &of_course);
    let course_rad = libm::atan2(away.x, away.y);
    let mean = SVector::<f64, 4>::new(1e3 * mode.unknowns[0], 1e3 * mode.unknowns[1], lift_off_s, course_rad);
    (mean, rows * mode.covariance * rows.transpose())
}

fn mixed(reference: &Reference, modes: &[Mode], lines: &[Line]) -> Option<Fit> {
    let best = modes.iter().max_by(|a, b| a.log_evidence.total_cmp(&b.log_evidence))?;
    let until_s = lines.last()?.time_s;
    let (middle, _) = said(reference, best, until_s);
    let (mut weight, mut mean) = (0.0, SVector::<f64, 4>::zeros());
    let mut spread = SMatrix::<f64, 4, 4>::zeros();
    for mode in modes {
        let share = libm::exp(mode.log_evidence - best.log_evidence);
        if share < 1e-4 {
            continue;
        }
        let (of, covariance) = said(reference, mode, until_s);
        let mut apart = of - middle;
        apart[3] = wrap(apart[3]);
        weight += share;
        mean += apart * share;
        spread += (covariance + apart * apart.transpose()) * share;
    }
    mean /= weight;
    let covariance = spread / weight - mean * mean.transpose();
    let mut at = best.unknowns;
    (at[0], at[1]) = (1e-3 * (middle[0] + mean[0]), 1e-3 * (middle[1] + mean[1]));
    let path = Path::fly(reference, best.kind, &best.unknowns, until_s);
    let slopes = Slopes::of(reference, best.kind, &best.unknowns, until_s);
    let of_state = slopes.state(&path, until_s);
    let state = path.at(until_s);
    let acceleration_mps2 = (motion::velocity(&state) - motion::velocity(&path.at(until_s - 1.0))) / 1.0;
    let found = Fit {
        place: Geodetic { alt_m: 0.0, ..reference.pad(&at) },
        covariance_m2: covariance.fixed_view::<2, 2>(0, 0).into_owned(),
        lift_off_s: (middle[2] + mean[2], covariance[(2, 2)].max(0.0).sqrt()),
        course_rad: (wrap(middle[3] + mean[3]), covariance[(3, 3)].max(0.0).sqrt()),
        misfit: best.chi2 / (2.0 * lines.len() as f64),
        until_s,
        state,
        state_covariance: of_state * best.covariance * of_state.transpose(),
        acceleration_mps2,
    };
    let numbers = [found.place.lat_deg, found.place.lon_deg, found.lift_off_s.0, found.course_rad.0];
    let whole = numbers.iter().chain(found.state_covariance.iter()).all(|number| number.is_finite());
    whole.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::ground::east_north;
    use crate::infrared::sight::Sighting;
    use physics::sensor::Sensor;
    use physics::time::Tai;

    /// Numbers that look drawn by lot from a normal distribution (Box and Muller).
    struct Lot(u64);

    impl Lot {
        fn unit(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        }

        fn normal(&mut self) -> f64 {
            let (size, turn) = (self.unit(), self.unit());
            (-2.0 * libm::log(size)).sqrt() * libm::cos(core::f64::consts::TAU * turn)
        }
    }

    fn eyes() -> Vec<Eye> {
        let sensor = |lon_deg: f64| -> Sensor {
            let text = format!(
                r#"{{"id": "{lon_deg}", "kind": "infrared", "lat_deg": 0, "lon_deg": {lon_deg}, "alt_m": 35786000,
                "sigma_range_m": null, "sigma_az_rad": 1e-5, "sigma_el_rad": 1e-5, "pd": 0.95, "rate_hz": 1}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        [97.0, 157.0].iter().map(|lon_deg| Eye::of(&sensor(*lon_deg)).unwrap()).collect()
    }

    /// How long the boosts are followed, seconds since lift-off.
    const UNTIL_S: f64 = 95.0;

    /// What the sensors see above 10 km of a path, with errors and biases as they state them.
    fn sightings(path: &Path, eyes: &[Eye], lot: &mut Lot) -> Vec<Sighting> {
        let mut seen = Vec::new();
        for (number, eye) in eyes.iter().enumerate() {
            let bias = [0, 1].map(|axis| eye.bias_rad[axis] * lot.normal());
            for scan in 0..UNTIL_S as i64 {
                let time_s = scan as f64 + 0.4 * number as f64;
                let position_m = motion::position(&path.at(time_s));
                let at = physics::measure::sight(&eye.site, position_m).unwrap().measured;
                let error = [0, 1].map(|axis| bias[axis] + eye.sigma_rad[axis] * lot.normal());
                if motion::radial_height_m(position_m) > 10_000.0 {
                    seen.push(Sighting {
                        time: Tai(0).plus_s(time_s),
                        received: Tai(0),
                        scan,
                        eye: number as u32,
                        az_rad: at.y + error[0] / libm::cos(at.z),
                        el_rad: at.z + error[1],
                    });
                }
            }
        }
        seen.sort_by(Sighting::order);
        seen
    }

    #[test]
    fn boosts_of_the_banks_own_begin_neither_early_nor_late() {
        let (eyes, bank, mut lot) = (eyes(), Kind::bank(), Lot(3));
        let launch = Geodetic { lat_deg: 40.0, lon_deg: 127.0, alt_m: 0.0 };
        let reference = Reference { site: Site::at(launch) };
        let (mut late, mut held) = (Vec::new(), 0);
        for draw in 0..100 {
            let mut unknowns = Unknowns::from_fn(|row, _| if row < 2 { 0.0 } else { lot.normal() });
            unknowns[3] = 0.0;
            unknowns[4] = core::f64::consts::TAU * lot.unit();
            // By their shares.
            let kind = &bank[[0, 0, 0, 1, 1, 1, 2, 2, 3, 3][draw % 10]];
            let path = Path::fly(&reference, kind, &unknowns, UNTIL_S);
            let seen = sightings(&path, &eyes, &mut lot);
            // One that hardly leaves the ground by then shows nothing.
            if seen.len() < 40 {
                continue;
            }
            let zero = seen[0].time;
            let lines: Vec<Line> = seen.iter().map(|sighting| sighting.line(&eyes, zero)).collect();
            let found = fit(&lines, &eyes, &bank).unwrap();
            let (lift_off_s, sigma_s) = found.lift_off_s;
            late.push(zero.plus_s(lift_off_s).since_s(Tai(0)) / sigma_s);
            let position_m = physics::wgs84::to_earth_fixed(found.place).vector();
            let (east_m, north_m) = east_north(launch, position_m);
            let away_m = nalgebra::Vector2::new(east_m, north_m);
            let inverse = found.covariance_m2.try_inverse().unwrap();
            held += usize::from(away_m.dot(&(inverse * away_m)) < 4.605);
        }
        let of = late.len() as f64;
        let mean = late.iter().sum::<f64>() / of;
        let rms = (late.iter().map(|late| late * late).sum::<f64>() / of).sqrt();
        println!("of {of}: late by {mean:.2} sigmas, {rms:.2} rms; the 90 % ellipse holds {held}");
        // Three sigmas of the mean of some ninety; and of the share.
        assert!(of > 80.0 && mean.abs() < 0.35 && rms < 1.6, "{mean} {rms}");
        assert!(held as f64 > 0.8 * of, "{held}");
    }
}
