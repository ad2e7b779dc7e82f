//! What a nation's picture makes of lines of sight without range.

use std::collections::{BTreeMap, BTreeSet};

use physics::frames::{Position, Site};
use physics::geodetic::Geodetic;
use physics::measure;
use physics::plot::Plot;
use physics::sensor::{Sensor, SensorKind, Volume};
use physics::time::Tai;
use physics::wgs84;
use picture::{Picture, Rejection, Settings};
use sim::infrared::{Flown, Gaze, Sky, geostationary};
use sim::random::Random;
use sim::sensing::Watch;
use sim::truth::draw::{ReportedLaunch, VehicleClass};
use sim::truth::earth::{distance_m, fixed_of, place_of};
use sim::truth::fate::Fate;
use sim::truth::fit::Course;
use sim::truth::{Phase as FlightPhase, Truth};
use statement::{Assessment, AssessmentStatus, GroundEstimate, Phase, Phenomenon};

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
        let place_m = fixed_of(Geodetic { lat_deg: 42.0, lon_deg: 130.0, alt_m: 200.0 });
        for scan in 0..150 {
            plots.extend(gaze.plot(scan, start.plus_s(scan as f64 + 0.5), place_m));
        }
    }
    plots.sort_by_key(|plot| plot.time);
    let mut picture = Picture::new(skies[0].sensors.clone(), Settings::default());
    let mut last = BTreeMap::new();
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

/// A radar some 250 km south of the pads, which sees from 3° of elevation on.
fn radar() -> Sensor {
    Sensor {
        id: "south".to_owned(),
        kind: SensorKind::Radar,
        lat_deg: 37.75,
        lon_deg: 127.0,
        alt_m: 0.0,
        sigma_range_m: Some(20.0),
        sigma_az_rad: Some(1e-3),
        sigma_el_rad: Some(1e-3),
        pd: 0.9,
        volume: Some(Volume {
            range_m: [50e3, 3_000e3],
            az_rad: [0.0, core::f64::consts::TAU],
            el_rad: [3.0_f64.to_radians(), 80.0_f64.to_radians()],
        }),
        slow_fraction: Some(0.0),
        ..geostationary(127.0)
    }
}

fn satellites() -> Vec<Sensor> {
    [97.0, 157.0].map(geostationary).to_vec()
}

/// What the satellites and the radar see of launches until `end_s`, in the order of time.
fn watched(truths: &[&Truth], start: Tai, end_s: f64, seed: u64) -> Vec<Plot> {
    let sensor = radar();
    let mut watch = Watch::new(&sensor, seed);
    let mut plots = Vec::new();
    for scan in 0..end_s as i64 {
        plots.extend(watch.scan(scan, scan as f64, start, truths.iter().copied()));
    }
    for sensor in satellites() {
        let mut gaze = Gaze::new(&sensor, seed);
        for scan in 0..end_s as i64 {
            let time_s = scan as f64 + if sensor.lon_deg < 127.0 { 0.3 } else { 0.7 };
            for truth in truths {
                let burning = truth.state(time_s).filter(|(position_m, _, phase)| {
                    *phase == FlightPhase::Boost && place_of(*position_m).alt_m > 10_000.0
                });
                plots.extend(
                    burning.and_then(|(position_m, ..)| gaze.plot(scan, start.plus_s(time_s), position_m)),
                );
            }
        }
    }
    plots.sort_by(|a, b| a.time.cmp(&b.time).then(a.sensor_id.cmp(&b.sensor_id)));
    plots
}

/// Everything that is said while these plots come in, asked for every `every_s` seconds and at the end.
fn words(sensors: Vec<Sensor>, plots: &[Plot], every_s: f64) -> Vec<Assessment> {
    let mut picture = Picture::new(sensors, Settings::default());
    let mut said = Vec::new();
    let mut asked = plots[0].time;
    for plot in plots {
        let rejected = picture.observe(plot.time, core::slice::from_ref(plot));
        assert!(rejected.is_empty(), "{rejected:?}");
        // A track has its name before anything is said of it.
        for track in picture.tracks() {
            said.push(Assessment {
                track_id: track.track_id,
                phase: Phase::Unknown,
                ..Assessment::default()
            });
        }
        if plot.time.since_s(asked) >= every_s {
            asked = plot.time;
            said.extend(picture.assess(plot.time));
        }
    }
    let newest = plots.iter().map(|plot| plot.time).max().unwrap();
    said.extend(picture.assess(newest.plus_s(1.0)));
    said
}

/// The last word of each line; an id that was shown and never said is there with the phase unknown.
fn last_words(said: Vec<Assessment>) -> BTreeMap<String, Assessment> {
    let mut last: BTreeMap<String, Assessment> = BTreeMap::new();
    for said in said {
        if said.phase != Phase::Unknown || !last.contains_key(&said.track_id) {
            last.insert(said.track_id.clone(), said);
        }
    }
    last
}

fn rms(of: &[f64]) -> f64 {
    (of.iter().map(|value| value * value).sum::<f64>() / of.len() as f64).sqrt()
}

#[test]
fn a_launch_that_radar_and_infrared_see_is_one_line_from_the_first_word_to_the_last() {
    const LAUNCHES: u64 = 20;
    let mut missed_m = [const { Vec::new() }; 3];
    let mut late_s = [const { Vec::new() }; 3];
    let (mut ids, mut held) = (0, [0; 3]);
    for seed in 0..LAUNCHES {
        let flown = [Flown::Short, Flown::Short, Flown::Far][seed as usize % 3];
        let sky = Sky::ir2(flown, 700 + seed).unwrap();
        let end_s = sky.truth.burnout().unwrap().time_s + 60.0;
        let plots = watched(&[&sky.truth], sky.start, end_s, seed);
        let all = [vec![radar()], satellites()].concat();
        let said = words(all, &plots, 8.0);
        let of: BTreeSet<&String> = said.iter().map(|said| &said.track_id).collect();
        println!("{seed}: {of:?}");
        ids += of.len();
        let said: Vec<&Assessment> = said.iter().filter(|said| said.phase != Phase::Unknown).collect();
        assert!(said[0].evidence.phenomena == [Phenomenon::Infrared] && said[0].phase == Phase::Initial);
        assert!(said[1..].iter().all(|said| said.phase == Phase::Update));
        let last = said[said.len() - 1];
        assert_eq!(last.evidence.phenomena, [Phenomenon::Radar, Phenomenon::Infrared]);
        assert_eq!(last.evidence.source_tags, ["geo-157", "geo-97", "south"]);
        assert!(last.warning && last.status == AssessmentStatus::Established && last.impact.is_some());
        // Alone infrared never warns.
        let alone = said.iter().filter(|said| said.evidence.phenomena == [Phenomenon::Infrared]);
        assert!(alone.clone().count() > 0);
        assert!(alone.clone().all(|said| !said.warning && said.status == AssessmentStatus::Preliminary));
        // What one of them knew is not forgotten when the other comes.
        assert!(said.iter().all(|said| said.launch.is_some() && said.threat_probability >= 0.5));

        let of_one = |sensors: Vec<Sensor>| -> Assessment {
            let known = |plot: &&Plot| sensors.iter().any(|sensor| sensor.id == plot.sensor_id);
            let plots: Vec<Plot> = plots.iter().filter(known).cloned().collect();
            words(sensors, &plots, 1e3).pop().unwrap()
        };
        let each = [last.clone(), of_one(satellites()), of_one(vec![radar()])];
        let truth = sky.truth.launch().unwrap();
        for (place, said) in each.iter().enumerate() {
            let ground = said.launch.unwrap();
            missed_m[place].push(distance_m(ground.place, truth.place));
            late_s[place].push(ground.time.since_s(sky.start.plus_s(truth.time_s)));
            held[place] += u32::from(holds(&ground, truth.place));
        }
    }
    for (place, by) in ["radar and infrared", "infrared alone", "radar alone"].iter().enumerate() {
        println!(
            "{by}: launch point {:.0} m rms, time {:.2} s rms, 90 % ellipse holds {} of {LAUNCHES}",
            rms(&missed_m[place]),
            rms(&late_s[place]),
            held[place]
        );
    }
    println!("{ids} ids of {LAUNCHES} launches");
    assert_eq!(ids, LAUNCHES as usize);
    let [both_m, heat_m, radar_m] = missed_m.map(|missed_m| rms(&missed_m));
    assert!(both_m < 1.1 * heat_m && both_m < 1.1 * radar_m);
    // Fewer than 13 of 20 would be one chance in a hundred, where nine of ten are held.
    assert!(held[0] >= 13, "{held:?}");
}

#[test]
fn where_a_radar_track_breaks_what_goes_on_is_the_same_launch() {
    let sky = Sky::ir2(Flown::Lofted, 308).unwrap();
    let end_s = sky.truth.burnout().unwrap().time_s + 60.0;
    let of_radar = watched(&[&sky.truth], sky.start, end_s, 8);
    let of_radar: Vec<Plot> = of_radar.into_iter().filter(|plot| plot.sensor_id == "south").collect();
    let alone = last_words(words(vec![radar()], &of_radar, 3.0));
    assert_eq!(alone.len(), 2, "this flight's track does not break");
    let mut plots: Vec<Plot> = plots(&sky).into_iter().chain(of_radar).collect();
    plots.sort_by_key(|plot| plot.time);
    let said = last_words(words([satellites(), vec![radar()]].concat(), &plots, 3.0));
    assert_eq!(said.keys().collect::<Vec<_>>(), ["I-1"]);
    assert!(said["I-1"].warning && said["I-1"].evidence.phenomena.len() == 2);
}

#[test]
fn one_satellite_and_a_radar_that_saw_no_thrust_know_it_by_where_and_when_it_began() {
    let sky = Sky::ir1(Flown::Short, 303).unwrap();
    let burnout_s = sky.truth.burnout().unwrap().time_s;
    let seen = |plot: &Plot| plot.sensor_id == "south" && plot.time.since_s(sky.start) > burnout_s;
    let of_radar = watched(&[&sky.truth], sky.start, burnout_s + 60.0, 3).into_iter().filter(seen);
    let mut plots: Vec<Plot> = plots(&sky).into_iter().chain(of_radar).collect();
    plots.sort_by_key(|plot| plot.time);
    let mut picture = Picture::new([sky.sensors.clone(), vec![radar()]].concat(), Settings::default());
    let mut said = Vec::new();
    for plot in &plots {
        picture.observe(plot.time, core::slice::from_ref(plot));
        // Twice between two plots, sooner than a line is repeated.
        said.extend(picture.assess(plot.time));
        said.extend(picture.assess(plot.time.plus_s(0.4)));
    }
    // What is withdrawn goes on without a pause.
    let withdrawn = said.iter().position(|said| said.phase == Phase::Cancel).unwrap();
    let before = said[..withdrawn].iter().rfind(|said| said.phase == Phase::Update && said.track_id == "I-1");
    assert_eq!(before.unwrap().evidence.phenomena.len(), 2);
    assert_eq!(before.unwrap().hops.assessed, said[withdrawn].hops.assessed);
    let said = last_words(said);
    // The radar's had to be said before its launch was known.
    assert_eq!(said.keys().collect::<Vec<_>>(), ["I-1", "T-1"]);
    assert!(said["I-1"].warning && said["I-1"].evidence.phenomena.len() == 2);
    assert!(said["T-1"].phase == Phase::Cancel && said["T-1"].status == AssessmentStatus::Withdrawn);
    assert!(!said["T-1"].warning);
}

/// Whether a place lies within the 90 % ellipse of an estimate.
fn holds(estimate: &GroundEstimate, place: Geodetic) -> bool {
    let local = Site::at(estimate.place);
    let away = local.axes * (wgs84::to_earth_fixed(place).vector() - local.origin.vector());
    let (major_m, minor_m) = estimate.ellipse.axes_m(0.9);
    let (sin, cos) = libm::sincos(estimate.ellipse.azimuth_deg.to_radians());
    let along = (away.x * sin + away.y * cos) / major_m;
    let across = (away.x * cos - away.y * sin) / minor_m;
    along * along + across * across <= 1.0
}

#[test]
fn order_of_arrival_and_a_snapshot_leave_a_joined_launch_as_it_is() {
    let sky = Sky::ir2(Flown::Short, 2).unwrap();
    let end_s = sky.truth.burnout().unwrap().time_s + 40.0;
    let plots = watched(&[&sky.truth], sky.start, end_s, 1);
    let sensors = [satellites(), vec![radar()]].concat();
    let blank = |said: Assessment| Assessment {
        hops: Default::default(),
        phase: Phase::Update,
        track_id: String::new(),
        ..said
    };
    let last = |said: Vec<Assessment>| blank(said.into_iter().next_back().unwrap());
    let in_order = last(words(sensors.clone(), &plots, 10.0));
    assert_eq!(in_order.evidence.phenomena.len(), 2);
    for seed in 1..3 {
        let mut random = Random::new(seed);
        let mut late: Vec<(f64, &Plot)> =
            plots.iter().map(|plot| (plot.time.since_s(sky.start) + 29.9 * random.unit(), plot)).collect();
        late.sort_by(|a, b| a.0.total_cmp(&b.0));
        let late: Vec<Plot> = late.into_iter().map(|(_, plot)| plot.clone()).collect();
        assert!(last(words(sensors.clone(), &late, 1e3)) == in_order, "seed {seed}, asked once");
        assert!(last(words(sensors.clone(), &late, 10.0)) == in_order, "seed {seed}");
    }
    // From a snapshot in the middle it goes on as it would have.
    let mut picture = Picture::new(sensors, Settings::default());
    for plot in &plots[..plots.len() / 2] {
        picture.observe(plot.time, core::slice::from_ref(plot));
    }
    let now = plots[plots.len() / 2].time;
    picture.assess(now);
    let mut again: Picture = postcard::from_bytes(&postcard::to_stdvec(&picture).unwrap()).unwrap();
    for each in [&mut picture, &mut again] {
        each.observe(now, &plots[plots.len() / 2..]);
    }
    let end = sky.start.plus_s(end_s);
    let (one, other) = (picture.assess(end), again.assess(end));
    assert!(!one.is_empty() && one == other);
    assert!(postcard::to_stdvec(&picture).unwrap() == postcard::to_stdvec(&again).unwrap());
}

/// A launch to the east from `north_m` north of the site of the measured scenarios.
fn from_pad(north_m: f64, launch_s: f64, seed: u64) -> Truth {
    let launch = ReportedLaunch {
        id: format!("{north_m}"),
        class: VehicleClass::Srbm,
        burn_s: None,
        site: Geodetic { lat_deg: 40.0 + north_m / 111_000.0, lon_deg: 127.0, alt_m: 100.0 },
        site_spread_m: 0.0,
        launch_s,
        launch_spread_s: 0.0,
        range_m: (630e3, 670e3),
        apogee_m: (150e3, 160e3),
        flight_time_s: (0.0, 7_200.0),
        speed_mps: None,
        course: Course::Azimuth(90.0),
        course_spread: 0.0,
        fate: Fate::default(),
    };
    Truth::draw(&launch, seed).unwrap().swap_remove(0)
}

#[test]
fn launches_seconds_apart_from_neighbouring_pads_are_not_joined_crosswise() {
    let start = Tai(1_700_000_000_000_000_000);
    for seed in 0..4 {
        let truths = [from_pad(0.0, 20.0, seed), from_pad(6_000.0, 24.0, 40 + seed)];
        let end_s = truths[0].burnout().unwrap().time_s + 50.0;
        let plots = watched(&[&truths[0], &truths[1]], start, end_s, seed);
        let sensors = [satellites(), vec![radar()]].concat();
        let said = last_words(words(sensors, &plots, 10.0));
        assert_eq!(said.keys().collect::<Vec<_>>(), ["I-1", "I-2"]);
        for said in said.values() {
            assert_eq!(said.evidence.phenomena, [Phenomenon::Radar, Phenomenon::Infrared]);
            let observed = said.observed.unwrap();
            let of: Vec<&Truth> = truths
                .iter()
                .filter(|truth| {
                    let (position_m, ..) = truth.state(observed.time.since_s(start)).unwrap();
                    distance_m(observed.place, place_of(position_m)) < 3_000.0
                })
                .collect();
            let [truth] = of[..] else { panic!("{} objects", of.len()) };
            let (ground, launch) = (said.launch.unwrap(), truth.launch().unwrap());
            let missed_m = distance_m(ground.place, launch.place);
            let late_s = ground.time.since_s(start.plus_s(launch.time_s));
            println!(
                "{seed}: {} {missed_m:.0} m, {late_s:.1} s of {:.1} s",
                said.track_id, ground.time_sigma_s
            );
            assert!(missed_m < 2_500.0 && late_s.abs() < 4.0 * ground.time_sigma_s);
        }
    }
}

#[test]
fn an_aircraft_above_the_pad_and_a_satellite_are_no_launch() {
    let truth = from_pad(0.0, 20.0, 5);
    let start = Tai(1_700_000_000_000_000_000);
    let end_s = truth.burnout().unwrap().time_s + 30.0;
    let of_heat = |plot: &Plot| plot.sensor_id != "south";
    let mut plots: Vec<Plot> =
        watched(&[&truth], start, end_s, 3).into_iter().filter(|plot| of_heat(plot)).collect();
    let first_s = plots[0].time.since_s(start);
    let sensor = radar();
    let site = Site::at(sensor.place());
    let pad = Site::at(Geodetic { lat_deg: 40.0, lon_deg: 127.0, alt_m: 100.0 });
    let mut random = Random::new(4);
    for scan in 0..end_s as i64 {
        let since_s = scan as f64 - first_s;
        // Over the pad at the height and the moment at which the launch comes out of the clouds; and at 7.6 km/s.
        let ways = [[230.0 * since_s, 0.0, 10_500.0], [7_600.0 * since_s, 0.0, 300_000.0]];
        for [east_m, north_m, up_m] in ways {
            let place = pad.to_earth_fixed(Position::new(east_m, north_m, up_m));
            let Some(seen) = measure::sight(&site, place.vector()) else { continue };
            plots.push(Plot {
                time: start.plus_s(scan as f64),
                scan,
                sensor_id: sensor.id.clone(),
                range_m: Some(seen.measured.x + 20.0 * random.normal()),
                az_rad: (seen.measured.y + 1e-3 * random.normal()).rem_euclid(core::f64::consts::TAU),
                el_rad: seen.measured.z + 1e-3 * random.normal(),
                height_m: None,
                address: None,
                range_rate_mps: None,
                truth_id: None,
            });
        }
    }
    plots.sort_by(|a, b| a.time.cmp(&b.time).then(a.sensor_id.cmp(&b.sensor_id)));
    let said = last_words(words([satellites(), vec![sensor]].concat(), &plots, 10.0));
    println!("{:?}", said.keys());
    assert!(said.len() == 3 && said["I-1"].evidence.phenomena == [Phenomenon::Infrared]);
    assert!(said.values().all(|said| said.evidence.phenomena.len() == 1));
}
