//! The store: face templates, lockouts and attempts in one root-only SQLite file.
//!
//! `faces.db` lies in a folder of mode 0700, itself 0600, and is held by one process at a time. Encodings are
//! encrypted with the store's key and bound to their row (R18); there is no code path that writes them in the clear,
//! and no picture ever comes here. Every doubt is an error: a folder with the wrong mode, a damaged database, a wrong
//! key, a template that does not authenticate. Nothing is repaired, recreated or skipped.
//!
//! Users are looked up by name *and* uid: a uid that was given to somebody else, or a name that was, inherits no face.

mod attempts;
mod checks;
mod database;
mod encodings;
mod error;
mod files;
mod key;
mod lockouts;
mod passwords;
mod seal;
mod templates;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row};
use zeroize::Zeroizing;

pub use self::attempts::{Attempt, AttemptRow, MAX_ATTEMPTS, MAX_REFUSALS};
pub use self::encodings::{MAX_ENCODINGS, MAX_LENGTH};
pub use self::error::StoreError;
pub use self::key::KeySource;
pub use self::templates::{MAX_TEMPLATES, NewTemplate, Template, TemplateInfo};

use self::files::Folder;
use self::key::Key;
use self::seal::Context;
use crate::lockout::EntryClass;

/// The database's name in the store's folder.
const DATABASE: &str = "faces.db";
/// What is sealed to recognise the key by; its content does not matter.
const KEY_CHECK: &[u8] = b"facelogin";

/// An open store. Drop it to let another process have it.
pub struct Store {
    // Declared, and so closed, before the folder whose lock protects it.
    conn: Connection,
    key: Key,
    folder: Folder,
    path: PathBuf,
}

impl Store {
    /// Opens the store in the folder `dir`, creating the folder (not those above it), the database and, for
    /// [`KeySource::File`], the key, where they are missing.
    ///
    /// # Errors
    /// Files or folders of the wrong type, owner or mode; a store in use; a damaged, foreign or newer database; a
    /// missing or wrong key. Each says what to do.
    pub fn open(dir: &Path, key: KeySource) -> Result<Store, StoreError> {
        let folder = Folder::open(dir)?;
        let path = folder.private_file(DATABASE)?;
        let conn = database::open(&path)?;
        let key = unlock(&conn, &path, &key)?;
        Ok(Store {
            conn,
            key,
            folder,
            path,
        })
    }

    /// The store's folder, absolute.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Gets the key, and makes sure that it is the one this store was made with.
fn unlock(conn: &Connection, path: &Path, source: &KeySource) -> Result<Key, StoreError> {
    let failed = |e| StoreError::sqlite(path, e);
    let templates: u32 = conn
        .query_row("SELECT count(*) FROM template", [], |row| row.get(0))
        .map_err(failed)?;
    let key = match source.read()? {
        Some(key) => key,
        None => {
            // `create` refuses by itself where a new key must not be. The check of a lost key goes first, so that a
            // crash in between cannot leave the new key with the old one's check.
            if templates == 0 && matches!(source, KeySource::File(_)) {
                conn.execute("DELETE FROM key_check", []).map_err(failed)?;
            }
            source.create(templates)?
        }
    };
    let check: Option<Vec<u8>> = conn
        .query_row("SELECT sealed FROM key_check", [], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    match check {
        Some(sealed) => match seal::open(&key, &Context::key_check(), &sealed) {
            Some(_) => Ok(key),
            None => Err(StoreError::KeyWrong {
                path: source.path().to_owned(),
            }),
        },
        None if templates == 0 => {
            let sealed = seal::seal(&key, &Context::key_check(), Zeroizing::new(KEY_CHECK.to_vec()))?;
            conn.execute("INSERT INTO key_check (id, sealed) VALUES (1, ?1)", [sealed])
                .map_err(failed)?;
            Ok(key)
        }
        None => Err(StoreError::Damaged {
            path: path.to_owned(),
            detail: "it holds templates, but nothing to check the key by".into(),
        }),
    }
}

/// The column `class` of a row.
fn class_of(row: &Row<'_>) -> rusqlite::Result<EntryClass> {
    let name: String = row.get("class")?;
    EntryClass::from_name(&name)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(0, "class".into(), rusqlite::types::Type::Text))
}

/// A number of rows. No table here gets near 2^32.
fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
