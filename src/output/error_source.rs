//! Where the errors come from that are taken out of figures, in words.

use super::table::printable;
use crate::model::MeasuredBy;
use crate::quantify::RatesFrom;

/// What is counted and what is corrected, a sentence for each source, with what to beware of.
pub(super) fn sentences(sources: &[RatesFrom]) -> Vec<String> {
    if sources.is_empty() {
        return vec!["counted: labels as given, the model’s errors with them".to_owned()];
    }
    let mut lines = vec!["counted: labels as given".to_owned()];
    for from in sources {
        let of = match sources.len() {
            1 => String::new(),
            _ => format!(" of {}", from.tasks.join(", ")),
        };
        lines.push(format!(
            "corrected: the model’s errors{of} taken out, as measured {}",
            measured(from)
        ));
        lines.extend(is_own(from).then(|| caution(from)));
    }
    lines
}

/// How and where.
pub(super) fn measured(from: &RatesFrom) -> String {
    let rows = &from.source.rows;
    let (name, n, articles) = (printable(&rows.name), rows.n_rows, rows.n_articles);
    match from.source.by {
        MeasuredBy::CodedRows => format!("on {n} coded rows of {name}"),
        by => format!("{by}: {name}, {n} rows of {articles} articles"),
    }
}

fn is_own(from: &RatesFrom) -> bool {
    from.source.by != MeasuredBy::CodedRows
}

/// What to beware of where the errors are those that a model knows of itself.
pub fn caution(from: &RatesFrom) -> String {
    let name = printable(&from.source.rows.name);
    match from.source.by {
        MeasuredBy::CrossValidation => format!(
            "the errors taken out are those of cross-validation on the model’s training rows ({name}); your text differs, and \
             where its errors do, a corrected figure can be farther off than the count: code some paragraphs of it and give them \
             with --errors-from"
        ),
        _ => format!(
            "the errors taken out are those on the rows that the model was calibrated on ({name}); where your text \
             differs from them, the errors in it may too"
        ),
    }
}
