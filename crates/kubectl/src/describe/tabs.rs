//! Go's tabwriter: cells that end in tabs are lined up with those right above and below
//! (reference/kubectl-formats.md §10).

/// Blanks after the longest cell.
const PADDING: usize = 2;

/// Lines up the cells of all lines. A run of lines that have a cell in a column share its width;
/// what follows the last tab of a line is not padded.
pub(super) fn align(text: &str) -> String {
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|cells| vec![0; cells.len() - 1]).collect();
    let columns = widths.iter().map(Vec::len).max().unwrap_or(0);
    for column in 0..columns {
        let mut begin = 0;
        while begin < lines.len() {
            let has = |line: usize| widths[line].len() > column;
            if !has(begin) {
                begin += 1;
                continue;
            }
            let end = (begin..lines.len())
                .find(|line| !has(*line))
                .unwrap_or(lines.len());
            let longest = lines[begin..end]
                .iter()
                .map(|cells| cells[column].chars().count());
            let width = longest.max().unwrap_or(0) + PADDING;
            for line in &mut widths[begin..end] {
                line[column] = width;
            }
            begin = end;
        }
    }
    let mut aligned = String::new();
    for (cells, widths) in lines.iter().zip(&widths) {
        for (index, cell) in cells.iter().enumerate() {
            aligned.push_str(cell);
            if let Some(width) = widths.get(index) {
                aligned.extend(std::iter::repeat_n(' ', width - cell.chars().count()));
            }
        }
        aligned.push('\n');
    }
    aligned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_cells_share_a_width() {
        let check = |text: &str, expected: &str| assert_eq!(align(text), expected);
        check(
            "Name:\tweb\nNamespace:\tdefault\n",
            "Name:       web\nNamespace:  default\n",
        );
        check("a:\t1\nTitle\nlonger:\t2\n", "a:  1\nTitle\nlonger:  2\n");
        check(
            "Port:\thttp\t80/TCP\nTargetPort:\t80/TCP\n",
            "Port:        http  80/TCP\nTargetPort:  80/TCP\n",
        );
        check("x\t\nyy\tz\n", "x   \nyy  z\n");
        check("", "");
    }
}
