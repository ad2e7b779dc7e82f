//! R100 as a whole: which track stands for which object, scan by scan, by optimal matching.
//!
//! GOSPA (Rahmathullah, García-Fernández, Svensson, "Generalized optimal sub-pattern assignment metric", FUSION 2017)
//! with p = 2, α = 2 and c = 3 km: the root of the sum of the matched squared distances and of c²/2 for each object
//! missed and each track too many, over the objects covered in a scan and the tracks with a plot in the last 5 s.
//! Switches and completeness count coasting tracks as well.

use std::collections::BTreeMap;

use nalgebra::Vector3;
use picture::{Picture, Settings};
use sim::raid::Raid;
use statement::TrackStatus;

use super::follow::estimate_at;
use super::statistics::mean;
use super::{Form, NEAR_M, Noted, failed};

/// Raids, quick and full.
const RAIDS: [usize; 2] = [3, 30];

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Score {
    switches: f64,
    completeness: f64,
    /// Means over scans: GOSPA, metres; missed and false, a scan.
    gospa_m: f64,
    missed: f64,
    too_many: f64,
    /// Root mean square of the matched distances, metres.
    rms_m: f64,
}

/// The figures of R100.
pub fn measure(form: &Form) -> Result<Vec<Noted>, String> {
    let raids = RAIDS[usize::from(form.full)];
    let mut scores = Vec::new();
    for index in 0..raids {
        scores.push(score(&Raid::r100(form.seed + index as u64).map_err(failed)?));
    }
    let of = |part: fn(&Score) -> f64| mean(&scores.iter().map(part).collect::<Vec<_>>());
    let note = |part: fn(&Score) -> f64| {
        let interval = of(part);
        format!("[{:.3}, {:.3}], {raids} raids", interval.low, interval.high)
    };
    let figure = |name: &str, goal, unit: &str, higher, part: fn(&Score) -> f64| {
        Noted::new(name.to_owned(), goal, of(part).value, unit, higher, note(part))
    };
    let mut noted = vec![
        figure("raid: switches, R100", Some(10.0), "", false, |score| score.switches),
        figure("raid: completeness, R100", Some(0.97), "share", true, |score| score.completeness),
        figure("raid: GOSPA, R100", None, "m", false, |score| score.gospa_m),
    ];
    if let Some(last) = noted.last_mut() {
        let (missed, too_many, rms) =
            (of(|score| score.missed), of(|score| score.too_many), of(|score| score.rms_m));
        last.note.push_str(&format!(
            "; a scan: {:.2} missed, {:.2} too many, matched rms {:.0} m",
            missed.value, too_many.value, rms.value
        ));
    }
    Ok(noted)
}

fn score(raid: &Raid) -> Score {
    let mut picture = Picture::new(vec![raid.sensor.clone()], Settings::default());
    let mut last: BTreeMap<usize, String> = BTreeMap::new();
    let (mut switches, mut covered_count, mut matched_count) = (0, 0, 0);
    let (mut scans, mut gospa_m, mut missed, mut too_many) = (0, 0.0, 0, 0);
    let (mut squares_m2, mut squares_count) = (0.0, 0);
    for (time_s, plots) in raid.scans() {
        let now = raid.start.plus_s(time_s);
        picture.observe(now, &plots);
        picture.advance(now);
        let covered = raid.covered(time_s);
        if covered.is_empty() {
            continue;
        }
        let truths: Vec<Vector3<f64>> =
            covered.iter().map(|(_, position_m, _)| Vector3::from(*position_m)).collect();
        let mut tracks = picture.tracks();
        tracks.retain(|track| track.status != TrackStatus::Lost);
        let places: Vec<Vector3<f64>> =
            tracks.iter().map(|track| estimate_at(track, now).position()).collect();
        let matches = matched(&truths, &places);
        covered_count += truths.len();
        matched_count += matches.len();
        for (truth, track) in matches {
            let (object, id) = (covered[truth].0, &tracks[track].track_id);
            if last.insert(object, id.clone()).is_some_and(|before| before != *id) {
                switches += 1;
            }
        }
        let seen: Vec<Vector3<f64>> = tracks
            .iter()
            .zip(&places)
            .filter(|(track, _)| track.status == TrackStatus::Firm)
            .map(|(_, place)| *place)
            .collect();
        let matches = matched(&truths, &seen);
        let squares: f64 =
            matches.iter().map(|&(truth, track)| (truths[truth] - seen[track]).norm_squared()).sum();
        let unmatched = truths.len() + seen.len() - 2 * matches.len();
        gospa_m += (squares + 0.5 * NEAR_M * NEAR_M * unmatched as f64).sqrt();
        missed += truths.len() - matches.len();
        too_many += seen.len() - matches.len();
        squares_m2 += squares;
        squares_count += matches.len();
        scans += 1;
    }
    let scans = f64::from(scans);
    Score {
        switches: f64::from(switches),
        completeness: matched_count as f64 / covered_count as f64,
        gospa_m: gospa_m / scans,
        missed: missed as f64 / scans,
        too_many: too_many as f64 / scans,
        rms_m: (squares_m2 / squares_count as f64).sqrt(),
    }
}

/// The matches (truth, track) within [`NEAR_M`] whose squared distances and half-cut-offs add up to the least.
fn matched(truths: &[Vector3<f64>], tracks: &[Vector3<f64>]) -> Vec<(usize, usize)> {
    let size = truths.len().max(tracks.len());
    let none = NEAR_M * NEAR_M;
    let mut costs = lapjv::Matrix::<f64>::from_elem((size, size), none);
    for (row, truth) in truths.iter().enumerate() {
        for (column, track) in tracks.iter().enumerate() {
            costs[(row, column)] = (truth - track).norm_squared().min(none);
        }
    }
    let Ok((columns, _)) = lapjv::lapjv(&costs) else { return Vec::new() };
    let pairs = columns.into_iter().enumerate().take(truths.len());
    pairs.filter(|&(row, column)| column < tracks.len() && costs[(row, column)] < none).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64) -> Vector3<f64> {
        Vector3::new(x, 0.0, 0.0)
    }

    #[test]
    fn matching_takes_the_least_total_and_nothing_beyond_the_cut_off() {
        // Nearest first would leave the second truth with the far track.
        let matches = matched(&[at(0.0), at(1_000.0)], &[at(900.0), at(-1_900.0), at(9_000.0)]);
        assert_eq!(matches, [(0, 1), (1, 0)]);
        assert_eq!(matched(&[at(0.0)], &[at(3_001.0)]), []);
        assert_eq!(matched(&[at(0.0), at(5_000.0)], &[at(5_100.0)]), [(1, 0)]);
    }
}
