//! Who acts on whom.
//!
//! Owns a small lexicon of acts between states and of the sides that take part in them, and the terms made
//! of the two: an act's class, the side named last before it and the side named first after it, and the
//! sides that a sentence names. It is the dyad and the act class of event data (Schrodt, "CAMEO", 2012),
//! guessed from the order of words: there is no parser, so a passive turns subject and object around.

use super::words::Placed;
use std::collections::HashMap;
use std::sync::LazyLock;

/// How many words away from an act a side may stand.
pub const ACT_WINDOW: usize = 8;

/// Words of meeting and talking, which are neither warm nor cold by themselves.
const TALK: &str = "\
    call called calls channel channels communicate communicated communication communications consult \
    consultation consultations consulted dialogue dialogues discuss discussed discussing discussion \
    discussions exchange exchanged exchanges meet meeting meetings meets met negotiate negotiated \
    negotiating negotiation negotiations negotiators summit summits talk talked talking talks visit \
    visited visiting visits";

/// Words of agreeing, easing, cooperating, praising and hoping.
const ACCORD: &str = "\
    agree agreed agreeing agreement agreements agrees appreciate appreciated appreciation beneficial \
    candid commit commitment commitments committed consensus constructive cooperate cooperated \
    cooperating cooperation cooperative delay delayed delaying ease eased eases easing exempt exempted \
    exemption exemptions extend extended extending extends extension frank friend friendly friends \
    friendship fruitful good goodwill grateful gratitude great honor honored hope hoped hopeful hopes \
    hoping improve improved improvement improves improving lift lifted lifting lifts love mutual \
    mutually partner partners partnership pause paused pauses pleased positive praise praised praises \
    praising productive progress purchase purchases ready reduce reduced reduces reducing reduction \
    remove removed removes removing reopen reopened reopening respect respected respectful respects \
    restore restored restoring resume resumed resumes resuming resumption rollback sincere sincerity \
    stabilise stabilize stabilized stabilizing stable suspend suspended suspending suspends suspension \
    thank thanked thanks thaw together tremendous truce trust warm warmly welcome welcomed welcomes \
    welcoming willing willingness wonderful";

/// Words of accusing, threatening, punishing, refusing and restricting.
const STRAIN: &str = "\
    abuse abused abuses abusive accusation accusations accuse accused accuses accusing adversarial \
    adversaries adversary aggression aggressive attack attacked attacking attacks ban banned banning \
    bans blacklist blacklisted blacklisting blame blamed blames blaming block blocked blocking blocks \
    bully bullying cheat cheated cheating coerce coerced coercion coercive condemn condemnation \
    condemned condemning condemns confront confrontation confrontational contain containment \
    countermeasure countermeasures crackdown curb curbed curbing curbs deadlock demand demanded \
    demanding demands denounce denounced denounces denouncing deplore deplored deplores dissatisfaction \
    distrust dump dumping escalate escalated escalates escalating escalation espionage expel expelled \
    exploit exploited exploiting firmly groundless harm harmed harmful harming hegemonic hegemony \
    hostile hostility hurt illegal illegally impose imposed imposes imposing imposition interfere \
    interfered interference interfering malicious malign mistake mistaken mistakes oppose opposed \
    opposes opposing opposition penalties penalty pressure pressured pressuring pretext protest \
    protested protests provocation provocations provocative provoke provoked provoking punish punished \
    punishing punishment punitive refusal refuse refused refuses refusing reject rejected rejecting \
    rejection rejects resolutely restrict restricted restricting restriction restrictions restrictive \
    restricts retaliate retaliated retaliates retaliating retaliation retaliatory rip ripped ripping \
    rival rivalry rivals sanction sanctioned sanctioning sanctions seize seized seizing seizure slander \
    smear smeared smearing smears spies spy spying steal stealing steals stole stolen stop stopped \
    stopping stops suppress suppressed suppressing suppression theft threat threaten threatened \
    threatening threatens threats tough tougher unacceptable undermine undermined undermines undermining \
    unfair unfairly unlawful violate violated violates violating violation violations warn warned \
    warning warnings warns worst wrong wronged wrongful";

/// The first side: the country, its people, its capital and those who speak for it.
const US: &str = "\
    america american americans biden congress pentagon trump u.s washington";

/// The second side.
const CHINA: &str = "\
    beijing china chinese mainland mofcom prc xi";

/// What the two sides dispute.
const TAIWAN: &str = "\
    hong taipei taiwan taiwanese tibet tibetan xinjiang";

/// Third parties.
const OTHERS: &str = "\
    afghanistan asean australia australian brazil britain british brussels canada canadian delhi eu \
    europe european europeans france french gaza german germany india indian iran iranian israel japan \
    japanese korea korean manila mexican mexico moscow nato pakistan philippine philippines putin russia \
    russian seoul tehran tokyo uk ukraine venezuela vietnam";

/// Names of a side that are two words.
const PAIRS: [(&str, &str); 2] = [("united", "states"), ("white", "house")];

const ACTS: [&str; 3] = ["talk", "accord", "strain"];
const SIDES: [&str; 4] = ["us", "china", "taiwan", "others"];

/// What a word may be to the terms of acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nothing.
    None,
    /// An act, by its index among the classes.
    Act(u8),
    /// A side, by its index.
    Side(u8),
    /// The first word of a name of the first side, if this pair's second word follows.
    Opens(u8),
}

static ROLES: LazyLock<HashMap<&str, Role>> = LazyLock::new(|| {
    let acts = [TALK, ACCORD, STRAIN].into_iter().zip(0..);
    let acts = acts.flat_map(|(words, i)| words.split(' ').map(move |w| (w, Role::Act(i))));
    let sides = [US, CHINA, TAIWAN, OTHERS].into_iter().zip(0..);
    let sides = sides.flat_map(|(words, i)| words.split(' ').map(move |w| (w, Role::Side(i))));
    let pairs = PAIRS
        .iter()
        .zip(0..)
        .map(|((w, _), i)| (*w, Role::Opens(i)));
    acts.chain(sides).chain(pairs).collect()
});

/// The role of a normalized word; a possessive has that of its owner.
pub(super) fn role(word: &str) -> Role {
    let word = word.strip_suffix("'s").unwrap_or(word);
    ROLES.get(word).copied().unwrap_or(Role::None)
}

/// Terms of one class of acts: the class, each side or none before it, each side or none after it.
const PER_ACT: usize = 1 + 2 * (SIDES.len() + 1);

/// The names of all terms of acts: `<strain>`, `<china:strain>` (China stands before it),
/// `<strain:us>` (the US stands after it), `<-:strain>` (no side does), with `!` before an act that is
/// denied; and `<who:us+china>`, the sides that a sentence names.
pub fn act_terms() -> &'static [String] {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let side = |i: usize| i.checked_sub(1).map_or("-", |i| SIDES[i]);
        let mut names = Vec::new();
        for denied in ["", "!"] {
            for act in ACTS {
                names.push(format!("<{denied}{act}>"));
                let sides = || (0..=SIDES.len()).map(side);
                names.extend(sides().map(|side| format!("<{side}:{denied}{act}>")));
                names.extend(sides().map(|side| format!("<{denied}{act}:{side}>")));
            }
        }
        for set in 0..1usize << SIDES.len() {
            let named = (0..SIDES.len()).filter(|i| set >> i & 1 == 1);
            let named: Vec<&str> = named.map(|i| SIDES[i]).collect();
            names.push(format!("<who:{}>", named.join("+")));
        }
        names
    });
    &NAMES
}

/// A term of acts in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedAct {
    /// Its index in [`act_terms`] where negation counts.
    pub denied_term: u8,
    /// Its index where it does not.
    pub plain_term: u8,
    /// Byte offset of the first byte, in the text, of the word it is laid to.
    pub start: u32,
    /// Byte offset one past that word's last byte.
    pub end: u32,
}

impl PlacedAct {
    /// Its index in [`act_terms`].
    pub fn term(&self, negation: bool) -> usize {
        usize::from(match negation {
            true => self.denied_term,
            false => self.plain_term,
        })
    }
}

/// Writes the terms of acts of a text into `out`, given its words; `word` gives a word's role and its
/// normalized form.
pub(super) fn find<'c>(
    text: &str,
    words: &[Placed],
    word: impl Fn(u32) -> (Role, &'c str),
    out: &mut Vec<PlacedAct>,
) {
    out.clear();
    let role_of = |i: usize| match word(words[i].word).0 {
        Role::Opens(pair) => {
            let next = words.get(i + 1).map(|next| word(next.word).1);
            match next == Some(PAIRS[usize::from(pair)].1) {
                true => Role::Side(0),
                false => Role::None,
            }
        }
        role => role,
    };
    let mut first = 0;
    for i in 1..=words.len() {
        let ends = i == words.len() || {
            // Words that are read in the place of one phrase all stand where it stands.
            let gap = text.get(words[i - 1].end as usize..words[i].start as usize);
            gap.is_some_and(|gap| gap != " " && gap.contains(['.', '?', '!', ';', '\n']))
        };
        if ends {
            find_in_sentence(&words[first..i], |j| role_of(first + j), out);
            first = i;
        }
    }
}

fn find_in_sentence(words: &[Placed], role: impl Fn(usize) -> Role, out: &mut Vec<PlacedAct>) {
    let (mut named, mut first_side) = (0usize, 0);
    let mut last_side: Option<(usize, u8)> = None;
    for (i, placed) in words.iter().enumerate() {
        match role(i) {
            Role::Side(side) => {
                first_side = if named == 0 { i } else { first_side };
                named |= 1 << side;
                last_side = Some((i, side));
            }
            Role::Act(act) => {
                let before = last_side.filter(|(at, _)| i - at <= ACT_WINDOW);
                let after =
                    (i + 1..words.len().min(i + 1 + ACT_WINDOW)).find_map(|j| match role(j) {
                        Role::Side(side) => Some(side),
                        _ => None,
                    });
                let slot = |side: Option<u8>| side.map_or(0, |side| usize::from(side) + 1);
                let n_slots = SIDES.len() + 1;
                let (before, after) = (slot(before.map(|(_, side)| side)), slot(after));
                for term in [0, 1 + before, 1 + n_slots + after] {
                    let plain = usize::from(act) * PER_ACT + term;
                    let denied = usize::from(placed.denied) * ACTS.len() * PER_ACT;
                    out.push(place(denied + plain, plain, *placed));
                }
            }
            _ => {}
        }
    }
    let who = 2 * ACTS.len() * PER_ACT + named;
    out.push(place(who, who, words[first_side]));
}

fn place(denied_term: usize, plain_term: usize, at: Placed) -> PlacedAct {
    PlacedAct {
        denied_term: denied_term as u8,
        plain_term: plain_term as u8,
        start: at.start,
        end: at.end,
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::{ReadParams, Reading, WordCache};
    use super::*;

    fn found(text: &str, negation: bool) -> Vec<(&'static str, String)> {
        let params = ReadParams {
            negation,
            acts: true,
            ..ReadParams::default()
        };
        let mut reading = Reading::default();
        WordCache::default().read(text, params, &mut reading);
        let name = |act: &PlacedAct| act_terms()[act.term(negation)].as_str();
        let word = |act: &PlacedAct| text[act.start as usize..act.end as usize].to_owned();
        reading
            .acts
            .iter()
            .map(|act| (name(act), word(act)))
            .collect()
    }

    #[test]
    fn an_act_has_a_class_and_a_side_before_and_after_it() {
        let terms = found(
            "China's ministry condemned the United States. Nobody met",
            false,
        );
        let terms: Vec<(&str, &str)> = terms.iter().map(|(n, w)| (*n, w.as_str())).collect();
        assert_eq!(
            terms,
            [
                ("<strain>", "condemned"),
                ("<china:strain>", "condemned"),
                ("<strain:us>", "condemned"),
                ("<who:us+china>", "China's"),
                ("<talk>", "met"),
                ("<-:talk>", "met"),
                ("<talk:->", "met"),
                ("<who:>", "Nobody"),
            ]
        );
    }

    #[test]
    fn a_denied_act_is_another_and_a_far_side_is_none() {
        let names = |text, negation| -> Vec<&str> {
            found(text, negation)
                .into_iter()
                .map(|(name, _)| name)
                .collect()
        };
        let denied = "Beijing will not agree";
        assert_eq!(
            names(denied, true),
            ["<!accord>", "<china:!accord>", "<!accord:->", "<who:china>"]
        );
        assert_eq!(names(denied, false)[0], "<accord>");
        let far = "Japan said one two three four five six seven eight agreed";
        assert_eq!(names(far, true)[1], "<-:accord>");
    }

    #[test]
    fn every_word_has_one_role_and_every_term_a_number() {
        let lists = [TALK, ACCORD, STRAIN, US, CHINA, TAIWAN, OTHERS];
        let n_words: usize = lists.iter().map(|words| words.split(' ').count()).sum();
        assert_eq!(ROLES.len(), n_words + PAIRS.len());
        assert_eq!(
            act_terms().len(),
            2 * ACTS.len() * PER_ACT + (1 << SIDES.len())
        );
        assert!(u8::try_from(act_terms().len()).is_ok());
    }
}
