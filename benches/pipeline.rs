//! How fast the steps are, on the rows of `fixtures/paragraphs`: terms, classification with a model
//! like the shipped one, and a fit at fixed options. Throughput counts the UTF-8 bytes of the texts.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use demarche::ingest::{IngestParams, open};
use demarche::text::{Analyzer, Scratch, TextParams};
use demarche::train::{Row, TaskSpec, TrainParams, Trainer, labelled_row};
use std::hint::black_box;

fn rows() -> Vec<Row> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/paragraphs");
    let documents =
        open(&[folder.to_owned()], &IngestParams::default()).expect("the fixtures are there");
    let specs = TaskSpec::detected();
    documents
        .map(|document| {
            document
                .and_then(|d| labelled_row(d, &specs))
                .expect("the fixtures are whole")
        })
        .collect()
}

fn pipeline(criterion: &mut Criterion) {
    let rows = rows();
    let bytes: u64 = rows.iter().map(|row| row.text.len() as u64).sum();
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Bytes(bytes)).sample_size(20);

    let analyzer = Analyzer::new(TextParams::default()).expect("the defaults are sound");
    let mut scratch = Scratch::default();
    group.bench_function("terms, words 1–2, stems", |bencher| {
        bencher.iter(|| {
            for row in &rows {
                black_box(analyzer.terms(&row.text, &mut scratch).len());
            }
        });
    });

    let params = TrainParams {
        cross_validate: false,
        ..TrainParams::default()
    };
    let trainer = Trainer::new(params);
    let model = trainer
        .fit(&rows)
        .expect("the fixtures can be fitted")
        .model;
    let mut classifier = model.classifier();
    group.bench_function("classify, three tasks, one thread", |bencher| {
        bencher.iter(|| {
            for row in &rows {
                black_box(classifier.classify(&row.text));
            }
        });
    });

    group.sample_size(10);
    group.bench_function("train, three tasks, fixed options", |bencher| {
        bencher.iter(|| black_box(trainer.fit(&rows).expect("as before")));
    });
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
