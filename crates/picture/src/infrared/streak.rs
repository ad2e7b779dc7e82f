//! Lines of sight to objects: in each sensor to what moves steadily, and between sensors to lines that meet.
//!
//! A fold over the sightings in their order; the same sightings give the same objects, whatever order they came in.

use nalgebra::Vector3;
use physics::motion::radial_height_m;
use physics::time::Tai;

use super::sight::{Eye, Line, Sighting};

/// A streak without a sighting for this long has ended, seconds: a scan or some missed, or the pause between two stages.
const GAP_S: f64 = 8.0;

/// Faster than this nothing boosts, m/s; thrust beyond gravity, m/s².
const SPEED_MPS_MAX: f64 = 8_000.0;
const THRUST_MPS2_MAX: f64 = 100.0;

/// Slower than this nothing is an object, m/s: fires, furnaces, glints that stand still.
const SPEED_MPS_MIN: f64 = 120.0;

/// Sightings that make a streak an object's, and those that tell its rate.
const MEMBERS_MIN: usize = 5;
const RATE_MEMBERS: usize = 6;

/// Sigmas of a gate.
const GATE_SIGMAS: f64 = 4.5;

/// Sightings of two sensors that must meet, and between which heights they may, metres.
const MEETINGS_MIN: usize = 4;
const HEIGHT_M: [f64; 2] = [-20_000.0, 1_500_000.0];

/// The sightings of one sensor that are of one object, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Streak {
    pub eye: u32,
    pub members: Vec<(Sighting, Line)>,
}

impl Streak {
    fn last(&self) -> &Line {
        &self.members[self.members.len() - 1].1
    }

    /// Where the last members lead: the mean time and direction of their newer half, the turn of the line of sight (1/s)
    /// between the means of both halves, and the time between these; `None` of a single one.
    fn course(&self) -> Option<(f64, Vector3<f64>, Vector3<f64>, f64)> {
        let recent = &self.members[self.members.len().saturating_sub(RATE_MEMBERS)..];
        let (older, newer) = recent.split_at(recent.len() / 2);
        let mean = |of: &[(Sighting, Line)]| {
            let count = of.len() as f64;
            let along = of.iter().fold(Vector3::zeros(), |sum, (_, line)| sum + line.along) / count;
            (of.iter().map(|(_, line)| line.time_s).sum::<f64>() / count, along)
        };
        if older.is_empty() {
            return None;
        }
        let ((from_s, from), (to_s, to)) = (mean(older), mean(newer));
        let apart_s = to_s - from_s;
        (apart_s > 0.0).then(|| (to_s, to, (to - from) / apart_s, apart_s))
    }

    /// How far a line lies from where the streak would be, over its gate; `None` outside.
    fn fits(&self, line: &Line, eye: &Eye) -> Option<f64> {
        let last = self.last();
        let dt_s = line.time_s - last.time_s;
        if !(0.0..=GAP_S).contains(&dt_s) {
            return None;
        }
        let per_metre = 1.0 / last.range_m(0.0);
        let sigma = eye.sigma_rad_max();
        let (expected, gate) = match self.course() {
            Some((mean_s, along, rate, apart_s)) => {
                let ahead_s = line.time_s - mean_s;
                // Each half is a mean of some sightings; thrust bends the line on from the middle of both.
                let half = (self.members.len().min(RATE_MEMBERS) as f64 / 2.0).floor().max(1.0);
                let share = 1.0 + ahead_s / apart_s;
                let of_means = (share * share + (share - 1.0) * (share - 1.0)) / half;
                let bent = 0.5 * THRUST_MPS2_MAX * per_metre * ahead_s * (ahead_s + apart_s);
                (along + rate * ahead_s, GATE_SIGMAS * sigma * (1.0 + of_means).sqrt() + bent)
            }
            None => (last.along, GATE_SIGMAS * sigma * 1.5 + SPEED_MPS_MAX * per_metre * dt_s),
        };
        let apart = (line.along - expected).norm();
        (apart <= gate).then(|| apart / gate)
    }

    /// Whether it is of something that moves.
    pub fn is_convincing(&self) -> bool {
        let (first, last) = (&self.members[0].1, self.last());
        let span_s = last.time_s - first.time_s;
        let moved_m = (last.along - first.along).norm() * last.range_m(0.0);
        self.members.len() >= MEMBERS_MIN && moved_m > SPEED_MPS_MIN * span_s
    }

    /// The direction at a time between two members.
    fn along_at(&self, time_s: f64) -> Option<Line> {
        let after = self.members.partition_point(|(_, line)| line.time_s < time_s);
        let (from, to) = (&self.members.get(after.checked_sub(1)?)?.1, &self.members.get(after)?.1);
        let share = (time_s - from.time_s) / (to.time_s - from.time_s);
        let along = (from.along + (to.along - from.along) * share).normalize();
        (to.time_s - from.time_s <= GAP_S).then_some(Line { time_s, along, ..*from })
    }

    /// How far two streaks' lines miss each other, over their sigma; `None` where they are not of one object.
    fn misses(&self, other: &Streak, eyes: &[Eye]) -> Option<f64> {
        let (mut misses, mut sigma_m, mut bias_m): (Vec<f64>, f64, f64) = (Vec::new(), 0.0, 0.0);
        let (own_eye, other_eye) = (&eyes[self.eye as usize], &eyes[other.eye as usize]);
        for (_, line) in &self.members {
            let Some(across) = other.along_at(line.time_s) else { continue };
            let Some((place_m, _)) = line.meets(&across) else { continue };
            let height_m = radial_height_m(place_m);
            if !(HEIGHT_M[0]..=HEIGHT_M[1]).contains(&height_m) {
                return None;
            }
            let normal = line.along.cross(&across.along).normalize();
            misses.push(normal.dot(&(across.origin_m - line.origin_m)));
            let ranges = [(place_m - line.origin_m).norm(), (place_m - across.origin_m).norm()];
            let of = |own: f64, others: f64| libm::hypot(own * ranges[0], others * ranges[1]);
            sigma_m = of(own_eye.sigma_rad_max(), other_eye.sigma_rad_max());
            let bias = |eye: &Eye| eye.bias_rad[0].max(eye.bias_rad[1]);
            bias_m = of(bias(own_eye), bias(other_eye));
        }
        if misses.len() < MEETINGS_MIN {
            return None;
        }
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
        let (older, newer) = misses.split_at(misses.len() / 2);
        let apart = mean(&misses).abs() / libm::hypot(bias_m, sigma_m / (misses.len() as f64).sqrt());
        let drifts = (mean(newer) - mean(older)).abs() / (2.0 * sigma_m / (misses.len() as f64).sqrt());
        (apart <= GATE_SIGMAS && drifts <= GATE_SIGMAS).then_some(apart)
    }
}

/// Streaks of all sensors, those too short to be an object's among them. `sightings` in their order.
pub(crate) fn streaks(sightings: &[Sighting], eyes: &[Eye]) -> Vec<Streak> {
    let Some(zero) = sightings.first().map(|sighting| sighting.time) else { return Vec::new() };
    let mut all = Vec::new();
    for eye in 0..eyes.len() as u32 {
        let of_eye: Vec<&Sighting> = sightings.iter().filter(|sighting| sighting.eye == eye).collect();
        let mut open: Vec<Streak> = Vec::new();
        let together = |a: &&Sighting, b: &&Sighting| a.scan == b.scan && b.time.since_s(a.time) < 0.25;
        for scan in of_eye.chunk_by(together) {
            let lines: Vec<Line> = scan.iter().map(|sighting| sighting.line(eyes, zero)).collect();
            let ended = |streak: &Streak| lines[0].time_s - streak.last().time_s > GAP_S;
            all.extend(open.extract_if(.., |streak| ended(streak)));
            let mut pairs = Vec::new();
            for (index, streak) in open.iter().enumerate() {
                let fits = |line: &Line| streak.fits(line, &eyes[eye as usize]);
                pairs.extend(
                    lines.iter().enumerate().filter_map(|(place, line)| Some((fits(line)?, index, place))),
                );
            }
            // Longer streaks choose first among equals: they know where they go.
            pairs.sort_by(|a, b| {
                let known = |index: usize| open[index].members.len() >= MEMBERS_MIN;
                known(b.1).cmp(&known(a.1)).then(a.0.total_cmp(&b.0)).then((a.1, a.2).cmp(&(b.1, b.2)))
            });
            let (mut taken, mut free) = (vec![false; open.len()], vec![true; lines.len()]);
            for (_, index, place) in pairs {
                if !taken[index] && free[place] {
                    (taken[index], free[place]) = (true, false);
                    open[index].members.push((*scan[place], lines[place]));
                }
            }
            for place in (0..lines.len()).filter(|place| free[*place]) {
                open.push(Streak { eye, members: vec![(*scan[place], lines[place])] });
            }
        }
        all.extend(open);
    }
    all
}

/// The sightings of one object, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub sightings: Vec<Sighting>,
    /// Their sensors, each once, in order.
    pub eyes: Vec<u32>,
}

impl Object {
    /// When it was first and last seen.
    pub fn span(&self) -> (Tai, Tai) {
        (self.sightings[0].time, self.sightings[self.sightings.len() - 1].time)
    }

    /// The sightings up to the first long pause.
    pub fn opening(&self) -> &[Sighting] {
        let pause = self.sightings.windows(2).position(|pair| pair[1].time.since_s(pair[0].time) > GAP_S);
        &self.sightings[..pause.map_or(self.sightings.len(), |place| place + 1)]
    }
}

/// Joins the convincing streaks that may be of one object: those that miss each other least first; of one sensor none
/// that overlap in time.
pub(crate) fn objects(streaks: Vec<Streak>, eyes: &[Eye]) -> Vec<Object> {
    let streaks: Vec<Streak> = streaks.into_iter().filter(Streak::is_convincing).collect();
    let mut pairs = Vec::new();
    for (a, one) in streaks.iter().enumerate() {
        for (b, other) in streaks.iter().enumerate().skip(a + 1) {
            let miss = match one.eye == other.eye {
                true => resumes(one, other).or_else(|| resumes(other, one)),
                false => one.misses(other, eyes),
            };
            pairs.extend(miss.map(|miss| (miss, a, b)));
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut group: Vec<usize> = (0..streaks.len()).collect();
    for (_, a, b) in pairs {
        let (a, b) = (group[a], group[b]);
        let of = |wanted: usize| -> Vec<usize> {
            (0..streaks.len()).filter(|place| group[*place] == wanted).collect()
        };
        let at_once = |x: &Streak, y: &Streak| {
            let ends = |of: &Streak| (of.members[0].1.time_s, of.last().time_s);
            x.eye == y.eye && ends(x).0 <= ends(y).1 && ends(y).0 <= ends(x).1
        };
        let (ones, others) = (of(a), of(b));
        let clash = ones.iter().any(|x| others.iter().any(|y| at_once(&streaks[*x], &streaks[*y])));
        if a != b && !clash {
            let (kept, gone) = (a.min(b), a.max(b));
            group.iter_mut().filter(|place| **place == gone).for_each(|place| *place = kept);
        }
    }
    let mut objects = Vec::new();
    for wanted in 0..streaks.len() {
        let of: Vec<&Streak> =
            (0..streaks.len()).filter(|place| group[*place] == wanted).map(|place| &streaks[place]).collect();
        if of.is_empty() {
            continue;
        }
        let mut sightings: Vec<Sighting> =
            of.iter().flat_map(|streak| streak.members.iter().map(|(sighting, _)| *sighting)).collect();
        sightings.sort_by(Sighting::order);
        let mut eyes: Vec<u32> = of.iter().map(|streak| streak.eye).collect();
        eyes.sort();
        eyes.dedup();
        objects.push(Object { sightings, eyes });
    }
    objects.sort_by(|a, b| a.sightings[0].order(&b.sightings[0]));
    objects
}

/// A later burn of what burned before is no new launch: whether `later` begins where a coast from the end of `before` may
/// have led, seen by the same sensor; over its gate.
fn resumes(before: &Streak, later: &Streak) -> Option<f64> {
    /// Longest coast, seconds; what it may change the velocity by, m/s²: gravity, mostly.
    const COAST_S: f64 = 120.0;
    const FREE_MPS2: f64 = 15.0;
    let (end, begin) = (before.last(), &later.members[0].1);
    let dt_s = begin.time_s - end.time_s;
    if !(GAP_S..=COAST_S).contains(&dt_s) {
        return None;
    }
    let per_metre = 1.0 / end.range_m(0.0);
    let (_, _, rate, _) = before.course()?;
    let apart = (begin.along - end.along - rate * dt_s).norm();
    // Half a second's thrust is still in the rate.
    let gate = per_metre * (0.5 * FREE_MPS2 * dt_s * dt_s + 500.0 * dt_s + 2_000.0);
    (apart <= gate).then(|| apart / gate)
}

/// Sightings that no object will ever have: those that stayed alone, and have been for long.
pub(crate) fn stray(streaks: &[Streak], before: Tai) -> Vec<Sighting> {
    let is_stray = |streak: &&Streak| {
        let newest = streak.members.iter().map(|(sighting, _)| sighting.time).max();
        streak.members.len() < MEMBERS_MIN && newest.is_some_and(|newest| newest < before)
    };
    let strays = streaks.iter().filter(is_stray);
    strays.flat_map(|streak| streak.members.iter().map(|(sighting, _)| *sighting)).collect()
}
