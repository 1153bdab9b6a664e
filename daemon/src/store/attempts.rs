//! The attempts: who asked to be let in by face, and what came of it.
//!
//! The newest are kept, to answer "what happened at three o'clock"; the audit trail proper goes to syslog. Those that
//! the camera saw and those that were refused before are counted apart: anybody can start su, which root runs, and be
//! refused a thousand times a minute, and must not push out of the history whom a face let in.

use rusqlite::{Row, TransactionBehavior, params};
use serde::Serialize;

use super::{Store, StoreError, checks};
use crate::lockout::EntryClass;

/// How many attempts are kept that the camera saw: half a year of fifty a day, some two megabytes. Older ones go as new
/// ones come, in the same transaction.
pub const MAX_ATTEMPTS: u32 = 10_000;

/// How many are kept that no picture was taken for.
pub const MAX_REFUSALS: u32 = 2_000;

/// One attempt. Texts are kept to 256 bytes each, with control characters replaced: an attempt is never refused for a
/// strange name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    /// When it ended, in seconds since 1970; for people to read.
    pub unix: i64,
    /// The user to be authenticated, as named by the caller.
    pub user: String,
    /// That user's uid; `None` if there is no such user.
    pub uid: Option<u32>,
    /// The PAM service.
    pub service: String,
    /// The terminal, if the caller named one.
    pub tty: Option<String>,
    /// The entry class that its lockout counted for.
    pub class: EntryClass,
    /// The uid of the process that asked.
    pub peer_uid: u32,
    /// What was answered.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// How long it took, in milliseconds.
    pub millis: u32,
    /// The smallest distance to a template that was seen; `None` if no face was compared. For root only (R22).
    pub best_distance: Option<f32>,
    /// How many frames were looked at.
    pub frames: u32,
}

/// An attempt as it was kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttemptRow {
    /// Its number; later attempts have greater ones.
    pub id: i64,
    /// The attempt.
    #[serde(flatten)]
    pub attempt: Attempt,
}

impl Store {
    /// Keeps an attempt, and forgets those beyond the newest [`MAX_ATTEMPTS`] or [`MAX_REFUSALS`] of its kind.
    pub fn record_attempt(&mut self, a: &Attempt) -> Result<(), StoreError> {
        let path = &self.path;
        let failed = |e| StoreError::sqlite(path, e);
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        tx.execute(
            "INSERT INTO attempt (unix, user, uid, service, tty, class, peer_uid, verdict, reason, millis,
                                  best_distance, frames)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                a.unix,
                checks::cleaned(&a.user),
                a.uid,
                checks::cleaned(&a.service),
                a.tty.as_deref().map(checks::cleaned),
                a.class.as_str(),
                a.peer_uid,
                checks::cleaned(&a.verdict),
                checks::cleaned(&a.reason),
                a.millis,
                a.best_distance.filter(|d| d.is_finite()),
                a.frames,
            ],
        )
        .map_err(failed)?;
        let kept = if a.frames > 0 { MAX_ATTEMPTS } else { MAX_REFUSALS };
        tx.execute(
            "DELETE FROM attempt WHERE id IN
                (SELECT id FROM attempt WHERE (frames > 0) = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)",
            params![a.frames > 0, kept],
        )
        .map_err(failed)?;
        tx.commit().map_err(failed)
    }

    /// The newest attempts, newest first: of one user name, or of all.
    pub fn recent_attempts(&self, user: Option<&str>, limit: u32) -> Result<Vec<AttemptRow>, StoreError> {
        let read = || {
            self.conn
                .prepare("SELECT * FROM attempt WHERE ?1 IS NULL OR user = ?1 ORDER BY id DESC LIMIT ?2")?
                .query_map(params![user, limit], row_of)?
                .collect::<rusqlite::Result<_>>()
        };
        read().map_err(|e| StoreError::sqlite(&self.path, e))
    }
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<AttemptRow> {
    Ok(AttemptRow {
        id: row.get("id")?,
        attempt: Attempt {
            unix: row.get("unix")?,
            user: row.get("user")?,
            uid: row.get("uid")?,
            service: row.get("service")?,
            tty: row.get("tty")?,
            class: super::class_of(row)?,
            peer_uid: row.get("peer_uid")?,
            verdict: row.get("verdict")?,
            reason: row.get("reason")?,
            millis: row.get("millis")?,
            best_distance: row.get("best_distance")?,
            frames: row.get("frames")?,
        },
    })
}
