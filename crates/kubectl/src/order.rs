//! Putting things in order, in little code: the standard library's sorts are compiled anew for
//! every type, and each weighs more in the browser than the command that uses it.

/// The items by their keys; equal ones stay as they were.
pub(crate) fn sorted_by_key<T, K: Ord>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let mut sorted: Vec<T> = Vec::new();
    let mut keys: Vec<K> = Vec::new();
    for item in items {
        let key = key(&item);
        let at = keys.partition_point(|before| *before <= key);
        keys.insert(at, key);
        sorted.insert(at, item);
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_keep_their_order() {
        let words = ["bb", "a", "ccc", "dd", "e", ""];
        assert_eq!(
            sorted_by_key(words, |word| word.len()),
            ["", "a", "e", "bb", "dd", "ccc"]
        );
    }
}
