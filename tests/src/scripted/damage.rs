//! A message, damaged at random but the same for the same number.

use serde_json::Value;

/// What the number makes of `message`. What comes out means something else: white space between words of JSON would not.
pub fn damaged(message: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    loop {
        let mut bytes = message.to_vec();
        for _ in 0..1 + random.below(3) {
            change(&mut bytes, &mut random);
        }
        if meaning(&bytes) != meaning(message) {
            return bytes;
        }
    }
}

/// The one message in `bytes`, if it is one.
fn meaning(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes.strip_suffix(&[0])?).ok()
}

fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return bytes.push(random.byte());
    }
    let at = random.below(bytes.len());
    let end = at + random.below(bytes.len() - at + 1);
    let last = bytes.len() - 1;
    match random.below(7) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.byte(),
        2 => bytes.insert(at, random.byte()),
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(at..end)),
        5 => {
            let piece = bytes[at..end].to_vec();
            let to = random.below(bytes.len());
            bytes.splice(to..to, piece);
        }
        _ => bytes.swap(at, end.min(last)),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to choose.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below `limit`, which is not 0.
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }
}
