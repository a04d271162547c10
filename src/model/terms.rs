//! The names of terms in a model file.
//!
//! Owns their coding: front-coded lists, and which of a list's names are a task's.

use crate::error::{Error, Result};
use crate::features::{TermNames, Vocabulary};
use crate::text::MAX_NGRAM;
use crate::text::normalize::MAX_WORD_BYTES;

/// The longest name of a term in bytes: [`MAX_NGRAM`] words of [`MAX_WORD_BYTES`], which normalizing
/// may make longer: NFKC up to eleven times (`\u{FDFA}`), lower case a little more; and what parts and marks them.
const MAX_TERM_BYTES: usize = MAX_NGRAM as usize * (16 * MAX_WORD_BYTES + 2);

/// How much longer names may be than the file that holds them, front-coded. Beside its name a term
/// takes ten bytes at least, so names of 640 bytes on average pass.
const MAX_NAME_GROWTH: usize = 64;

pub(super) fn damaged(why: &str) -> Error {
    Error::model(format!("is a damaged model file: {why}")).mend("copy or train it again")
}

/// Writes sorted names.
pub(super) fn write_names(names: &TermNames, out: &mut Vec<u8>) {
    let mut last: &[u8] = &[];
    for name in names.iter() {
        let name = name.as_bytes();
        let shared = name.iter().zip(last).take_while(|(a, b)| a == b).count();
        write_varint(shared as u64, out);
        write_varint((name.len() - shared) as u64, out);
        out.extend_from_slice(&name[shared..]);
        last = name;
    }
}

/// Reads `n_names` sorted, distinct names.
pub(super) fn read_names(n_names: u64, rest: &mut Bytes<'_>) -> Result<TermNames> {
    // Each name takes two bytes at least.
    if n_names > (rest.0.len() / 2) as u64 {
        return Err(damaged("it declares more terms than it can hold"));
    }
    let most = rest.0.len().saturating_mul(MAX_NAME_GROWTH);
    let mut text: Vec<u8> = Vec::new();
    let mut ends: Vec<usize> = Vec::with_capacity(n_names.min(1 << 20) as usize);
    let mut last = 0;
    for _ in 0..n_names {
        let (shared, length) = rest.two_varints()?;
        let start = text.len();
        if shared > (start - last) as u64 {
            return Err(damaged("a term shares more than the term before it has"));
        }
        if shared + length > MAX_TERM_BYTES as u64 {
            return Err(damaged("a term is too long"));
        }
        let (shared, own) = (shared as usize, rest.take(length as usize)?);
        // Where the two names part, the second goes on and the first ends or has a smaller byte.
        let before = text[last..start].get(shared);
        if !ends.is_empty() && own.first() <= before {
            return Err(damaged("its terms are not in order"));
        }
        text.extend_from_within(last..last + shared);
        text.extend_from_slice(own);
        ends.push(text.len());
        last = start;
        if text.len() > most {
            return Err(damaged("its terms are too long together"));
        }
    }
    TermNames::from_bytes(text, ends).ok_or_else(|| damaged("a term is not UTF-8"))
}

/// Writes which of `names` are the terms of a vocabulary, all of whose names are among them.
pub(super) fn write_choice(names: &TermNames, vocabulary: &Vocabulary, out: &mut Vec<u8>) {
    let mut chosen = vocabulary.names().peekable();
    let mut bits = vec![0u8; names.len().div_ceil(8)];
    for (place, name) in names.iter().enumerate() {
        if chosen.next_if_eq(&name).is_some() {
            bits[place / 8] |= 1 << (place % 8);
        }
    }
    out.extend_from_slice(&bits);
}

/// Reads the places of `n_chosen` of `n_names` names.
pub(super) fn read_choice(n_names: usize, n_chosen: u64, rest: &mut Bytes<'_>) -> Result<Vec<u32>> {
    let bits = rest.take(n_names.div_ceil(8))?;
    let n_set: u64 = bits.iter().map(|byte| u64::from(byte.count_ones())).sum();
    let beyond = bits.last().map_or(0, |last| match n_names % 8 {
        0 => 0,
        used => last >> used,
    });
    if n_set != n_chosen || beyond != 0 {
        return Err(damaged("a task has other terms than it declares"));
    }
    let mut places = Vec::with_capacity(n_chosen as usize);
    for (at, byte) in bits.iter().enumerate() {
        let mut left = *byte;
        while left != 0 {
            places.push(8 * at as u32 + left.trailing_zeros());
            left &= left - 1;
        }
    }
    Ok(places)
}

fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// What of the file is left to read.
pub(super) struct Bytes<'b>(pub &'b [u8]);

impl<'b> Bytes<'b> {
    pub fn take(&mut self, n: usize) -> Result<&'b [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(n)
            .ok_or_else(|| damaged("it ends before its card says"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// Two numbers, nearly all of which take one byte.
    fn two_varints(&mut self) -> Result<(u64, u64)> {
        if let [a @ 0..0x80, b @ 0..0x80, rest @ ..] = self.0 {
            self.0 = rest;
            return Ok((u64::from(*a), u64::from(*b)));
        }
        Ok((self.varint()?, self.varint()?))
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(damaged("a length is too large"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_bytes_a_term_do_not_fill_the_memory() {
        let term = |i: u8, j: u8| format!("{}{}{}", "a".repeat(4000), i as char, j as char);
        let letters = b'a'..=b'z';
        let names: TermNames = (letters.clone())
            .flat_map(|i| letters.clone().map(move |j| term(i, j)))
            .collect();
        let mut bytes = Vec::new();
        write_names(&names, &mut bytes);
        let error = read_names(names.len() as u64, &mut Bytes(&bytes)).unwrap_err();
        assert!(error.to_string().contains("too long together"), "{error}");
        let few: TermNames = names.iter().take(10).collect();
        bytes.clear();
        write_names(&few, &mut bytes);
        assert_eq!(read_names(10, &mut Bytes(&bytes)).unwrap(), few);
    }

    #[test]
    fn a_choice_of_names_comes_back_and_a_wrong_one_is_told() {
        let names: TermNames = (0..19).map(|i| format!("term{i:02}")).collect();
        for step in [1, 2, 5, 19] {
            let places: Vec<u32> = (0..19).step_by(step).collect();
            let chosen = places.iter().map(|place| names.get(*place as usize));
            let vocabulary = Vocabulary::new(chosen.collect());
            let mut bytes = Vec::new();
            write_choice(&names, &vocabulary, &mut bytes);
            let read = |n| read_choice(names.len(), n, &mut Bytes(&bytes));
            assert_eq!(read(places.len() as u64).unwrap(), places);
            assert!(read(places.len() as u64 + 1).is_err());
        }
        let beyond = [0, 0, 0b1000];
        assert!(read_choice(19, 1, &mut Bytes(&beyond)).is_err());
    }
}
