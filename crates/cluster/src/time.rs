//! Simulated time: whole milliseconds since the simulation began.
//!
//! Only the event loop ([`crate::Cluster::step`]) moves it. What the API shows as a timestamp
//! is this integer counted from [`EPOCH_SECONDS`].

use std::fmt;
use std::ops::{Add, Sub};

use serde_json::Value;

use crate::object::fields::Field;

/// Unix time, in seconds, of simulated time 0: 2026-05-05T12:00:00Z.
pub const EPOCH_SECONDS: i64 = 1_777_982_400;

/// A moment, in milliseconds since the simulation began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// A moment given in whole seconds.
    pub const fn seconds(seconds: u64) -> Time {
        Time(seconds * 1000)
    }

    /// Milliseconds from `earlier` to `self`; 0 if `earlier` is later.
    pub fn since(self, earlier: Time) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    fn unix_seconds(self) -> i64 {
        EPOCH_SECONDS + (self.0 / 1000) as i64
    }

    /// Year, month, day, hour, minute, second (UTC) and day of the week (0 = Sunday).
    pub fn civil(self) -> Civil {
        let seconds = self.unix_seconds();
        let days = seconds.div_euclid(86_400);
        let second_of_day = seconds.rem_euclid(86_400);
        // Days to date, after Howard Hinnant's "chrono-compatible low-level date algorithms".
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let month = if month_index < 10 {
            month_index + 3
        } else {
            month_index - 9
        };
        Civil {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u32,
            day: (day_of_year - (153 * month_index + 2) / 5 + 1) as u32,
            hour: (second_of_day / 3600) as u32,
            minute: (second_of_day / 60 % 60) as u32,
            second: (second_of_day % 60) as u32,
            weekday: (days + 4).rem_euclid(7) as u32,
        }
    }
}

/// A date and a time of day, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Civil {
    pub year: i64,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    /// 0 = Sunday.
    pub weekday: u32,
}

impl Add<u64> for Time {
    type Output = Time;
    fn add(self, milliseconds: u64) -> Time {
        Time(self.0 + milliseconds)
    }
}

impl Sub<u64> for Time {
    type Output = Time;
    fn sub(self, milliseconds: u64) -> Time {
        Time(self.0.saturating_sub(milliseconds))
    }
}

/// RFC 3339 with whole seconds, as the API prints it: `2026-05-05T12:00:00Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            c.year, c.month, c.day, c.hour, c.minute, c.second
        )
    }
}

/// Moments before the simulation began become its beginning.
impl Field for Time {
    fn write(&self) -> Value {
        Value::String(self.to_string())
    }

    fn read(&mut self, value: Value) {
        if let Some(time) = value.as_str().and_then(parse) {
            *self = time;
        }
    }
}

/// Reads `YYYY-MM-DDTHH:MM:SSZ`.
pub fn parse(text: &str) -> Option<Time> {
    let bytes = text.as_bytes();
    let separators = [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'Z'),
    ];
    if bytes.len() != 20 || separators.iter().any(|&(at, byte)| bytes[at] != byte) {
        return None;
    }
    let field = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
    let second = field(11, 13)? * 3600 + field(14, 16)? * 60 + field(17, 19)?;
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let month_index = (month + 9) % 12;
    let day_of_year = (153 * month_index + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    let elapsed = days * 86_400 + second - EPOCH_SECONDS;
    Some(Time::seconds(elapsed.max(0) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_rfc_3339() {
        let check = |time: Time, text: &str| {
            assert_eq!(time.to_string(), text);
            assert_eq!(parse(text), Some(time));
        };
        check(Time(0), "2026-05-05T12:00:00Z");
        check(Time::seconds(59), "2026-05-05T12:00:59Z");
        check(Time::seconds(86_400 * 240), "2026-12-31T12:00:00Z");
        check(
            Time::seconds(86_400 * (365 * 2 - 65)),
            "2028-02-29T12:00:00Z",
        );
        assert_eq!(Time(0).civil().weekday, 2, "5 May 2026 is a Tuesday");
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("2026-05-05T12:00:0xZ"), None);
    }
}
