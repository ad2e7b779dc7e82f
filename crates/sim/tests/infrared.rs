//! What a nation's picture makes of lines of sight without range.

use physics::plot::Plot;
use physics::time::Tai;
use picture::{Picture, Rejection, Settings};
use sim::infrared::{Flown, Gaze, Sky, geostationary};
use sim::random::Random;
use sim::truth::earth::{distance_m, fixed_of};
use statement::{Assessment, Phase, Phenomenon};

fn plots(sky: &Sky) -> Vec<Plot> {
    sky.scans().into_iter().flat_map(|(_, plots)| plots).collect()
}

/// What is said at the end of these plots, in the order that they come in.
fn said(sky: &Sky, plots: &[Plot]) -> Vec<Assessment> {
    let mut picture = Picture::new(sky.sensors.clone(), Settings::default());
    for plot in plots {
        let rejected = picture.observe(plot.time, core::slice::from_ref(plot));
        assert!(rejected.is_empty(), "{rejected:?}");
    }
    let newest = plots.iter().map(|plot| plot.time).max().unwrap();
    picture.assess(newest.plus_s(7.0))
}

#[test]
fn two_satellites_say_where_when_and_whereto_and_one_says_how_little_it_knows() {
    let mut majors_m = Vec::new();
    for sky in [Sky::ir2(Flown::Far, 4).unwrap(), Sky::ir1(Flown::Far, 4).unwrap()] {
        let said = said(&sky, &plots(&sky));
        let [said] = &said[..] else { panic!("{} objects", said.len()) };
        assert_eq!(said.evidence.phenomena, [Phenomenon::Infrared]);
        assert_eq!(said.evidence.source_tags.len(), sky.sensors.len());
        assert!(said.under_thrust == Some(false) && !said.warning && said.impact.is_none());
        let (ground, truth) = (said.launch.unwrap(), sky.truth.launch().unwrap());
        let (major_m, _) = ground.ellipse.axes_m(0.999);
        assert!(distance_m(ground.place, truth.place) < major_m);
        let late_s = ground.time.since_s(sky.start.plus_s(truth.time_s));
        assert!(late_s.abs() < 4.0 * ground.time_sigma_s, "{late_s} of {}", ground.time_sigma_s);
        majors_m.push(ground.ellipse.semi_major_m);
        assert_eq!(said.reachable.is_some(), sky.sensors.len() == 2);
    }
    assert!(majors_m[0] < 800.0 && majors_m[1] > 3.0 * majors_m[0], "{majors_m:?}");
}

#[test]
fn plots_up_to_half_a_minute_late_lead_to_the_same_words() {
    let sky = Sky::ir2(Flown::Short, 2).unwrap();
    let in_time = plots(&sky);
    let mut random = Random::new(5);
    let mut late: Vec<(f64, Plot)> = in_time
        .iter()
        .map(|plot| (plot.time.since_s(sky.start) + 29.9 * random.unit(), plot.clone()))
        .collect();
    late.sort_by(|a, b| a.0.total_cmp(&b.0));
    let late: Vec<Plot> = late.into_iter().map(|(_, plot)| plot).collect();
    let words = |said: Vec<Assessment>| -> Vec<Assessment> {
        said.into_iter().map(|said| Assessment { hops: Default::default(), ..said }).collect()
    };
    assert!(words(said(&sky, &late)) == words(said(&sky, &in_time)));
}

#[test]
fn a_plot_later_than_that_is_refused() {
    let sky = Sky::ir2(Flown::Short, 2).unwrap();
    let plots = plots(&sky);
    let mut picture = Picture::new(sky.sensors.clone(), Settings::default());
    picture.observe(Tai(0), &plots[40..]);
    assert_eq!(picture.observe(Tai(0), &plots[..1])[0].reason, Rejection::Late);
}

/// Between two launches, beside their own scatter, seconds.
const LATER_S: f64 = 25.0;

#[test]
fn two_launches_at_once_are_two_and_a_fire_is_none() {
    let skies = [Sky::ir2(Flown::Short, 6).unwrap(), Sky::ir2(Flown::Far, 8).unwrap()];
    // The second one from the same pad half a minute after the first, while that still burns.
    let later_s = [0.0, LATER_S];
    let mut plots: Vec<Plot> = skies
        .iter()
        .zip(later_s)
        .flat_map(|(sky, later_s)| {
            plots(sky).into_iter().map(move |plot| Plot { time: plot.time.plus_s(later_s), ..plot })
        })
        .collect();
    let start = skies[0].start;
    for lon_deg in [97.0, 157.0] {
        let sensor = geostationary(lon_deg);
        let mut gaze = Gaze::new(&sensor, 99);
        let place_m = fixed_of(physics::geodetic::Geodetic { lat_deg: 42.0, lon_deg: 130.0, alt_m: 200.0 });
        for scan in 0..150 {
            plots.extend(gaze.plot(scan, start.plus_s(scan as f64 + 0.5), place_m));
        }
    }
    plots.sort_by_key(|plot| plot.time);
    let mut picture = Picture::new(skies[0].sensors.clone(), Settings::default());
    let mut last = std::collections::BTreeMap::new();
    let end = |(sky, later_s): (&Sky, f64)| sky.start.plus_s(sky.truth.burnout().unwrap().time_s + later_s);
    let ends = [end((&skies[0], 0.0)), end((&skies[1], LATER_S))];
    for plot in &plots {
        picture.observe(plot.time, core::slice::from_ref(plot));
        // Once after each end: the fits are what takes time.
        if ends.iter().any(|end| (3.0..3.5).contains(&plot.time.since_s(*end))) {
            for said in picture.assess(plot.time) {
                last.insert(said.track_id.clone(), said);
            }
        }
    }
    assert_eq!(last.len(), 2, "{:?}", last.keys());
    for (sky, later_s) in skies.iter().zip(later_s) {
        let truth = sky.truth.launch().unwrap();
        let near = last.values().filter(|said| {
            said.launch.is_some_and(|ground| {
                distance_m(ground.place, truth.place) < 2_500.0
                    && ground.time.since_s(sky.start.plus_s(truth.time_s + later_s)).abs() < 10.0
            })
        });
        assert_eq!(near.count(), 1);
    }
    // Long after the last sight the line is closed, once.
    let ended = picture.assess(ends[1].max(ends[0]).plus_s(400.0));
    assert!(ended.iter().all(|said| said.phase == Phase::Final) && ended.len() == 2);
    assert!(picture.assess(ends[1].max(ends[0]).plus_s(500.0)).is_empty());
}
