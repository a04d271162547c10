//! What the names of elements and classes say.

/// The element whose text a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs)]
pub enum Tag {
    P,
    H1,
    H2,
    H3,
    H4,
    Li,
    Quote,
    Caption,
    Cell,
    Term,
    Pre,
    Button,
    Label,
    Link,
    /// A div, a section or any other box.
    #[default]
    Box,
}

impl Tag {
    /// All of them.
    pub const ALL: [Tag; 15] = [
        Tag::P,
        Tag::H1,
        Tag::H2,
        Tag::H3,
        Tag::H4,
        Tag::Li,
        Tag::Quote,
        Tag::Caption,
        Tag::Cell,
        Tag::Term,
        Tag::Pre,
        Tag::Button,
        Tag::Label,
        Tag::Link,
        Tag::Box,
    ];

    /// Its name in HTML.
    pub fn name(self) -> &'static str {
        match self {
            Tag::P => "p",
            Tag::H1 => "h1",
            Tag::H2 => "h2",
            Tag::H3 => "h3",
            Tag::H4 => "h4",
            Tag::Li => "li",
            Tag::Quote => "blockquote",
            Tag::Caption => "figcaption",
            Tag::Cell => "td",
            Tag::Term => "dt",
            Tag::Pre => "pre",
            Tag::Button => "button",
            Tag::Label => "label",
            Tag::Link => "a",
            Tag::Box => "div",
        }
    }
}

/// Declares an enum whose values are members of a set that is one integer.
macro_rules! set {
    ($(#[$doc:meta])* $name:ident, $(#[$set_doc:meta])* $set:ident, $bits:ty: $($value:ident = $text:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum $name { $($value),+ }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$value),+];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $($name::$value => $text),+ }
            }
        }

        $(#[$set_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $set($bits);

        impl $set {
            /// Adds one.
            pub fn insert(&mut self, value: $name) {
                self.0 |= 1 << value as u32;
            }

            /// Whether it is there.
            pub fn contains(self, value: $name) -> bool {
                self.0 >> value as u32 & 1 == 1
            }

            /// Those of both.
            #[must_use]
            pub fn union(self, other: Self) -> Self {
                $set(self.0 | other.0)
            }

            /// All that are there, in order.
            pub fn iter(self) -> impl Iterator<Item = $name> {
                $name::ALL.iter().copied().filter(move |value| self.contains(*value))
            }
        }
    };
}

set! {
    /// What an element is to the page.
    Role,
    /// Some of the roles.
    Roles, u32:
    Article = "article", Main = "main", Header = "header", Footer = "footer", Nav = "nav", Aside = "aside",
    Figure = "figure", Form = "form", Table = "table", List = "list", Quote = "quote", Dialog = "dialog",
    Button = "button", Heading = "heading", Hidden = "hidden", Link = "link", Section = "section",
    Address = "address", Time = "time", ArticleBody = "body",
}

set! {
    /// A word that the names of elements use, with those that mean the same.
    ClassWord,
    /// Some of the words.
    ClassWords, u64:
    Article = "article", Body = "body", Content = "content", Story = "story", Paragraph = "paragraph",
    Ad = "ad", Author = "author", Banner = "banner", Breadcrumb = "breadcrumb", Button = "button",
    Caption = "caption", Card = "card", Carousel = "carousel", Comment = "comment", Consent = "consent",
    Copyright = "copyright", Correction = "correction", Credit = "credit", Date = "date", Embed = "embed",
    Footer = "footer", Gallery = "gallery", Header = "header", Headline = "headline", Hidden = "hidden",
    Image = "image", Label = "label", Latest = "latest", Lead = "lead", Link = "link", List = "list",
    Menu = "menu", Meta = "meta", Modal = "modal", Nav = "nav", Newsletter = "newsletter", Pay = "pay",
    Player = "player", Popular = "popular", Promo = "promo", Quote = "quote", Related = "related",
    Search = "search", Share = "share", Sidebar = "sidebar", Social = "social", Tag = "tag",
    Teaser = "teaser", Time = "time", Title = "title", Toolbar = "toolbar", User = "user", Video = "video",
    Widget = "widget",
}

/// The word that a part of a name is, if it is one.
pub(super) fn class_word(part: &[u8]) -> Option<ClassWord> {
    article_word(part).or_else(|| site_word(part))
}

/// The words for parts of an article, and for what stands within it.
fn article_word(part: &[u8]) -> Option<ClassWord> {
    use ClassWord::*;
    Some(match part {
        b"article" | b"articles" => Article,
        b"body" | b"articlebody" | b"bodytext" | b"storybody" | b"bodycopy" => Body,
        b"content" | b"contents" | b"richtext" | b"entry" | b"post" => Content,
        b"story" | b"stories" => Story,
        b"paragraph" | b"paragraphs" | b"para" => Paragraph,
        b"ad" | b"ads" | b"advert" | b"adverts" | b"advertisement" | b"adslot" | b"adunit"
        | b"dfp" | b"gpt" | b"sponsor" | b"sponsored" | b"taboola" | b"outbrain" | b"mpu"
        | b"leaderboard" => Ad,
        b"author" | b"authors" | b"byline" | b"bylines" | b"bio" | b"contributor"
        | b"contributors" | b"contributed" | b"writer" => Author,
        b"banner" | b"alert" | b"breaking" | b"ticker" => Banner,
        b"breadcrumb" | b"breadcrumbs" | b"crumb" | b"crumbs" => Breadcrumb,
        b"button" | b"buttons" | b"btn" | b"cta" => Button,
        b"caption" | b"captions" | b"figcaption" => Caption,
        b"card" | b"cards" | b"tile" | b"tiles" => Card,
        b"carousel" | b"slider" | b"slideshow" | b"slide" | b"rail" | b"swiper" => Carousel,
        b"comment" | b"comments" | b"disqus" | b"reply" | b"replies" | b"discussion"
        | b"conversation" | b"coral" => Comment,
        b"cookie" | b"cookies" | b"consent" | b"gdpr" | b"privacy" | b"onetrust" => Consent,
        b"copyright" | b"legal" | b"license" | b"licence" | b"disclaimer" => Copyright,
        b"correction" | b"corrections" | b"note" | b"notes" | b"footnote" | b"footnotes"
        | b"editors" => Correction,
        b"credit" | b"credits" | b"attribution" | b"photographer" | b"copyrightholder" => Credit,
        b"date" | b"dates" | b"dateline" | b"published" | b"updated" | b"datetime" => Date,
        b"embed" | b"embedded" | b"oembed" | b"iframe" | b"tweet" | b"instagram" => Embed,
        b"footer" | b"foot" | b"colophon" => Footer,
        b"gallery" | b"lightbox" => Gallery,
        b"header" | b"head" | b"masthead" | b"topbar" => Header,
        b"headline" | b"headlines" => Headline,
        b"hidden" | b"sr" | b"visually" | b"visuallyhidden" | b"screen" | b"offscreen" => Hidden,
        b"image" | b"images" | b"img" | b"photo" | b"photos" | b"picture" | b"figure"
        | b"media" | b"thumbnail" | b"thumb" => Image,
        b"label" | b"labels" | b"kicker" | b"eyebrow" | b"overline" | b"badge" | b"flag" => Label,
        _ => return None,
    })
}

/// The words for what a site puts around articles.
fn site_word(part: &[u8]) -> Option<ClassWord> {
    use ClassWord::*;
    Some(match part {
        b"latest" | b"recent" | b"live" | b"river" | b"feed" => Latest,
        b"lead" | b"lede" | b"dek" | b"deck" | b"standfirst" | b"subtitle" | b"subheadline"
        | b"subhead" | b"summary" | b"excerpt" | b"intro" | b"strapline" => Lead,
        b"link" | b"links" => Link,
        b"list" | b"lists" | b"item" | b"items" | b"listing" => List,
        b"menu" | b"menus" | b"dropdown" | b"hamburger" => Menu,
        b"meta" | b"metadata" | b"info" => Meta,
        b"modal" | b"popup" | b"overlay" | b"dialog" | b"toast" | b"tooltip" | b"lightboxes" => {
            Modal
        }
        b"nav" | b"navigation" | b"navbar" | b"subnav" | b"skip" | b"pagination" | b"pager"
        | b"toc" => Nav,
        b"newsletter" | b"newsletters" | b"subscribe" | b"subscription" | b"signup" | b"email"
        | b"optin" => Newsletter,
        b"paywall" | b"premium" | b"meter" | b"regwall" | b"donate" | b"donation"
        | b"membership" | b"support" => Pay,
        b"player" | b"audio" | b"podcast" | b"listen" | b"transcript" => Player,
        b"popular" | b"trending" | b"most" | b"top" | b"hot" => Popular,
        b"promo" | b"promos" | b"promotion" | b"marketing" | b"offer" | b"callout"
        | b"affiliate" | b"commerce" | b"shop" => Promo,
        b"quote" | b"pullquote" | b"blockquote" => Quote,
        b"related" | b"recommended" | b"recommendation" | b"recommendations" | b"recirc"
        | b"recirculation" | b"more" | b"readmore" | b"also" | b"next" | b"previous"
        | b"further" | b"suggested" | b"similar" => Related,
        b"search" => Search,
        b"share" | b"shares" | b"sharing" | b"sharebar" | b"addtoany" | b"addthis" => Share,
        b"sidebar" | b"aside" | b"secondary" | b"rightrail" | b"complementary" => Sidebar,
        b"social" | b"facebook" | b"twitter" | b"follow" | b"whatsapp" | b"pinterest" => Social,
        b"tag" | b"tags" | b"topic" | b"topics" | b"category" | b"categories" | b"keyword"
        | b"keywords" | b"taxonomy" => Tag,
        b"teaser" | b"teasers" => Teaser,
        b"time" | b"timestamp" => Time,
        b"title" | b"titles" | b"heading" => Title,
        b"toolbar" | b"tools" | b"actions" | b"controls" | b"options" => Toolbar,
        b"login" | b"signin" | b"account" | b"profile" | b"user" | b"register" | b"avatar" => User,
        b"video" | b"videos" => Video,
        b"widget" | b"widgets" | b"module" | b"plugin" => Widget,
        _ => return None,
    })
}

/// Calls `each` with the parts of a name, in lower case: `articleBody__text-2` has `article`, `body` and `text`.
pub(super) fn parts(name: &[u8], mut each: impl FnMut(&[u8])) {
    // No word is longer than this.
    let mut part = [0u8; 24];
    let mut n = 0;
    let mut before = 0u8;
    for &byte in name {
        let begins = byte.is_ascii_uppercase() && before.is_ascii_lowercase();
        if (begins || !byte.is_ascii_alphabetic()) && n > 0 {
            each(&part[..n.min(part.len())]);
            n = 0;
        }
        if byte.is_ascii_alphabetic() {
            if let Some(slot) = part.get_mut(n) {
                *slot = byte.to_ascii_lowercase();
            }
            n += 1;
        }
        before = byte;
    }
    if n > 0 {
        each(&part[..n.min(part.len())]);
    }
}

/// How an element is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It has no content.
    Void,
    /// Its text is not shown.
    Unseen,
    /// It begins a block of its own.
    Block(Tag),
    /// It goes with the text around it.
    Inline,
}

/// The elements that matter by name; others are inline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Element {
    A,
    Address,
    Article,
    Aside,
    Audio,
    B,
    Blockquote,
    Body,
    Br,
    Button,
    Caption,
    Center,
    Dd,
    Details,
    Dialog,
    Div,
    Dl,
    Dt,
    Fieldset,
    Figcaption,
    Figure,
    Footer,
    Form,
    H1,
    H2,
    H3,
    H4,
    H5,
    H6,
    Head,
    Header,
    Hgroup,
    Hr,
    Html,
    Label,
    Legend,
    Li,
    Link,
    Main,
    Math,
    Menu,
    Meta,
    Nav,
    Ol,
    Option,
    P,
    Pre,
    Script,
    Search,
    Section,
    Select,
    Summary,
    Svg,
    Table,
    Tbody,
    Td,
    Th,
    Time,
    Title,
    Tr,
    Ul,
    /// Any other that has no content.
    OtherVoid,
    /// Any other whose text is not shown.
    OtherUnseen,
    /// An element with a name of the page's own, `<ad-slot>`.
    Custom,
    /// Any other.
    Other,
}

/// How many [`Element`]s there are.
pub(super) const N_ELEMENTS: usize = Element::Other as usize + 1;

impl Element {
    pub fn of(name: &[u8]) -> Self {
        use Element::*;
        match name {
            b"a" => A,
            b"address" => Address,
            b"article" => Article,
            b"aside" => Aside,
            b"audio" | b"video" => Audio,
            b"b" | b"strong" => B,
            b"blockquote" => Blockquote,
            b"body" => Body,
            b"br" => Br,
            b"button" => Button,
            b"caption" => Caption,
            b"center" => Center,
            b"dd" => Dd,
            b"details" => Details,
            b"dialog" => Dialog,
            b"div" => Div,
            b"dl" => Dl,
            b"dt" => Dt,
            b"fieldset" => Fieldset,
            b"figcaption" => Figcaption,
            b"figure" => Figure,
            b"footer" => Footer,
            b"form" => Form,
            b"h1" => H1,
            b"h2" => H2,
            b"h3" => H3,
            b"h4" => H4,
            b"h5" => H5,
            b"h6" => H6,
            b"head" => Head,
            b"header" => Header,
            b"hgroup" => Hgroup,
            b"hr" => Hr,
            b"html" => Html,
            b"label" => Label,
            b"legend" => Legend,
            b"li" => Li,
            b"link" => Link,
            b"main" => Main,
            b"math" => Math,
            b"menu" => Menu,
            b"meta" => Meta,
            b"nav" => Nav,
            b"ol" => Ol,
            b"option" | b"optgroup" => Option,
            b"p" => P,
            b"pre" | b"listing" | b"plaintext" | b"xmp" => Pre,
            b"script" => Script,
            b"search" => Search,
            b"section" => Section,
            b"select" => Select,
            b"summary" => Summary,
            b"svg" => Svg,
            b"table" => Table,
            b"tbody" | b"thead" | b"tfoot" => Tbody,
            b"td" => Td,
            b"th" => Th,
            b"time" => Time,
            b"title" => Title,
            b"tr" => Tr,
            b"ul" | b"dir" => Ul,
            _ => Element::without_use(name),
        }
    }

    /// The elements that hold nothing of use here, by what they do to those around them.
    fn without_use(name: &[u8]) -> Self {
        use Element::*;
        match name {
            b"area" | b"base" | b"col" | b"embed" | b"img" | b"input" | b"param" | b"source"
            | b"track" | b"wbr" | b"frame" | b"keygen" | b"bgsound" | b"basefont" | b"image" => {
                OtherVoid
            }
            b"style" | b"noscript" | b"template" | b"iframe" | b"object" | b"canvas"
            | b"textarea" | b"noembed" | b"noframes" | b"datalist" | b"frameset" | b"applet"
            | b"map" | b"rp" => OtherUnseen,
            _ if name.contains(&b'-') => Custom,
            _ => Other,
        }
    }

    pub fn kind(self) -> Kind {
        use Element::*;
        match self {
            Br | Hr | Link | Meta | OtherVoid => Kind::Void,
            Audio | Math | Option | Script | Select | Svg | Title | OtherUnseen => Kind::Unseen,
            A | B | Label | Time | Other => Kind::Inline,
            P => Kind::Block(Tag::P),
            H1 => Kind::Block(Tag::H1),
            H2 => Kind::Block(Tag::H2),
            H3 => Kind::Block(Tag::H3),
            H4 | H5 | H6 => Kind::Block(Tag::H4),
            Li | Dd => Kind::Block(Tag::Li),
            Blockquote => Kind::Block(Tag::Quote),
            Figcaption | Caption => Kind::Block(Tag::Caption),
            Td | Th => Kind::Block(Tag::Cell),
            Dt => Kind::Block(Tag::Term),
            Pre => Kind::Block(Tag::Pre),
            Button => Kind::Block(Tag::Button),
            Legend | Summary => Kind::Block(Tag::Label),
            _ => Kind::Block(Tag::Box),
        }
    }

    /// Whether it is a box that others stand in, and not a piece of text.
    pub fn is_container(self) -> bool {
        use Element::*;
        matches!(
            self,
            Article
                | Aside
                | Body
                | Center
                | Dialog
                | Div
                | Fieldset
                | Footer
                | Form
                | Header
                | Hgroup
                | Html
                | Main
                | Nav
                | Search
                | Section
                | Td
                | Th
                | Details
                | Custom
        )
    }

    /// Whether end tags within it close nothing outside it.
    pub fn is_scope(self) -> bool {
        matches!(
            self,
            Element::Table | Element::Td | Element::Th | Element::Caption
        )
    }

    /// Whether its start tag ends a paragraph that is open.
    pub fn ends_paragraph(self) -> bool {
        use Element::*;
        let is_block = matches!(self.kind(), Kind::Block(_)) || self == Hr;
        is_block
            && !matches!(
                self,
                Body | Button | Custom | Html | Head | Tbody | Td | Th | Tr | Caption
            )
    }

    pub fn role(self) -> std::option::Option<Role> {
        use Element::*;
        Some(match self {
            Address => Role::Address,
            Article => Role::Article,
            Aside => Role::Aside,
            Blockquote => Role::Quote,
            Button => Role::Button,
            Dialog => Role::Dialog,
            Figcaption | Figure => Role::Figure,
            Footer => Role::Footer,
            Form => Role::Form,
            H1 | H2 | H3 | H4 | H5 | H6 => Role::Heading,
            Header => Role::Header,
            Li | Ul | Ol | Menu | Dl => Role::List,
            Main => Role::Main,
            Nav => Role::Nav,
            Section => Role::Section,
            Table => Role::Table,
            Time => Role::Time,
            _ => return None,
        })
    }
}
