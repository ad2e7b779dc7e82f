//! Track files: CSV, a row for each firm track and update.

use core::fmt::Write as _;

use physics::time::Tai;
use statement::Track;

/// The header: position (m) and velocity (m/s) Earth-fixed, then the covariance's upper triangle, row by row.
pub const TRACKS_HEADER: &str = "time_s,track_id,x_m,y_m,z_m,vx_mps,vy_mps,vz_mps,p00,p01,p02,p03,p04,p05,p11,p12,p13,p14,p15,p22,p23,p24,p25,p33,p34,p35,p44,p45,p55";

/// Appends one track's row to `out`, without the line's end; `t0` is the instant of `time_s` 0.
pub fn write_track(out: &mut String, track: &Track, t0: Tai) {
    let [x, y, z, vx, vy, vz] = track.state;
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "{:.3},{},{x:.3},{y:.3},{z:.3},{vx:.5},{vy:.5},{vz:.5}",
        track.time.since_s(t0),
        track.track_id
    );
    for element in track.covariance {
        let _ = write!(out, ",{element:.9e}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statement::{Evidence, TrackStatus};

    #[test]
    fn a_row_has_as_many_fields_as_the_header() {
        let track = Track {
            track_id: "T-1".into(),
            status: TrackStatus::Firm,
            time: Tai(2_500_000_000),
            state: [1.0, -2.0, 3.0, 4.0, 5.0, 6.0],
            covariance: core::array::from_fn(|index| index as f64),
            evidence: Evidence::default(),
            tracklet: None,
        };
        let mut row = String::new();
        write_track(&mut row, &track, Tai(0));
        assert!(row.starts_with("2.500,T-1,1.000,-2.000,3.000,4.00000,"));
        assert!(row.ends_with(",2.000000000e1"));
        assert_eq!(row.split(',').count(), TRACKS_HEADER.split(',').count());
    }
}
