//! Where the blocks of a page stand, as signs.
//!
//! Owns the step from the layout of a page to the [`Sign`]s of its blocks: what a block is and stands in, what
//! stands around it, and how much of the page's running text is of its kind. Every number is told in steps,
//! for a linear model has one weight a sign. docs/pages.md lists them and says what they are worth.

use crate::ingest::Document;
use crate::ingest::html::{Block, ClassWord, Role, Tag};
use crate::text::Sign;
use crate::text::stem::is_stop_word;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::LazyLock;
use xxhash_rust::xxh3::xxh3_64;

/// The signs of each block of a page, in order; none where the document has no blocks.
///
/// ```
/// use demarche::ingest::{IngestParams, open};
/// use demarche::predict::signs::signs;
/// let inputs = ["fixtures/pages/wire-01.html".to_owned()];
/// let page = open(&inputs, &IngestParams::default())?.flatten().next().expect("a page");
/// let signs = signs(&page);
/// assert_eq!(signs.len(), page.blocks.len());
/// assert!(signs[1].iter().any(|sign| sign.fact() == "in=nav"));
/// # Ok::<(), demarche::Error>(())
/// ```
pub fn signs(document: &Document) -> Vec<Vec<Sign>> {
    let page = Page::of(document);
    (0..page.blocks.len()).map(|i| page.signs(i)).collect()
}

/// What signs tell, each with the steps it is told in.
#[derive(Debug, Clone, Copy)]
enum Group {
    Words,
    Links,
    Bold,
    End,
    Case,
    Function,
    Path,
    Place,
    Heading,
    Title,
    Before,
    BeforePath,
    After,
    AfterPath,
    Repeat,
    Around,
    Kin,
}

/// Roles and words of classes of what stands around an article and much else: what they say of a block is
/// another thing on every site.
const WRAPPERS: [Role; 4] = [Role::ArticleBody, Role::Article, Role::Main, Role::Section];
const WRAPPING: [ClassWord; 5] = [
    ClassWord::Article,
    ClassWord::Body,
    ClassWord::Content,
    ClassWord::Story,
    ClassWord::Paragraph,
];

/// The fewest words of a paragraph that is surely running text.
const PROSE_WORDS: usize = 12;

const SHARES: &[&str] = &["none", "little", "some", "third", "half", "most"];
const KINDS: &[&str] = &["nothing", "prose", "text", "links", "heading"];
const PATHS: &[&str] = &["other", "same"];
const PLACES: &[&str] = &[
    "nowhere",
    "far-before",
    "before",
    "just-before",
    "first",
    "within",
    "last",
    "just-after",
    "after",
    "far-after",
];
const HEADINGS: &[&str] = &[
    "none",
    "far-before",
    "just-before",
    "is",
    "just-after",
    "after",
    "far-after",
];

/// The names of the groups and of their steps, in the order of [`Group`].
const GROUPS: [(&str, &[&str]); 17] = [
    ("words", &["1", "2", "4", "7", "11", "16", "26", "41", "81"]),
    ("links", &["none", "few", "half", "most", "all"]),
    ("bold", &["none", "some", "all"]),
    ("end", &["none", "sentence", "colon", "quote", "ellipsis"]),
    ("case", &["other", "capitals", "small"]),
    ("function-words", &["none", "few", "some", "many", "most"]),
    ("prose-of-path", SHARES),
    ("place", PLACES),
    ("headline", HEADINGS),
    ("title", &["other", "same", "part"]),
    ("above", KINDS),
    ("above-path", PATHS),
    ("below", KINDS),
    ("below-path", PATHS),
    ("repeated", &["no", "yes"]),
    ("around", &["none", "one", "two", "three", "all"]),
    ("prose-of-kin", SHARES),
];

/// Every sign there is, hashed once.
struct Table {
    groups: Vec<Vec<Sign>>,
    tags: Vec<Sign>,
    roles: Vec<Sign>,
    classes: Vec<Sign>,
    tag_place: Vec<Vec<Sign>>,
    /// By the kinds above and below: a heading between two texts is a cross-head.
    tag_between: Vec<Vec<Sign>>,
    path_place: Vec<Vec<Sign>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let group = |(name, steps): &(&str, &[&str])| -> Vec<Sign> {
        let sign = |step: &&str| Sign::new(&format!("{name}={step}"));
        steps.iter().map(sign).collect()
    };
    let pair = |before: &str, place: &str| Sign::new(&format!("{before},place={place}"));
    let placed =
        |before: String| -> Vec<Sign> { PLACES.iter().map(|place| pair(&before, place)).collect() };
    let class = |word: &ClassWord| Sign::new(&format!("class={}", word.name()));
    Table {
        groups: GROUPS.iter().map(group).collect(),
        tags: (Tag::ALL.iter())
            .map(|tag| Sign::new(&format!("tag={}", tag.name())))
            .collect(),
        roles: (Role::ALL.iter())
            .map(|role| Sign::new(&format!("in={}", role.name())))
            .collect(),
        classes: ClassWord::ALL.iter().map(class).collect(),
        tag_place: (Tag::ALL.iter())
            .map(|tag| placed(format!("tag={}", tag.name())))
            .collect(),
        tag_between: (Tag::ALL.iter())
            .map(|tag| {
                let pairs = KINDS.iter().flat_map(|a| KINDS.iter().map(move |b| (a, b)));
                let between = |(a, b): (&&str, &&str)| {
                    Sign::new(&format!("tag={},above={a},below={b}", tag.name()))
                };
                pairs.map(between).collect()
            })
            .collect(),
        path_place: (SHARES.iter())
            .map(|share| placed(format!("prose-of-path={share}")))
            .collect(),
    }
});

/// What a block is like, whatever stands around it.
struct Look {
    words: usize,
    links: f32,
    bold: f32,
    function: f32,
    end: usize,
    case: usize,
    /// A hash of its letters, by which repeats are found.
    letters: u64,
    is_prose: bool,
}

/// A page, looked over.
struct Page<'d> {
    blocks: &'d [Block],
    looks: Vec<Look>,
    of_path: Shares<u64>,
    of_box: Shares<u32>,
    of_outer: Shares<u32>,
    /// The first and the last block of the path that has most of the prose.
    main: Option<(usize, usize)>,
    headline: Option<usize>,
    title: String,
    letters: HashMap<u64, u32>,
    texts: Vec<String>,
}

/// How many words of running text each of some groups of blocks has, of how many.
struct Shares<K> {
    words: HashMap<K, usize>,
    total: usize,
}

impl<K: Hash + Eq + Ord + Copy> Shares<K> {
    /// The group that has the most words.
    fn largest(&self) -> Option<K> {
        let words = self.words.iter().map(|(key, words)| (*words, *key));
        words.max().map(|(_, key)| key)
    }

    fn of(looks: &[Look], key: impl Fn(usize) -> K) -> Self {
        let mut shares = Shares {
            words: HashMap::new(),
            total: 0,
        };
        for (i, look) in looks.iter().enumerate().filter(|(_, look)| look.is_prose) {
            *shares.words.entry(key(i)).or_default() += look.words;
            shares.total += look.words;
        }
        shares
    }

    /// The step of [`SHARES`], without the words that the block itself has.
    fn step(&self, key: &K, own: &Look) -> usize {
        let own = if own.is_prose { own.words } else { 0 };
        let words = self.words.get(key).copied().unwrap_or_default() - own;
        let share = words as f32 / (self.total - own).max(1) as f32;
        match words {
            0 => 0,
            _ => 1 + step(share, &[0.05, 0.2, 0.4, 0.7]),
        }
    }
}

/// How many of the bounds a value reaches.
fn step(value: f32, bounds: &[f32]) -> usize {
    bounds.iter().take_while(|bound| value >= **bound).count()
}

fn letters(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

impl Look {
    fn of(block: &Block, text: &str, letters: &str) -> Self {
        let n_bytes = text.len().max(1) as f32;
        let mut words = 0usize;
        let mut function = 0usize;
        for word in text.split_whitespace() {
            words += 1;
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            function += usize::from(is_stop_word(&word.to_lowercase()));
        }
        let links = block.layout.link_bytes as f32 / n_bytes;
        let bare = text.trim_end_matches(['"', '”', '’', '\'', ')', ']', ' ']);
        let end = match bare.chars().next_back() {
            Some('.') if bare.ends_with("...") => 4,
            Some('…') => 4,
            Some('.' | '?' | '!' | '。') => 1,
            Some(':') => 2,
            _ if bare.len() < text.len() => 3,
            _ => 0,
        };
        let is_capital = |c: char| c.is_uppercase();
        let case = match text.chars().find(|c| c.is_alphabetic()) {
            Some(c) if c.is_lowercase() => 2,
            Some(_) if !text.chars().any(char::is_lowercase) && text.chars().any(is_capital) => 1,
            _ => 0,
        };
        let function = function as f32 / words.max(1) as f32;
        Look {
            is_prose: false,
            words,
            links,
            bold: block.layout.bold_bytes as f32 / n_bytes,
            function,
            end,
            case,
            letters: xxh3_64(letters.as_bytes()),
        }
    }

    /// Whether it is running text of at least so many words.
    fn runs(&self, words: usize) -> bool {
        self.words >= words && self.links < 0.5 && self.function >= 0.2 && self.end != 0
    }

    /// The step of [`KINDS`].
    fn kind(&self, block: &Block) -> usize {
        match block.layout.tag {
            Tag::H1 | Tag::H2 | Tag::H3 | Tag::H4 => 4,
            _ if self.is_prose => 1,
            _ if self.links >= 0.5 => 3,
            _ => 2,
        }
    }
}

impl<'d> Page<'d> {
    fn of(document: &'d Document) -> Self {
        let blocks = document.blocks.as_slice();
        let texts: Vec<String> = (blocks.iter())
            .map(|b| letters(&document.text[b.start..b.end]))
            .collect();
        let look = |(block, letters): (&Block, &String)| {
            Look::of(block, &document.text[block.start..block.end], letters)
        };
        let mut looks: Vec<Look> = blocks.iter().zip(&texts).map(look).collect();
        // A page of short sentences has running text too.
        let least = match looks.iter().any(|look| look.runs(PROSE_WORDS)) {
            true => PROSE_WORDS,
            false => PROSE_WORDS / 3,
        };
        for look in &mut looks {
            look.is_prose = look.runs(least);
        }
        let of_path = Shares::of(&looks, |i| blocks[i].layout.path);
        let main = of_path.largest().and_then(|path| {
            let is_main = |i: &usize| looks[*i].is_prose && blocks[*i].layout.path == path;
            let first = (0..blocks.len()).find(is_main)?;
            Some((first, (0..blocks.len()).rfind(is_main)?))
        });
        let title = document.title.as_deref().map(letters).unwrap_or_default();
        let headings = || (0..blocks.len()).filter(|i| blocks[*i].layout.tag == Tag::H1);
        let headline = (headings().find(|i| is_title(&texts[*i], &title))).or(headings().next());
        let mut repeats = HashMap::new();
        for look in &looks {
            *repeats.entry(look.letters).or_default() += 1;
        }
        let of_box = Shares::of(&looks, |i| blocks[i].layout.container);
        let of_outer = Shares::of(&looks, |i| blocks[i].layout.outer);
        Page {
            of_box,
            of_outer,
            of_path,
            main,
            headline,
            title,
            letters: repeats,
            blocks,
            looks,
            texts,
        }
    }

    /// The step of [`PLACES`].
    fn place(&self, i: usize) -> usize {
        let Some((first, last)) = self.main else {
            return 0;
        };
        match i {
            _ if i == first => 4,
            _ if i == last => 6,
            _ if i < first => 3 - step((first - i) as f32, &[4.0, 15.0]),
            _ if i > last => 7 + step((i - last) as f32, &[4.0, 15.0]),
            _ => 5,
        }
    }

    /// The step of [`HEADINGS`].
    fn headline(&self, i: usize) -> usize {
        let Some(at) = self.headline else { return 0 };
        match i {
            _ if i < at => 2 - step((at - i) as f32, &[4.0]),
            _ if i == at => 3,
            _ => 4 + step((i - at) as f32, &[4.0, 15.0]),
        }
    }

    /// What the blocks two above and two below are: how many are prose.
    fn around(&self, i: usize) -> usize {
        let window = i.saturating_sub(2)..(i + 3).min(self.blocks.len());
        window
            .filter(|j| *j != i && self.looks[*j].is_prose)
            .count()
    }

    fn signs(&self, i: usize) -> Vec<Sign> {
        let (block, look) = (&self.blocks[i], &self.looks[i]);
        let layout = &block.layout;
        let kind_of = |j: Option<usize>| {
            let j = j.filter(|j| *j < self.blocks.len());
            j.map_or(0, |j| self.looks[j].kind(&self.blocks[j]))
        };
        let is_same = |j: Option<usize>| {
            let other = j.and_then(|j| self.blocks.get(j));
            usize::from(other.is_some_and(|other| other.layout.path == layout.path))
        };
        let (above, below) = (i.checked_sub(1), Some(i + 1));
        let (kind_above, kind_below) = (kind_of(above), kind_of(below));
        let title = match is_title(&self.texts[i], &self.title) {
            true => 1,
            false if !self.title.is_empty() && self.texts[i].contains(&self.title) => 2,
            false => 0,
        };
        let path = self.of_path.step(&layout.path, look);
        let place = self.place(i);
        let in_box = self.of_box.step(&layout.container, look);
        let in_outer = self.of_outer.step(&layout.outer, look);
        let n_words = look.words as f32;
        let steps = [
            (
                Group::Words,
                step(n_words, &[2.0, 4.0, 7.0, 11.0, 16.0, 26.0, 41.0, 81.0]),
            ),
            (Group::Links, step(look.links, &[0.01, 0.3, 0.6, 0.95])),
            (Group::Bold, step(look.bold, &[0.01, 0.9])),
            (Group::End, look.end),
            (Group::Case, look.case),
            (
                Group::Function,
                step(look.function, &[0.01, 0.15, 0.3, 0.45]),
            ),
            (Group::Path, path),
            (Group::Place, place),
            (Group::Heading, self.headline(i)),
            (Group::Title, title),
            (Group::Before, kind_above),
            (Group::BeforePath, is_same(above)),
            (Group::After, kind_below),
            (Group::AfterPath, is_same(below)),
            (Group::Repeat, usize::from(self.letters[&look.letters] > 1)),
            (Group::Around, self.around(i)),
            (Group::Kin, path.max(in_box).max(in_outer)),
        ];
        let table = &*TABLE;
        let mut signs: Vec<Sign> = Vec::with_capacity(32);
        let told = steps
            .iter()
            .map(|(group, step)| &table.groups[*group as usize][*step]);
        signs.extend(told.cloned());
        let tag = layout.tag as usize;
        signs.push(table.tags[tag].clone());
        signs.push(table.tag_place[tag][place].clone());
        signs.push(table.path_place[path][place].clone());
        let between = kind_above * KINDS.len() + kind_below;
        signs.push(table.tag_between[tag][between].clone());
        let roles = layout.roles.iter().filter(|role| !WRAPPERS.contains(role));
        signs.extend(roles.map(|role| table.roles[role as usize].clone()));
        let classes = layout
            .classes
            .iter()
            .filter(|word| !WRAPPING.contains(word));
        signs.extend(classes.map(|word| table.classes[word as usize].clone()));
        signs
    }
}

/// Whether the letters of a block are those of the title, which may have more behind them.
fn is_title(letters: &str, title: &str) -> bool {
    letters.len() >= 12 && title.starts_with(letters)
}
