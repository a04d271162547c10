//! Whether a text is in English.
//!
//! Owns [`foreign_language`]. Nearly every text of an English corpus is told by its function words, which cost
//! a look at its first hundred bytes or so; only the rest are put to whatlang's trigrams, and only what those call
//! reliable counts. Headlines, names and captions are too short for either, and stay English, unless the document says that it is
//! in another language ([`Declared`]) and they look like it.

use whatlang::{Lang, Script};

/// Words that make up about a third of running English and little of other languages written in the same
/// letters.
const FUNCTION_WORDS: [&[u8]; 43] = [
    b"the", b"of", b"and", b"to", b"for", b"that", b"with", b"from", b"by", b"are", b"were",
    b"has", b"have", b"been", b"this", b"will", b"not", b"would", b"their", b"they", b"its", b"it",
    b"his", b"but", b"who", b"at", b"be", b"than", b"about", b"after", b"more", b"our", b"we",
    b"you", b"your", b"into", b"over", b"on", b"is", b"was", b"an", b"which", b"these",
];

/// A text whose words are function words at this rate, one in so many, is English: as soon as it has [`ENOUGH`]
/// of them at the first, or by its end at the second, or at the third where it has no letters but those of English.
const ONE_IN: [usize; 3] = [6, 10, 16];

/// See [`ONE_IN`].
const ENOUGH: usize = 3;

/// A text with more letters of other alphabets than a word in so many is not told by its function words.
const ONE_OTHER_IN: usize = 6;

/// Bytes that are looked at: what follows a beginning is in the same language.
const MOST_BYTES: usize = 2048;

/// Letters of the Latin alphabet below which a text is too short to tell: with one at least that English
/// does not have, and with none.
const FEWEST_LETTERS: [usize; 2] = [40, 100];

/// The ISO 639-3 code of the language that a text is reliably in, where that is not English.
///
/// ```
/// use demarche::text::language::foreign_language;
/// let german = "Die Regierung in Peking hat die neuen Zölle scharf verurteilt und Gegenmaßnahmen angekündigt.";
/// assert_eq!(foreign_language(german), Some("deu"));
/// assert_eq!(foreign_language("Beijing condemned the new tariffs."), None);
/// assert_eq!(foreign_language("Wang Yi, Annalena Baerbock"), None);
/// ```
pub fn foreign_language(text: &str) -> Option<&'static str> {
    foreign_language_where(text, None)
}

/// As [`foreign_language`], of a text in a document that says in which language it is. That is believed where the text has
/// no English function word and looks like that language more than like any other, be it too short to be sure.
///
/// ```
/// use demarche::text::language::{Declared, foreign_language, foreign_language_where};
/// let headline = "Handelsstreit: Peking warnt Brüssel";
/// assert_eq!(foreign_language(headline), None);
/// assert_eq!(foreign_language_where(headline, Declared::of("de-AT")), Some("deu"));
/// assert_eq!(foreign_language_where("Beijing warns the EU", Declared::of("de-AT")), None);
/// ```
pub fn foreign_language_where(text: &str, declared: Option<Declared>) -> Option<&'static str> {
    let text = &text[..text.floor_char_boundary(MOST_BYTES)];
    if reads_as_english(text.as_bytes()) {
        return None;
    }
    match declared {
        Some(declared) => detect_declared(text, declared),
        None => detect(text),
    }
}

/// A language that a document says it is in: not English, and one that can be told by its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared(Lang);

impl Declared {
    /// The language of a tag (`de`, `de-AT`, `zh_CN`, `deu`) or an English name (`German`).
    pub fn of(tag: &str) -> Option<Self> {
        let tag = tag.trim();
        let code = tag.split(['-', '_']).next().unwrap_or(tag);
        let code = code.to_ascii_lowercase();
        let by_tag = TAGS.iter().find(|(known, _)| *known == code);
        let found = by_tag.map(|(_, lang)| *lang);
        let found = found.or_else(|| Lang::from_code(code.as_str()));
        let is_named = |lang: &&Lang| lang.eng_name().eq_ignore_ascii_case(tag);
        let found = found.or_else(|| Lang::all().iter().find(is_named).copied());
        found.filter(|lang| *lang != Lang::Eng).map(Declared)
    }

    /// Whether the text of a whole document may be in another language than English, whatever it says of itself: many a page
    /// in English says that it is in the language of those who made its template.
    pub fn is_possible(text: &str) -> bool {
        let text = &text[..text.floor_char_boundary(MOST_BYTES_OF_ALL)];
        !reads_as_english(text.as_bytes())
    }
}

/// Bytes of a whole document that are looked at: a menu without function words may stand before the article.
const MOST_BYTES_OF_ALL: usize = 16 << 10;

/// Letters below which nobody can say what a text looks like, whatever its document says.
const FEWEST_LETTERS_DECLARED: usize = 16;

/// The first subtags (BCP 47) of the languages that whatlang tells, and what else is in use for some.
const TAGS: [(&str, Lang); 75] = [
    ("af", Lang::Afr),
    ("ak", Lang::Aka),
    ("am", Lang::Amh),
    ("ar", Lang::Ara),
    ("az", Lang::Aze),
    ("be", Lang::Bel),
    ("bg", Lang::Bul),
    ("bn", Lang::Ben),
    ("ca", Lang::Cat),
    ("cs", Lang::Ces),
    ("cy", Lang::Cym),
    ("da", Lang::Dan),
    ("de", Lang::Deu),
    ("el", Lang::Ell),
    ("en", Lang::Eng),
    ("eo", Lang::Epo),
    ("es", Lang::Spa),
    ("et", Lang::Est),
    ("fa", Lang::Pes),
    ("fas", Lang::Pes),
    ("fi", Lang::Fin),
    ("fr", Lang::Fra),
    ("gu", Lang::Guj),
    ("he", Lang::Heb),
    ("iw", Lang::Heb),
    ("hi", Lang::Hin),
    ("hr", Lang::Hrv),
    ("hu", Lang::Hun),
    ("hy", Lang::Hye),
    ("id", Lang::Ind),
    ("in", Lang::Ind),
    ("it", Lang::Ita),
    ("ja", Lang::Jpn),
    ("jv", Lang::Jav),
    ("ka", Lang::Kat),
    ("km", Lang::Khm),
    ("kn", Lang::Kan),
    ("ko", Lang::Kor),
    ("la", Lang::Lat),
    ("lt", Lang::Lit),
    ("lv", Lang::Lav),
    ("mk", Lang::Mkd),
    ("ml", Lang::Mal),
    ("mr", Lang::Mar),
    ("my", Lang::Mya),
    ("nb", Lang::Nob),
    ("no", Lang::Nob),
    ("nor", Lang::Nob),
    ("ne", Lang::Nep),
    ("nl", Lang::Nld),
    ("or", Lang::Ori),
    ("pa", Lang::Pan),
    ("pl", Lang::Pol),
    ("pt", Lang::Por),
    ("ro", Lang::Ron),
    ("ru", Lang::Rus),
    ("si", Lang::Sin),
    ("sk", Lang::Slk),
    ("sl", Lang::Slv),
    ("sn", Lang::Sna),
    ("sr", Lang::Srp),
    ("sv", Lang::Swe),
    ("ta", Lang::Tam),
    ("te", Lang::Tel),
    ("th", Lang::Tha),
    ("tk", Lang::Tuk),
    ("tl", Lang::Tgl),
    ("tr", Lang::Tur),
    ("uk", Lang::Ukr),
    ("ur", Lang::Urd),
    ("uz", Lang::Uzb),
    ("vi", Lang::Vie),
    ("yi", Lang::Yid),
    ("zh", Lang::Cmn),
    ("zho", Lang::Cmn),
];

/// What a text is that does not read as English, in a document that says that it is in `declared`.
fn detect_declared(text: &str, declared: Declared) -> Option<&'static str> {
    let Declared(lang) = declared;
    match detect(text) {
        // Signs alone tell no Japanese headline from a Chinese one.
        Some(code) if code == Lang::Cmn.code() && lang == Lang::Jpn => Some(lang.code()),
        Some(code) => Some(code),
        None => {
            let n_letters = text.chars().filter(|c| c.is_alphabetic()).count();
            let looks = || whatlang::detect(text).is_some_and(|found| found.lang() == lang);
            let is_told =
                n_letters >= FEWEST_LETTERS_DECLARED && !has_function_word(text) && looks();
            is_told.then(|| lang.code())
        }
    }
}

/// Whether one of the words is an English function word.
fn has_function_word(text: &str) -> bool {
    let words = text.as_bytes().split(|byte| !byte.is_ascii_alphabetic());
    let key = |word: &[u8]| {
        word.iter()
            .fold(0, |key, byte| push_letter(key, byte | 0x20))
    };
    words
        .filter(|word| !word.is_empty())
        .any(|word| is_function_word(key(word)))
}

/// Whether a text has English function words enough, and hardly any letters of other alphabets.
fn reads_as_english(text: &[u8]) -> bool {
    let (mut n_words, mut n_function, mut n_other) = (0, 0, 0);
    let mut key = 0;
    for &byte in text {
        let letter = byte | 0x20;
        if letter.is_ascii_lowercase() {
            key = push_letter(key, letter);
            continue;
        }
        // Lead bytes from Greek onwards; those of dashes and quotes, 0xE2, are between.
        n_other += usize::from(byte >= 0xCD && byte != 0xE2);
        if key == 0 {
            continue;
        }
        n_words += 1;
        let is_function = is_function_word(key);
        n_function += usize::from(is_function);
        key = 0;
        if is_function
            && n_function >= ENOUGH
            && is_english(ONE_IN[0], n_words, n_function, n_other)
        {
            return true;
        }
    }
    if key != 0 {
        n_words += 1;
        n_function += usize::from(is_function_word(key));
    }
    let one_in = ONE_IN[1 + usize::from(text.is_ascii())];
    n_words > 0 && is_english(one_in, n_words, n_function, n_other)
}

/// The letters of a word, eight bits each; of a longer one than eight, the last eight. Function words have
/// five at most, so no other word has the key of one.
const fn push_letter(key: u64, letter: u8) -> u64 {
    key << 8 | letter as u64
}

/// The keys of [`FUNCTION_WORDS`], each in the first free slot from its own.
const FUNCTION_KEYS: [u64; 256] = {
    let mut keys = [0; 256];
    let mut i = 0;
    while i < FUNCTION_WORDS.len() {
        let word = FUNCTION_WORDS[i];
        assert!(word.len() < 8);
        let (mut key, mut at) = (0, 0);
        while at < word.len() {
            key = push_letter(key, word[at]);
            at += 1;
        }
        let mut slot = slot(key);
        while keys[slot] != 0 {
            slot = (slot + 1) % 256;
        }
        keys[slot] = key;
        i += 1;
    }
    keys
};

/// Where a key belongs: multiplicative hashing (Knuth, TAOCP 6.4) by the golden ratio's constant.
const fn slot(key: u64) -> usize {
    (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize
}

fn is_function_word(key: u64) -> bool {
    let mut slot = slot(key);
    while FUNCTION_KEYS[slot] != 0 {
        if FUNCTION_KEYS[slot] == key {
            return true;
        }
        slot = (slot + 1) % 256;
    }
    false
}

fn is_english(one_in: usize, n_words: usize, n_function: usize, n_other: usize) -> bool {
    n_function * one_in >= n_words && n_other * ONE_OTHER_IN <= n_words
}

fn detect(text: &str) -> Option<&'static str> {
    // The trigrams cost more than all else, so what they could not tell is kept from them.
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    let is_plain = text.is_ascii() || letters().all(|c| c.is_ascii());
    let is_short = letters().count() < FEWEST_LETTERS[usize::from(is_plain)];
    if is_plain && is_short {
        return None;
    }
    let found = whatlang::detect(text)?;
    let is_told = found.is_reliable() && (found.script() != Script::Latin || !is_short);
    (is_told && found.lang() != Lang::Eng).then(|| found.lang().code())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two dozen languages, sentences and headlines of the kind that stand in the same folders.
    const FOREIGN: &[(&str, &str)] = &[
        (
            "deu",
            "Das chinesische Handelsministerium kündigte am Dienstag neue Ausfuhrkontrollen für seltene Erden an.",
        ),
        (
            "deu",
            "Peking droht Washington mit Gegenzöllen auf Sojabohnen",
        ),
        (
            "fra",
            "Le ministère chinois du Commerce a annoncé mardi de nouvelles restrictions sur les exportations de terres rares.",
        ),
        (
            "spa",
            "El Ministerio de Comercio de China anunció el martes nuevos controles a la exportación de tierras raras, una decisión que preocupa a los fabricantes de automóviles.",
        ),
        (
            "por",
            "As duas partes concordaram em manter a trégua por noventa dias e continuar as conversas em Genebra.",
        ),
        (
            "ita",
            "Il ministero del Commercio cinese ha annunciato martedì nuovi controlli sulle esportazioni di terre rare.",
        ),
        (
            "nld",
            "Volgens de woordvoerder is er geen sprake van een handelsoorlog en blijft de deur open voor overleg met de Verenigde Staten.",
        ),
        (
            "pol",
            "Chińskie ministerstwo handlu ogłosiło we wtorek nowe ograniczenia eksportu metali ziem rzadkich.",
        ),
        (
            "ces",
            "Čínské ministerstvo obchodu v úterý oznámilo nová omezení vývozu vzácných zemin.",
        ),
        (
            "tur",
            "Çin Ticaret Bakanlığı salı günü nadir toprak elementlerine yeni ihracat kısıtlamaları getirdiğini duyurdu.",
        ),
        (
            "ind",
            "Kementerian Perdagangan Tiongkok pada hari Selasa mengumumkan pembatasan baru atas ekspor logam tanah jarang, langkah yang membuat produsen mobil khawatir.",
        ),
        (
            "vie",
            "Bộ Thương mại Trung Quốc hôm thứ Ba công bố các biện pháp kiểm soát xuất khẩu mới đối với đất hiếm.",
        ),
        (
            "swe",
            "Det kinesiska handelsministeriet meddelade på tisdagen nya exportkontroller för sällsynta jordartsmetaller.",
        ),
        (
            "hun",
            "A kínai kereskedelmi minisztérium kedden új exportkorlátozásokat jelentett be a ritkaföldfémekre.",
        ),
        ("rus", "Пекин вводит ответные пошлины"),
        (
            "ukr",
            "Міністерство торгівлі Китаю у вівторок оголосило про нові обмеження на експорт металів.",
        ),
        ("cmn", "外交部发言人答记者问"),
        ("cmn", "中方敦促美方停止将经贸问题政治化。(English: 1 of 3)"),
        (
            "jpn",
            "中国商務省は火曜日、レアアースの輸出について新たな規制を発表した。",
        ),
        (
            "kor",
            "중국 상무부는 화요일 희토류 수출에 대한 새로운 통제를 발표했다.",
        ),
        (
            "ara",
            "أعلنت وزارة التجارة الصينية يوم الثلاثاء قيودا جديدة على تصدير المعادن النادرة.",
        ),
        (
            "pes",
            "وزارت بازرگانی چین روز سه‌شنبه محدودیت‌های تازه‌ای بر صادرات عناصر نادر خاکی اعلام کرد که خودروسازان را نگران کرده است.",
        ),
        (
            "hin",
            "चीन के वाणिज्य मंत्रालय ने मंगलवार को दुर्लभ खनिजों के निर्यात पर नए नियंत्रण की घोषणा की, जिससे वाहन निर्माता चिंतित हैं।",
        ),
        (
            "tha",
            "กระทรวงพาณิชย์จีนประกาศมาตรการควบคุมการส่งออกแร่หายากฉบับใหม่เมื่อวันอังคาร",
        ),
        (
            "ell",
            "Το κινεζικό υπουργείο Εμπορίου ανακοίνωσε την Τρίτη νέους περιορισμούς στις εξαγωγές.",
        ),
        (
            "heb",
            "משרד המסחר הסיני הודיע ביום שלישי על הגבלות חדשות על יצוא מתכות נדירות.",
        ),
    ];

    #[test]
    fn other_languages_are_told() {
        for (code, text) in FOREIGN {
            assert_eq!(foreign_language(text), Some(*code), "{text}");
        }
    }

    #[test]
    fn names_headlines_lists_and_quotations_stay_english() {
        for text in [
            "",
            "25 %",
            "Xi Jinping, Wang Yi, He Lifeng, Li Chenggang",
            "Annalena Baerbock and Olaf Scholz met Li Qiang in Beijing (北京).",
            "习近平主席 (President Xi Jinping) arrives in Busan with a delegation of about forty",
            "Trump tariffs hit Chinese exports",
            "Beijing slams US chip curbs, vows countermeasures",
            "Protesters hold up umbrellas on Harcourt Road as police fire tear gas. PICTURE: GRACE LEUNG / HARBOUR DISPATCH",
            "HONG KONG (AFP) — Hang Seng +1.2%, Shanghai Composite -0.3%, Nikkei 225 +0.8%",
            "Semiconductor Manufacturing International Corporation (SMIC), Yangtze Memory Technologies, Hua Hong Semiconductor",
            "The phrase 命运共同体, \"community of common destiny\", appears eleven times in the text.",
            "Le Monde, El País, Süddeutsche Zeitung, Corriere della Sera, De Standaard, Gazeta Wyborcza",
            "Share Facebook Twitter LinkedIn WhatsApp Telegram Reddit Email Print",
            "Guangdong, Zhejiang, Jiangsu, Shandong, Henan, Sichuan, Hubei, Fujian, Anhui",
            "Vorsprung durch Technik no longer sells cars in Shenzhen",
        ] {
            assert_eq!(foreign_language(text), None, "{text}");
        }
    }

    #[test]
    fn tags_and_names_are_read() {
        let code = |tag: &str| Declared::of(tag).map(|Declared(lang)| lang.code());
        for (tag, expected) in [
            ("de", "deu"),
            ("DE-at", "deu"),
            ("zh_Hant_TW", "cmn"),
            ("deu", "deu"),
            (" fr ", "fra"),
            ("German", "deu"),
            ("no", "nob"),
            ("pt-BR", "por"),
        ] {
            assert_eq!(code(tag), Some(expected), "{tag}");
        }
        for tag in [
            "",
            "en",
            "en-US",
            "EN_gb",
            "eng",
            "English",
            "x-default",
            "xx",
            "und",
            "{{lang}}",
        ] {
            assert_eq!(code(tag), None, "{tag}");
        }
    }

    #[test]
    fn what_a_document_declares_tells_of_short_texts() {
        let de = Declared::of("de");
        for text in [
            "Handelsstreit: Peking warnt Brüssel",
            "Streit um Seltene Erden verschärft sich",
            "Bundesregierung prüft Gegenmaßnahmen",
        ] {
            assert_eq!(foreign_language(text), None, "{text}");
            assert_eq!(foreign_language_where(text, de), Some("deu"), "{text}");
        }
        let japanese = "日米首脳会談";
        assert_eq!(foreign_language(japanese), Some("cmn"));
        assert_eq!(
            foreign_language_where(japanese, Declared::of("ja")),
            Some("jpn")
        );
        // What is reliably another language is that, whatever is declared.
        for (code, text) in FOREIGN {
            assert_eq!(
                foreign_language_where(text, Declared::of("fi")),
                Some(*code),
                "{text}"
            );
        }
    }

    #[test]
    fn english_stays_english_whatever_is_declared() {
        for text in [
            "Beijing condemned the new tariffs on chips",
            "Trump says deal is close",
            "25 %",
            "AFP/Getty",
            "",
        ] {
            for tag in ["de", "fr", "es", "nl", "da", "zh", "tl"] {
                assert_eq!(
                    foreign_language_where(text, Declared::of(tag)),
                    None,
                    "{text} {tag}"
                );
            }
        }
        let page = "World Politics Business\n\nBeijing said that it would respond to the tariffs.";
        assert!(!Declared::is_possible(page));
        assert!(Declared::is_possible(
            "Welt Politik Wirtschaft\n\nPeking verurteilt die neuen Zölle scharf."
        ));
    }

    #[test]
    fn a_long_text_is_told_by_its_beginning() {
        let english = "The ministry said that it would respond to the tariffs. ";
        let russian =
            "Министерство торговли Китая во вторник объявило о новых ограничениях на экспорт. ";
        assert_eq!(
            foreign_language(&(english.repeat(3) + &russian.repeat(500))),
            None
        );
        assert_eq!(
            foreign_language(&(russian.repeat(500) + english)),
            Some("rus")
        );
    }
}
