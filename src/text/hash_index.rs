//! From 64-bit hashes to numbers.
//!
//! Owns [`HashIndex`], an open-addressing table with linear probing, at most half full. A slot holds
//! the whole hash beside the number, so a look-up touches one cache line as a rule and compares all 64
//! bits. Keys must be good hashes already: their low bits choose the slot.

/// Marks a slot that is free.
const FREE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Slot {
    hash: u64,
    number: u32,
}

const FREE_SLOT: Slot = Slot {
    hash: 0,
    number: FREE,
};

/// A map from hashes to numbers below `u32::MAX`.
#[derive(Debug, Clone, Default)]
pub struct HashIndex {
    slots: Vec<Slot>,
    len: usize,
}

impl HashIndex {
    /// An empty map with room for `n` hashes.
    pub fn with_capacity(n: usize) -> Self {
        let mut index = HashIndex::default();
        index.resize(n);
        index
    }

    /// How many hashes it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of a hash.
    #[inline]
    pub fn get(&self, hash: u64) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let slot = self.slots[self.find(hash)];
        (slot.number != FREE).then_some(slot.number)
    }

    /// The number of a hash; `fresh` where it had none, which it then keeps.
    #[inline]
    pub fn get_or_insert(&mut self, hash: u64, fresh: u32) -> u32 {
        debug_assert_ne!(fresh, FREE);
        if self.slots.len() < 2 * (self.len + 1) {
            self.resize(2 * (self.len + 1));
        }
        let at = self.find(hash);
        let slot = &mut self.slots[at];
        if slot.number == FREE {
            *slot = Slot {
                hash,
                number: fresh,
            };
            self.len += 1;
        }
        slot.number
    }

    /// Forgets all and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.fill(FREE_SLOT);
        self.len = 0;
    }

    /// The slot that holds `hash`, or the free one where it would go. There is a free one always.
    #[inline]
    fn find(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = &self.slots[at & mask];
            if slot.hash == hash && slot.number != FREE || slot.number == FREE {
                return at & mask;
            }
            at += 1;
        }
    }

    #[cold]
    fn resize(&mut self, n: usize) {
        let n_slots = (2 * n).next_power_of_two().max(16);
        let old = std::mem::replace(&mut self.slots, vec![FREE_SLOT; n_slots]);
        for slot in old {
            if slot.number != FREE {
                let at = self.find(slot.hash);
                self.slots[at] = slot;
            }
        }
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
            for (number, key) in keys.iter().enumerate() {
                // Keys that share their low bits meet in one slot.
                let hash = key << 60 | key % 3;
                let known = *map.entry(hash).or_insert(number as u32);
                prop_assert_eq!(index.get_or_insert(hash, number as u32), known);
            }
            prop_assert_eq!(index.len(), map.len());
            for key in 0..64u64 {
                let hash = key << 60 | key % 3;
                prop_assert_eq!(index.get(hash), map.get(&hash).copied());
            }
            index.clear();
            prop_assert_eq!(index.get(0), None);
        }
    }
}
