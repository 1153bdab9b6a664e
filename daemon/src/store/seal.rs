//! Authenticated encryption of one template, bound to the row it belongs to (R18).
//!
//! XChaCha20-Poly1305 with a random 24-byte nonce: long enough to be drawn at random for every row without a
//! counter. A sealed value is `format (1 byte) | nonce (24) | ciphertext and tag (16)`.
//!
//! What this cannot see: whoever can write the database as root can delete a row, or put back an older copy of the
//! whole file.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::key::Key;
use super::{StoreError, TemplateInfo};

/// Version of the sealed form and of the associated data.
const FORMAT: u8 = 1;
/// Nonce and tag lengths of XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), in bytes.
const NONCE: usize = 24;
const TAG: usize = 16;

/// What a sealed value belongs to. Bytes are unambiguous: each field is a length and its content.
pub(super) struct Context(Vec<u8>);

impl Context {
    /// A template: everything that says whose it is and what made it. Not the label, so that renaming need not
    /// decrypt anything.
    pub(super) fn template(info: &TemplateInfo) -> Context {
        let mut context = Context::new("facelogin template");
        context.field(&info.id.to_le_bytes());
        context.field(info.user.as_bytes());
        context.field(&info.uid.to_le_bytes());
        context.field(info.engine.as_bytes());
        context.field(info.model.as_bytes());
        context.field(info.camera.as_bytes());
        context.field(&info.created_unix.to_le_bytes());
        context
    }

    /// The value by which a store recognises its key.
    pub(super) fn key_check() -> Context {
        Context::new("facelogin key check")
    }

    fn new(purpose: &str) -> Context {
        let mut context = Context(Vec::new());
        context.field(purpose.as_bytes());
        context.field(&[FORMAT]);
        context
    }

    fn field(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }
}

/// Encrypts `plain` in place and returns the sealed form.
pub(super) fn seal(
    key: &Key,
    context: &Context,
    mut plain: Zeroizing<Vec<u8>>,
) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(StoreError::Random)?;
    let tag = cipher(key)
        .encrypt_inout_detached(&XNonce::from(nonce), &context.0, plain.as_mut_slice().into())
        .map_err(|_| StoreError::Seal)?;
    let mut sealed = Vec::with_capacity(1 + NONCE + plain.len() + TAG);
    sealed.push(FORMAT);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&plain);
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens what [`seal`] made with the same key and context; `None` if any of the three is not the same.
pub(super) fn open(key: &Key, context: &Context, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (&format, rest) = sealed.split_first()?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG>()?;
    if format != FORMAT {
        return None;
    }
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    cipher(key)
        .decrypt_inout_detached(
            &XNonce::from(*nonce),
            &context.0,
            buffer.as_mut_slice().into(),
            &(*tag).into(),
        )
        .ok()?;
    Some(buffer)
}

/// The cipher wipes its copy of the key when dropped (feature `zeroize`).
fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        let dir = tempfile::tempdir().unwrap();
        super::super::KeySource::File(dir.path().join("k"))
            .create(0)
            .unwrap()
    }

    fn info() -> TemplateInfo {
        TemplateInfo {
            id: 3,
            user: "ada".into(),
            uid: 1000,
            label: "glasses".into(),
            engine: "dlib".into(),
            model: "abc".into(),
            camera: "usb".into(),
            encodings: 1,
            created_unix: 5,
        }
    }

    #[test]
    fn r18_a_sealed_template_opens_only_for_the_identity_it_was_sealed_for() {
        let key = key();
        let sealed = seal(
            &key,
            &Context::template(&info()),
            Zeroizing::new(b"face".to_vec()),
        )
        .unwrap();
        let open_as = |info: &TemplateInfo| open(&key, &Context::template(info), &sealed);
        assert_eq!(open_as(&info()).unwrap().as_slice(), b"face");

        type Change = fn(&mut TemplateInfo);
        let changes: [(&str, Change); 8] = [
            ("id", |i| i.id = 4),
            ("user", |i| i.user = "bob".into()),
            ("uid", |i| i.uid = 1001),
            ("engine", |i| i.engine = "onnx".into()),
            ("model", |i| i.model = "abd".into()),
            ("camera", |i| i.camera = "ir".into()),
            ("created", |i| i.created_unix = 6),
            // The same characters, split elsewhere.
            ("split", |i| (i.engine, i.model) = ("dliba".into(), "bc".into())),
        ];
        for (what, change) in changes {
            let mut other = info();
            change(&mut other);
            assert!(open_as(&other).is_none(), "{what}");
        }
        let renamed = TemplateInfo {
            label: "hat".into(),
            ..info()
        };
        assert!(open_as(&renamed).is_some(), "the label is not bound");
    }

    #[test]
    fn r18_no_byte_of_a_sealed_value_can_change_or_be_cut_off() {
        let key = key();
        let context = Context::key_check();
        let sealed = seal(&key, &context, Zeroizing::new(b"face".to_vec())).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key, &context, &changed).is_none(), "byte {at}");
            assert!(open(&key, &context, &sealed[..at]).is_none(), "cut at {at}");
        }
        assert!(open(&key, &context, &[&sealed[..], &[0]].concat()).is_none());
    }

    #[test]
    fn sealing_twice_never_gives_the_same_bytes() {
        let key = key();
        let sealed = |_| seal(&key, &Context::key_check(), Zeroizing::new(b"face".to_vec())).unwrap();
        let all: std::collections::HashSet<Vec<u8>> = (0..100).map(sealed).collect();
        assert_eq!(all.len(), 100);
    }
}
