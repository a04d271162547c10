//! What the documents of a batch have in common.
//!
//! Owns [`Batch`], which tells of each story of a batch which others are near copies of it and of each paragraph how
//! many stories have it, and [`Survey`], the first pass over the input, of which it is made. A story is a
//! document, the parts of a long one, or the rows of an article that stand together. Nothing here changes a label.
//!
//! Stories are compared by the [`Sketch`]es of their body paragraphs' shingles: those that agree in a band are near
//! copies where their estimated Jaccard similarity is [`SIMILARITY`] or more, and clusters are what such pairs
//! join. Stories are taken in the order of their contents' hashes, so clusters and their names depend neither on the
//! order of the input nor on the number of threads.
//!
//! Memory: while surveyed [`SKETCH_BYTES`] bytes a story and [`PARAGRAPH_BYTES`] a distinct paragraph of it (twice
//! that where the lists have just grown), then 8 bytes a story and 16 a paragraph that several stories have.

use super::{Classifier, LabelParams, Unit};
use crate::ingest::Document;
use crate::text::shingles::{BANDS, BINS, Joined, Minima, Sketch, shingles, word_hashes};
use std::fmt;
use std::num::NonZeroU64;
use xxhash_rust::xxh3::xxh3_64;

/// The estimated Jaccard similarity of near copies.
pub const SIMILARITY: f64 = 0.55;

/// Stories of fewer words are compared with nothing.
pub const FEWEST_WORDS: u32 = 30;

/// Memory of a story while its batch is surveyed: sketch, hash, place in its group, rank, and its place in a band.
pub const SKETCH_BYTES: usize = BINS + 8 + 4 + 4 + 8;

/// Memory of a paragraph while its batch is surveyed.
pub const PARAGRAPH_BYTES: usize = 8;

/// A story is compared with no more than so many others that agree with it in a band.
const MAX_COMPARED: usize = 256;

/// The name of a cluster: the least of the hashes of its stories' contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(NonZeroU64);

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a batch remembers of a document.
#[derive(Debug)]
pub struct Surveyed {
    /// The document without its text.
    document: Document,
    /// The keys of its paragraphs.
    paragraphs: Vec<u64>,
    body: Body,
}

/// What the body paragraphs of a story come to.
#[derive(Debug, Default)]
struct Body {
    n_words: u32,
    /// The hash of its paragraphs' keys, in order.
    content: u64,
    minima: Minima,
}

impl Body {
    fn add(&mut self, words: &[u64], key: u64) {
        self.n_words = self.n_words.saturating_add(words.len() as u32);
        self.content = chained(self.content, key);
        shingles(words).for_each(|shingle| self.minima.add(shingle));
    }

    fn append(&mut self, part: &Body) {
        self.n_words = self.n_words.saturating_add(part.n_words);
        self.content = chained(self.content, part.content);
        self.minima.merge(&part.minima);
    }
}

fn chained(before: u64, next: u64) -> u64 {
    xxh3_64(&[before.to_le_bytes(), next.to_le_bytes()].concat())
}

/// By what a paragraph is known: its words, or where it has none its characters.
fn paragraph_key(words: &[u64], text: &str) -> u64 {
    if words.is_empty() {
        return xxh3_64(text.as_bytes());
    }
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    xxh3_64(&bytes)
}

impl Classifier<'_> {
    /// What a batch remembers of a document that is to be labelled with `params`.
    pub fn survey(&mut self, mut document: Document, params: &LabelParams) -> Surveyed {
        // Nothing that is left out of the output may change what is said of the rest.
        let params = LabelParams {
            unit: params.unit,
            title: params.title && params.unit == Unit::Paragraph,
            any_language: params.any_language,
            ..LabelParams::default()
        };
        let mut paragraphs = Vec::new();
        let mut body = Body::default();
        self.label_each(&document, &params, |classifier, view| {
            let words = word_hashes(&view.text);
            let key = paragraph_key(&words, &view.text);
            paragraphs.push(key);
            let is_text = view.language.is_some() || !classifier.latest().gate_shut();
            if view.paragraph.is_some() && is_text {
                body.add(&words, key);
            }
        });
        document.text = String::new();
        document.blocks = Vec::new();
        document.fields = Default::default();
        Surveyed {
            document,
            paragraphs,
            body,
        }
    }
}

/// Counts the stories of documents that are met in the order of the input.
#[derive(Debug, Clone, Default)]
pub struct Stories {
    latest: Option<Document>,
    n: usize,
}

impl Stories {
    /// The story, counted from 0, that a document is of, or of which it is a part.
    pub fn of(&mut self, document: &Document) -> usize {
        let goes_on = self.latest.as_ref().is_some_and(|l| l.goes_on_in(document));
        if !goes_on {
            self.n += 1;
            self.latest = Some(Document {
                article: document.article.clone(),
                place: document.place.clone(),
                ..Document::default()
            });
        }
        self.n - 1
    }

    /// How many there were.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }
}

/// The first pass over the documents of a batch.
#[derive(Debug, Default)]
pub struct Survey {
    stories: Stories,
    /// The hash of each story's content, and its sketch where it has words enough.
    contents: Vec<u64>,
    sketches: Vec<Option<Sketch>>,
    /// The keys of the paragraphs of every story, each once a story.
    paragraphs: Vec<u64>,
    /// The story that may go on, and where its paragraphs begin.
    body: Body,
    own: usize,
}

impl Survey {
    /// Takes a document in; they come in the order of the input.
    pub fn add(&mut self, surveyed: &Surveyed) {
        let before = self.stories.len();
        self.stories.of(&surveyed.document);
        if self.stories.len() > before && before > 0 {
            self.close();
        }
        self.body.append(&surveyed.body);
        self.paragraphs.extend_from_slice(&surveyed.paragraphs);
    }

    /// Ends the story that was met last.
    fn close(&mut self) {
        let body = std::mem::take(&mut self.body);
        let sketch = body.minima.sketch();
        self.sketches
            .push(sketch.filter(|_| body.n_words >= FEWEST_WORDS));
        self.contents.push(body.content);
        let own = self.own;
        self.paragraphs[own..].sort_unstable();
        let mut kept = own;
        for i in own..self.paragraphs.len() {
            if i == own || self.paragraphs[i] != self.paragraphs[kept - 1] {
                self.paragraphs[kept] = self.paragraphs[i];
                kept += 1;
            }
        }
        self.paragraphs.truncate(kept);
        self.own = kept;
    }

    /// What the batch comes to.
    pub fn finish(mut self) -> Batch {
        if !self.stories.is_empty() {
            self.close();
        }
        Batch {
            repeats: repeats(self.paragraphs),
            clusters: clusters(&self.contents, &self.sketches),
        }
    }
}

/// The keys that stand more than once in a list, sorted, and how often.
fn repeats(mut keys: Vec<u64>) -> Vec<(u64, u32)> {
    keys.sort_unstable();
    let runs = keys.chunk_by(|a, b| a == b).filter(|run| run.len() > 1);
    runs.map(|run| (run[0], run.len() as u32)).collect()
}

/// The cluster of each story, none where nothing is like it.
fn clusters(contents: &[u64], sketches: &[Option<Sketch>]) -> Vec<Option<ClusterId>> {
    let mut ranked: Vec<u32> = (0..contents.len() as u32).collect();
    ranked.retain(|story| sketches[*story as usize].is_some());
    ranked.sort_unstable_by_key(|story| contents[*story as usize]);
    let content = |rank: u32| contents[ranked[rank as usize] as usize];
    let sketch = |rank: u32| sketches[ranked[rank as usize] as usize].expect("it was kept for it");
    let n = ranked.len() as u32;
    let mut joined = Joined::new(ranked.len());
    for rank in 1..n {
        if content(rank) == content(rank - 1) {
            joined.join(rank - 1, rank);
        }
    }
    // Of stories that are the same one alone is compared.
    let mut agreeing: Vec<(u32, u32)> = (0..n).map(|rank| (0, rank)).collect();
    agreeing.retain(|(_, rank)| *rank == 0 || content(*rank) != content(*rank - 1));
    for band in 0..BANDS {
        for (key, rank) in &mut agreeing {
            *key = sketch(*rank).band(band);
        }
        agreeing.sort_unstable();
        for run in agreeing.chunk_by(|a, b| a.0 == b.0) {
            for (i, (_, rank)) in run.iter().enumerate() {
                for (_, other) in &run[i.saturating_sub(MAX_COMPARED)..i] {
                    if joined.first(*rank) != joined.first(*other)
                        && sketch(*rank).similarity(&sketch(*other)) >= SIMILARITY
                    {
                        joined.join(*rank, *other);
                    }
                }
            }
        }
    }
    let mut size = vec![0u32; ranked.len()];
    for rank in 0..n {
        size[joined.first(rank) as usize] += 1;
    }
    let mut clusters = vec![None; contents.len()];
    for (rank, story) in ranked.iter().enumerate() {
        let first = joined.first(rank as u32);
        let name = NonZeroU64::new(content(first)).unwrap_or(NonZeroU64::MIN);
        clusters[*story as usize] = (size[first as usize] > 1).then_some(ClusterId(name));
    }
    clusters
}

/// What the documents of a batch have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    clusters: Vec<Option<ClusterId>>,
    /// The keys of the paragraphs that several stories have, sorted, and how many have them.
    repeats: Vec<(u64, u32)>,
}

impl Batch {
    /// The cluster of a story, counted from 0 by [`Stories`]; none where nothing is like it.
    pub fn cluster(&self, story: usize) -> Option<ClusterId> {
        self.clusters.get(story).copied().flatten()
    }

    /// How many stories have a paragraph of this text; 1 of one that is not of the batch.
    pub fn repeated(&self, text: &str) -> u32 {
        let key = paragraph_key(&word_hashes(text), text);
        let found = self.repeats.binary_search_by_key(&key, |repeat| repeat.0);
        found.map_or(1, |at| self.repeats[at].1)
    }

    /// How many stories it is of.
    pub fn n_stories(&self) -> usize {
        self.clusters.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use proptest::prelude::*;

    const STORY: &str = "Officials said on Monday that the two sides had agreed to extend the tariff truce \
        for ninety days, a step that gives companies on both sides of the Pacific some time to \
        plan their shipments. The commerce ministry said that talks on chips would go on in Geneva.";

    fn batch(texts: &[String]) -> Batch {
        let mut classifier = Model::shipped().unwrap().classifier();
        let mut survey = Survey::default();
        for text in texts {
            let document = Document {
                text: text.clone(),
                ..Document::default()
            };
            survey.add(&classifier.survey(document, &LabelParams::default()));
        }
        survey.finish()
    }

    #[test]
    fn copies_are_clustered_and_paragraphs_counted_in_any_order() {
        let mut texts = vec![
            format!("{STORY}\n\nShare this story"),
            "A museum in Lyon opened a new wing for its collection of clocks, which took nine \
             years to build and holds more than four hundred pieces from five centuries, the \
             curator said.\n\nShare this story"
                .to_owned(),
            format!("{}\n\nRead more here", STORY.replace("ninety", "sixty")),
            STORY.to_uppercase(),
            "Officials said on Monday that the two sides had agreed.".to_owned(),
        ];
        let there = batch(&texts);
        let first = there.cluster(0);
        assert!(first.is_some());
        let clusters: Vec<_> = (0..texts.len()).map(|i| there.cluster(i)).collect();
        assert_eq!(clusters, [first, None, first, first, None]);
        assert_eq!(there.repeated("SHARE this story."), 2);
        assert_eq!(there.repeated("Read more here"), 1);
        assert_eq!(there.repeated(STORY), 2);
        texts.reverse();
        let back = batch(&texts);
        assert_eq!(back.repeats, there.repeats);
        assert_eq!(back.cluster(4), first);
    }

    #[test]
    fn rows_of_an_article_are_one_story() {
        let row = |article: Option<&str>| Document {
            article: article.map(str::to_owned),
            ..Document::default()
        };
        let mut stories = Stories::default();
        let articles = [None, Some("a"), Some("a"), Some("b"), None, Some("b")];
        let seen = articles.map(|article| stories.of(&row(article)));
        assert_eq!(seen, [0, 1, 1, 2, 3, 4]);
        assert_eq!(stories.len(), 5);
    }

    proptest! {
        /// Clusters and their names are the same whatever the order.
        #[test]
        fn order_does_not_matter(
            stories in prop::collection::vec(prop::collection::vec(0u64..40, 1..60), 1..20),
            seed in any::<u64>(),
        ) {
            let minima = |words: &Vec<u64>| {
                let mut body = Body::default();
                let words: Vec<u64> = words.iter().map(|w| chained(0, *w)).collect();
                body.add(&words, paragraph_key(&words, ""));
                (body.content, body.minima.sketch())
            };
            let mut all: Vec<_> = stories.iter().map(minima).collect();
            let of = |all: &[(u64, Option<Sketch>)]| {
                let (contents, sketches): (Vec<_>, Vec<_>) = all.iter().copied().unzip();
                let mut named: Vec<_> = contents.iter().copied().zip(clusters(&contents, &sketches)).collect();
                named.sort();
                named
            };
            let before = of(&all);
            all.sort_by_key(|(content, _)| content ^ seed);
            prop_assert_eq!(of(&all), before);
        }
    }
}
