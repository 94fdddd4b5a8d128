//! Seeded random numbers. Every component owns a child generator derived from the seed and its
//! name, so that a draw more in one component never reshuffles another.

/// PCG-XSH-RR 64/32 (O'Neill 2014): 64 bits of state, one stream for each name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: u64,
    increment: u64,
    drawn: u64,
}

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;

impl Random {
    /// The generator that the component `name` uses in the run `seed`.
    pub fn child(seed: u64, name: &str) -> Random {
        // FNV-1a picks the stream.
        let stream = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut random = Random {
            state: 0,
            increment: stream << 1 | 1,
            drawn: 0,
        };
        random.next_u32();
        random.state = random.state.wrapping_add(seed);
        random.next_u32();
        random.drawn = 0;
        random
    }

    /// 32 uniformly distributed bits.
    pub fn next_u32(&mut self) -> u32 {
        let old = self.state;
        self.drawn += 1;
        self.state = old.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
        let shifted = (((old >> 18) ^ old) >> 27) as u32;
        shifted.rotate_right((old >> 59) as u32)
    }

    /// How many numbers were drawn.
    pub fn drawn(&self) -> u64 {
        self.drawn
    }

    /// A number in `0..bound`. The bias for small bounds is below 2⁻²⁴ and of no consequence here.
    ///
    /// # Panics
    /// If `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "a choice among nothing");
        ((u64::from(self.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// A UUID (version 4 layout) for an object's `metadata.uid`.
    pub fn uuid(&mut self) -> String {
        let words = [
            self.next_u32(),
            self.next_u32(),
            self.next_u32(),
            self.next_u32(),
        ];
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{:08x}",
            words[0],
            words[1] >> 16,
            words[1] & 0xfff,
            (words[2] >> 16) & 0x3fff | 0x8000,
            words[2] & 0xffff,
            words[3]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Links replay years later: the algorithm must never change.
    #[test]
    fn the_sequence_is_pinned() {
        let mut random = Random::child(1, "scheduler");
        let drawn: Vec<u32> = (0..4).map(|_| random.next_u32()).collect();
        assert_eq!(drawn, PINNED);
        assert_ne!(Random::child(1, "kubelet").next_u32(), drawn[0]);
        assert_ne!(Random::child(2, "scheduler").next_u32(), drawn[0]);
    }

    const PINNED: [u32; 4] = [4_185_865_699, 3_336_314_982, 820_161_339, 2_736_605_164];

    #[test]
    fn below_stays_below() {
        let mut random = Random::child(7, "x");
        assert!((0..1000).all(|_| random.below(3) < 3));
    }
}
