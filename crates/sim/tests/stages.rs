//! Which tracks a nation has of which objects, where stages separate and missiles break up.

use std::collections::BTreeMap;

use nalgebra::Vector3;
use picture::{Picture, Settings};
use sim::scenario::Scenario;
use statement::TrackStatus;

fn load(file: &str) -> Scenario {
    Scenario::load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(file))
        .unwrap()
}

#[test]
fn probe() {
    let Ok(files) = std::env::var("PROBE") else { return };
    let seed = std::env::var("SEED").map_or(1, |text| text.parse().unwrap());
    for file in files.split(',') {
        let scenario = load(&format!("{file}.toml"));
        let truths = scenario.observations(seed).truths().to_vec();
        println!("== {file}");
        for truth in &truths {
            println!(
                "  {} launch {:?} burnout {:?} impact {:?}",
                truth.id,
                truth.launch().map(|m| m.time_s),
                truth.burnout().map(|m| (m.time_s, m.place.alt_m)),
                truth.impact().map(|m| m.time_s)
            );
        }
        let mut pictures: BTreeMap<_, Picture> = scenario
            .nations
            .iter()
            .map(|p| (p.nation, Picture::new(p.sensors.clone(), Settings::default())))
            .collect();
        // (nation, track) → runs of (truth, from, to).
        let mut lives: BTreeMap<(String, u64), Vec<(String, f64, f64, f64)>> = BTreeMap::new();
        let mut plots_of: BTreeMap<(String, String), (f64, f64, u32)> = BTreeMap::new();
        let mut warned: BTreeMap<(String, String), (f64, f64)> = BTreeMap::new();
        let mut counts: BTreeMap<(String, String), Vec<(i64, (u32, u32))>> = BTreeMap::new();
        for observed in scenario.observations(seed) {
            let now = scenario.start.plus_s(observed.time_s);
            let picture = pictures.get_mut(&observed.nation).unwrap();
            for plot in &observed.plots {
                if let Some(id) = &plot.truth_id {
                    let seen = plots_of.entry((observed.nation.to_string(), id.clone())).or_insert((
                        observed.time_s,
                        0.0,
                        0,
                    ));
                    seen.1 = observed.time_s;
                    seen.2 += 1;
                }
            }
            picture.observe(now, &observed.plots);
            for said in picture.assess(now) {
                let counts = counts.entry((observed.nation.to_string(), said.track_id.clone())).or_insert_with(Vec::new);
                if counts.last().is_none_or(|(_, last)| *last != said.object_count) {
                    counts.push((observed.time_s as i64, said.object_count));
                }
                if said.warning {
                    let entry = warned
                        .entry((observed.nation.to_string(), said.track_id.clone()))
                        .or_insert((observed.time_s, 0.0));
                    entry.1 = observed.time_s;
                }
            }
            for track in picture.tracks() {
                if track.status != TrackStatus::Firm || track.time != now {
                    continue;
                }
                let place = Vector3::new(track.state[0], track.state[1], track.state[2]);
                let near = truths
                    .iter()
                    .filter_map(|truth| {
                        let (position, ..) = truth.state(observed.time_s)?;
                        Some(((Vector3::from(position) - place).norm(), truth.id.clone()))
                    })
                    .min_by(|a, b| a.0.total_cmp(&b.0));
                let Some((away, id)) = near else { continue };
                let id = if away > 20_000.0 { format!("none({:.0} km)", away / 1e3) } else { id };
                let number = track.track_id[2..].parse().unwrap();
                let life = lives.entry((observed.nation.to_string(), number)).or_default();
                match life.last_mut() {
                    Some(last) if last.0 == id => {
                        last.2 = observed.time_s;
                        last.3 += 1.0;
                    }
                    _ => life.push((id, observed.time_s, observed.time_s, 1.0)),
                }
            }
        }
        for ((nation, id), (from, to, count)) in &plots_of {
            println!("  {nation} sees {id} {from:.0}..{to:.0} ({count})");
        }
        for ((nation, track), life) in &lives {
            let runs: Vec<String> = life
                .iter()
                .map(|(id, from, to, n)| format!("{id} {from:.0}-{to:.0} ({n})"))
                .collect();
            let runs = if runs.len() > 8 {
                format!("{} … {} runs", runs[..4].join(", "), runs.len())
            } else {
                runs.join(", ")
            };
            let alarm = warned.get(&(nation.clone(), format!("T-{track}")));
            println!("  {nation} T-{track}: {runs} warned {alarm:?} counts {:?}", counts.get(&(nation.clone(), format!("T-{track}"))));
        }
    }
}
