//! The random name of one authentication, so that no other call's answer can be taken for this one's.

use std::fmt;

use nix::errno::Errno;
use nix::libc;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 128 random bits, written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// A fresh one from the kernel; `None` when the kernel has no randomness to give.
    pub fn random() -> Option<Self> {
        let mut bytes = [0; 16];
        fill(&mut bytes).then_some(Self(bytes))
    }

    /// Reads 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = hex(*high)? << 4 | hex(*low)?;
        }
        Some(Self(bytes))
    }
}

/// getrandom(2) and nothing else: what a crate for all systems falls back on, `/dev/urandom`, it keeps open for good in
/// the program that loaded the PAM module (R9).
#[allow(unsafe_code)]
fn fill(bytes: &mut [u8]) -> bool {
    loop {
        // SAFETY: the kernel writes at most `bytes.len()` bytes there.
        let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
        match usize::try_from(got) {
            Ok(got) => return got == bytes.len(),
            // Only before the kernel's pool is ready, early at boot.
            Err(_) if Errno::last() == Errno::EINTR => {}
            Err(_) => return false,
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("a request id is 32 lower-case hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes_and_nothing_else() {
        let id = RequestId::random().unwrap();
        assert_eq!(RequestId::parse(&id.to_string()), Some(id));
        assert_ne!(RequestId::random().unwrap(), id);
        for wrong in [
            "",
            "0",
            &"0".repeat(31),
            &"0".repeat(33),
            &"G".repeat(32),
            &"A".repeat(32),
            &"é".repeat(16),
        ] {
            assert_eq!(RequestId::parse(wrong), None, "{wrong}");
        }
    }
}
