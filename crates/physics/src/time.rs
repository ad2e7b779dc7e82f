//! One time scale inside: TAI nanoseconds. UTC is met here and nowhere else.

use core::fmt;
use core::str::FromStr;
use std::sync::LazyLock;

use hifitime::leap_seconds::LatestLeapSeconds;
use hifitime::{Epoch, TimeScale, Unit};
use serde::{Deserialize, Serialize};

/// An instant: nanoseconds of TAI since 1970-01-01T00:00:00 TAI. Since 2017 it is ahead of POSIX time by 37 s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tai(pub i64);

/// 1970-01-01T00:00:00 TAI, as hifitime's duration since its own reference (1900-01-01T00:00:00 TAI).
const SECONDS_1900_TO_1970: i64 = 2_208_988_800;

/// Since when TAI is ahead of POSIX time, and by how many nanoseconds, in the order of time.
static LEAPS: LazyLock<Vec<(Tai, i64)>> = LazyLock::new(|| {
    let announced = LatestLeapSeconds::default().filter(|leap| leap.announced_by_iers);
    let since = |leap: hifitime::leap_seconds::LeapSecond| {
        let since_1970_s = (leap.timestamp_tai_s + leap.delta_at) as i64 - SECONDS_1900_TO_1970;
        (Tai(since_1970_s * 1_000_000_000), leap.delta_at as i64 * 1_000_000_000)
    };
    announced.map(since).collect()
});

impl Tai {
    /// This instant, later by `seconds` (earlier where negative); saturates at the ends of the range.
    pub fn plus_s(self, seconds: f64) -> Tai {
        Tai(self.0.saturating_add(whole(seconds * 1e9)))
    }

    /// Seconds from `earlier` to this instant.
    pub fn since_s(self, earlier: Tai) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 * 1e-9
    }

    /// Reads a UTC instant of ISO 8601, such as `2022-10-03T22:22:00Z`.
    pub fn from_utc(text: &str) -> Result<Tai, NotAnInstant> {
        let epoch = Epoch::from_str(text).map_err(|_| NotAnInstant(text.to_owned()))?;
        let since_1900 = epoch.to_tai_duration();
        let nanoseconds = since_1900.total_nanoseconds() - i128::from(SECONDS_1900_TO_1970) * 1_000_000_000;
        i64::try_from(nanoseconds).map(Tai).map_err(|_| NotAnInstant(text.to_owned()))
    }

    /// The instant of a POSIX time (UTC without leap seconds), in nanoseconds.
    pub fn from_posix_ns(posix_ns: i64) -> Tai {
        let epoch = Epoch::from_unix_duration(posix_ns * Unit::Nanosecond);
        let since_1900 = epoch.to_tai_duration();
        let nanoseconds = since_1900.total_nanoseconds() - i128::from(SECONDS_1900_TO_1970) * 1_000_000_000;
        Tai(i64::try_from(nanoseconds).unwrap_or(i64::MAX))
    }

    /// POSIX time (UTC without leap seconds), nanoseconds; a leap second counts with the day that it ends.
    ///
    /// Of hifitime only the table is used: its own conversion takes the new offset already 36 s before a leap.
    fn posix_ns(self) -> i64 {
        let leap = LEAPS.iter().rev().find(|(since, _)| self >= *since);
        self.0 - leap.map_or(0, |(_, offset_ns)| *offset_ns)
    }

    /// POSIX seconds (UTC without leap seconds), whole, rounded down.
    pub fn posix_s(self) -> i64 {
        self.posix_ns().div_euclid(1_000_000_000)
    }

    /// UTC as ISO 8601 with milliseconds: `2022-10-03T22:22:00.000Z`.
    pub fn to_utc(self) -> String {
        // Half a millisecond first, so that the digits are rounded and not cut.
        let posix_ns = Tai(self.0.saturating_add(500_000)).posix_ns();
        // A calendar without leaps is what POSIX time counts in.
        let days =
            Epoch::from_tai_duration(SECONDS_1900_TO_1970 * Unit::Second + posix_ns * Unit::Nanosecond);
        let (year, month, day, hour, minute, second, nanosecond) = days.to_gregorian(TimeScale::TAI);
        format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
            nanosecond / 1_000_000
        )
    }
}

impl fmt::Display for Tai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc())
    }
}

/// The nearest whole number, halves away from zero as `libm::round` has them, which takes several times as long.
fn whole(number: f64) -> i64 {
    let towards_zero = number as i64;
    let rest = number - towards_zero as f64;
    let away = i64::from(rest >= 0.5) - i64::from(rest <= -0.5);
    towards_zero.saturating_add(if rest.abs() < 1.0 { away } else { 0 })
}

/// A text that names no instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a UTC instant; expected such as 2022-10-03T22:22:00Z")]
pub struct NotAnInstant(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_and_back() {
        for text in ["2022-10-03T22:22:00.000Z", "2016-12-31T23:59:50.999Z", "2017-01-01T00:00:00.000Z"] {
            assert_eq!(Tai::from_utc(text).unwrap().to_utc(), text);
        }
    }

    #[test]
    fn tai_is_37_s_ahead_of_posix_since_2017() {
        // IERS Bulletin C 52: TAI - UTC = 37 s from 2017-01-01.
        let posix_ns = 1_664_835_720_000_000_000; // 2022-10-03T22:22:00Z
        assert_eq!(Tai::from_posix_ns(posix_ns).0, posix_ns + 37_000_000_000);
        assert_eq!(Tai::from_utc("2022-10-03T22:22:00Z").unwrap(), Tai::from_posix_ns(posix_ns));
        assert_eq!(Tai::from_posix_ns(posix_ns).plus_s(0.5).posix_s(), 1_664_835_720);
    }

    #[test]
    fn whole_numbers_are_those_of_libm() {
        let edges = [0.0, 0.5, 1.5, 0.499_999_999_999_999_94, 4_503_599_627_370_497.5, 1e18, 1e300, f64::NAN];
        let many = (0..10_000).map(|step| (f64::from(step) - 5_000.0) * 0.125 + 1e9);
        for number in edges.into_iter().chain(many).flat_map(|number| [number, -number]) {
            assert_eq!(whole(number), libm::round(number) as i64, "{number}");
        }
    }

    #[test]
    fn a_text_that_is_no_instant_is_named() {
        assert!(Tai::from_utc("yesterday").unwrap_err().to_string().contains("yesterday"));
    }
}
