//! From 64-bit hashes to numbers.
//!
//! Owns [`HashIndex`], an open-addressing table with linear probing, at most three quarters full as it grows, and
//! half where the number of keys is known at the start. A slot is eight
//! bytes, the upper half of the hash and the number, so that a table of a hundred thousand terms stays near
//! the processor; the whole hash is compared where the half agrees. Keys must be good hashes already: their
//! low bits choose the slot.

/// Marks a slot that is free.
const FREE: u32 = u32::MAX;

/// A slot of the table, as [`HashIndex::probe`] finds it.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    upper_half: u32,
    number: u32,
}

pub(crate) const FREE_SLOT: Slot = Slot {
    upper_half: 0,
    number: FREE,
};

/// A map from hashes to the numbers 0, 1, 2, … in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct HashIndex {
    slots: Vec<Slot>,
    /// The hash with each number.
    hashes: Vec<u64>,
}

impl HashIndex {
    /// An empty map with room for `n` hashes.
    pub fn with_capacity(n: usize) -> Self {
        let mut index = HashIndex {
            slots: Vec::new(),
            hashes: Vec::with_capacity(n),
        };
        index.resize(n);
        index
    }

    /// How many hashes it holds.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The hashes, by number.
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// The slot where the search for a hash begins, for [`resolve`](Self::resolve). Nothing is decided
    /// by what stands in it, so that the slots of many hashes can be on their way at the same time.
    #[inline]
    pub fn probe(&self, hash: u64) -> Slot {
        match self.slots.is_empty() {
            true => FREE_SLOT,
            false => self.slots[hash as usize & (self.slots.len() - 1)],
        }
    }

    /// The hash that a slot holds, for [`resolve_by`](Self::resolve_by); any where it is free.
    #[inline]
    pub fn stored(&self, slot: Slot) -> u64 {
        self.hashes.get(slot.number as usize).copied().unwrap_or(0)
    }

    /// The number of a hash, given the slot where the search for it begins.
    #[inline]
    pub fn resolve(&self, hash: u64, slot: Slot) -> Option<u32> {
        if slot.number == FREE {
            None
        } else if self.is_at(hash, slot) {
            Some(slot.number)
        } else {
            self.search_on(hash)
        }
    }

    /// [`resolve`](Self::resolve), given the hash that the slot holds besides.
    #[inline]
    pub fn resolve_by(&self, hash: u64, slot: Slot, stored: u64) -> Option<u32> {
        match slot.number != FREE && stored == hash {
            true => Some(slot.number),
            false => self.resolve(hash, slot),
        }
    }

    /// The number of a hash.
    #[inline]
    pub fn get(&self, hash: u64) -> Option<u32> {
        self.resolve(hash, self.probe(hash))
    }

    /// The number of a hash; the next one where it had none, which it then keeps.
    #[inline]
    pub fn get_or_insert(&mut self, hash: u64) -> u32 {
        if 3 * self.slots.len() < 4 * (self.len() + 1) {
            self.resize(self.slots.len());
        }
        let at = self.find(hash);
        let slot = &mut self.slots[at];
        if slot.number == FREE {
            *slot = Slot {
                upper_half: (hash >> 32) as u32,
                number: self.hashes.len() as u32,
            };
            self.hashes.push(hash);
        }
        self.slots[at].number
    }

    /// Gives the hashes other numbers: `order` lists the old ones in the order of the new.
    pub fn renumber(&mut self, order: &[u32]) {
        let mut numbers = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            numbers[*old as usize] = new as u32;
        }
        for slot in &mut self.slots {
            if slot.number != FREE {
                slot.number = numbers[slot.number as usize];
            }
        }
        self.hashes = order.iter().map(|old| self.hashes[*old as usize]).collect();
    }

    /// Forgets all and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.fill(FREE_SLOT);
        self.hashes.clear();
    }

    #[inline]
    fn is_at(&self, hash: u64, slot: Slot) -> bool {
        slot.upper_half == (hash >> 32) as u32 && self.hashes[slot.number as usize] == hash
    }

    #[cold]
    fn search_on(&self, hash: u64) -> Option<u32> {
        let number = self.slots[self.find(hash)].number;
        (number != FREE).then_some(number)
    }

    /// The slot that holds `hash`, or the free one where it would go. There is a free one always.
    fn find(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.number == FREE || self.is_at(hash, slot) {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn resize(&mut self, n: usize) {
        let n_slots = (2 * n).next_power_of_two().max(16);
        let old = std::mem::replace(&mut self.slots, vec![FREE_SLOT; n_slots]);
        for slot in old {
            if slot.number != FREE {
                let at = self.find(self.hashes[slot.number as usize]);
                self.slots[at] = slot;
            }
        }
    }
}

/// A small test that most absent hashes fail: a Bloom filter of two bits a hash in one word, with sixteen bits
/// a hash.
#[derive(Debug, Clone)]
pub struct HashFilter {
    words: Vec<u64>,
}

impl HashFilter {
    /// An empty filter for `n` hashes.
    pub fn with_capacity(n: usize) -> Self {
        HashFilter {
            words: vec![0; (n / 4).next_power_of_two()],
        }
    }

    /// Adds a hash.
    pub fn insert(&mut self, hash: u64) {
        let (at, bits) = self.place(hash);
        self.words[at] |= bits;
    }

    /// Whether a hash may have been added; false is certain.
    #[inline]
    pub fn may_hold(&self, hash: u64) -> bool {
        let (at, bits) = self.place(hash);
        self.words[at] & bits == bits
    }

    #[inline]
    fn place(&self, hash: u64) -> (usize, u64) {
        let bits = 1u64 << (hash >> 58) | 1 << (hash >> 52 & 63);
        ((hash >> 16) as usize & (self.words.len() - 1), bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn it_is_a_map(keys in prop::collection::vec(0u64..64, 0..200)) {
            let mut index = HashIndex::default();
            let mut map = HashMap::new();
            for key in keys {
                // Keys that share their low bits meet in one slot, some with the same upper half.
                let hash = ((key % 5) << 33) | (key << 10) | (key % 3);
                let next = map.len() as u32;
                let known = *map.entry(hash).or_insert(next);
                prop_assert_eq!(index.get_or_insert(hash), known);
                prop_assert_eq!(index.hashes()[known as usize], hash);
            }
            prop_assert_eq!(index.len(), map.len());
            let backwards: Vec<u32> = (0..map.len() as u32).rev().collect();
            index.renumber(&backwards);
            for key in 0..64u64 {
                let hash = ((key % 5) << 33) | (key << 10) | (key % 3);
                let expected = map.get(&hash).map(|number| map.len() as u32 - 1 - number);
                prop_assert_eq!(index.get(hash), expected);
            }
            index.clear();
            prop_assert_eq!(index.get(0), None);
        }

        #[test]
        fn a_filter_forgets_nothing(hashes in prop::collection::vec(any::<u64>(), 1..200)) {
            let mut filter = HashFilter::with_capacity(hashes.len());
            for hash in &hashes {
                filter.insert(*hash);
            }
            prop_assert!(hashes.iter().all(|hash| filter.may_hold(*hash)));
        }
    }
}
