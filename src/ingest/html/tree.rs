//! The open elements of a page, and the blocks they part its text into.
//!
//! What an element is to its text (role, names, box, path) is worked out once, when it is opened, from its parent's;
//! so a block costs the same at any depth. End tags are looked for by counts a scope, so that one which closes
//! nothing costs nothing.

use super::attributes::Starting;
use super::metadata::Metadata;
use super::names::{ClassWord, ClassWords, Element, Kind, N_ELEMENTS, Tag};
use super::{Block, BlockLayout, PageCaps, Refused};
use crate::ingest::time_cap::Deadline;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// How far an end tag of an inline element is looked for.
const INLINE_REACH: usize = 64;

/// How many events pass between two looks at the clock: some tenths of a millisecond.
const EVENTS_A_LOOK: u32 = 4096;

/// How many elements, its own the first, have names near a block.
const NEAR: usize = 4;

/// What was read of a page.
pub(super) struct Read {
    pub text: String,
    pub blocks: Vec<Block>,
    pub metadata: Metadata,
}

pub(super) fn read(source: &str, caps: &PageCaps) -> Result<Read, Refused> {
    let mut builder = Builder::new(source, caps);
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
        builder.count_event(span.start);
        builder.event(event, span);
        // A token given back would stop the reading: it does so where the page is refused.
        builder.refused
    });
    emitter.naively_switch_states(true);
    let mut tokenizer = Tokenizer::new_with_emitter(source, emitter);
    if let Some(Ok(refused)) = tokenizer.next() {
        return Err(refused);
    }
    drop(tokenizer);
    builder.flush();
    Ok(Read {
        text: builder.text,
        blocks: builder.blocks,
        metadata: builder.metadata,
    })
}

/// An element that is open, with what it takes from those around it.
#[derive(Debug, Clone, Copy)]
struct Open {
    element: Element,
    /// Tells elements apart that [`Element`] does not.
    name: u64,
    /// Whether it begins a block.
    is_block: bool,
    is_unseen: bool,
    is_bold: bool,
    is_preformatted: bool,
    own: ClassWords,
    layout: BlockLayout,
}

/// What stands between the text so far and the next word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
}

/// The block whose text is being read.
struct Current {
    start: usize,
    source_start: usize,
    source_end: usize,
    layout: BlockLayout,
}

struct Builder<'s> {
    source: &'s str,
    max_depth: usize,
    deadline: Option<Deadline>,
    n_events: u32,
    refused: Option<Refused>,
    open: Vec<Open>,
    /// How many of each element are open, a scope.
    scopes: Vec<[u32; N_ELEMENTS]>,
    /// Where on the stack the open link stands.
    link: Option<usize>,
    starting: Option<Starting>,
    n_containers: u32,
    text: String,
    blocks: Vec<Block>,
    current: Option<Current>,
    gap: Gap,
    /// Whether the latest thing read was the end of a link.
    link_ended: bool,
    metadata: Metadata,
}

impl<'s> Builder<'s> {
    fn new(source: &'s str, caps: &PageCaps) -> Self {
        Builder {
            source,
            max_depth: caps.max_depth,
            deadline: caps.time.map(Deadline::begin),
            n_events: 0,
            refused: None,
            open: Vec::new(),
            scopes: vec![[0; N_ELEMENTS]],
            link: None,
            starting: None,
            n_containers: 0,
            text: String::with_capacity(source.len() / 8),
            blocks: Vec::new(),
            current: None,
            gap: Gap::None,
            link_ended: false,
            metadata: Metadata::default(),
        }
    }

    /// Looks at the clock now and then.
    fn count_event(&mut self, at: usize) {
        self.n_events = self.n_events.wrapping_add(1);
        if self.n_events.is_multiple_of(EVENTS_A_LOOK)
            && let Some(limit) = self.deadline.and_then(Deadline::passed)
        {
            self.refused.get_or_insert(Refused::TooSlow { limit, at });
        }
    }

    fn event(&mut self, event: CallbackEvent<'_>, span: Span<usize>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.starting = Some(Starting::new(name));
            }
            CallbackEvent::AttributeName { name } => {
                if let Some(starting) = &mut self.starting {
                    starting.name_attribute(name);
                }
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some(starting) = &mut self.starting {
                    starting.read_attribute(value);
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                if let Some(starting) = self.starting.take() {
                    self.start(starting, self_closing, span.end);
                }
            }
            CallbackEvent::EndTag { name } => {
                self.starting = None;
                self.end(Element::of(name), xxh3_64_with_seed(name, 0));
            }
            CallbackEvent::String { value } => self.string(value, span),
            CallbackEvent::Comment { .. }
            | CallbackEvent::Doctype { .. }
            | CallbackEvent::Error(_) => {}
        }
    }

    fn start(&mut self, starting: Starting, self_closing: bool, at: usize) {
        let element = starting.element;
        let link_ended = std::mem::take(&mut self.link_ended);
        match element {
            Element::Meta => self.metadata.meta(&starting.facts),
            Element::Link => self.metadata.link(&starting.facts),
            Element::Html => self.metadata.html(&starting.facts),
            Element::Time => self.metadata.time(&starting.facts),
            Element::Br if !self.is_unseen() => self.line_break(),
            _ => {}
        }
        if element.ends_paragraph() {
            self.leave_foreign();
            self.end_named(Element::P);
        }
        match element {
            Element::Li => self.end_item(Element::Li, &[Element::Ul, Element::Ol, Element::Menu]),
            Element::Dt | Element::Dd => {
                self.end_item(Element::Dt, &[Element::Dl]);
                self.end_item(Element::Dd, &[Element::Dl]);
            }
            Element::Td | Element::Th => {
                self.end_scope(&[Element::Td, Element::Th]);
            }
            Element::Tr | Element::Tbody => {
                self.end_scope(&[Element::Td, Element::Th]);
                self.end_named(Element::Tr);
            }
            Element::Option => self.end_named(Element::Option),
            Element::A => {
                self.end_link();
                // Links side by side are a menu, not one word.
                if link_ended && self.current.is_some() {
                    self.gap = self.gap.max(Gap::Space);
                }
            }
            _ => {}
        }
        match element.kind() {
            Kind::Void if element == Element::Hr => self.flush(),
            Kind::Void => {}
            // In SVG and MathML an empty element may be closed at once.
            _ if self_closing && self.is_unseen() => {}
            kind => self.push(starting, kind, at),
        }
    }

    fn push(&mut self, starting: Starting, kind: Kind, at: usize) {
        if self.open.len() >= self.max_depth {
            let max_depth = self.max_depth;
            self.refused
                .get_or_insert(Refused::TooDeep { max_depth, at });
            return;
        }
        let element = starting.element;
        let parent = self.open.last();
        let mut layout = parent.map_or(BlockLayout::default(), |open| open.layout);
        layout.roles = layout.roles.union(starting.roles);
        if let Some(role) = element.role() {
            layout.roles.insert(role);
        }
        // A component in the middle of a sentence is a part of it.
        let in_text = layout.tag != Tag::Box && element == Element::Custom;
        let is_block = (matches!(kind, Kind::Block(_)) && !in_text) || starting.displays_block;
        // Words for those who hear the page, in the middle of a sentence, are no part of it.
        let is_aside = !is_block && starting.own.contains(ClassWord::Hidden);
        if let Kind::Block(tag) = kind
            && is_block
        {
            // A box in an item is the item's text, as a paragraph in it is.
            if tag != Tag::Box || matches!(layout.tag, Tag::P | Tag::H1) {
                layout.tag = tag;
            }
            let own = [element as u64, starting.class, layout.path];
            let bytes: Vec<u8> = own.iter().flat_map(|part| part.to_le_bytes()).collect();
            layout.path = xxh3_64_with_seed(&bytes, 0);
        }
        if is_block && element.is_container() {
            self.n_containers += 1;
            layout.outer = layout.container;
            layout.container = self.n_containers;
        }
        let open = Open {
            element,
            name: starting.name,
            is_block,
            is_unseen: self.is_unseen() || kind == Kind::Unseen || is_aside,
            is_bold: parent.is_some_and(|open| open.is_bold) || element == Element::B,
            is_preformatted: parent.is_some_and(|open| open.is_preformatted)
                || element == Element::Pre,
            own: starting.own,
            layout,
        };
        if is_block {
            self.flush();
        }
        if element == Element::Script && starting.facts.is_json_ld() {
            self.metadata.begin_json();
        }
        if element == Element::A {
            self.link = Some(self.open.len());
        }
        self.open.push(open);
        if element.is_scope() {
            self.scopes.push([0; N_ELEMENTS]);
        }
        self.count(element, 1);
    }

    /// Counts an element of the innermost scope, or, of one that opens a scope, of that scope itself.
    fn count(&mut self, element: Element, by: i32) {
        if let Some(scope) = self.scopes.last_mut() {
            let n = &mut scope[element as usize];
            *n = n.saturating_add_signed(by);
        }
    }

    fn n_open(&self, element: Element) -> u32 {
        self.scopes
            .last()
            .map_or(0, |scope| scope[element as usize])
    }

    fn pop(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if open.is_block {
            self.flush();
        }
        self.count(open.element, -1);
        if open.element.is_scope() && self.scopes.len() > 1 {
            self.scopes.pop();
        }
        if self.link.is_some_and(|link| link >= self.open.len()) {
            self.link = None;
        }
        if open.element == Element::Script {
            self.metadata.end_json();
        }
    }

    fn end(&mut self, element: Element, name: u64) {
        self.link_ended = element == Element::A || element == Element::Button;
        match element {
            Element::A => return self.end_link(),
            // A page goes on behind the end of its body.
            Element::Body | Element::Html => return self.flush(),
            Element::Br if !self.is_unseen() => return self.line_break(),
            Element::P if self.n_open(Element::P) == 0 => return self.flush(),
            Element::H1 | Element::H2 | Element::H3 | Element::H4 | Element::H5 | Element::H6 => {
                return self.end_heading();
            }
            Element::Table => self.end_scope(&[Element::Td, Element::Th, Element::Caption]),
            Element::Tr | Element::Tbody => self.end_scope(&[Element::Td, Element::Th]),
            _ => {}
        }
        match element.kind() {
            Kind::Void => {}
            Kind::Inline => self.end_inline(name),
            Kind::Block(_) if element == Element::Custom => self.end_inline(name),
            Kind::Block(_) | Kind::Unseen => self.end_named(element),
        }
    }

    /// Closes the innermost such element and all within it, if there is one in the scope.
    fn end_named(&mut self, element: Element) {
        if self.n_open(element) == 0 {
            return;
        }
        while let Some(top) = self.open.last().map(|open| open.element) {
            self.pop();
            if top == element {
                break;
            }
        }
    }

    /// Closes an item that is open within the innermost list.
    fn end_item(&mut self, item: Element, lists: &[Element]) {
        if self.n_open(item) == 0 {
            return;
        }
        let stop = |open: &&Open| open.element == item || lists.contains(&open.element);
        let innermost = self.open.iter().rev().take(INLINE_REACH).find(stop);
        if innermost.is_some_and(|open| open.element == item) {
            self.end_named(item);
        }
    }

    /// Closes the innermost scope where it is one of `elements`.
    fn end_scope(&mut self, elements: &[Element]) {
        for element in elements {
            self.end_named(*element);
        }
    }

    /// A heading is closed by the end of any other.
    fn end_heading(&mut self) {
        use Element::{H1, H2, H3, H4, H5, H6};
        let headings = [H1, H2, H3, H4, H5, H6];
        if headings.iter().all(|heading| self.n_open(*heading) == 0) {
            return;
        }
        while let Some(top) = self.open.last().map(|open| open.element) {
            self.pop();
            if headings.contains(&top) {
                break;
            }
        }
    }

    /// Closes an inline element, or one with a name of the page's own, unless a block has begun within it.
    fn end_inline(&mut self, name: u64) {
        for (within, open) in self.open.iter().rev().take(INLINE_REACH).enumerate() {
            if open.name == name {
                for _ in 0..=within {
                    self.pop();
                }
                return;
            }
            if open.is_block && open.element != Element::Custom {
                return;
            }
        }
    }

    /// Ends the open link. Blocks may have begun within it: they stay open, and are no link any more.
    fn end_link(&mut self) {
        let Some(link) = self.link.take() else { return };
        if self.open[link + 1..].iter().any(|open| open.is_block) {
            return;
        }
        while self.open.len() > link {
            self.pop();
        }
    }

    /// Text of a page ends a drawing or a formula that was never closed.
    fn leave_foreign(&mut self) {
        for element in [Element::Svg, Element::Math] {
            self.end_named(element);
        }
    }

    fn is_unseen(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_unseen)
    }

    fn line_break(&mut self) {
        match (&self.current, self.gap) {
            (None, _) => {}
            (Some(_), Gap::Line) => self.flush(),
            (Some(_), _) => self.gap = Gap::Line,
        }
    }

    fn string(&mut self, value: &[u8], span: Span<usize>) {
        let text = String::from_utf8_lossy(value);
        match self.open.last() {
            Some(open) if open.element == Element::Script => return self.metadata.json(&text),
            Some(open) if open.element == Element::Title => {
                let in_drawing = self.n_open(Element::Svg) > 0;
                return self.metadata.title(&text, in_drawing);
            }
            Some(open) if open.is_unseen => return,
            Some(open) if open.is_preformatted => return self.preformatted(&text, span),
            _ => {}
        }
        self.link_ended &= text.trim().is_empty();
        self.words(&text, span);
    }

    /// Takes the words of a text, its white space folded.
    fn words(&mut self, text: &str, span: Span<usize>) {
        if text.starts_with(char::is_whitespace) && self.current.is_some() {
            self.gap = self.gap.max(Gap::Space);
        }
        let mut words = text.split_whitespace();
        let Some(first) = words.next() else { return };
        let (start, end) = self.trimmed(span);
        if self.current.is_none() {
            self.begin(start);
        } else {
            match self.gap {
                Gap::None => {}
                Gap::Space => self.text.push(' '),
                Gap::Line => self.text.push('\n'),
            }
        }
        let from = self.text.len();
        self.text.push_str(first);
        for word in words {
            self.text.push(' ');
            self.text.push_str(word);
        }
        let n_bytes = (self.text.len() - from) as u32;
        let is_bold = self.open.last().is_some_and(|open| open.is_bold);
        let is_link = self.link.is_some();
        if let Some(current) = &mut self.current {
            current.source_end = end;
            current.layout.link_bytes += if is_link { n_bytes } else { 0 };
            current.layout.bold_bytes += if is_bold { n_bytes } else { 0 };
        }
        self.gap = match text.ends_with(char::is_whitespace) {
            true => Gap::Space,
            false => Gap::None,
        };
    }

    /// Takes text whose lines are as they were typed: empty ones part blocks.
    fn preformatted(&mut self, text: &str, span: Span<usize>) {
        // Where a reference stands in the text, its lines and those of the source differ in length.
        let is_verbatim = self.source.get(span.start..span.end) == Some(text);
        let mut at = span.start;
        for (i, line) in text.split('\n').enumerate() {
            if i > 0 {
                self.line_break();
            }
            let span = match is_verbatim {
                true => Span {
                    start: at,
                    end: at + line.len(),
                },
                false => span,
            };
            self.words(line, span);
            at += line.len() + 1;
        }
    }

    /// A span of the source without the white space around it.
    fn trimmed(&self, span: Span<usize>) -> (usize, usize) {
        match self.source.get(span.start..span.end) {
            Some(slice) => {
                let start = span.end - slice.trim_ascii_start().len();
                (
                    start,
                    (span.start + slice.trim_ascii_end().len()).max(start),
                )
            }
            None => (span.start, span.end),
        }
    }

    fn begin(&mut self, source_start: usize) {
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        let mut layout = match self.open.last() {
            Some(open) => open.layout,
            None => BlockLayout::default(),
        };
        for open in self.open.iter().rev().take(NEAR) {
            layout.classes = layout.classes.union(open.own);
        }
        self.current = Some(Current {
            start: self.text.len(),
            source_start,
            source_end: source_start,
            layout,
        });
    }

    /// Ends the current block.
    fn flush(&mut self) {
        self.gap = Gap::None;
        let Some(current) = self.current.take() else {
            return;
        };
        let source = current.source_start..current.source_end;
        let is_sound = self.source.get(source.clone()).is_some();
        self.blocks.push(Block {
            start: current.start,
            end: self.text.len(),
            source: is_sound.then_some(source),
            layout: current.layout,
        });
    }
}
