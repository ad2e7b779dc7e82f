//! Notices: whether a launch is one that was said beforehand, and goes where it was said to.

use physics::geodesic::distance_and_azimuth;
use statement::{Circle, GroundEstimate, PlannedLaunch};

/// Sigmas by which a launch may miss its notice.
const SIGMAS: f64 = 3.0;

/// A window or an area is kept to within this, seconds and metres: clocks, survey, what people round.
const SLACK_S: f64 = 5.0;
const SLACK_M: f64 = 2_000.0;

/// The notice that a launch fits: in time, place and course; and whose impact, where one is reckoned, lies where the
/// notice lets something come down.
pub(crate) fn fitting<'a>(
    notices: &'a [PlannedLaunch],
    launch: &GroundEstimate,
    course_deg: Option<(f64, f64)>,
    impact: Option<&GroundEstimate>,
) -> Option<&'a PlannedLaunch> {
    notices.iter().find(|notice| {
        begins_as(notice, launch, course_deg) && impact.is_none_or(|impact| comes_down_as(notice, impact))
    })
}

fn begins_as(notice: &PlannedLaunch, launch: &GroundEstimate, course_deg: Option<(f64, f64)>) -> bool {
    let slack_s = SIGMAS * launch.time_sigma_s + SLACK_S;
    let [opens, closes] = notice.window;
    opens.since_s(launch.time) <= slack_s
        && launch.time.since_s(closes) <= slack_s
        && lies_in(&notice.area, launch)
        && course_deg
            .is_none_or(|(course_deg, sigma_deg)| heads_as(notice.course_deg, course_deg, SIGMAS * sigma_deg))
}

/// In one of the areas that the notice names; where it names none, in its direction, or back where it came from.
fn comes_down_as(notice: &PlannedLaunch, impact: &GroundEstimate) -> bool {
    if !notice.falls.is_empty() {
        return notice.falls.iter().any(|area| lies_in(area, impact));
    }
    let (distance_m, bearing_deg) = distance_and_azimuth(notice.area.middle, impact.place);
    let slack_m = SIGMAS * impact.ellipse.semi_major_m + notice.area.radius_m;
    let slack_deg = libm::atan2(slack_m, distance_m.max(1.0)).to_degrees();
    lies_in(&notice.area, impact) || heads_as(notice.course_deg, bearing_deg, slack_deg)
}

fn lies_in(area: &Circle, estimate: &GroundEstimate) -> bool {
    let (distance_m, _) = distance_and_azimuth(area.middle, estimate.place);
    distance_m <= area.radius_m + SIGMAS * estimate.ellipse.semi_major_m + SLACK_M
}

/// Whether a direction lies between two, clockwise, or outside by no more than `slack_deg`.
fn heads_as([from_deg, to_deg]: [f64; 2], direction_deg: f64, slack_deg: f64) -> bool {
    let width_deg = (to_deg - from_deg).rem_euclid(360.0);
    let past_deg = (direction_deg - from_deg).rem_euclid(360.0);
    let outside_deg = (past_deg - width_deg).max(0.0).min(360.0 - past_deg);
    past_deg <= width_deg || outside_deg <= slack_deg
}

#[cfg(test)]
mod tests {
    use super::*;
    use physics::ellipse::Ellipse;
    use physics::geodetic::Geodetic;
    use physics::time::Tai;

    fn place(lat_deg: f64, lon_deg: f64) -> Geodetic {
        Geodetic { lat_deg, lon_deg, alt_m: 0.0 }
    }

    fn estimate(lat_deg: f64, lon_deg: f64, time_s: f64) -> GroundEstimate {
        let ellipse =
            Ellipse { semi_major_m: 1_000.0, semi_minor_m: 500.0, azimuth_deg: 0.0, ..Ellipse::default() };
        GroundEstimate {
            place: place(lat_deg, lon_deg),
            ellipse,
            time: Tai(0).plus_s(time_s),
            time_sigma_s: 2.0,
        }
    }

    fn notice() -> PlannedLaunch {
        PlannedLaunch {
            id: "N-1".into(),
            window: [Tai(0), Tai(0).plus_s(600.0)],
            area: Circle { middle: place(28.6, -80.6), radius_m: 5_000.0 },
            course_deg: [350.0, 60.0],
            falls: Vec::new(),
        }
    }

    #[test]
    fn time_place_and_course_must_fit() {
        let fits = |launch: GroundEstimate, course_deg: f64| {
            fitting(&[notice()], &launch, Some((course_deg, 1.0)), None).is_some()
        };
        assert!(fits(estimate(28.6, -80.6, 300.0), 45.0));
        assert!(fits(estimate(28.6, -80.6, 300.0), 355.0));
        assert!(!fits(estimate(28.6, -80.6, 300.0), 100.0));
        assert!(!fits(estimate(28.6, -80.6, 300.0), 300.0));
        assert!(!fits(estimate(28.6, -80.6, 700.0), 45.0));
        assert!(!fits(estimate(28.6, -80.6, -60.0), 45.0));
        assert!(!fits(estimate(28.9, -80.6, 300.0), 45.0));
    }

    #[test]
    fn an_impact_elsewhere_is_none_that_was_noticed() {
        let fits = |notice: PlannedLaunch, impact: GroundEstimate| {
            let launch = estimate(28.6, -80.6, 300.0);
            fitting(&[notice], &launch, Some((45.0, 1.0)), Some(&impact)).is_some()
        };
        assert!(fits(notice(), estimate(30.6, -79.0, 700.0)));
        assert!(fits(notice(), estimate(28.6, -80.6, 700.0)));
        assert!(!fits(notice(), estimate(26.0, -80.6, 700.0)));
        let falls = vec![Circle { middle: place(30.6, -79.0), radius_m: 30_000.0 }];
        assert!(fits(PlannedLaunch { falls: falls.clone(), ..notice() }, estimate(30.7, -79.0, 700.0)));
        assert!(!fits(PlannedLaunch { falls, ..notice() }, estimate(29.6, -79.8, 700.0)));
    }
}
