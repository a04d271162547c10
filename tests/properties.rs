//! What holds of every text: explanations add up, offsets lead back to the document, no bytes are too
//! odd, and no document knows of another.

mod common;

use common::{json_lines, model};
use demarche::Model;
use demarche::ingest::{Document, IngestParams, Severity, open};
use demarche::output::DocumentWriter;
use demarche::output::csv::CsvWriter;
use demarche::output::jsonl::{Encoder, JsonlWriter};
use demarche::output::table::TableWriter;
use demarche::paragraphs::fold_white_space;
use demarche::predict::{LabelParams, LabelledDocument, Unit, without_words};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::sync::LazyLock;

static MODEL: LazyLock<Model> = LazyLock::new(model);

/// Words that the small model knows, words that it does not, and what pages have between them.
fn word() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "tariffs",
        "Beijing",
        "Taiwan",
        "strait",
        "condemned",
        "welcomed",
        "the",
        "share",
        "deal",
    ];
    const ODD: &[&str] = &[
        "U.S.-China",
        "中美关系",
        "«Trump»",
        "25%",
        "$3.5bn",
        "don’t",
        "naïve",
        "e\u{301}",
        "\u{200b}",
        "—",
        "…",
        "👩‍🚀",
        "\u{85}",
    ];
    prop_oneof![
        4 => select(KNOWN).prop_map(str::to_owned),
        2 => select(ODD).prop_map(str::to_owned),
        2 => "[A-Za-z]{1,9}[.,;:!?]?",
        1 => "\\PC{1,4}",
    ]
}

fn sentence() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(word(), 1..25)
}

/// A document in one of the layouts that pages have: what parts words, lines and paragraphs.
fn document() -> impl Strategy<Value = String> {
    let newline = select(&["\n", "\r\n", "\r"][..]);
    let between_words = select(&[" ", "  ", "\t", "\u{a0}", " \u{3000}"][..]);
    let between_paragraphs = select(&["1", "2", "2 ", "3", "1>", "1-", "1#"][..]);
    let wrap = prop_oneof![Just(usize::MAX), 2..9usize];
    let ends = select(&["", "\n", "  \n\n\t"][..]);
    let paragraphs = prop::collection::vec(sentence(), 0..8);
    (
        paragraphs,
        newline,
        between_words,
        between_paragraphs,
        wrap,
        ends,
    )
        .prop_map(|(paragraphs, newline, blank, between, wrap, ends)| {
            let count = between[..1].parse().expect("a digit");
            let (tail, mark) = match &between[1..] {
                " " => (" ", ""),
                ">" => ("", "> "),
                "-" => ("", "- "),
                "#" => ("", "# "),
                _ => ("", ""),
            };
            let laid_out = paragraphs.iter().map(|words| {
                let lines = words.chunks(wrap.min(words.len()));
                let lines: Vec<String> = lines.map(|line| line.join(blank)).collect();
                format!("{mark}{}", lines.join(newline))
            });
            let parted = newline.repeat(count) + tail;
            let parted = laid_out.collect::<Vec<_>>().join(&parted);
            format!("{ends}{parted}{ends}")
        })
}

/// Everything that is read from `bytes` as a file of this name, labelled; and what was skipped.
fn label(
    name: &str,
    bytes: &[u8],
    read: &IngestParams,
    params: &LabelParams,
) -> (Vec<LabelledDocument>, usize) {
    let folder = common::Folder::new();
    folder.put(name, bytes);
    let path = folder.path(name).display().to_string();
    let mut documents = open(&[path], read).expect("the file is there");
    let mut classifier = MODEL.classifier();
    let (mut labelled, mut n_skipped) = (Vec::new(), 0);
    for document in &mut documents {
        match document {
            Ok(document) => labelled.push(classifier.label(document, params)),
            Err(problem) => {
                assert!(!problem.to_string().is_empty());
                n_skipped += usize::from(problem.severity == Severity::Skipped);
            }
        }
    }
    assert_eq!(documents.counts().skipped, n_skipped as u64);
    (labelled, n_skipped)
}

fn jsonl(documents: &[LabelledDocument], params: &LabelParams) -> Vec<Value> {
    let mut out = Vec::new();
    let mut writer = JsonlWriter::new(&mut out, Encoder::new(MODEL.task_names(), params));
    for document in documents {
        writer.write(document).expect("memory takes it");
    }
    writer.finish().expect("memory takes it");
    json_lines(&String::from_utf8(out).expect("JSON is UTF-8"))
}

/// Asserts that a text is a slice, folded; of several lines the hyphens of broken words and what stands between
/// pages may be left out, and nothing be put in.
fn assert_holds(text: &str, slice: &str) {
    if text.contains('-')
        || slice.contains(['-', '¬', '\u{ad}', '\u{2010}', '\u{c}'])
        || slice.contains(char::is_numeric)
    {
        let mut letters = slice.chars().filter(|c| !c.is_whitespace());
        let mut said = text.chars().filter(|c| !c.is_whitespace());
        assert!(
            said.all(|c| letters.any(|other| other == c)),
            "{text:?} of {slice:?}"
        );
    } else {
        assert_eq!(text, fold_white_space(slice));
    }
}

/// Asserts that each output's text is the slice of `decoded` that it names, as [`assert_holds`]; that outputs do not
/// overlap; and, where `whole`, that nothing but white space is left out.
fn assert_slices(outputs: &[Value], decoded: &str, whole: bool) {
    let mut last = 0;
    let mut left_out = String::new();
    for output in outputs {
        let at = |field: &str| output[field].as_u64().expect("an offset") as usize;
        let (start, end) = (at("start"), at("end"));
        let said = output["text"].as_str().expect("a text");
        assert_holds(said, &decoded[start..end]);
        assert!(last <= start && start <= end, "{last} {start} {end}");
        left_out += &decoded[last..start];
        last = end;
    }
    left_out += &decoded[last..];
    assert!(
        !whole || left_out.trim().is_empty(),
        "left out: {left_out:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn intercept_and_contributions_are_the_decision_value(words in sentence()) {
        let text = words.join(" ");
        let mut classifier = MODEL.classifier();
        let said = classifier.classify_ungated(&text);
        for (task, said) in said.iter().enumerate() {
            for (label, margin) in said.margins.iter().enumerate() {
                let explanation = classifier.explain(&text, task, label);
                let sum: f64 = explanation.contributions.iter().map(|c| f64::from(c.value)).sum();
                let off = (f64::from(explanation.intercept) + sum - f64::from(*margin)).abs();
                prop_assert!(off < 1e-5, "off by {}", off);
                prop_assert!((explanation.margin - *margin).abs() < 1e-5);
                for contribution in &explanation.contributions {
                    prop_assert!(!contribution.spans.is_empty(), "a term stands somewhere");
                    for (start, end) in &contribution.spans {
                        prop_assert!(!text[*start..*end].trim().is_empty());
                    }
                }
            }
        }
    }

    /// Without the words of a set the label is not given, and with any one of them it is.
    #[test]
    fn a_label_hangs_on_every_word_that_is_said_to_carry_it(words in sentence(), most in 1..14usize) {
        let text = words.join(" ");
        let mut classifier = MODEL.classifier();
        let said = classifier.classify(&text);
        for (task, (_, of_task)) in said.tasks().enumerate() {
            let n_labels = of_task.margins.len() as u32;
            for label in 0..n_labels {
                let found = classifier.counterfactual(&text, task, label as usize, most);
                prop_assert_eq!(&classifier.prediction(), &said, "the latest scores stay");
                let Some(found) = found else { continue };
                prop_assert!(of_task.labels.contains(&label) && found.words.len() <= most);
                let without = MODEL.classify(&without_words(&text, &found.words));
                prop_assert!(!without.said(task).labels.contains(&label));
                prop_assert_eq!(&without.said(task).labels, &found.labels);
                prop_assert_eq!(without.gate_shut(), found.gate_shut);
                for i in 0..found.words.len() {
                    let mut rest = found.words.clone();
                    rest.remove(i);
                    let with = MODEL.classify(&without_words(&text, &rest));
                    prop_assert!(with.said(task).labels.contains(&label), "{:?} too many", found.words[i]);
                }
            }
        }
    }

    #[test]
    fn the_text_of_an_output_is_its_slice_of_the_document_folded(
        text in document(),
        format in select(&["a.txt", "a.md", "a.jsonl", "a.csv"][..]),
        bom in any::<bool>(),
        row in any::<bool>(),
    ) {
        let mut bytes = match format {
            "a.jsonl" => json!({"text": text}).to_string(),
            "a.csv" => format!("text,n\n\"{}\",1\n", text.replace('"', "\"\"")),
            _ => text.clone(),
        };
        if bom {
            bytes.insert(0, '\u{feff}');
        }
        let unit = if row { Unit::Row } else { Unit::Paragraph };
        let params = LabelParams { unit, explain: 2, ..LabelParams::default() };
        let (labelled, n_skipped) = label(format, bytes.as_bytes(), &IngestParams::default(), &params);
        prop_assert_eq!(n_skipped, 0);
        let outputs = jsonl(&labelled, &params);
        if row {
            prop_assert_eq!(outputs.len(), 1, "exactly one output a row");
        }
        assert_slices(&outputs, &text, row || format != "a.md");
        let numbers: Vec<u64> = outputs.iter().map(|o| o["paragraph"].as_u64().unwrap()).collect();
        prop_assert_eq!(numbers, (0..outputs.len() as u64).collect::<Vec<_>>());
    }

    #[test]
    fn offsets_of_a_text_in_parts_are_those_of_the_whole(text in document(), part_bytes in 1..200usize) {
        let read = IngestParams { part_bytes, ..IngestParams::default() };
        let (labelled, n_skipped) = label("a.txt", text.as_bytes(), &read, &LabelParams::default());
        prop_assert_eq!(n_skipped, 0);
        assert_slices(&jsonl(&labelled, &LabelParams::default()), &text, true);
    }

    #[test]
    fn a_prediction_depends_on_its_text_alone(texts in prop::collection::vec(sentence(), 1..8), at in any::<Index>()) {
        let texts: Vec<String> = texts.iter().map(|words| words.join(" ")).collect();
        let alone = MODEL.classify(&texts[at.index(texts.len())]);
        let mut classifier = MODEL.classifier();
        let mut among = None;
        for (i, text) in texts.iter().enumerate() {
            let prediction = classifier.classify(text);
            classifier.explain(text, 0, 0);
            if i == at.index(texts.len()) {
                among = Some(prediction);
            }
        }
        prop_assert_eq!(among, Some(alone));
    }

    #[test]
    fn a_paragraph_is_labelled_alike_whatever_stands_around_it(before in document(), after in document()) {
        let text = "Beijing condemned the new tariffs on steel and threatened to retaliate.";
        let document = |text: String| Document { text, ..Document::default() };
        let mut classifier = MODEL.classifier();
        let alone = classifier.label(document(text.to_owned()), &LabelParams::default());
        let among = document(format!("{before}\n\n\n{text}\n\n\n{after}"));
        let among = classifier.label(among, &LabelParams::default());
        let alone = &alone.paragraphs[0];
        // A paragraph of the same text has the same labels wherever it stands.
        for paragraph in among.paragraphs.iter().filter(|p| p.text == alone.text) {
            prop_assert_eq!(&paragraph.prediction, &alone.prediction);
        }
    }
}

/// Bytes that are nearly what a reader wants: pieces of JSON, CSV and text, and anything at all.
fn nearly_right() -> impl Strategy<Value = Vec<u8>> {
    let pieces: &[&[u8]] = &[
        b"{\"text\": \"",
        b"\"}\n",
        b"\"",
        b",",
        b"\n",
        b"\r\n",
        b"\r",
        b"text,id\n",
        b"text;date\n",
        b"\"\"",
        b"\\ud800",
        b"\\u0000",
        b"{\"text\": null}\n",
        b"{\"text\": 1e999}\n",
        b"[[[[",
        b"\xEF\xBB\xBF",
        b"\xFF\xFE",
        b"\xFE\xFF\x00",
        b"\x1F\x8B\x08\x00",
        b"\xC3",
        b"\xED\xA0\x80",
        b"\xF0\x9F",
        b"\0",
        b"# ",
        b"---\n",
        b"> ",
        b"tariffs on steel ",
        b"\xE2\x80\xA8",
        b"\xC2\x85",
        b"1. ",
    ];
    let piece = prop_oneof![
        4 => select(pieces).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_are_too_odd(
        bytes in nearly_right(),
        name in select(&["a.txt", "a.md", "a.jsonl", "a.csv", "a.tsv", "a", "a.txt.gz", "a.jsonl.gz"][..]),
        zipped in any::<bool>(),
        unit in select(&[Unit::Paragraph, Unit::Row][..]),
        title in any::<bool>(),
        part_bytes in select(&[1usize, 7, 1 << 20][..]),
        max_record_bytes in select(&[0u64, 5, 1 << 20][..]),
    ) {
        let bytes = if zipped { common::gzipped(bytes) } else { bytes };
        let read = IngestParams { part_bytes, max_record_bytes, ..IngestParams::default() };
        let params = LabelParams { unit, title, explain: 1, most_words: 2, ..LabelParams::default() };
        let (labelled, _) = label(name, &bytes, &read, &params);
        jsonl(&labelled, &params);
        let tasks: Vec<_> = MODEL.tasks().iter().map(|task| task.task.clone()).collect();
        let (mut csv, mut table) = (Vec::new(), Vec::new());
        let writers: [Box<dyn DocumentWriter>; 2] = [
            Box::new(CsvWriter::new(&mut csv, tasks.clone(), &params)),
            Box::new(TableWriter::new(&mut table, tasks, MODEL.gate().cloned(), &params, 80)),
        ];
        for mut writer in writers {
            for document in &labelled {
                writer.write(document).expect("memory takes it");
            }
            writer.finish().expect("memory takes it");
        }
        let n_outputs: usize = labelled.iter().map(|document| document.paragraphs.len()).sum();
        let records = csv::Reader::from_reader(csv.as_slice()).into_records();
        let records: Vec<csv::StringRecord> = records.collect::<Result<_, _>>().expect("CSV");
        prop_assert_eq!(records.len(), n_outputs);
    }

    #[test]
    fn no_bytes_are_a_model(bytes in prop::collection::vec(any::<u8>(), 0..200), magic in any::<bool>()) {
        let mut bytes = bytes;
        if magic {
            bytes.splice(0..0, *b"DEMARCHE\x01\0\0\0");
        }
        prop_assert!(Model::from_bytes(&bytes).is_err());
    }
}
