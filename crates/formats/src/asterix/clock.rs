//! From times of day and azimuths to instants and turns of the antenna.

use core::f64::consts::TAU;

use physics::time::Tai;

use super::cat034::Service;

const DAY_S: f64 = 86_400.0;

/// How long before the sensor file's `t0_utc` a recording may begin, seconds.
const BEFORE_T0_S: f64 = 3_600.0;

/// Turns that no radar exceeds either way, seconds.
const TURN_S: core::ops::RangeInclusive<f64> = 0.5..=60.0;

/// Which day a time of day belongs to: that which puts it nearest to the instant before, so midnight may come and
/// records may be out of order. The first one lies in the day that begins an hour before `t0`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Days {
    t0: Tai,
    last: Option<Tai>,
}

impl Days {
    pub fn from(t0: Tai) -> Days {
        Days { t0, last: None }
    }

    pub fn instant(&mut self, time_of_day_s: f64) -> Tai {
        let (near, least_s) = match self.last {
            Some(last) => (last, -DAY_S / 2.0),
            None => (self.t0, -BEFORE_T0_S),
        };
        // In POSIX time a day has 86,400 s; a leap second counts with the day that it ends.
        let day_s = near.posix_s().div_euclid(DAY_S as i64) * DAY_S as i64;
        let at = |days: i64| {
            let seconds_ns = libm::round(time_of_day_s * 1e9) as i64;
            Tai::from_posix_ns((day_s + days * DAY_S as i64) * 1_000_000_000 + seconds_ns)
        };
        let instant = (-1..=1).map(at).find(|instant| instant.since_s(near) >= least_s).unwrap_or(at(1));
        self.last = Some(self.last.map_or(instant, |last| last.max(instant)));
        instant
    }
}

/// Counts the turns of an antenna by the azimuths of its plots: a plot's turn is that which puts its azimuth nearest to
/// where the antenna must point at its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turns {
    turn_s: f64,
    /// The newest plot: when, and the antenna's angle since turn 0 began, radians.
    newest: Option<(Tai, f64)>,
}

impl Turns {
    /// An antenna that turns `rate_hz` times a second.
    pub fn new(rate_hz: f64) -> Turns {
        Turns { turn_s: 1.0 / rate_hz, newest: None }
    }

    /// What the radar itself says of its turn (I034/041) is better than the sensor file's.
    pub fn learn(&mut self, service: &Service) {
        if let Some(turn_s) = service.turn_s.filter(|turn_s| TURN_S.contains(turn_s)) {
            self.turn_s = turn_s;
        }
    }

    /// The number of the turn that a plot belongs to.
    pub fn of(&mut self, time: Tai, az_rad: f64) -> i64 {
        let angle = match self.newest {
            None => az_rad,
            Some((newest, angle)) => {
                let expected = angle + TAU * time.since_s(newest) / self.turn_s;
                az_rad + TAU * libm::round((expected - az_rad) / TAU)
            }
        };
        if self.newest.is_none_or(|(newest, _)| time > newest) {
            self.newest = Some((time, angle));
        }
        libm::floor(angle / TAU) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_comes_and_records_out_of_order_stay_in_their_day() {
        let t0 = Tai::from_utc("2023-05-02T23:59:00Z").unwrap();
        let mut days = Days::from(t0);
        let text = |instant: Tai| instant.to_utc();
        assert_eq!(text(days.instant(86_399.5)), "2023-05-02T23:59:59.500Z");
        assert_eq!(text(days.instant(0.25)), "2023-05-03T00:00:00.250Z");
        assert_eq!(text(days.instant(86_399.75)), "2023-05-02T23:59:59.750Z");
        assert_eq!(text(days.instant(40_000.0)), "2023-05-03T11:06:40.000Z");
        assert_eq!(text(days.instant(80_000.0)), "2023-05-03T22:13:20.000Z");
        assert_eq!(text(days.instant(10.0)), "2023-05-04T00:00:10.000Z");
    }

    #[test]
    fn a_recording_may_begin_before_or_long_after_t0() {
        let t0 = Tai::from_utc("2023-05-02T00:00:00Z").unwrap();
        assert_eq!(Days::from(t0).instant(86_000.0).to_utc(), "2023-05-01T23:53:20.000Z");
        assert_eq!(Days::from(t0).instant(70_000.0).to_utc(), "2023-05-02T19:26:40.000Z");
    }

    #[test]
    fn turns_are_counted_by_azimuth() {
        // 4.1 s a turn, where the file says 4.
        let mut turns = Turns::new(0.25);
        let mut seen = Vec::new();
        for plot in 0..400 {
            let time_s = 0.013 + f64::from(plot) * 0.5;
            let angle = TAU * time_s / 4.1;
            let az_rad = angle.rem_euclid(TAU);
            seen.push((turns.of(Tai(0).plus_s(time_s), az_rad), libm::floor(angle / TAU) as i64));
        }
        assert!(seen.iter().all(|(counted, true_turn)| counted == true_turn), "{seen:?}");
    }
}
