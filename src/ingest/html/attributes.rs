//! Start tags, and which of their attributes matter.

use super::metadata::Facts;
use super::names::{ClassWord, ClassWords, Element, Role, Roles, class_word, parts};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A start tag whose attributes are being read.
pub(super) struct Starting {
    pub element: Element,
    /// A hash of its name.
    pub name: u64,
    attribute: Attribute,
    /// The words in its names.
    pub own: ClassWords,
    pub roles: Roles,
    /// Whether its style makes a block of it.
    pub displays_block: bool,
    /// The hash of its first class.
    pub class: u64,
    pub facts: Facts,
}

/// The attributes that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Class,
    /// Another name: of an id or of a component.
    Name,
    Role,
    ItemProp,
    AriaHidden,
    Style,
    Lang,
    MetaName,
    Content,
    Rel,
    Href,
    Type,
    DateTime,
    Other,
}

impl Attribute {
    fn of(name: &[u8]) -> Self {
        match name {
            b"class" => Attribute::Class,
            b"id" | b"data-testid" | b"data-component" | b"data-module" | b"data-type"
            | b"data-qa" | b"aria-label" => Attribute::Name,
            b"role" => Attribute::Role,
            b"itemprop" => Attribute::ItemProp,
            b"aria-hidden" => Attribute::AriaHidden,
            b"style" => Attribute::Style,
            b"lang" => Attribute::Lang,
            b"name" | b"property" => Attribute::MetaName,
            b"content" => Attribute::Content,
            b"rel" => Attribute::Rel,
            b"href" => Attribute::Href,
            b"type" => Attribute::Type,
            b"datetime" => Attribute::DateTime,
            _ => Attribute::Other,
        }
    }
}

impl Starting {
    /// The start tag of an element of this name.
    pub fn new(name: &[u8]) -> Self {
        Starting {
            element: Element::of(name),
            name: xxh3_64_with_seed(name, 0),
            attribute: Attribute::Other,
            own: ClassWords::default(),
            roles: Roles::default(),
            displays_block: false,
            class: 0,
            facts: Facts::default(),
        }
    }

    /// Begins an attribute.
    pub fn name_attribute(&mut self, name: &[u8]) {
        self.attribute = Attribute::of(name);
        if name == b"hidden" {
            self.roles.insert(Role::Hidden);
        }
    }

    /// Takes the value of the attribute that was begun.
    pub fn read_attribute(&mut self, value: &[u8]) {
        let element = self.element;
        match self.attribute {
            Attribute::Class | Attribute::Name => {
                if self.attribute == Attribute::Class {
                    let first = value
                        .split(u8::is_ascii_whitespace)
                        .find(|word| !word.is_empty());
                    let mut hash = 0;
                    parts(first.unwrap_or_default(), |part| {
                        hash = xxh3_64_with_seed(part, hash)
                    });
                    self.class = hash;
                }
                parts(value, |part| {
                    if let Some(word) = class_word(part) {
                        self.own.insert(word);
                    }
                });
            }
            Attribute::Role => {
                if let Some(role) = aria_role(value) {
                    self.roles.insert(role);
                }
            }
            Attribute::ItemProp if value.eq_ignore_ascii_case(b"articleBody") => {
                self.roles.insert(Role::ArticleBody);
            }
            Attribute::AriaHidden if value == b"true" => self.own.insert(ClassWord::Hidden),
            Attribute::Style => match display(value) {
                Some(Display::Hidden) => self.roles.insert(Role::Hidden),
                Some(Display::Block) => self.displays_block = true,
                None => {}
            },
            Attribute::Lang if element == Element::Html => self.facts.set_lang(value),
            Attribute::MetaName | Attribute::ItemProp if element == Element::Meta => {
                self.facts.set_name(value);
            }
            Attribute::Content if element == Element::Meta => self.facts.set_content(value),
            Attribute::Rel if element == Element::Link => self.facts.set_name(value),
            Attribute::Href if element == Element::Link => self.facts.set_content(value),
            Attribute::Type if element == Element::Script => self.facts.set_name(value),
            Attribute::DateTime if element == Element::Time => self.facts.set_content(value),
            _ => {}
        }
    }
}

fn aria_role(value: &[u8]) -> Option<Role> {
    Some(match value {
        b"article" => Role::Article,
        b"banner" => Role::Header,
        b"button" => Role::Button,
        b"complementary" => Role::Aside,
        b"contentinfo" => Role::Footer,
        b"dialog" | b"alertdialog" => Role::Dialog,
        b"figure" => Role::Figure,
        b"main" => Role::Main,
        b"navigation" | b"menu" | b"menubar" => Role::Nav,
        b"search" | b"form" => Role::Form,
        _ => return None,
    })
}

/// What a style says of how an element is shown.
enum Display {
    Hidden,
    Block,
}

fn display(style: &[u8]) -> Option<Display> {
    let squeezed: Vec<u8> = (style.iter())
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(u8::to_ascii_lowercase)
        .collect();
    let says = |what: &[u8]| memchr::memmem::find(&squeezed, what).is_some();
    if says(b"display:none") || says(b"visibility:hidden") {
        Some(Display::Hidden)
    } else {
        says(b"display:block").then_some(Display::Block)
    }
}
