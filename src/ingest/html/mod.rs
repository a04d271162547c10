//! HTML: a page as text blocks, each with its place in the page, and what the page says of itself.
//!
//! Nothing visible is thrown away here: navigation, captions and the article alike come out as blocks, none glued to its
//! neighbour and none flattened into it. Which of them are the article is for the model's gate to say, by the words
//! and by the [`BlockLayout`] kept here.
//!
//! | file | owns |
//! |---|---|
//! | `tree` | the open elements, and the blocks they part the text into |
//! | `attributes` | start tags, and which of their attributes matter |
//! | `names` | what the names of elements and classes say |
//! | `metadata` | title, author, date, address and language, from where pages state them |
//!
//! The page is read token by token (html5gum, the WHATWG tokenizer) with a stack of open elements and no tree, so
//! time and memory grow with the length of the page alone, however it is nested.

mod attributes;
mod metadata;
mod names;
mod tree;

use super::TimeCap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

pub use names::{ClassWord, ClassWords, Role, Roles, Tag};

/// What bounds the reading of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageCaps {
    /// The most elements open at once: a page nested deeper is refused.
    pub max_depth: usize,
    /// The longest that the reading may take, and that of a message that holds it; `None`, which is the default, sets no bound.
    pub time: Option<TimeCap>,
}

impl Default for PageCaps {
    fn default() -> Self {
        PageCaps {
            max_depth: 10_000,
            time: None,
        }
    }
}

/// Why a page is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// It nests deeper than [`PageCaps::max_depth`].
    TooDeep {
        /// The cap.
        max_depth: usize,
        /// Where in the page it was passed, in bytes.
        at: usize,
    },
    /// It took longer than [`PageCaps::time`] allows.
    TooSlow {
        /// The cap.
        limit: Duration,
        /// How far the page was read, in bytes.
        at: usize,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::TooDeep { max_depth, at } => write!(
                f,
                "the page nests more than {max_depth} elements within each other (at byte {at}); \
                 --max-nesting allows more"
            ),
            Refused::TooSlow { limit, at } => write!(
                f,
                "the page took longer than {} s and was read up to byte {at}; --max-seconds allows more",
                limit.as_secs_f64()
            ),
        }
    }
}

impl std::error::Error for Refused {}

/// A page: what it says of itself, and its visible text in blocks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The title of the article, without the name of the site where the page tells them apart.
    pub title: Option<String>,
    /// Who wrote it; several are parted by `, `.
    pub byline: Option<String>,
    /// The day it was published.
    pub date: Option<jiff::civil::Date>,
    /// Whether a date was given that could not be read.
    pub undated: bool,
    /// Its canonical address.
    pub url: Option<String>,
    /// The language it says it is in, such as `en-GB`.
    pub language: Option<String>,
    /// Who published it.
    pub source: Option<String>,
    /// All visible text: the blocks, in order, with an empty line between them.
    pub text: String,
    /// The blocks of the text.
    pub blocks: Vec<Block>,
}

/// A piece of text that stands alone on a page: a paragraph, a heading, a list item, a caption, a row of links.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Offset of its first byte in the text.
    pub start: usize,
    /// Offset behind its last byte.
    pub end: usize,
    /// Where it stands in the source of the page, in bytes: from its first to its last character, with the tags between.
    pub source: Option<Range<usize>>,
    /// Where it stands in the page's order.
    pub layout: BlockLayout,
}

/// Where a block stands on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockLayout {
    /// The element whose text it is.
    pub tag: Tag,
    /// The roles of the elements around it.
    pub roles: Roles,
    /// Words in the names (class, id, role and their like) of its element and the three around that.
    pub classes: ClassWords,
    /// How many of its bytes are links.
    pub link_bytes: u32,
    /// How many of its bytes are bold.
    pub bold_bytes: u32,
    /// The number of the box (div, section, article, cell) it stands in.
    pub container: u32,
    /// The number of the box around that one.
    pub outer: u32,
    /// A hash of the elements from the root to its own, their classes with them: blocks of one kind share it.
    pub path: u64,
}

/// Reads a page.
///
/// ```
/// use demarche::ingest::html::{PageCaps, read_page};
/// let page = read_page("<title>Tariffs</title><p>One <b>line</b>.<p>Another.", &PageCaps::default())?;
/// assert_eq!(page.title.as_deref(), Some("Tariffs"));
/// assert_eq!(page.text, "One line.\n\nAnother.");
/// assert_eq!(page.blocks[1].source, Some(44..52));
/// # Ok::<(), demarche::ingest::html::Refused>(())
/// ```
///
/// # Errors
/// Where it is nested deeper, or takes longer, than the caps allow.
pub fn read_page(source: &str, caps: &PageCaps) -> Result<Page, Refused> {
    let read = tree::read(source, caps)?;
    let mut page = Page {
        text: read.text,
        blocks: read.blocks,
        ..Page::default()
    };
    read.metadata.settle(&mut page);
    Ok(page)
}

#[cfg(test)]
mod tests;
