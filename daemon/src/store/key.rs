//! The store's key: where it comes from, and the one case in which a new one is made.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{StoreError, files};

/// Length of a key of XChaCha20-Poly1305, in bytes.
pub(super) const KEY_BYTES: usize = 32;
/// The longest form: 64 hexadecimal digits and a line break.
const LONGEST: usize = 2 * KEY_BYTES + 1;

/// Where the key comes from. Both hold 32 raw bytes, or 64 hexadecimal digits with an optional line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A systemd credential: the file `store-key` in `$CREDENTIALS_DIRECTORY`. Never created here.
    Credential(PathBuf),
    /// A key file, by default `store.key` in the store's folder. Created with the first, empty store.
    File(PathBuf),
}

impl KeySource {
    /// The credential `store-key` if systemd handed one over (`credentials` is the value of
    /// `$CREDENTIALS_DIRECTORY`), else `store.key` in the store's folder `dir`.
    pub fn choose(dir: &Path, credentials: Option<&OsStr>) -> KeySource {
        let credential = credentials
            .filter(|d| !d.is_empty())
            .map(|d| Path::new(d).join("store-key"));
        match credential {
            // Also if it is a broken link: it was meant to be there, so it is an error and not a reason to go on.
            Some(path) if path.symlink_metadata().is_ok() => KeySource::Credential(path),
            _ => KeySource::File(dir.join("store.key")),
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            KeySource::Credential(path) | KeySource::File(path) => path,
        }
    }

    /// Reads the key; `None` if there is no such file.
    pub(super) fn read(&self) -> Result<Option<Key>, StoreError> {
        // systemd writes credentials as 0400; an administrator may make a key file read-only, too.
        let Some(bytes) = files::read_secret(self.path(), &[0o600, 0o400], LONGEST)? else {
            return Ok(None);
        };
        Key::parse(&bytes)
            .map(Some)
            .map_err(|problem| StoreError::KeyUnusable {
                path: self.path().to_owned(),
                problem,
            })
    }

    /// Makes a new key, for a store that holds `templates` templates: only a key file, and only if there are none.
    pub(super) fn create(&self, templates: u32) -> Result<Key, StoreError> {
        match self {
            KeySource::File(path) if templates == 0 => {
                let mut key = Key(Zeroizing::new([0; KEY_BYTES]));
                getrandom::fill(&mut key.0[..]).map_err(StoreError::Random)?;
                files::create_secret(path, &key.0[..])?;
                Ok(key)
            }
            _ => Err(StoreError::KeyMissing {
                path: self.path().to_owned(),
                templates,
            }),
        }
    }
}

/// A key, wiped from memory when dropped.
pub(super) struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    fn parse(bytes: &[u8]) -> Result<Key, &'static str> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() == KEY_BYTES {
            key.copy_from_slice(bytes);
        } else {
            let digits = bytes.strip_suffix(b"\n").unwrap_or(bytes);
            if digits.len() != 2 * KEY_BYTES {
                return Err("wrong length");
            }
            for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
                *byte = 16 * hex(pair[0])? + hex(pair[1])?;
            }
        }
        // What some file systems leave of a file after a power cut.
        if key.iter().all(|&b| b == 0) {
            return Err("only zeros");
        }
        Ok(Key(key))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

fn hex(digit: u8) -> Result<u8, &'static str> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err("not hexadecimal digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_32_bytes_or_64_hexadecimal_digits_and_nothing_else() {
        let raw = [0xA7; 32];
        let hex = "a7".repeat(32);
        for good in [
            &raw[..],
            hex.as_bytes(),
            hex.to_uppercase().as_bytes(),
            format!("{hex}\n").as_bytes(),
        ] {
            assert_eq!(Key::parse(good).unwrap().bytes(), &raw, "{good:?}");
        }
        let bad: [&[u8]; 9] = [
            b"",
            &raw[..31],
            &[7; 33],
            &hex.as_bytes()[..63],
            &[b'g'; 64],
            &[0; 32],
            &[b'0'; 64],
            &[b'a'; 65],
            &[b'a'; 66],
        ];
        for bad in bad {
            assert!(Key::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_key_does_not_print() {
        assert_eq!(format!("{:?}", Key::parse(&[65; 32]).unwrap()), "Key(..)");
    }

    #[test]
    fn the_credential_is_chosen_when_systemd_gave_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = Path::new("/store");
        let file = KeySource::File("/store/store.key".into());
        assert_eq!(KeySource::choose(store, None), file);
        assert_eq!(KeySource::choose(store, Some(OsStr::new(""))), file);
        assert_eq!(KeySource::choose(store, Some(dir.path().as_os_str())), file);
        let credential = dir.path().join("store-key");
        std::os::unix::fs::symlink("/nowhere/at/all", &credential).unwrap();
        let chosen = KeySource::choose(store, Some(dir.path().as_os_str()));
        assert_eq!(chosen, KeySource::Credential(credential));
    }
}
