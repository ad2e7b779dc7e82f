//! The ledger of what nations disagree on beyond their uncertainty.

use serde::{Deserialize, Serialize};
use statement::{AssessmentStatus, GroundEstimate, Nation};

use crate::event::{Event, Heard};
use crate::join::{offset_m, place_distance_squared};

/// A difference is listed where it would arise by chance in 1 % of honest pairs: 99 % quantiles, one and two
/// degrees of freedom (Abramowitz & Stegun, table 26.8).
const CHI_SQUARED_1_MAX: f64 = 6.635;
const CHI_SQUARED_2_MAX: f64 = 9.210;

/// What two nations may differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// When it was launched.
    LaunchTime,
    /// Where from.
    LaunchPoint,
    /// What it is.
    Class,
    /// Its course at launch.
    Course,
    /// Where it comes down.
    Impact,
    /// When.
    ImpactTime,
    /// How far the assessment stands.
    Status,
}

/// Two nations disagree on one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// On what.
    pub field: Field,
    /// Who, in the order of their letters.
    pub nations: (Nation, Nation),
    /// One sentence for a person.
    pub text: String,
    /// How many sigmas apart; `None` where it is no number that differs.
    pub sigmas: Option<f64>,
}

/// Every difference between the columns of an event, pair by pair.
pub fn differences(event: &Event) -> Vec<Difference> {
    let columns: Vec<(Nation, &Heard)> = event
        .nations()
        .into_iter()
        .filter_map(|nation| event.column(nation).map(|heard| (nation, heard)))
        .filter(|(_, heard)| heard.assessment.status != AssessmentStatus::Withdrawn)
        .collect();
    let mut found = Vec::new();
    for (index, &(a, left)) in columns.iter().enumerate() {
        for &(b, right) in &columns[index + 1..] {
            compare((a, b), left, right, &mut found);
        }
    }
    found
}

fn compare(nations: (Nation, Nation), left: &Heard, right: &Heard, found: &mut Vec<Difference>) {
    let (a, b) = (&left.assessment, &right.assessment);
    let name = |nation: Nation| nation.as_str().to_uppercase();
    let (left_name, right_name) = (name(nations.0), name(nations.1));
    let mut note = |field, text, sigmas| found.push(Difference { field, nations, text, sigmas });

    let ground = |a: &Option<GroundEstimate>, b: &Option<GroundEstimate>| a.zip(*b);
    for (pair, time_field, place_field, word) in [
        (ground(&a.launch, &b.launch), Field::LaunchTime, Field::LaunchPoint, "launch"),
        (ground(&a.impact, &b.impact), Field::ImpactTime, Field::Impact, "impact"),
    ] {
        let Some((a, b)) = pair else { continue };
        let seconds = b.time.since_s(a.time);
        let variance = a.time_sigma_s * a.time_sigma_s + b.time_sigma_s * b.time_sigma_s;
        if seconds * seconds > CHI_SQUARED_1_MAX * variance && seconds.abs() >= 1.0 {
            let later = if seconds > 0.0 { "later" } else { "earlier" };
            let text =
                format!("{right_name} puts the {word} {:.0} s {later} than {left_name}", seconds.abs());
            note(time_field, text, Some(seconds.abs() / variance.sqrt()));
        }
        let distance = place_distance_squared(&a, &b, 1.0);
        if distance > CHI_SQUARED_2_MAX {
            let (east_m, north_m) = offset_m(&a, &b);
            let text = format!(
                "{right_name} puts the {word} {:.0} km {} of {left_name}'s",
                libm::hypot(east_m, north_m) / 1_000.0,
                point_of_compass(east_m, north_m)
            );
            note(place_field, text, Some(distance.sqrt()));
        }
    }
    let (class_a, class_b) = (a.classes.most_likely(), b.classes.most_likely());
    if class_a != class_b {
        let text = format!("{left_name} calls it {}, {right_name} {}", word(&class_a), word(&class_b));
        note(Field::Class, text, None);
    }
    if let (Some((course_a, sigma_a)), Some((course_b, sigma_b))) = (a.course_deg, b.course_deg) {
        let mut turn_deg = (course_b - course_a) % 360.0;
        if turn_deg > 180.0 {
            turn_deg -= 360.0;
        } else if turn_deg < -180.0 {
            turn_deg += 360.0;
        }
        let variance = sigma_a * sigma_a + sigma_b * sigma_b;
        if turn_deg * turn_deg > CHI_SQUARED_1_MAX * variance && turn_deg.abs() >= 0.1 {
            let text =
                format!("courses differ by {:.1} degrees: {course_a:.1} and {course_b:.1}", turn_deg.abs());
            note(Field::Course, text, Some(turn_deg.abs() / variance.sqrt()));
        }
    }
    if a.status != b.status {
        let text = format!("{left_name} says {}, {right_name} {}", word(&a.status), word(&b.status));
        note(Field::Status, text, None);
    }
}

/// The plain word of a status or class.
fn word(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn point_of_compass(east_m: f64, north_m: f64) -> &'static str {
    const POINTS: [&str; 8] =
        ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];
    let azimuth_deg = libm::atan2(east_m, north_m).to_degrees();
    let eighth = libm::round(azimuth_deg / 45.0) as i64;
    POINTS[eighth.rem_euclid(8) as usize]
}
