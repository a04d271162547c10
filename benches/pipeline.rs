//! How fast the steps are, on the rows of `fixtures/paragraphs`: reading, words, features, a fit at fixed
//! options, scoring by a model of words and by the shipped one, and writing. Throughput counts the UTF-8
//! bytes of the texts.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use demarche::Model;
use demarche::features::TermCounts;
use demarche::ingest::{Document, IngestParams, open};
use demarche::output::DocumentWriter;
use demarche::output::jsonl::{Encoder, JsonlWriter};
use demarche::predict::{LabelParams, LabelledDocument};
use demarche::text::{Analyzer, ReadParams, Reading, TextParams, WordCache};
use demarche::train::{Row, TaskSpec, TrainParams, Trainer, labelled_row};
use std::hint::black_box;

fn documents() -> impl Iterator<Item = Document> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/paragraphs");
    let documents =
        open(&[folder.to_owned()], &IngestParams::default()).expect("the fixtures are there");
    documents.map(|document| document.expect("the fixtures are whole"))
}

fn rows() -> Vec<Row> {
    let specs = TaskSpec::detected();
    documents()
        .map(|document| labelled_row(document, &specs).expect("the fixtures are whole"))
        .collect()
}

fn pipeline(criterion: &mut Criterion) {
    let rows = rows();
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let bytes: u64 = texts.iter().map(|text| text.len() as u64).sum();
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Bytes(bytes)).sample_size(20);

    group.bench_function("read: JSONL into documents", |bencher| {
        bencher.iter(|| black_box(documents().count()));
    });

    let (mut cache, mut reading) = (WordCache::default(), Reading::default());
    group.bench_function("tokenize: words by number", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                cache.read(text, ReadParams::default(), &mut reading);
                black_box(reading.words.len());
            }
        });
    });

    let analyzer = Analyzer::new(TextParams::default()).expect("the defaults are sound");
    group.bench_function("featurize: counts of words 1–2, stems", |bencher| {
        bencher.iter(|| black_box(TermCounts::of(&texts, &analyzer).n_terms()));
    });

    let params = TrainParams {
        cross_validate: false,
        ..TrainParams::default()
    };
    let trainer = Trainer::new(params);
    let trained = trainer.fit(&rows).expect("the fixtures can be fitted");
    let shipped = Model::shipped().expect("it is embedded");
    for (name, model) in [("words 1–2", &trained.model), ("shipped model", shipped)] {
        let mut classifier = model.classifier();
        group.bench_function(format!("score: three tasks, {name}"), |bencher| {
            bencher.iter(|| {
                for text in &texts {
                    black_box(classifier.score(text).gate_shut());
                }
            });
        });
    }

    let mut classifier = trained.model.classifier();
    let labelled: Vec<LabelledDocument> = documents()
        .map(|document| classifier.label(document, &LabelParams::default()))
        .collect();
    let encoder = Encoder::new(trained.model.task_names(), &LabelParams::default());
    group.bench_function("write: JSONL", |bencher| {
        bencher.iter(|| {
            let mut writer = JsonlWriter::new(std::io::sink(), encoder.clone());
            for document in &labelled {
                writer.write(document).expect("a sink takes all");
            }
        });
    });

    group.sample_size(10);
    group.bench_function("fit: three tasks, fixed options", |bencher| {
        bencher.iter(|| black_box(trainer.fit(&rows).expect("as before")));
    });
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
