//! What the labels mean.
//!
//! Owns [`Codebook`]: the Markdown text that says what each label is, kept in the model
//! so that a label can be defended without looking elsewhere.

use serde::{Deserialize, Serialize};

/// The codebook, as it was given, in Markdown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Codebook(pub String);

impl Codebook {
    /// The definition of `label`: the other cells of the first table row whose first cell is it,
    /// with the column's heading before each cell where a table has more than two columns.
    pub fn definition(&self, label: &str) -> Option<String> {
        let mut heading: Option<Vec<&str>> = None;
        for line in self.0.lines() {
            let Some(cells) = table_row(line) else {
                heading = None;
                continue;
            };
            let columns = heading.get_or_insert_with(|| cells.clone());
            if cells.first() != Some(&label) {
                continue;
            }
            let named: Vec<String> = cells[1..]
                .iter()
                .enumerate()
                .filter(|(_, cell)| !cell.is_empty())
                .map(|(i, cell)| match columns.get(i + 1) {
                    Some(column) if cells.len() > 2 => format!("{column}: {cell}"),
                    _ => (*cell).to_owned(),
                })
                .collect();
            return Some(named.join(". "));
        }
        None
    }
}

/// The cells of a Markdown table row.
fn table_row(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_come_from_table_rows() {
        let book = Codebook(
            "text\n\n| kind | is |\n|---|---|\n| body | the running text |\n\n\
             | topic | applies to | does not cover |\n|---|---|---|\n| trade | tariffs | chips |\n| none | | |\n"
                .to_owned(),
        );
        assert_eq!(book.definition("body").unwrap(), "the running text");
        assert_eq!(
            book.definition("trade").unwrap(),
            "applies to: tariffs. does not cover: chips"
        );
        assert_eq!(book.definition("absent"), None);
    }
}
