//! The measured scenarios as files: what other trackers are run on beside this one.

use std::fmt::Write as _;
use std::path::Path;

use physics::plot::Plot;
use sim::raid::{Raid, Seen};

use super::failed;

/// Runs of S0 and of S0c, each a file of its own; R100 is one.
const RUNS: u64 = 40;

/// Writes `<scenario>-<seed>.sensors.json`, `.plots.csv` and `.truth.csv` into `folder`, which must exist or can be made.
pub fn write(folder: &Path, first_seed: u64) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(failed)?;
    for seed in first_seed..first_seed + RUNS {
        write_one(folder, &format!("s0-{seed}"), &Raid::s0(seed).map_err(failed)?.seen(Seen::AboveAir))?;
        write_one(folder, &format!("s0c-{seed}"), &Raid::s0c(seed).map_err(failed)?.seen(Seen::AboveAir))?;
    }
    let raid = Raid::r100(first_seed).map_err(failed)?.seen(Seen::AboveAir);
    write_one(folder, &format!("r100-{first_seed}"), &raid)
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
    Ok(())
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
