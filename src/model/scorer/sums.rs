//! Adds up the rows of a text's terms.
//!
//! Owns [`Sums`]: for each occurrence of a term, the row of the term goes into the sums at once, weighted
//! by what the occurrence adds to the term's tf: so nothing is sorted, and a row is read when it is found.

/// Occurrences after which the sums, in f32, go into totals in f64, so that long texts keep their digits.
const OCCURRENCES_A_BLOCK: usize = 128;

/// Counts up to which tf is worked out once.
const REMEMBERED_COUNTS: usize = 64;

/// Sums over the rows of one family of terms.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    block: Vec<f32>,
    totals: Vec<f64>,
    /// Where the rows' squares begin, behind their weights.
    squares: usize,
    steps: Steps,
}

impl Sums {
    /// Sums over rows of `stride` numbers, those from `squares` on being squares.
    pub fn new(stride: usize, squares: usize, sublinear: bool) -> Self {
        Sums {
            block: vec![0.0; stride],
            totals: vec![0.0; stride],
            squares,
            steps: Steps::new(sublinear),
        }
    }

    /// The sums of the latest text.
    pub fn totals(&self) -> &[f64] {
        &self.totals
    }

    /// Starts again at 0.
    pub fn clear(&mut self) {
        self.totals.fill(0.0);
    }

    /// Adds the rows of a text's term occurrences.
    pub fn add(&mut self, occurrences: &[u32], rows: &[f32], seen: &mut Seen) {
        seen.begin(occurrences.len());
        for block in occurrences.chunks(OCCURRENCES_A_BLOCK) {
            // The common widths are unrolled by the compiler.
            match self.block.len() {
                4 => self.add_block::<4>(block, rows, seen),
                8 => self.add_block::<8>(block, rows, seen),
                12 => self.add_block::<12>(block, rows, seen),
                16 => self.add_block::<16>(block, rows, seen),
                _ => self.add_wide(block, rows, seen),
            }
            self.end_block();
        }
    }

    /// What the next occurrence of a term adds to its tf, and to the square of that, where it has `count` already.
    #[inline]
    pub fn step(&self, count: u32) -> (f32, f32) {
        self.steps.at(count)
    }

    /// Adds a row, its weights and its squares multiplied by `steps`, to the block at hand. `stride` is the row's own.
    #[inline]
    pub fn add_row(&mut self, row: &[f32], (step, square_step): (f32, f32), stride: usize) {
        let (block, row) = (&mut self.block[..stride], &row[..stride]);
        for i in 0..stride {
            let step = if i < self.squares { step } else { square_step };
            block[i] += step * row[i];
        }
    }

    /// Moves the sums of the block at hand to the totals.
    pub fn end_block(&mut self) {
        for (total, sum) in self.totals.iter_mut().zip(&mut self.block) {
            *total += f64::from(std::mem::take(sum));
        }
    }

    fn add_block<const S: usize>(&mut self, occurrences: &[u32], rows: &[f32], seen: &mut Seen) {
        let (rows, _) = rows.as_chunks::<S>();
        let mut sums = [0.0f32; S];
        for &number in occurrences {
            let row = &rows[number as usize];
            match seen.count(number) {
                0 => {
                    for (sum, value) in sums.iter_mut().zip(row) {
                        *sum += value;
                    }
                }
                count => {
                    let (step, square_step) = self.steps.at(count);
                    for (i, (sum, value)) in sums.iter_mut().zip(row).enumerate() {
                        let step = if i < self.squares { step } else { square_step };
                        *sum += step * value;
                    }
                }
            }
        }
        self.block.copy_from_slice(&sums);
    }

    fn add_wide(&mut self, occurrences: &[u32], rows: &[f32], seen: &mut Seen) {
        let stride = self.block.len();
        for &number in occurrences {
            let row = &rows[number as usize * stride..][..stride];
            let (step, square_step) = match seen.count(number) {
                0 => (1.0, 1.0),
                count => self.steps.at(count),
            };
            let (weights, squares) = self.block.split_at_mut(self.squares);
            for (sum, value) in weights.iter_mut().zip(row) {
                *sum += step * value;
            }
            for (sum, value) in squares.iter_mut().zip(&row[self.squares..]) {
                *sum += square_step * value;
            }
        }
    }
}

/// What the next occurrence of a term adds to its tf, and to the square of that.
#[derive(Debug, Clone)]
struct Steps {
    sublinear: bool,
    remembered: Vec<(f32, f32)>,
}

impl Steps {
    fn new(sublinear: bool) -> Self {
        let mut steps = Steps {
            sublinear,
            remembered: Vec::new(),
        };
        steps.remembered = (0..REMEMBERED_COUNTS as u32)
            .map(|count| steps.work_out(count))
            .collect();
        steps
    }

    #[inline]
    fn at(&self, count: u32) -> (f32, f32) {
        match self.remembered.get(count as usize) {
            Some(step) => *step,
            None => self.work_out(count),
        }
    }

    fn work_out(&self, count: u32) -> (f32, f32) {
        let (before, after) = (tf(count, self.sublinear), tf(count + 1, self.sublinear));
        let square_step = after * after - before * before;
        ((after - before) as f32, square_step as f32)
    }
}

/// tf of a term that stands `count` times in a text.
pub(super) fn tf(count: u32, sublinear: bool) -> f64 {
    match (count, sublinear) {
        (0, _) => 0.0,
        (count, true) => 1.0 + libm::log(f64::from(count)),
        (count, false) => f64::from(count),
    }
}

/// How often each term was met in the text at hand: a small table that stays in the nearest cache, where a
/// counter for every term of the model would not.
#[derive(Debug, Default)]
pub(super) struct Seen {
    slots: Vec<SeenSlot>,
    /// Slots of other texts carry other stamps and are free.
    stamp: u32,
    shift: u32,
}

/// The stamp of the next text; when they begin again, `forget` takes out the old ones, of which none is 0.
pub(super) fn next_stamp(stamp: u32, forget: impl FnOnce()) -> u32 {
    stamp.checked_add(1).unwrap_or_else(|| {
        forget();
        1
    })
}

#[derive(Debug, Clone, Copy, Default)]
struct SeenSlot {
    stamp: u32,
    number: u32,
    count: u32,
}

impl Seen {
    /// Forgets everything, and makes room for `n` occurrences.
    pub fn begin(&mut self, n: usize) {
        let n_slots = (2 * n).next_power_of_two().clamp(64, 1 << 31);
        if self.slots.len() < n_slots {
            self.slots = vec![SeenSlot::default(); n_slots];
            self.shift = 32 - n_slots.trailing_zeros();
            self.stamp = 0;
        }
        self.stamp = next_stamp(self.stamp, || self.slots.fill(SeenSlot::default()));
    }

    /// How often the term with this number was met before; now once more.
    #[inline]
    pub fn count(&mut self, number: u32) -> u32 {
        let mask = self.slots.len() - 1;
        // Fibonacci hashing: the high bits of the product depend on all bits of the number.
        let mut at = (number.wrapping_mul(0x9E37_79B1) >> self.shift) as usize;
        loop {
            let slot = &mut self.slots[at & mask];
            if slot.stamp != self.stamp {
                *slot = SeenSlot {
                    stamp: self.stamp,
                    number,
                    count: 1,
                };
                return 0;
            }
            if slot.number == number {
                slot.count += 1;
                return slot.count - 1;
            }
            at += 1;
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
        fn sums_are_those_of_the_formula(
            occurrences in prop::collection::vec(0u32..40, 0..400),
            stride in prop::sample::select(vec![4usize, 8, 12, 16, 24]),
            sublinear in any::<bool>(),
        ) {
            let rows: Vec<f32> = (0..40 * stride).map(|i| (i % 17) as f32 * 0.25 - 1.0).collect();
            let squares = stride - 2;
            let mut sums = Sums::new(stride, squares, sublinear);
            let mut seen = Seen::default();
            // What was summed before does not matter.
            sums.add(&[1, 1, 2], &rows, &mut seen);
            sums.clear();
            sums.add(&occurrences, &rows, &mut seen);
            let mut counts: HashMap<u32, u32> = HashMap::new();
            for number in &occurrences {
                *counts.entry(*number).or_default() += 1;
            }
            for lane in 0..stride {
                let expected: f64 = counts.iter().map(|(number, count)| {
                    let tf = tf(*count, sublinear);
                    let tf = if lane < squares { tf } else { tf * tf };
                    tf * f64::from(rows[*number as usize * stride + lane])
                }).sum();
                let close = (sums.totals()[lane] - expected).abs() <= 1e-5 * expected.abs().max(100.0);
                prop_assert!(close, "{} {}", sums.totals()[lane], expected);
            }
        }
    }
}
