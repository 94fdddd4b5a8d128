//! Stable sorting that is one piece of code for all types: the standard library's is compiled again
//! for each, at four thousand bytes a time (docs/DESIGN.md).

use std::cmp::Ordering;

/// Sorts a list; equal elements stay in their order.
pub fn sort<T: Ord>(list: &mut [T]) {
    sort_by(list, T::cmp);
}

/// Sorts a list as `compare` says; equal elements stay in their order.
pub fn sort_by<T>(list: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = order(list.len(), &mut |a, b| {
        compare(&list[a], &list[b]) == Ordering::Greater
    });
    for place in 0..list.len() {
        let mut from = order[place];
        // What stood there may have been swapped away already.
        while from < place {
            from = order[from];
        }
        list.swap(place, from);
    }
}

/// The places of `length` elements in sorted order, merged from ever longer runs.
fn order(length: usize, after: &mut dyn FnMut(usize, usize) -> bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    let mut run = 1;
    while run < length {
        let mut merged = Vec::with_capacity(length);
        for pair in order.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let ([first, rest @ ..], [second, later @ ..]) = (left, right) {
                if after(*first, *second) {
                    merged.push(*second);
                    right = later;
                } else {
                    merged.push(*first);
                    left = rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        order = merged;
        run *= 2;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn sorts_as_the_standard_library_does() {
        let mut random = Random::child(7, "sort");
        for length in 0..40 {
            let list: Vec<(u32, u32)> = (0..length).map(|i| (random.below(9), i)).collect();
            let (mut ours, mut theirs) = (list.clone(), list);
            sort_by(&mut ours, |a, b| a.0.cmp(&b.0));
            theirs.sort_by_key(|pair| pair.0);
            assert_eq!(ours, theirs, "stable");
            sort(&mut ours);
            theirs.sort();
            assert_eq!(ours, theirs);
        }
    }
}
