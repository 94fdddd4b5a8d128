//! Ages and durations as kubectl writes and reads them (reference/kubectl-formats.md §2).

use cluster::Time;
use cluster::time::Civil;

/// How long ago `then` was. The API gives times in whole seconds.
pub(crate) fn since(then: Option<Time>, now: Time) -> String {
    match then {
        None => "<unknown>".to_owned(),
        Some(then) => human(now.since(Time(then.0 / 1000 * 1000)) / 1000),
    }
}

/// As [`since`], for a time as the API writes it.
pub(crate) fn since_text(then: Option<&str>, now: Time) -> String {
    since(then.and_then(parse_time), now)
}

/// `Tue` and `May`
pub(crate) fn day_and_month(c: &Civil) -> (&'static str, &'static str) {
    const DAYS: &str = "SunMonTueWedThuFriSat";
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let part = |names: &'static str, number: u32| {
        let at = number as usize * 3;
        names.get(at..at + 3).unwrap_or_default()
    };
    (part(DAYS, c.weekday), part(MONTHS, c.month - 1))
}

/// As `date` prints it: `Tue May  5 12:00:00 UTC 2026`.
pub(crate) fn date(time: Time) -> String {
    let c = time.civil();
    let (day, month) = day_and_month(&c);
    format!(
        "{day} {month} {:2} {:02}:{:02}:{:02} UTC {}",
        c.day, c.hour, c.minute, c.second, c.year
    )
}

/// Reads `2026-05-05T12:00:00Z`.
pub(crate) fn parse_time(text: &str) -> Option<Time> {
    cluster::time::parse(text)
}

/// `HumanDuration`: two units at most, the smaller one only while the larger is small.
pub(crate) fn human(seconds: u64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    let two = |large: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit}{small}{small_unit}"),
    };
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        two(minutes, "m", seconds % 60, "s")
    } else if hours < 3 {
        format!("{minutes}m")
    } else if hours < 8 {
        two(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if days < 8 {
        two(days, "d", hours % 24, "h")
    } else if days < 365 * 2 {
        format!("{days}d")
    } else if days < 365 * 8 {
        two(days / 365, "y", days % 365, "d")
    } else {
        format!("{}y", days / 365)
    }
}

/// Reads a duration such as `90s`, `1m30s`, `500ms` (Go's `time.ParseDuration`), in milliseconds.
pub(crate) fn parse_milliseconds(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total: i64 = 0;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        let after = &rest[digits..];
        let unit_end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let milliseconds = match &after[..unit_end] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(milliseconds)?)?;
        rest = &after[unit_end..];
        if rest.is_empty() {
            break;
        }
    }
    Some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        let check = |seconds: u64, expected: &str| assert_eq!(human(seconds), expected);
        check(0, "0s");
        check(119, "119s");
        check(120, "2m");
        check(362, "6m2s");
        check(600, "10m");
        check(10_799, "179m");
        check(10_800, "3h");
        check(3600 * 5 + 60, "5h1m");
        check(3600 * 8 + 60, "8h");
        check(3600 * 47, "47h");
        check(3600 * 49, "2d1h");
        check(86_400 * 8, "8d");
        check(86_400 * 729, "729d");
        check(86_400 * 731, "2y1d");
        check(86_400 * 365 * 9, "9y");
    }

    #[test]
    fn durations() {
        let check =
            |text: &str, expected: Option<i64>| assert_eq!(parse_milliseconds(text), expected);
        check("0", Some(0));
        check("4s", Some(4000));
        check("1m30s", Some(90_000));
        check("500ms", Some(500));
        check("1h", Some(3_600_000));
        check("-1s", Some(-1000));
        check("", None);
        check("4", None);
        check("s", None);
        check("4x", None);
        check("99999999999999999999s", None);
        check("9999999999999999h", None);
    }
}
