//! The fit without a profile: a polynomial of fourth degree in each Earth-fixed axis over some tens of seconds, which says
//! where a boosting object is and how it moves, and nothing of where it came from.
//!
//! Third and fourth derivative have normal priors: thrust over a falling mass grows by a/(τ − t), 3 to
//! 12 m/s³ at the end of a burn, and that by 2a/(τ − t)², up to 2 m/s⁴. Only two or more sensors give a place.

use nalgebra::{Matrix3, SMatrix, SVector, Vector3};
use physics::motion::{Matrix6, State};

use super::normal::normal;
use super::sight::{Eye, Line};

const TERMS: usize = 5;
const UNKNOWNS: usize = 3 * TERMS;

/// One sigma of the third derivative, m/s³, and of the fourth, m/s⁴.
const JERK_MPS3: f64 = 10.0;
const SNAP_MPS4: f64 = 1.5;

/// Lines of two sensors this near in time are taken to meet, seconds.
const AT_ONCE_S: f64 = 1.5;

/// Gauss and Newton's steps: the lines are all but linear in the place.
const STEPS: usize = 4;

/// A state and the acceleration at one of its ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Free {
    /// Since the lines' zero, seconds.
    pub time_s: f64,
    pub state: State,
    pub covariance: Matrix6,
    pub acceleration_mps2: Vector3<f64>,
}

/// Where the lines of two sensors meet, about the time of line `from` and on in the order of `along`.
fn meeting<'a>(lines: &[Line], along: impl Iterator<Item = &'a Line>) -> Option<(f64, Vector3<f64>)> {
    for line in along {
        let other = lines
            .iter()
            .filter(|other| other.eye != line.eye)
            .min_by(|a, b| (a.time_s - line.time_s).abs().total_cmp(&(b.time_s - line.time_s).abs()))?;
        if (other.time_s - line.time_s).abs() <= AT_ONCE_S
            && let Some((point_m, _)) = line.meets(other)
        {
            return Some(((line.time_s + other.time_s) / 2.0, point_m));
        }
    }
    None
}

/// Fits lines in the order of time; the result is of `time_s`. `None` of fewer than two sensors, or of lines that do not
/// meet twice.
pub(crate) fn free(lines: &[Line], eyes: &[Eye], time_s: f64) -> Option<Free> {
    let first = meeting(lines, lines.iter())?;
    let last = meeting(lines, lines.iter().rev())?;
    if last.0 - first.0 < 2.0 {
        return None;
    }
    let (from_s, to_s) = (lines.first()?.time_s, lines.last()?.time_s);
    let unit_s = (to_s - time_s).abs().max((time_s - from_s).abs()).max(1.0);
    let velocity = (last.1 - first.1) / (last.0 - first.0);
    let mut unknowns = SVector::<f64, UNKNOWNS>::zeros();
    unknowns.fixed_rows_mut::<3>(0).copy_from(&(first.1 + velocity * (time_s - first.0)));
    unknowns.fixed_rows_mut::<3>(3).copy_from(&(velocity * unit_s));
    let cube = unit_s * unit_s * unit_s;
    let prior = |unknown: usize| match unknown / 3 {
        3 => 1.0 / (JERK_MPS3 * cube / 6.0),
        4 => 1.0 / (SNAP_MPS4 * cube * unit_s / 24.0),
        _ => 0.0,
    };
    let precision = SVector::<f64, UNKNOWNS>::from_fn(|row, _| prior(row) * prior(row));
    let mut covariance = SMatrix::<f64, UNKNOWNS, UNKNOWNS>::zeros();
    for _ in 0..STEPS {
        let found = normal::<UNKNOWNS>(lines, eyes, |index| {
            let share = (lines[index].time_s - time_s) / unit_s;
            let (mut place, mut slope) = (Vector3::zeros(), SMatrix::<f64, 3, UNKNOWNS>::zeros());
            let mut power = 1.0;
            for term in 0..TERMS {
                place += unknowns.fixed_rows::<3>(3 * term) * power;
                slope.fixed_view_mut::<3, 3>(0, 3 * term).copy_from(&(Matrix3::identity() * power));
                power *= share;
            }
            (place, slope)
        });
        let mut information = found.information;
        let mut gradient = found.gradient;
        for row in 0..UNKNOWNS {
            information[(row, row)] += precision[row];
            gradient[row] -= precision[row] * unknowns[row];
        }
        let root = information.cholesky()?;
        unknowns += root.solve(&gradient);
        covariance = root.inverse();
    }
    let scale = |row: usize| if row < 3 { 1.0 } else { 1.0 / unit_s };
    let state = State::from_fn(|row, _| unknowns[row] * scale(row));
    let covariance = Matrix6::from_fn(|row, column| covariance[(row, column)] * scale(row) * scale(column));
    let whole = state.iter().chain(covariance.iter()).all(|value| value.is_finite());
    whole.then(|| Free {
        time_s,
        state,
        covariance,
        acceleration_mps2: unknowns.fixed_rows::<3>(6) * (2.0 / (unit_s * unit_s)),
    })
}
