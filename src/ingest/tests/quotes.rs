//! CSV whose quotes are not closed.

use super::*;

fn told(problems: &[Problem]) -> Vec<(u64, &str)> {
    let told = problems.iter().map(|p| {
        let message = p
            .message
            .strip_prefix("the quote opened here is not closed");
        (p.place.line.unwrap(), message.unwrap_or(&p.message))
    });
    told.collect()
}

const ON: &str = "; reading goes on with the next line";

#[test]
fn a_quote_never_closed_costs_its_line() {
    let (documents, problems) = read("a.csv", "id,text\n1,a\n2,\"b\n3,c\r\n\n4,\"d\ne\"\n5,f");
    assert_eq!(texts(&documents), ["a", "c", "d\ne", "f"]);
    assert_eq!(
        told(&problems),
        [(3, format!(" before another opens{ON}").as_str())]
    );
    assert_eq!(documents[1].place.byte, Some(17));
    assert_eq!(documents[3].place.line, Some(8));

    let (documents, problems) = read("a.csv", "id,text\n1,a\n2,\"b\n3,c\n4,\"d");
    assert_eq!(texts(&documents), ["a", "c"]);
    let reopened = format!(" before another opens{ON}");
    assert_eq!(told(&problems), [(3, reopened.as_str()), (5, ON)]);
    assert!(problems.iter().all(|p| p.severity == Severity::Skipped));
}

#[test]
fn a_quote_closed_too_late_costs_its_line() {
    let rows = "id,text,x\n1,\"a,\n2,b,\n3,\"c\"\"d\",\n4,e\" f,\n5,g,\n";
    let (documents, problems) = read("a.csv", rows);
    assert_eq!(texts(&documents), ["b", "c\"d", "e\" f", "g"]);
    assert_eq!(
        told(&problems),
        [(2, format!(" before another opens{ON}").as_str())]
    );
    let rows = "id,text\n1,\"a\n2,b\n3 \",c,d\n4,e\n";
    let (documents, problems) = read("a.csv", rows);
    assert_eq!(texts(&documents), ["b", "e"]);
    let why = format!(" on its line, and the record it makes has 4 fields, the header 2{ON}");
    assert_eq!(
        told(&problems),
        [
            (2, why.as_str()),
            (4, "the record has 3 fields, the header 2")
        ]
    );
}

#[test]
fn a_header_whose_quote_is_not_closed_ends_the_file() {
    let (documents, problems) = read("a.csv", "id,\"text\n1,a\n2,b\n");
    assert_eq!(documents, []);
    assert_eq!(
        told(&problems),
        [(1, "; it stands in the header, so nothing was read")]
    );
}

#[test]
fn a_quote_open_for_longer_than_a_record_costs_its_line() {
    let params = IngestParams {
        max_record_bytes: 100,
        ..IngestParams::default()
    };
    let rest = "more,text\n".repeat(100_000);
    let long = format!("9,{}\n", "x".repeat(200));
    let (_folder, path) = file(
        "a.csv",
        format!("id,text\n1,a\n2,\"b\n{long}{rest}2,\"b\n{long}3,c"),
    );
    let (documents, problems, _) = read_with(&path, &params);
    assert_eq!(documents.len(), 100_002);
    assert_eq!(documents[100_001].place.line, Some(100_007));
    let open = format!(" within 100 bytes{ON}");
    let long = "the line is longer than 100 bytes";
    assert_eq!(told(&problems)[..2], [(3, open.as_str()), (4, long)]);
    assert_eq!(
        told(&problems)[2..],
        [(100_005, open.as_str()), (100_006, long)]
    );
}

#[test]
fn a_long_line_of_csv_is_passed_over() {
    let params = IngestParams {
        max_record_bytes: 1000,
        ..IngestParams::default()
    };
    let long = "x".repeat(300_000);
    for end in ["\n", "\r\n", "\r"] {
        let rows = format!("id,text{end}1,{long}{end}2,\"{long}{end}3,c{end}");
        let (_folder, path) = file("a.csv", rows);
        let (documents, problems, _) = read_with(&path, &params);
        assert_eq!(
            (texts(&documents), lines(&problems)),
            (vec!["c"], vec![Some(2), Some(3)])
        );
        assert_eq!(documents[0].place.line, Some(4));
    }
}

#[test]
fn lines_in_an_open_quote_are_read_though_the_file_is_damaged() {
    let rows = format!(
        "id,text\n1,\"a\n{}",
        noisy_rows(2000).replace(['"', ','], "").replace('}', ",t")
    );
    let bytes = gzip(rows.as_bytes());
    let (documents, problems) = read("a.csv.gz", &bytes[..bytes.len() / 2]);
    assert!(documents.len() > 500, "{}", documents.len());
    assert_eq!(
        lines(&problems),
        [Some(2), Some(documents.len() as u64 + 3)]
    );
    assert!(problems[1].message.contains("cut short"), "{}", problems[1]);
}

/// Each line opens a quote that the next does not close, so that every record reaches the end of
/// the file or the length of a record: reading on naively would take minutes.
#[test]
fn quotes_on_every_line_take_linear_time() {
    let line = ",\"x\",\"\n";
    let (documents, problems) = read("a.csv", format!("id,text\n{}", line.repeat(300_000)));
    assert_eq!((documents.len(), problems.len()), (0, 300_000));
    // Records that end, all but the last with a number of fields that is wrong.
    let rows = format!("id,text,x,y\n{}a\",b\n1,2,3,4", line.repeat(300_000));
    let (documents, problems) = read("a.csv", rows);
    assert_eq!((documents.len(), problems.len()), (2, 299_999));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// A broken record gives way to what a reader finds that starts behind its first line.
    #[test]
    fn reading_on_is_reading_anew(body in "([a,\"\n\r]|,\"|\",|\n\"|,\"x\",\"\n){0,30}") {
        let header = "text,b\n";
        let rows = format!("{header}{body}");
        let (documents, problems) = read("a.csv", &rows);
        let opened = problems.iter().find(|p| p.message.contains("is not closed"));
        if let Some(problem) = opened {
            let start = problem.place.byte.unwrap() as usize;
            let first = rows[start..].find(['\r', '\n']);
            let next = first.map_or("", |end| &rows[start + end + 1..]);
            let (anew, _) = read("a.csv", format!("{header}{next}"));
            let line = problem.place.line.unwrap();
            let on: Vec<_> = documents.iter().filter(|d| d.place.line.unwrap() > line).collect();
            let on: Vec<_> = on.iter().map(|d| (&d.text, d.fields.get("b"))).collect();
            let anew: Vec<_> = anew.iter().map(|d| (&d.text, d.fields.get("b"))).collect();
            prop_assert_eq!(on, anew);
        }
    }

    #[test]
    fn csv_is_split_as_the_csv_crate_splits_it(body in "[a\",\n\r é]{0,60}") {
        let rows = format!("text,b\n{body}");
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(rows.as_bytes());
        let theirs: Vec<String> = reader
            .records()
            .map(Result::unwrap)
            .filter(|record| record.len() == 2)
            .map(|record| record[0].to_owned())
            .collect();
        let (documents, problems) = read("a.csv", &rows);
        let opened = problems.iter().find(|p| p.message.contains("is not closed"));
        let is_before = |line: u64| opened.is_none_or(|p| line < p.place.line.unwrap());
        let ours: Vec<_> = documents.iter().filter(|d| is_before(d.place.line.unwrap())).collect();
        let ours: Vec<String> = ours.iter().map(|d| d.text.clone()).collect();
        // They go on in quotes where we break off.
        prop_assert!(theirs.starts_with(&ours));
        prop_assert!(opened.is_some() || ours == theirs, "{:?} {:?}", ours, theirs);
    }
}
