//! What differs between two texts, line by line.

/// Lines around a difference that are shown with it.
const CONTEXT: usize = 3;

/// The most lines that are compared; the tables for it grow with their square.
const LINES_MAX: usize = 2_000;

/// Lines of both texts in order: `-` only in the first, `+` only in the second, ` ` in both; `@` stands
/// for those left out between. Empty if nothing differs.
pub(super) fn diff<'a>(old: &'a str, new: &'a str) -> Vec<(char, &'a str)> {
    let old: Vec<&str> = old.lines().take(LINES_MAX).collect();
    let new: Vec<&str> = new.lines().take(LINES_MAX).collect();
    let all = aligned(&old, &new);
    let near = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        let to = (at + CONTEXT + 1).min(all.len());
        all[from..to].iter().any(|(sign, _)| *sign != ' ')
    };
    let mut shown = Vec::new();
    for (at, line) in all.iter().enumerate() {
        if near(at) {
            shown.push(*line);
        } else if shown.last().is_some_and(|(sign, _)| *sign != '@') {
            shown.push(('@', ""));
        }
    }
    if shown.last().is_some_and(|(sign, _)| *sign == '@') {
        shown.pop();
    }
    shown
}

/// The longest common subsequence, and what is not in it.
fn aligned<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let width = new.len() + 1;
    // Its length for the texts from each pair of lines on.
    let mut length = vec![0_u16; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            length[i * width + j] = match old[i] == new[j] {
                true => length[(i + 1) * width + j + 1] + 1,
                false => length[(i + 1) * width + j].max(length[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        let without = |at: usize| length.get(at).copied().unwrap_or(0);
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len()
            && (j == new.len() || without((i + 1) * width + j) >= without(i * width + j + 1))
        {
            lines.push(('-', old[i]));
            i += 1;
        } else {
            lines.push(('+', new[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_shown_with_the_lines_around() {
        let check = |old: &str, new: &str, expected: &str| {
            let lines = diff(old, new);
            let told: Vec<String> = lines
                .iter()
                .map(|(sign, line)| format!("{sign}{line}"))
                .collect();
            assert_eq!(told.join(","), expected, "{old:?} {new:?}");
        };
        check("a\nb\n", "a\nb\n", "");
        check("a\nb\nc\n", "a\nx\nc\n", " a,-b,+x, c");
        check("", "a\n", "+a");
        check("a\n", "", "-a");
        check("1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n5\n6\n7", " 4, 5, 6,+7");
        check(
            "0\n1\n2\n3\n4\n5\n6\n7\n8\n9",
            "1\n2\n3\n4\n5\n6\n7\n8",
            "-0, 1, 2, 3,@, 6, 7, 8,-9",
        );
    }
}
