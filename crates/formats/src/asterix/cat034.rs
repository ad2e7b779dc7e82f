//! Category 034: one radar's service messages. EUROCONTROL-SPEC-0149-2b, edition 1.29.

use core::f64::consts::TAU;

use super::block::{Profile, items, source, time_of_day};
use super::item::{Cursor, Form, unsigned};
use super::{AsterixError, Source};

/// The user application profile, field by field.
const PROFILE: &Profile = &[
    ("I034/010", Form::Fixed(2)),
    ("I034/000", Form::Fixed(1)),
    ("I034/030", Form::Fixed(3)),
    ("I034/020", Form::Fixed(1)),
    ("I034/041", Form::Fixed(2)),
    (
        "I034/050",
        Form::Compound(&[
            Form::Fixed(1),
            Form::Spare,
            Form::Spare,
            Form::Fixed(1),
            Form::Fixed(1),
            Form::Fixed(2),
        ]),
    ),
    (
        "I034/060",
        Form::Compound(&[
            Form::Fixed(1),
            Form::Spare,
            Form::Spare,
            Form::Fixed(1),
            Form::Fixed(1),
            Form::Fixed(1),
        ]),
    ),
    ("I034/070", Form::Repetitive(2)),
    ("I034/100", Form::Fixed(8)),
    ("I034/110", Form::Fixed(1)),
    ("I034/120", Form::Fixed(8)),
    ("I034/090", Form::Fixed(2)),
    ("the reserved expansion field of I034", Form::Explicit),
    ("the special purpose field of I034", Form::Explicit),
];

/// What a service message says: I034/000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceKind {
    /// The antenna passes north: a new turn begins.
    North,
    /// The antenna enters a sector.
    Sector,
    /// Another of the specification, or one that this build does not know.
    Other(u8),
}

/// A service message: what of it is used here.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Where its record begins in the file.
    pub offset: usize,
    /// I034/010.
    pub source: Option<Source>,
    /// I034/000.
    pub kind: Option<ServiceKind>,
    /// I034/030: seconds since midnight UTC.
    pub time_of_day_s: Option<f64>,
    /// I034/020: azimuth where the sector begins, radians.
    pub sector_az_rad: Option<f64>,
    /// I034/041: time of one turn of the antenna, seconds.
    pub turn_s: Option<f64>,
}

/// Reads one record.
pub(super) fn read(block: &mut Cursor) -> Result<Service, AsterixError> {
    let mut service = Service {
        offset: block.offset,
        source: None,
        kind: None,
        time_of_day_s: None,
        sector_az_rad: None,
        turn_s: None,
    };
    items(block, PROFILE, |name, bytes| {
        match name {
            "I034/010" => service.source = Some(source(bytes)),
            "I034/000" => {
                service.kind = Some(match bytes[0] {
                    1 => ServiceKind::North,
                    2 => ServiceKind::Sector,
                    other => ServiceKind::Other(other),
                });
            }
            "I034/030" => service.time_of_day_s = Some(time_of_day(bytes)?),
            "I034/020" => service.sector_az_rad = Some(f64::from(bytes[0]) / 256.0 * TAU),
            "I034/041" => service.turn_s = Some(f64::from(unsigned(bytes)) / 128.0),
            _ => {}
        }
        Ok(())
    })?;
    Ok(service)
}
