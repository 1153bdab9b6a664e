//! Templates: adding, reading, listing, renaming, removing.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, Params, Row, TransactionBehavior, params};
use serde::Serialize;
use zeroize::Zeroize;

use super::seal::{self, Context};
use super::{Store, StoreError, checks, encodings};

/// The most templates of one user and engine. Each is one more chance for a stranger to match, so the false-match
/// rate grows with their number; eight leave room for glasses, beard, hat and light, each with many encodings.
pub const MAX_TEMPLATES: u32 = 8;

const COLUMNS: &str = "id, user, uid, label, engine, model, camera, encodings, created_unix";

/// A template to be stored.
pub struct NewTemplate {
    /// The account's name: 1 to 256 bytes without control characters.
    pub user: String,
    /// The account's uid.
    pub uid: u32,
    /// What the person calls it: 1 to 64 characters without control characters.
    pub label: String,
    /// The engine that made the encodings. Encodings of different engines are never compared.
    pub engine: String,
    /// The hash of the engine's model.
    pub model: String,
    /// The stable identity of the camera; may be empty for a template made from pictures.
    pub camera: String,
    /// 1 to [`super::MAX_ENCODINGS`] encodings of one length, 1 to [`super::MAX_LENGTH`] finite numbers each.
    pub encodings: Vec<Vec<f32>>,
}

/// What is known of a template without its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateInfo {
    /// Its number; never used again after it was removed.
    pub id: i64,
    /// The account's name.
    pub user: String,
    /// The account's uid.
    pub uid: u32,
    /// What the person calls it.
    pub label: String,
    /// The engine that made the encodings.
    pub engine: String,
    /// The hash of the engine's model.
    pub model: String,
    /// The stable identity of the camera.
    pub camera: String,
    /// How many encodings it holds.
    pub encodings: u32,
    /// When it was added, in seconds since 1970.
    pub created_unix: i64,
}

impl TemplateInfo {
    /// Whether this engine with this model made it: no other can compare it.
    pub fn is_of(&self, engine: &str, model: &str) -> bool {
        self.engine == engine && self.model == model
    }
}

/// A decrypted template. Its encodings are wiped from memory when it is dropped, and are not shown by `Debug`.
pub struct Template {
    /// Whose it is, and what made it.
    pub info: TemplateInfo,
    /// The encodings, all of one length.
    pub encodings: Vec<Vec<f32>>,
}

impl Store {
    /// Adds a template and returns its number.
    ///
    /// # Errors
    /// Values out of bounds; more than [`MAX_TEMPLATES`] of this user (name and uid) and engine; a failing disk.
    pub fn add_template(&mut self, new: &NewTemplate) -> Result<i64, StoreError> {
        checks::name("the user", &new.user)?;
        checks::label(&new.label)?;
        checks::name("the engine", &new.engine)?;
        checks::name("the model", &new.model)?;
        checks::text("the camera", &new.camera)?;
        let plain = encodings::encode(&new.encodings)?;
        let mut info = TemplateInfo {
            id: 0,
            user: new.user.clone(),
            uid: new.uid,
            label: new.label.clone(),
            engine: new.engine.clone(),
            model: new.model.clone(),
            camera: new.camera.clone(),
            encodings: new.encodings.len() as u32, // at most MAX_ENCODINGS
            created_unix: unix_now(),
        };

        let path = &self.path;
        let failed = |e| StoreError::sqlite(path, e);
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let count: u32 = tx
            .query_row(
                "SELECT count(*) FROM template WHERE user = ?1 AND uid = ?2 AND engine = ?3",
                params![info.user, info.uid, info.engine],
                |row| row.get(0),
            )
            .map_err(failed)?;
        if count >= MAX_TEMPLATES {
            return Err(StoreError::TooMany {
                user: info.user,
                engine: info.engine,
                limit: MAX_TEMPLATES,
            });
        }
        // The row's number is part of what is sealed, so the row comes first, empty, in the same transaction.
        tx.execute(
            "INSERT INTO template (user, uid, label, engine, model, camera, encodings, created_unix, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, x'')",
            params![
                info.user,
                info.uid,
                info.label,
                info.engine,
                info.model,
                info.camera,
                info.encodings,
                info.created_unix
            ],
        )
        .map_err(failed)?;
        info.id = tx.last_insert_rowid();
        let sealed = seal::seal(&self.key, &Context::template(&info), plain)?;
        tx.execute(
            "UPDATE template SET sealed = ?2 WHERE id = ?1",
            params![info.id, sealed],
        )
        .map_err(failed)?;
        tx.commit().map_err(failed)?;
        Ok(info.id)
    }

    /// The decrypted templates of a user, by number. Both name and uid must be those they were made for.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] if any one of them does not authenticate: then there is no answer at all.
    pub fn templates_of(&self, user: &str, uid: u32) -> Result<Vec<Template>, StoreError> {
        self.decrypted("WHERE user = ?1 AND uid = ?2", params![user, uid])
    }

    /// The decrypted templates of everybody, by number.
    ///
    /// # Errors
    /// As [`Store::templates_of`].
    pub fn all_templates(&self) -> Result<Vec<Template>, StoreError> {
        self.decrypted("", [])
    }

    /// The decrypted templates of everybody, and the rows that do not authenticate: one damaged row must not keep
    /// everybody else from enrolling. Only for comparing people with each other, never for letting anybody in.
    pub fn readable_templates(&self) -> Result<(Vec<Template>, Vec<i64>), StoreError> {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for info in self.list(None)? {
            match self.decrypted("WHERE id = ?1", params![info.id]) {
                Ok(templates) => good.extend(templates),
                Err(StoreError::Tampered { id, .. }) => bad.push(id),
                Err(error) => return Err(error),
            }
        }
        Ok((good, bad))
    }

    /// The templates of one user name (with whatever uid), or of all, by number. Decrypts nothing.
    pub fn list(&self, user: Option<&str>) -> Result<Vec<TemplateInfo>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM template WHERE ?1 IS NULL OR user = ?1 ORDER BY id");
        let read = || {
            self.conn
                .prepare(&sql)?
                .query_map([user], info_of)?
                .collect::<rusqlite::Result<_>>()
        };
        read().map_err(|e| StoreError::sqlite(&self.path, e))
    }

    /// How many templates a user has, of any engine. Name and uid must both match. Decrypts nothing.
    pub fn count_for(&self, user: &str, uid: u32) -> Result<u32, StoreError> {
        let sql = "SELECT count(*) FROM template WHERE user = ?1 AND uid = ?2";
        self.conn
            .query_row(sql, params![user, uid], |row| row.get(0))
            .map_err(|e| StoreError::sqlite(&self.path, e))
    }

    /// Removes a template and says what it was. Its bytes in the file are overwritten.
    pub fn remove(&mut self, id: i64) -> Result<TemplateInfo, StoreError> {
        self.change(id, |conn| {
            conn.execute("DELETE FROM template WHERE id = ?1", [id])
        })
    }

    /// Gives a template another label, and says what it is now.
    pub fn rename(&mut self, id: i64, label: &str) -> Result<TemplateInfo, StoreError> {
        checks::label(label)?;
        let before = self.change(id, |conn| {
            conn.execute("UPDATE template SET label = ?2 WHERE id = ?1", params![id, label])
        })?;
        Ok(TemplateInfo {
            label: label.to_owned(),
            ..before
        })
    }

    /// Removes every template of a user name, with whatever uid; returns how many there were.
    pub fn clear(&mut self, user: &str) -> Result<u32, StoreError> {
        self.conn
            .execute("DELETE FROM template WHERE user = ?1", [user])
            .map(super::count)
            .map_err(|e| StoreError::sqlite(&self.path, e))
    }

    /// Runs `change` on one existing row, and returns the row as it was before.
    fn change(
        &mut self,
        id: i64,
        change: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<TemplateInfo, StoreError> {
        let path = &self.path;
        let failed = |e| StoreError::sqlite(path, e);
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let before = tx
            .query_row(
                &format!("SELECT {COLUMNS} FROM template WHERE id = ?1"),
                [id],
                info_of,
            )
            .optional()
            .map_err(failed)?
            .ok_or(StoreError::NoSuchTemplate { id })?;
        change(&tx).map_err(failed)?;
        tx.commit().map_err(failed)?;
        Ok(before)
    }

    fn decrypted(&self, filter: &str, params: impl Params) -> Result<Vec<Template>, StoreError> {
        let failed = |e| StoreError::sqlite(&self.path, e);
        let sql = format!("SELECT {COLUMNS}, sealed FROM template {filter} ORDER BY id");
        let mut query = self.conn.prepare(&sql).map_err(failed)?;
        let mut rows = query.query(params).map_err(failed)?;
        let mut templates = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let info = info_of(row).map_err(failed)?;
            let sealed: Vec<u8> = row.get("sealed").map_err(failed)?;
            let Some(mut encodings) = seal::open(&self.key, &Context::template(&info), &sealed)
                .and_then(|plain| encodings::decode(&plain))
                .filter(|encodings| encodings.len() == info.encodings as usize)
            else {
                return Err(StoreError::Tampered {
                    id: info.id,
                    user: info.user,
                });
            };
            templates.push(Template {
                info,
                encodings: std::mem::take(&mut *encodings),
            });
        }
        Ok(templates)
    }
}

impl Drop for NewTemplate {
    fn drop(&mut self) {
        self.encodings.zeroize();
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        self.encodings.zeroize();
    }
}

impl fmt::Debug for NewTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewTemplate")
            .field("user", &self.user)
            .field("uid", &self.uid)
            .field("label", &self.label)
            .field("engine", &self.engine)
            .field("model", &self.model)
            .field("camera", &self.camera)
            .field("encodings", &self.encodings.len())
            .finish()
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The number of encodings is in the info.
        f.debug_struct("Template")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

fn info_of(row: &Row<'_>) -> rusqlite::Result<TemplateInfo> {
    Ok(TemplateInfo {
        id: row.get("id")?,
        user: row.get("user")?,
        uid: row.get("uid")?,
        label: row.get("label")?,
        engine: row.get("engine")?,
        model: row.get("model")?,
        camera: row.get("camera")?,
        encodings: row.get("encodings")?,
        created_unix: row.get("created_unix")?,
    })
}

/// For people to read; nothing is decided by it. A clock before 1970 gives 0.
fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
