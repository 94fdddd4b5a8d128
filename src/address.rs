//! The page's address: `?lesson=<id>&lang=<en|zh>`. Anything else in it is left alone.

/// The value of a key in a query such as `?lesson=scale&lang=zh`.
pub(crate) fn get(query: &str, key: &str) -> Option<String> {
    let pairs = query.trim_start_matches('?').split('&');
    let mut found = pairs.filter_map(|pair| pair.split_once('=').filter(|(name, _)| *name == key));
    found.next().map(|(_, value)| decode(value))
}

/// The query with the keys set to these values, which need no encoding.
pub(crate) fn set(query: &str, values: &[(&str, &str)]) -> String {
    let ours = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        pair.is_empty() || values.iter().any(|(key, _)| *key == name)
    };
    let pairs = query.trim_start_matches('?').split('&');
    let others = pairs.filter(|pair| !ours(pair)).map(str::to_owned);
    let set = values.iter().map(|(key, value)| format!("{key}={value}"));
    let all: Vec<String> = set.chain(others).collect();
    format!("?{}", all.join("&"))
}

/// Percent-decoding; what can't be decoded stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, decoded) {
            (b'%', Some(value)) => {
                bytes.push(value);
                rest = &after[2..];
            }
            _ => {
                bytes.push(if byte == b'+' { b' ' } else { byte });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_key() {
        let check = |query: &str, expected: Option<&str>| {
            assert_eq!(get(query, "lesson").as_deref(), expected, "{query}");
        };
        check("", None);
        check("?lang=zh", None);
        check("?lesson", None);
        check("?lesson=scale&lang=zh", Some("scale"));
        check("?lang=zh&lesson=a%2Db+c", Some("a-b c"));
        check("?lesson=%", Some("%"));
        check("?lesson=%zz%e4%b8%ad%f", Some("%zz中%f"));
    }

    #[test]
    fn other_keys_are_left_alone() {
        let check = |query: &str, expected: &str| {
            assert_eq!(set(query, &[("lesson", "up"), ("lang", "en")]), expected);
        };
        check("", "?lesson=up&lang=en");
        check("?lang=zh&x=1&lesson=down", "?lesson=up&lang=en&x=1");
    }
}
