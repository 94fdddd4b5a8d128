//! Columns as Go's tabwriter lines them up (reference/kubectl-formats.md §1 and §10).

/// Narrowest column.
const WIDTH_MIN: usize = 6;
/// Blanks after the longest cell.
const PADDING: usize = 3;

/// The widths of a table's columns. They are remembered while watching, and never shrink.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Widths(Vec<usize>);

impl Widths {
    /// Rows as lines; the last cell of a row is not padded.
    pub(crate) fn print(&mut self, rows: &[Vec<String>]) -> String {
        for row in rows {
            let padded = row.len().saturating_sub(1);
            if self.0.len() < padded {
                self.0.resize(padded, WIDTH_MIN);
            }
            for (width, cell) in self.0.iter_mut().zip(&row[..padded]) {
                *width = (*width).max(cell.chars().count() + PADDING);
            }
        }
        let mut text = String::new();
        for row in rows {
            let Some((last, cells)) = row.split_last() else {
                continue;
            };
            for (width, cell) in self.0.iter().zip(cells) {
                text.push_str(cell);
                text.extend(std::iter::repeat_n(' ', width - cell.chars().count()));
            }
            text.push_str(last);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_never_shrink() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let mut widths = Widths::default();
        let table = [row(&["NAME", "READY", "AGE"]), row(&["web-0", "1/1", ""])];
        assert_eq!(
            widths.print(&table),
            "NAME    READY   AGE\nweb-0   1/1     \n"
        );
        assert_eq!(
            widths.print(&[row(&["b", "ContainerCreating", "4s"])]),
            "b       ContainerCreating   4s\n"
        );
        assert_eq!(
            widths.print(&[row(&["b", "1/1", "4s"])]),
            "b       1/1                 4s\n"
        );
        assert_eq!(Widths::default().print(&[row(&["a", "b"])]), "a     b\n");
        assert_eq!(Widths::default().print(&[]), "");
    }
}
