//! Any bytes as a model file, as they are and with length and checksum put right; and a small model with
//! some of its bytes overwritten.
#![no_main]

use demarche::{Model, Row, TrainParams, Trainer};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use xxhash_rust::xxh3::xxh3_64;

const HEADER_BYTES: usize = 24;
const CHECKSUM_BYTES: usize = 8;

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let rows: Vec<Row> = (0..12)
        .map(|i| match i % 2 {
            0 => Row::new("frost and snow")
                .single("kind", "body")
                .multi("wear", ["coat", "hat"]),
            _ => Row::new("sun and sand")
                .single("kind", "other")
                .multi("wear", ["hat"]),
        })
        .collect();
    let tasks = ["kind:single", "wear:multi"].map(|task| task.parse().expect("a task"));
    let params = TrainParams {
        tasks: Some(tasks.into()),
        cross_validate: false,
        ..TrainParams::default()
    };
    let trained = Trainer::new(params)
        .fit(&rows)
        .expect("the rows can be trained on");
    trained.model.to_bytes().expect("the model is small")
});

/// Writes magic, version, length and checksum, so that what lies behind them is reached.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().max(HEADER_BYTES + CHECKSUM_BYTES), 0);
    let end = bytes.len() - CHECKSUM_BYTES;
    let length = bytes.len() as u64;
    let version = 1 + u32::from(bytes[8] % 2);
    bytes[..8].copy_from_slice(b"DEMARCHE");
    bytes[8..12].copy_from_slice(&version.to_le_bytes());
    bytes[16..24].copy_from_slice(&length.to_le_bytes());
    let checksum = xxh3_64(&bytes[..end]).to_le_bytes();
    bytes[end..].copy_from_slice(&checksum);
    bytes
}

fn open(bytes: &[u8]) {
    let Ok(model) = Model::from_bytes(bytes) else {
        return;
    };
    // What opens must also answer, and be written as it was read.
    let text = "frost and snow on the sand";
    let mut classifier = model.classifier();
    let prediction = classifier.classify(text);
    for (task, (_, said)) in prediction.tasks().enumerate() {
        for label in &said.labels {
            classifier.explain(text, task, *label as usize);
        }
    }
    let again = Model::from_bytes(&model.to_bytes().expect("it was read"));
    assert_eq!(again.expect("it was written"), model);
}

fuzz_target!(|bytes: &[u8]| {
    open(bytes);
    open(&sealed(bytes.to_vec()));
    // Two bytes of place, one of length, then what to put there.
    let mut changed = GOOD.clone();
    let mut rest = bytes;
    while let [low, high, length, tail @ ..] = rest {
        let at = usize::from(u16::from_le_bytes([*low, *high])) % changed.len();
        let put = &tail[..tail.len().min(usize::from(*length % 16))];
        let room = put.len().min(changed.len() - at);
        changed[at..at + room].copy_from_slice(&put[..room]);
        rest = &tail[put.len()..];
    }
    open(&sealed(changed));
});
