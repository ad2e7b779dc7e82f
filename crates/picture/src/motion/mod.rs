//! How an object moves: coasting or under thrust, by two filters side by side.
//!
//! The coasting filter knows gravity alone; the other allows an acceleration that wanders. While both run, the
//! logarithm of the odds between them adds up plot by plot, and decides:
//!
//! - Both run from the start, since a radar may see a missile before or after its burn-out.
//! - Coasting **stands** at odds of e⁴ to 1, or when the other filter sees too little acceleration for thrust; at e¹⁰ the thrust filter, no longer needed, is dropped. It comes back,
//!   from the coast's last state, when a plot falls outside the coast's gate or the residuals grow.
//! - At odds of e⁶ to 1 against it, the coast is dropped: the object is under thrust, or in dense air. A new coast
//!   starts from the thrust filter at once, to be dropped in its turn, until one begins at burn-out and is borne out. It
//!   stands at e⁸ to 1, and not before it has outlasted a pause between stages.
//! - Below [`AIR_BELOW_M`] on the way down, drag sets in: the **arc** (the coast that launch and impact are reckoned
//!   from) is kept as it was above, and a fall with drag ([`crate::reentry`]) takes the coast's place, until the thrust
//!   filter refutes it.

use nalgebra::{Matrix3, SMatrix, Vector3};
use physics::filter::{Estimate, Fit, Measurement, Projection, SlowLink};
use physics::measure;
use physics::motion::{self, State};
use physics::time::Tai;
use serde::{Deserialize, Serialize};
use statement::FlightPoint;

use crate::noise::SETTLED_PLOTS;
use crate::reentry::Fall;
use crate::sense::{Radar, Sensed};
use crate::tracklet::Anchor;

mod corrected;
mod expect;
mod told;

pub(crate) use expect::Likeness;
use told::flight_point;

/// Squared distance that 99.9 % of right plots stay within, three degrees of freedom. Abramowitz & Stegun, table 26.8.
pub(crate) const GATE: f64 = 16.27;

/// Power of unmodelled acceleration in a coast in space, m²/s³: 1.4 mm/s² over a second, 0.03 m/s after 400 s. Gravity
/// beyond J2, the air above 120 km and tides are below it.
pub(crate) const COAST_PSD: f64 = 2e-6;

/// Heights between which a coast is held back by air, but not yet by so much that it is none, metres: after a burn-out
/// at 35 km drag takes some m/s each second, and halves every 5 km.
pub(crate) const THIN_AIR_M: (f64, f64) = (30_000.0, 110_000.0);

/// What is in the middle of what may fly there, kg/m² (`assess::impact` says why).
pub(crate) const BALLISTIC_COEFFICIENT_KGPM2: f64 = 5_000.0;

/// Power of the doubt about that drag over its square, seconds. A climb of 1.3 km/s leaves the air's 7 km behind in
/// τ = 5.4 s; a drag that is off by 0.7 of itself all that while, as its coefficient may be, takes 0.7 a τ in the end,
/// which noise of power 2 · 0.7² τ a² does too.
pub(crate) const DRAG_S: f64 = 5.0;

/// Power of change of the thrust acceleration, m²/s⁵: 5 m/s² in a second. It grows by some 0.5 m/s³ as fuel burns,
/// turns with the pitch programme, and jumps by 20–60 m/s² at staging and burn-out.
pub(crate) const THRUST_PSD: f64 = 25.0;

/// Below this speed a first stage still burns (m/s), steadily: it changes by 2 m/s² in a second, m²/s⁵.
const FIRST_STAGE_MPS: f64 = 1_000.0;
const FIRST_STAGE_PSD: f64 = 4.0;

/// The same in the air on the way down, m²/s⁵: drag grows to some 300 m/s² within ten seconds, and goes.
const AIR_PSD: f64 = 2_500.0;

/// Spread of the thrust acceleration when nothing is known, m/s²: missiles have 5–100.
pub(crate) const THRUST_SIGMA_MPS2: f64 = 30.0;

/// Spread of each component of the velocity when nothing is known, m/s.
const SPEED_SIGMA_MPS: f64 = 4_000.0;

/// Below this height on the way down drag outweighs what a coast allows for, metres: at 2 km/s and 2,000 kg/m² it is
/// 0.01 m/s² at 84 km.
pub(crate) const AIR_BELOW_M: f64 = 90_000.0;

/// Jump of the acceleration at staging or burn-out, m/s², and for how long it may go unnoticed, since the filter at
/// first takes it for noise, seconds.
const JUMP_MPS2: f64 = 60.0;
const JUMP_S_MIN: f64 = 2.0;

/// No missile accelerates less than this while it burns, m/s².
const LEAST_THRUST_MPS2: f64 = 12.0;

/// Odds as logarithms.
const STANDS: f64 = 4.0;
/// After thrust was seen: one coast after another is tried, and chance favours one of many.
const BURNT_OUT: f64 = 8.0;
const SURE: f64 = 10.0;
const REFUTED: f64 = -6.0;

/// Mean squared distance (three degrees of freedom: 3), smoothed over some ten plots, at which a coast is doubted.
const DOUBTFUL: f64 = 6.5;

/// Longer than stages are apart, seconds: a coast after thrust that is younger may yet be a pause.
const PAUSE_S: f64 = 4.5;

/// How one object moves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Motion {
    pub time: Tai,
    thrust: Option<Estimate<9>>,
    coast: Option<Estimate<6>>,
    /// Logarithm of the odds of coast against thrust.
    odds: f64,
    /// When the coast began.
    coast_since: Tai,
    /// Plots that the coast has taken in.
    pub coast_plots: u32,
    /// What the coast rests on beside plots of its own.
    anchor: Anchor,
    misfit: f64,
    stands: bool,
    /// Where a coast was last refuted on the way up, or in space: thrust was seen.
    pub thrust_seen: Option<FlightPoint>,
    arc: Option<Estimate<6>>,
    /// What follows the arc through the air.
    fall: Option<Fall>,
    /// Nothing but a coast is allowed for.
    only_coasts: bool,
    /// The coast at present as this sensor sees it: gating asks for it, and again whoever takes the plot.
    #[serde(skip)]
    foreseen: Option<(u32, Projection)>,
}

impl Motion {
    /// From one plot: its place, and nothing of its velocity but what is possible.
    pub fn start(plot: &Sensed, radars: &[Radar], velocity_mps: Vector3<f64>) -> Option<Motion> {
        let coast = from_plot(plot, radars, velocity_mps, SPEED_SIGMA_MPS)?;
        Some(Motion {
            time: plot.time,
            thrust: Some(with_thrust(&coast)),
            coast: Some(coast),
            odds: 0.0,
            coast_since: plot.time,
            coast_plots: 1,
            anchor: Anchor::default(),
            misfit: 3.0,
            stands: false,
            thrust_seen: None,
            arc: None,
            fall: None,
            only_coasts: false,
            foreseen: None,
        })
    }

    /// From now on the coasting filter alone.
    pub fn only_coast(&mut self) {
        (self.thrust, self.stands, self.only_coasts) = (None, self.coast.is_some(), self.coast.is_some());
    }

    /// Moves on to another instant, without a plot.
    pub fn predict_to(&mut self, time: Tai) {
        self.keep_arc(time);
        if time != self.time {
            self.foreseen = None;
        }
        if let Some(coast) = &mut self.coast {
            let doubt = carry(coast, time);
            self.anchor.note(doubt, coast);
        }
        if let Some(fall) = &mut self.fall {
            fall.predict_to(time);
        }
        if let Some(thrust) = &mut self.thrust {
            thrust.thrust_to(time, if self.arc.is_some() { AIR_PSD } else { THRUST_PSD });
        }
        self.time = time;
    }

    /// Before a standing coast comes down into the air, keeps it as the arc; the other filter follows the fall.
    fn keep_arc(&mut self, time: Tai) {
        if !self.stands || self.only_coasts || self.arc.is_some() || time <= self.time {
            return;
        }
        let Some(coast) = &self.coast else { return };
        let (height_m, climb_mps) = height_and_climb(&coast.state);
        let next_height_m = height_m + climb_mps * time.since_s(self.time);
        if climb_mps < 0.0 && next_height_m < AIR_BELOW_M {
            self.thrust = Some(with_thrust(coast));
            self.fall = Some(Fall::of(coast));
            self.arc = self.coast.take();
            self.odds = STANDS;
        }
    }

    /// Takes in a plot of the present instant. Gives back the residual where a settled coast took it, if asked to.
    pub fn update(&mut self, measurement: &Measurement, wants_residual: bool) -> Option<Vector3<f64>> {
        self.foresee(measurement);
        let expected = self.expected_of_coast(measurement, 0.0).filter(|_| self.coast.is_some());
        self.foreseen = None;
        let coast_fit = expected.as_ref().and_then(|expected| expected.fit(measurement.measured));
        self.doubt(coast_fit);
        let mut residual = None;
        if let (Some(fit), Some(coast), Some(expected)) = (coast_fit, &mut self.coast, &expected) {
            self.misfit += 0.1 * (fit.distance_squared.min(4.0 * GATE) - self.misfit);
            if fit.distance_squared < GATE {
                residual = wants_residual.then(|| expected.residual(measurement.measured));
                coast.take(expected, measurement);
                self.coast_plots += 1;
            }
        }
        if let Some(thrust) = &mut self.thrust {
            let thrust_fit = take_or_loosen(thrust, measurement);
            let fall_fit = self.fall.as_mut().and_then(|fall| fall.update(measurement));
            if let (Some(coast_fit), Some(thrust_fit)) = (coast_fit.or(fall_fit), thrust_fit) {
                self.odds += (coast_fit.log_likelihood() - thrust_fit.log_likelihood()).clamp(-10.0, 3.0);
                self.odds = self.odds.min(SURE + 2.0);
            }
        }
        self.decide();
        let settled = self.stands && self.arc.is_none() && self.coast_plots >= SETTLED_PLOTS;
        residual.filter(|_| settled)
    }

    /// Brings the thrust filter back where the coast no longer fits.
    fn doubt(&mut self, coast_fit: Option<Fit>) {
        let Some(coast) = &self.coast else { return };
        if self.thrust.is_some() || self.only_coasts {
            return;
        }
        let outside = coast_fit.is_none_or(|fit| fit.distance_squared > GATE);
        if outside || self.misfit > DOUBTFUL {
            self.thrust = Some(with_thrust(coast));
            self.odds = STANDS;
            self.misfit = 3.0;
        }
    }

    fn decide(&mut self) {
        let (height_m, climb_mps) = height_and_climb(&self.state());
        if self.thrust.is_some() && self.coast.is_some() {
            let excluded = self.odds > 0.0 && self.thrust.as_ref().is_some_and(excludes_thrust);
            let borne_out = match self.thrust_seen {
                None => self.odds > STANDS || excluded,
                Some(_) => self.odds > BURNT_OUT && self.time.since_s(self.coast_since) > PAUSE_S,
            };
            if borne_out && self.coast_plots >= 5 {
                self.stands = true;
            }
            if self.odds > SURE && self.stands {
                self.thrust = None;
                self.misfit = 3.0;
            }
            if self.odds < REFUTED {
                self.coast = None;
                if self.arc.is_none() {
                    self.stands = false;
                    if climb_mps > 0.0 || height_m > AIR_BELOW_M {
                        self.thrust_seen = Some(flight_point(&self.state(), self.time));
                    }
                }
            }
        }
        if self.odds < REFUTED {
            self.fall = None;
        }
        // A coast begins afresh whenever the last one is refuted, so that one is there at burn-out, which the thrust
        // filter follows too slowly to hold the track by itself. In air a coast that fitted again would be chance, and
        // what flies on is no missile under thrust.
        if self.coast.is_none()
            && self.arc.is_none()
            && let Some(thrust) = &self.thrust
        {
            let mut coast = thrust.kinematic();
            for axis in 3..6 {
                coast.covariance[(axis, axis)] += 100.0;
            }
            self.anchor = Anchor::at(&coast);
            self.coast = Some(coast);
            self.odds = 0.0;
            self.coast_since = self.time;
            self.coast_plots = 0;
            self.misfit = 3.0;
        }
    }
}

/// Moves a coast on; through what is left of the air with the drag of a middling object, and as much doubt. Gives back
/// the power of that doubt, m²/s³.
fn carry(coast: &mut Estimate<6>, time: Tai) -> f64 {
    if (THIN_AIR_M.0..THIN_AIR_M.1).contains(&motion::radial_height_m(coast.position())) {
        let drag_mps2 = motion::drag(&coast.state, BALLISTIC_COEFFICIENT_KGPM2).norm();
        let doubt = DRAG_S * drag_mps2 * drag_mps2;
        coast.fall_to(time, BALLISTIC_COEFFICIENT_KGPM2, COAST_PSD + doubt);
        doubt
    } else {
        coast.coast_to(time, COAST_PSD);
        0.0
    }
}

/// Takes in a plot. One outside the gate is the thrust's doing: it ended, or the next stage began. What was known of it
/// is no longer, nor quite of the velocity.
fn take_or_loosen(thrust: &mut Estimate<9>, measurement: &Measurement) -> Option<Fit> {
    if let Some(expected) = thrust.expect(measurement, 0.0)
        && expected.fit(measurement.measured).is_some_and(|fit| fit.distance_squared < GATE)
    {
        return thrust.take(&expected, measurement);
    }
    for axis in 0..3 {
        let away_mps = JUMP_MPS2 * JUMP_S_MIN;
        let away_m = 0.5 * away_mps * JUMP_S_MIN;
        thrust.covariance[(axis, axis)] += away_m * away_m;
        thrust.covariance[(axis + 3, axis + 3)] += away_mps * away_mps;
        thrust.covariance[(axis + 6, axis + 6)] += JUMP_MPS2 * JUMP_MPS2;
    }
    thrust.update(measurement)
}

/// Whether the thrust filter sees that along the way there is less acceleration than any missile's.
fn excludes_thrust(thrust: &Estimate<9>) -> bool {
    let along = motion::velocity(&thrust.state.fixed_rows::<6>(0).into_owned()).normalize();
    let acceleration = along.dot(&thrust.state.fixed_rows::<3>(6));
    let variance = along.dot(&(thrust.covariance.fixed_view::<3, 3>(6, 6) * along));
    acceleration + 2.0 * variance.max(0.0).sqrt() < LEAST_THRUST_MPS2
}

/// Height (m) and rate of climb (m/s).
pub(crate) fn height_and_climb(state: &State) -> (f64, f64) {
    let position = motion::position(state);
    let up = position / position.norm().max(1.0);
    (motion::radial_height_m(position), motion::velocity(state).dot(&up))
}

/// A coast from one plot: R and the slow part D² in place; the state's error is the plot's, so it goes with the slow
/// error: C = −J⁻¹ D.
fn from_plot(
    plot: &Sensed,
    radars: &[Radar],
    velocity_mps: Vector3<f64>,
    spread_mps: f64,
) -> Option<Estimate<6>> {
    let measurement = plot.measurement(radars);
    let sighting = measure::sight(measurement.site, plot.position_m)?;
    let back = sighting.jacobian.try_inverse()?;
    let noise = measurement.noise;
    let both = Matrix3::from_diagonal(
        &(noise.independent.component_mul(&noise.independent) + noise.slow.component_mul(&noise.slow)),
    );
    let mut covariance = SMatrix::<f64, 6, 6>::identity() * (spread_mps * spread_mps);
    covariance.fixed_view_mut::<3, 3>(0, 0).copy_from(&(back * both * back.transpose()));
    let mut slow = Vec::new();
    if noise.slow != Vector3::zeros() {
        let mut cross = SMatrix::<f64, 6, 3>::zeros();
        cross.fixed_rows_mut::<3>(0).copy_from(&(-back * Matrix3::from_diagonal(&noise.slow)));
        slow.push(SlowLink { sensor: plot.radar, slow_time_s: noise.slow_time_s, cross });
    }
    Some(Estimate { time: plot.time, state: motion::state(plot.position_m, velocity_mps), covariance, slow })
}

/// The same with a thrust acceleration of which nothing is known.
fn with_thrust(coast: &Estimate<6>) -> Estimate<9> {
    let mut state = nalgebra::SVector::<f64, 9>::zeros();
    state.fixed_rows_mut::<6>(0).copy_from(&coast.state);
    let mut covariance = SMatrix::<f64, 9, 9>::identity() * (THRUST_SIGMA_MPS2 * THRUST_SIGMA_MPS2);
    covariance.fixed_view_mut::<6, 6>(0, 0).copy_from(&coast.covariance);
    let slow = coast
        .slow
        .iter()
        .map(|link| {
            let mut cross = SMatrix::<f64, 9, 3>::zeros();
            cross.fixed_rows_mut::<6>(0).copy_from(&link.cross);
            SlowLink { sensor: link.sensor, slow_time_s: link.slow_time_s, cross }
        })
        .collect();
    Estimate { time: coast.time, state, covariance, slow }
}

/// The state at the first of some plots, from all of them: a thrust filter that runs backwards, from the last to the
/// first. `velocity_mps` is roughly that at the last.
pub(crate) fn look_back(
    plots: &[Sensed],
    radars: &[Radar],
    velocity_mps: Vector3<f64>,
) -> Option<Estimate<6>> {
    let (last, earlier) = plots.split_last()?;
    let mut estimate = with_thrust(&from_plot(last, radars, velocity_mps, 1_000.0)?);
    let psd = if velocity_mps.norm() < FIRST_STAGE_MPS { FIRST_STAGE_PSD } else { THRUST_PSD };
    for plot in earlier.iter().rev() {
        estimate.thrust_to(plot.time, psd);
        estimate.update(&plot.measurement(radars));
    }
    Some(estimate.kinematic())
}
