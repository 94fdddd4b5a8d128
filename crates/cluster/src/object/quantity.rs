//! Amounts of storage, memory and CPU as Kubernetes writes them (`1Mi`, `500m`, `1e3`).

use serde_json::Value;

use super::fields::Field;

/// An amount with its text, which the API gives back as it came.
///
/// ```
/// use cluster::object::Quantity;
/// assert_eq!(Quantity::parse("1Mi").unwrap().bytes(), 1_048_576);
/// assert_eq!(Quantity::parse("1.5k").unwrap().bytes(), 1_500);
/// assert!(Quantity::parse("1MM").is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quantity {
    text: String,
    /// Thousandths, so that `500m` is a whole number.
    thousandths: i128,
}

impl Quantity {
    /// Reads a quantity: sign, digits with at most one point, and a suffix
    /// (apimachinery `resource.ParseQuantity`). `None` if it isn't one.
    pub fn parse(text: &str) -> Option<Quantity> {
        let number_end = text
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '+' | '-'))
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = whole.trim_start_matches(['+', '-']);
        if (digits.is_empty() && fraction.is_empty())
            || fraction.len() > 9
            || digits.len() > 18
            || !digits
                .bytes()
                .chain(fraction.bytes())
                .all(|byte| byte.is_ascii_digit())
            || whole.len() - digits.len() > 1
        {
            return None;
        }
        let (numerator, denominator) = scale(suffix)?;
        let mantissa: i128 = format!("0{digits}{fraction}").parse().ok()?;
        let divisor = 10_i128.pow(fraction.len() as u32) * denominator;
        let magnitude = mantissa.checked_mul(numerator)?.checked_mul(1000)?;
        // Rounded up, as upstream does below its finest scale.
        let thousandths = (magnitude + divisor - 1) / divisor;
        let sign = if whole.starts_with('-') { -1 } else { 1 };
        Some(Quantity {
            text: text.to_owned(),
            thousandths: sign * thousandths,
        })
    }

    /// The amount in whole units (for storage: bytes), rounded up.
    pub fn bytes(&self) -> i128 {
        (self.thousandths + 999).div_euclid(1000)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The suffix as a fraction: `Ki` is 1024/1, `m` is 1/1000, `e3` is 1000/1.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    const DECIMAL: [&str; 6] = ["k", "M", "G", "T", "P", "E"];
    if suffix.is_empty() {
        return Some((1, 1));
    }
    if let Some(power) = BINARY.iter().position(|&unit| unit == suffix) {
        return Some((1024_i128.pow(power as u32 + 1), 1));
    }
    if let Some(power) = DECIMAL.iter().position(|&unit| unit == suffix) {
        return Some((1000_i128.pow(power as u32 + 1), 1));
    }
    match suffix {
        "m" => return Some((1, 1000)),
        "u" => return Some((1, 1_000_000)),
        "n" => return Some((1, 1_000_000_000)),
        _ => {}
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    match exponent {
        0..=18 => Some((10_i128.pow(exponent.unsigned_abs()), 1)),
        -9..=-1 => Some((1, 10_i128.pow(exponent.unsigned_abs()))),
        _ => None,
    }
}

/// Accepts text and plain numbers.
impl Field for Quantity {
    fn write(&self) -> Value {
        Value::String(self.text.clone())
    }

    fn read(&mut self, value: Value) {
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if let Some(quantity) = Quantity::parse(&text) {
            *self = quantity;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        let check = |text: &str, bytes: Option<i128>| {
            assert_eq!(Quantity::parse(text).map(|q| q.bytes()), bytes, "{text:?}");
        };
        check("0", Some(0));
        check("1Gi", Some(1 << 30));
        check("10G", Some(10_000_000_000));
        check("0.5Gi", Some(1 << 29));
        check("500m", Some(1));
        check("1e3", Some(1000));
        check("1E", Some(1_000_000_000_000_000_000));
        check("-1", Some(-1));
        check(".5k", Some(500));
        check("", None);
        check("Mi", None);
        check("1 Mi", None);
        check("1MM", None);
        check("--1", None);
        check("1.2.3", None);
    }
}
