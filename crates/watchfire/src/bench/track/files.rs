//! The measured scenarios as files, with the tracks that come of them: what other trackers are run on beside this one.

use std::fmt::Write as _;
use std::path::Path;

use formats::tracks::{TRACKS_HEADER, write_track};
use physics::plot::Plot;
use picture::{Picture, Settings};
use sim::raid::{Raid, Seen};
use statement::TrackStatus;

use super::follow::estimate_at;
use super::{Form, Noted, failed, speed};

/// Runs of S0 and of S0c, each a file of its own; R100 is one.
const RUNS: u64 = 40;

/// The trackers by the name in their files, and whether they know coasts alone.
const TRACKERS: [(&str, bool); 2] = [("coasting", true), ("all", false)];

/// Writes `<scenario>-<seed>.sensors.json`, `.plots.csv`, `.truth.csv` and, for each tracker, `.<tracker>.tracks.csv`
/// into `folder`; the speeds on that R100.
pub fn write(folder: &Path, form: &Form) -> Result<Vec<Noted>, String> {
    std::fs::create_dir_all(folder).map_err(failed)?;
    for seed in form.seed..form.seed + RUNS {
        write_one(folder, &format!("s0-{seed}"), &Raid::s0(seed).map_err(failed)?.seen(Seen::AboveAir))?;
        write_one(folder, &format!("s0c-{seed}"), &Raid::s0c(seed).map_err(failed)?.seen(Seen::AboveAir))?;
    }
    let raid = Raid::r100(form.seed).map_err(failed)?.seen(Seen::AboveAir);
    write_one(folder, &format!("r100-{}", form.seed), &raid)?;
    Ok(speed::rate(&raid, form))
}

fn write_one(folder: &Path, name: &str, raid: &Raid) -> Result<(), String> {
    let sensors = serde_json::json!({ "t0_utc": raid.start.to_utc(), "sensors": [raid.sensor] });
    let mut plots = String::from("time_s,scan,sensor_id,range_m,az_rad,el_rad,range_rate_mps,truth_id\n");
    let mut truths = String::from("time_s,truth_id,x_m,y_m,z_m,vx_mps,vy_mps,vz_mps\n");
    let mut shown = false;
    for (time_s, scan) in raid.scans() {
        let covered = raid.covered(time_s);
        shown |= !covered.is_empty();
        if shown && covered.is_empty() {
            break;
        }
        // From the first object on: before it there is clutter alone.
        if !shown {
            continue;
        }
        scan.iter().for_each(|plot| plot_line(&mut plots, time_s, plot));
        for (index, [x, y, z], [vx, vy, vz]) in covered {
            let id = &raid.truths[index].id;
            let _ = writeln!(truths, "{time_s:.3},{id},{x:.4},{y:.4},{z:.4},{vx:.6},{vy:.6},{vz:.6}");
        }
    }
    for (kind, text) in [
        ("sensors.json", serde_json::to_string_pretty(&sensors).map_err(failed)?),
        ("plots.csv", plots),
        ("truth.csv", truths),
    ] {
        std::fs::write(folder.join(format!("{name}.{kind}")), text).map_err(failed)?;
    }
    for (tracker, coasting_only) in TRACKERS {
        let settings = Settings { coasting_only, ..Settings::default() };
        std::fs::write(folder.join(format!("{name}.{tracker}.tracks.csv")), tracks(raid, settings))
            .map_err(failed)?;
    }
    Ok(())
}

/// The firm tracks after each scan, carried to its time: a row for each.
fn tracks(raid: &Raid, settings: Settings) -> String {
    let mut picture = Picture::new(vec![raid.sensor.clone()], settings);
    let mut text = format!("{TRACKS_HEADER}\n");
    for (time_s, plots) in raid.scans() {
        let now = raid.start.plus_s(time_s);
        picture.observe(now, &plots);
        picture.advance(now);
        for mut track in picture.tracks().into_iter().filter(|track| track.status == TrackStatus::Firm) {
            let estimate = estimate_at(&track, now);
            track.time = now;
            track.state = estimate.state.into();
            let triangle = (0..6).flat_map(|row| (row..6).map(move |column| (row, column)));
            for (element, place) in track.covariance.iter_mut().zip(triangle) {
                *element = estimate.covariance[place];
            }
            write_track(&mut text, &track, raid.start);
            text.push('\n');
        }
    }
    text
}

fn plot_line(out: &mut String, time_s: f64, plot: &Plot) {
    let optional = |number: Option<f64>| number.map_or(String::new(), |number| format!("{number:.4}"));
    let _ = writeln!(
        out,
        "{time_s:.3},{},{},{},{:.9},{:.9},{},{}",
        plot.scan,
        plot.sensor_id,
        optional(plot.range_m),
        plot.az_rad,
        plot.el_rad,
        optional(plot.range_rate_mps),
        plot.truth_id.as_deref().unwrap_or_default()
    );
}
