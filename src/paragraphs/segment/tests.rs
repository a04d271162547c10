//! Where paragraphs begin and end, on texts as pages have them.

use proptest::prelude::*;

use super::super::fold_white_space;
use super::*;

fn slices(text: &str) -> Vec<&str> {
    let paragraphs = segment(text, Format::Text);
    paragraphs.iter().map(|p| &text[p.start..p.end]).collect()
}

fn texts(text: &str) -> Vec<String> {
    let paragraphs = segment(text, Format::Text);
    paragraphs
        .into_iter()
        .map(|p| p.text.into_owned())
        .collect()
}

/// Three paragraphs of prose with sentences of different lengths.
const PROSE: [&str; 3] = [
    "The United States and China agreed on Monday to take back most of the import duties \
     they have piled on each other since early April, buying three months to look for \
     something more durable and sending relief through boardrooms and shipping lanes.",
    "From Wednesday the U.S. rate on most Chinese goods drops to 30% from 145%. Chinese \
     duties on American products come down to 10% from 125%, the two governments said in a \
     text put out at the same minute in both capitals, which neither side had expected.",
    "Left in place is a separate 20% levy that Washington imposed in two steps in February \
     and March. Beijing calls it unjustified, and has said so at every meeting since.",
];

fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        if column > 0 && column + 1 + word.len() > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out
}

#[test]
fn blank_lines_part_paragraphs_whatever_is_on_them() {
    assert_eq!(
        slices("a b\n\nc\n \t\u{a0}\nd\r\n\r\ne"),
        ["a b", "c", "d", "e"]
    );
}

#[test]
fn single_newlines_part_paragraphs_that_are_not_wrapped() {
    let joined = PROSE.join("\n");
    assert_eq!(texts(&joined), PROSE);
    assert_eq!(texts(&joined.replace('\n', "\r\n")), PROSE);
    assert_eq!(texts(&joined.replace('\n', "\r")), PROSE);
    assert_eq!(texts(&joined.replace('\n', "\u{2028}")), PROSE);
    assert_eq!(texts(&joined.replace('\n', "\u{2029}")), PROSE);
}

#[test]
fn wrapped_lines_are_joined() {
    for width in [45, 60, 72, 80, 96, 120] {
        let parts: Vec<_> = PROSE.iter().map(|p| wrapped(p, width)).collect();
        let separated = parts.join("\n\n");
        assert_eq!(texts(&separated), PROSE, "separated at {width}");
        assert_eq!(
            texts(&separated.replace('\n', "\r\n")),
            PROSE,
            "CRLF at {width}"
        );
        assert_eq!(texts(&parts.join("\u{2029}")), PROSE, "U+2029 at {width}");
        let doubled = separated.replace('\n', "\r\r\n");
        assert_eq!(texts(&doubled), PROSE, "doubled at {width}");
    }
    for width in [60, 72, 80, 96] {
        let parts: Vec<_> = PROSE.iter().map(|p| wrapped(p, width)).collect();
        assert_eq!(texts(&parts.join("\n")), PROSE, "unseparated at {width}");
    }
}

/// Lines of 52 to 75 characters, as a printed column gives.
fn ragged(text: &str) -> String {
    let mut out = String::new();
    let (mut column, mut n) = (0, 0usize);
    for word in text.split(' ') {
        if column + word.len() > [75, 60, 70, 52, 66][n % 5] {
            out.push('\n');
            (column, n) = (0, n + 1);
        } else if column > 0 {
            out.push(' ');
        }
        out.push_str(word);
        column += word.len() + 1;
    }
    out
}

#[test]
fn ragged_lines_are_joined() {
    let parts: Vec<_> = PROSE.iter().map(|p| ragged(p)).collect();
    assert_eq!(texts(&parts.join("\n\n")), PROSE);
}

#[test]
fn headlines_bylines_and_lists_stand_alone_in_wrapped_text() {
    let text = format!(
        "Washington and Beijing Agree to Shelve Most New Tariffs for Ninety Days\n\
         By Marta Okonkwo and Pei Liang\nMay 12, 2025\n{}\nThree points remain:\n\
         - rare earths, of which China has most\n- fentanyl\n- chips\n{}",
        wrapped(PROSE[0], 72),
        wrapped(PROSE[1], 72)
    );
    assert_eq!(
        texts(&text),
        [
            "Washington and Beijing Agree to Shelve Most New Tariffs for Ninety Days",
            "By Marta Okonkwo and Pei Liang",
            "May 12, 2025",
            PROSE[0],
            "Three points remain:",
            "- rare earths, of which China has most",
            "- fentanyl",
            "- chips",
            PROSE[1],
        ]
    );
}

#[test]
fn speakers_are_not_glued() {
    let text = format!(
        "MR. GRAY:  {}\nQ    Will the talks go on?\nMR. GRAY:  {}\nQ: And after that?\nA: No.",
        wrapped(PROSE[0], 72),
        wrapped(PROSE[2], 72)
    );
    let seen = texts(&text);
    assert_eq!(seen.len(), 5, "{seen:#?}");
    assert_eq!(seen[1], "Q Will the talks go on?");
}

#[test]
fn a_stray_newline_in_a_sentence_does_not_part_it() {
    let text =
        "Negotiators from the two countries met in Geneva\nover the weekend.\n\nShare\nprint";
    assert_eq!(
        texts(text),
        [
            "Negotiators from the two countries met in Geneva over the weekend.",
            "Share",
            "print"
        ]
    );
}

#[test]
fn a_list_of_headlines_is_not_wrapped_prose() {
    let list = "Tariffs rise on Chinese steel\nBeijing answers with duties on soybeans\n\
                Markets fall as trade talks stall\nSenators ask for more controls\n\
                Apple moves assembly to India\nCuts in fentanyl supply reported\n\
                Envoys to meet in Geneva on Sunday";
    assert_eq!(slices(list), list.lines().collect::<Vec<_>>());
    assert_eq!(slices(&"steel\n".repeat(9)), ["steel"; 9]);
}

#[test]
fn a_file_of_nothing_has_no_paragraphs() {
    assert_eq!(slices(""), Vec::<&str>::new());
    assert_eq!(slices(" \n\u{2029}\t\r\n"), Vec::<&str>::new());
}

/// Prose as a scan of printed pages has it.
const SCANNED: &str = "
The Commerce Department said the new export con-
trols would cover tools for memory chips, many of
them made by state-owned firms, and that US-
China talks on the matter would go on. Critics in
the indus-
try said the rules came too late, while officials
on both sides of the Pacific held that they were

                         17
\u{c}QUARTERLY REVIEW OF TRADE, 2025

needed, and that the long-term effect would be
small.

Beijing answered within hours. Its ministry called
the step a violation of what had been agreed.

                         18
\u{c}QUARTERLY REVIEW OF TRADE, 2026

The talks are to go on in Geneva, where the
two sides first met in the spring of the year.
";

#[test]
fn scanned_pages_are_read_as_they_were_meant() {
    let seen = texts(SCANNED);
    assert_eq!(
        seen,
        [
            "The Commerce Department said the new export controls would cover tools for memory \
             chips, many of them made by state-owned firms, and that US-China talks on the matter \
             would go on. Critics in the industry said the rules came too late, while officials on \
             both sides of the Pacific held that they were needed, and that the long-term effect \
             would be small.",
            "Beijing answered within hours. Its ministry called the step a violation of what had been agreed.",
            "18",
            "QUARTERLY REVIEW OF TRADE, 2026",
            "The talks are to go on in Geneva, where the two sides first met in the spring of the year.",
        ]
    );
    let first = &slices(SCANNED)[0];
    assert!(first.starts_with("The Commerce") && first.ends_with("small."));
    assert!(first.contains("con-\ntrols") && first.contains("17"));
    let dos = SCANNED.replace('\n', "\r\n");
    assert_eq!(texts(&dos), seen);
}

/// Text of many layouts: words, wrapped lines, odd white space, marks.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Zé.,:“”0-9]{1,9} ",
        2 => "[A-Za-z ,.]{30,90}\n",
        1 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => "[-•*>Q:.\u{a0}\u{2028}\u{2029}\u{85}\u{b}\u{c}\r\t\u{3000}]{1,3}",
        1 => "\\PC{0,5}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn slices_are_trimmed_ordered_and_fold_to_the_text(text in any_text()) {
        for format in [Format::Text, Format::Markdown] {
            let mut last = 0;
            for paragraph in segment(&text, format) {
                let slice = &text[paragraph.start..paragraph.end];
                prop_assert!(last <= paragraph.start && paragraph.start < paragraph.end);
                prop_assert_eq!(slice, slice.trim());
                // The text has no letter that the slice has not.
                let mut letters = slice.chars().filter(|c| !c.is_whitespace());
                let mut own = paragraph.text.chars().filter(|c| !c.is_whitespace());
                prop_assert!(own.all(|c| letters.any(|other| other == c)));
                prop_assert_eq!(&paragraph.text, &fold_white_space(&paragraph.text));
                let is_odd = slice.contains(['-', '¬', '\u{ad}', '\u{2010}', '\u{c}']);
                if !is_odd && !slice.contains(|c: char| c.is_ascii_digit()) {
                    prop_assert_eq!(&paragraph.text, &fold_white_space(slice));
                }
                last = paragraph.end;
            }
        }
    }

    #[test]
    fn nothing_of_a_plain_text_is_lost(text in any_text()) {
        let mut rest = text.clone();
        for paragraph in segment(&text, Format::Text).into_iter().rev() {
            rest.replace_range(paragraph.start..paragraph.end, "");
        }
        prop_assert_eq!(rest.trim(), "");
    }

    #[test]
    fn any_string_at_all_can_be_parted(text in any::<String>()) {
        segment(&text, Format::Text);
        segment(&text, Format::Markdown);
    }

    #[test]
    fn folding_leaves_single_spaces(text in any_text()) {
        let folded = fold_white_space(&text);
        prop_assert!(!folded.contains("  ") && folded.trim() == folded);
        prop_assert_eq!(&fold_white_space(&folded), &folded);
    }
}
