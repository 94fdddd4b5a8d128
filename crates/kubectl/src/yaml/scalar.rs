//! What a scalar means: the rules of YAML 1.1 as go-yaml applies them.

use serde_json::{Number, Value};

/// What the text stands for. `tag` is the part after `!!`, if there is one.
///
/// # Errors
/// The problem in go-yaml's words: a tag that the text does not fit, a number JSON does not have.
pub(super) fn resolve(text: &str, plain: bool, tag: Option<&str>) -> Result<Value, String> {
    let value = match tag {
        None if plain => untagged(text)?,
        None | Some("str" | "binary") => return Ok(text.into()),
        Some(_) => untagged(text)?,
    };
    let fits = match tag {
        Some("int") => value.as_number().is_some_and(|number| !number.is_f64()),
        Some("float") => value.is_number(),
        Some("bool") => value.is_boolean(),
        Some("null") => value.is_null(),
        _ => true,
    };
    if fits {
        return Ok(value);
    }
    let found = match &value {
        Value::Null => "!!null",
        Value::Bool(_) => "!!bool",
        Value::Number(number) if number.is_f64() => "!!float",
        Value::Number(_) => "!!int",
        _ => "!!str",
    };
    let wanted = tag.unwrap_or_default();
    Err(format!("cannot decode {found} `{text}` as a !!{wanted}"))
}

fn untagged(text: &str) -> Result<Value, String> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => return Err("json: unsupported value: NaN".to_owned()),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Err("json: unsupported value: +Inf".to_owned());
        }
        "-.inf" | "-.Inf" | "-.INF" => return Err("json: unsupported value: -Inf".to_owned()),
        _ => number(text).map_or_else(|| text.into(), Value::Number),
    })
}

/// The number that the text is, if it is one.
fn number(text: &str) -> Option<Number> {
    let first = text.bytes().next()?;
    if first != b'.' && !matches!(first, b'+' | b'-' | b'0'..=b'9') {
        return None;
    }
    let digits = match first {
        b'.' => text.to_owned(),
        _ => text.replace('_', ""),
    };
    if let Some(whole) = integer(&digits).filter(|_| first != b'.') {
        return Some(whole);
    }
    float(&digits)
}

/// An integer with Go's prefixes: `0x`, `0o`, `0b`, and a leading `0` for octal.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match lower.as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        Some(0_i64.checked_sub_unsigned(magnitude)?.into())
    } else {
        Some(magnitude.into())
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, read by way of JSON.
fn float(text: &str) -> Option<Number> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if whole.len() + fraction.len() == 0
        || power.is_empty()
        || !all_digits(whole)
        || !all_digits(fraction)
        || !all_digits(power)
    {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    let number: f64 = serde_json::from_str(&format!("{sign}{whole}.{fraction}e{exponent}")).ok()?;
    // As Go prints it in JSON, a whole number has no point.
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return Some((number as i64).into());
    }
    Number::from_f64(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars() {
        let check = |text: &str, expected: Value| {
            assert_eq!(resolve(text, true, None), Ok(expected), "{text:?}");
        };
        check("", json!(null));
        check("~", json!(null));
        check("Null", json!(null));
        check("on", json!(true));
        check("yes", json!(true));
        check("y", json!(true));
        check("Off", json!(false));
        check("NO", json!(false));
        check("oN", json!("oN"));
        check("3", json!(3));
        check("-3", json!(-3));
        check("+3", json!(3));
        check("010", json!(8));
        check("0o10", json!(8));
        check("0x1F", json!(31));
        check("0b101", json!(5));
        check("-0b101", json!(-5));
        check("1_000", json!(1000));
        check("08", json!(8));
        check("0644", json!(420));
        check("1.5", json!(1.5));
        check(".5", json!(0.5));
        check("1.", json!(1));
        check("1e3", json!(1000));
        check("1e", json!("1e"));
        check("1Mi", json!("1Mi"));
        check("1.2.3", json!("1.2.3"));
        check("10.0.0.1", json!("10.0.0.1"));
        check("0x", json!("0x"));
        check("-", json!("-"));
        check("--1", json!("--1"));
        check("+-1", json!("+-1"));
        check("2026-05-05", json!("2026-05-05"));
        check(
            "18446744073709551615",
            json!(18_446_744_073_709_551_615_u64),
        );
        check("-9223372036854775808", json!(i64::MIN));
        check("99999999999999999999999", json!(1e23));
        check("1e999", json!("1e999"));
        check(".", json!("."));
    }

    #[test]
    fn quoted_and_tagged_scalars() {
        let check = |text: &str, plain, tag, expected: Result<Value, &str>| {
            let expected = expected.map_err(str::to_owned);
            assert_eq!(resolve(text, plain, tag), expected, "{text:?}");
        };
        check("3", false, None, Ok(json!("3")));
        check("3", true, Some("str"), Ok(json!("3")));
        check("3", false, Some("int"), Ok(json!(3)));
        check("3", true, Some("float"), Ok(json!(3)));
        check(
            "x",
            true,
            Some("int"),
            Err("cannot decode !!str `x` as a !!int"),
        );
        check(
            "3",
            true,
            Some("bool"),
            Err("cannot decode !!int `3` as a !!bool"),
        );
        check(".inf", true, None, Err("json: unsupported value: +Inf"));
        check("x", true, Some("nonsense"), Ok(json!("x")));
    }
}
