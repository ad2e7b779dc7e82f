//! Category 048: one radar's target reports. EUROCONTROL-SPEC-0149-4, edition 1.31.

use core::f64::consts::TAU;

use super::block::{Profile, items, source, time_of_day};
use super::item::{Cursor, Form, signed, unsigned};
use super::{AsterixError, Source};

/// The user application profile, field by field.
const PROFILE: &Profile = &[
    ("I048/010", Form::Fixed(2)),
    ("I048/140", Form::Fixed(3)),
    ("I048/020", Form::Extended),
    ("I048/040", Form::Fixed(4)),
    ("I048/070", Form::Fixed(2)),
    ("I048/090", Form::Fixed(2)),
    ("I048/130", Form::Compound(&[Form::Fixed(1); 7])),
    ("I048/220", Form::Fixed(3)),
    ("I048/240", Form::Fixed(6)),
    ("I048/250", Form::Repetitive(8)),
    ("I048/161", Form::Fixed(2)),
    ("I048/042", Form::Fixed(4)),
    ("I048/200", Form::Fixed(4)),
    ("I048/170", Form::Extended),
    ("I048/210", Form::Fixed(4)),
    ("I048/030", Form::Extended),
    ("I048/080", Form::Fixed(2)),
    ("I048/100", Form::Fixed(4)),
    ("I048/110", Form::Fixed(2)),
    ("I048/120", Form::Compound(&[Form::Fixed(2), Form::Repetitive(6)])),
    ("I048/230", Form::Fixed(2)),
    ("I048/260", Form::Fixed(7)),
    ("I048/055", Form::Fixed(1)),
    ("I048/050", Form::Fixed(2)),
    ("I048/065", Form::Fixed(1)),
    ("I048/060", Form::Fixed(2)),
    ("the special purpose field of I048", Form::Explicit),
    ("the reserved expansion field of I048", Form::Explicit),
];

const NAUTICAL_MILE_M: f64 = 1_852.0;
/// 25 ft: the step of a flight level and of a measured height.
const HEIGHT_STEP_M: f64 = 25.0 * 0.3048;

/// What the target was detected by: I048/020, TYP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detection {
    /// No detection: the radar's own tracker carries the target on.
    None,
    /// Its echo alone.
    Primary,
    /// Its transponder alone.
    Secondary,
    /// Echo and transponder.
    Both,
    /// Mode S all-call.
    AllCall,
    /// Mode S roll-call.
    RollCall,
    /// Mode S all-call and echo.
    AllCallAndPrimary,
    /// Mode S roll-call and echo.
    RollCallAndPrimary,
}

const DETECTIONS: [Detection; 8] = [
    Detection::None,
    Detection::Primary,
    Detection::Secondary,
    Detection::Both,
    Detection::AllCall,
    Detection::RollCall,
    Detection::AllCallAndPrimary,
    Detection::RollCallAndPrimary,
];

/// A target report: what of it is used here.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Where its record begins in the file.
    pub offset: usize,
    /// I048/010.
    pub source: Option<Source>,
    /// I048/140: seconds since midnight UTC.
    pub time_of_day_s: Option<f64>,
    /// I048/020, TYP.
    pub detection: Option<Detection>,
    /// I048/020, SIM: made up.
    pub simulated: bool,
    /// I048/020, TST: from a test transponder.
    pub test: bool,
    /// I048/040: slant range, metres, and azimuth from true north to east, radians in [0, 2π).
    pub polar: Option<(f64, f64)>,
    /// I048/090: flight level as metres above the standard pressure surface; only where it is validated and not
    /// garbled.
    pub pressure_height_m: Option<f64>,
    /// I048/110: height measured by the radar itself, metres.
    pub measured_height_m: Option<f64>,
    /// I048/220: the aircraft's 24-bit address.
    pub address: Option<u32>,
    /// I048/161: number of the radar's own track.
    pub track_number: Option<u16>,
}

/// Reads one record.
pub(super) fn read(block: &mut Cursor) -> Result<Target, AsterixError> {
    let mut target = Target {
        offset: block.offset,
        source: None,
        time_of_day_s: None,
        detection: None,
        simulated: false,
        test: false,
        polar: None,
        pressure_height_m: None,
        measured_height_m: None,
        address: None,
        track_number: None,
    };
    items(block, PROFILE, |name, bytes| {
        match name {
            "I048/010" => target.source = Some(source(bytes)),
            "I048/140" => target.time_of_day_s = Some(time_of_day(bytes)?),
            "I048/020" => {
                target.detection = Some(DETECTIONS[usize::from(bytes[0] >> 5)]);
                target.simulated = bytes[0] & 0x10 != 0;
                target.test = bytes.get(1).is_some_and(|octet| octet & 0x80 != 0);
            }
            "I048/040" => {
                let range_m = f64::from(unsigned(&bytes[..2])) / 256.0 * NAUTICAL_MILE_M;
                target.polar = Some((range_m, f64::from(unsigned(&bytes[2..])) / 65_536.0 * TAU));
            }
            "I048/090" => {
                let trusted = bytes[0] & 0xc0 == 0;
                let height_m = f64::from(signed(unsigned(bytes), 14)) * HEIGHT_STEP_M;
                target.pressure_height_m = trusted.then_some(height_m);
            }
            "I048/110" => {
                target.measured_height_m = Some(f64::from(signed(unsigned(bytes), 14)) * HEIGHT_STEP_M);
            }
            "I048/220" => target.address = Some(unsigned(bytes)),
            "I048/161" => target.track_number = Some((unsigned(bytes) & 0x0fff) as u16),
            _ => {}
        }
        Ok(())
    })?;
    Ok(target)
}
