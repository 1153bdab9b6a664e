//! Where lockouts are kept, so that neither a restart nor a reboot ends one (R21). The rules are in `lockout`.

use rusqlite::{OptionalExtension, Row, TransactionBehavior, params};

use super::{Store, StoreError, checks};
use crate::lockout::{EntryClass, LockoutRecord, Now, reanchor};

const COLUMNS: &str = "uid, class, failures, remaining_secs, boot_id, at_boottime_secs";
const SAVE: &str =
    "INSERT OR REPLACE INTO lockout (uid, class, failures, remaining_secs, boot_id, at_boottime_secs)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

impl Store {
    /// The record of a uid and class, if there is one.
    pub fn load_lockout(&self, uid: u32, class: EntryClass) -> Result<Option<LockoutRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM lockout WHERE uid = ?1 AND class = ?2");
        self.conn
            .query_row(&sql, params![uid, class.as_str()], record_of)
            .optional()
            .map_err(|e| StoreError::sqlite(&self.path, e))
    }

    /// Saves the record of a uid and class; `None`, as after a match, removes it.
    pub fn save_lockout(
        &mut self,
        uid: u32,
        class: EntryClass,
        record: Option<&LockoutRecord>,
    ) -> Result<(), StoreError> {
        let done = match record {
            Some(record) => {
                checks::name("the boot id", &record.boot_id)?;
                save(&self.conn, uid, class, record)
            }
            None => self.conn.execute(
                "DELETE FROM lockout WHERE uid = ?1 AND class = ?2",
                params![uid, class.as_str()],
            ),
        };
        done.map(drop).map_err(|e| StoreError::sqlite(&self.path, e))
    }

    /// Removes the records of a uid in every class: root, or a password, said so. Returns how many there were.
    pub fn clear_lockouts(&mut self, uid: u32) -> Result<u32, StoreError> {
        self.conn
            .execute("DELETE FROM lockout WHERE uid = ?1", [uid])
            .map(super::count)
            .map_err(|e| StoreError::sqlite(&self.path, e))
    }

    /// Every record of a uid.
    pub fn lockouts_of(&self, uid: u32) -> Result<Vec<(EntryClass, LockoutRecord)>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM lockout WHERE uid = ?1 ORDER BY class");
        let read = || {
            self.conn
                .prepare(&sql)?
                .query_map([uid], |row| Ok((super::class_of(row)?, record_of(row)?)))?
                .collect::<rusqlite::Result<_>>()
        };
        read().map_err(|e| StoreError::sqlite(&self.path, e))
    }

    /// Moves every record of another boot into this one, waits in full, and returns how many there were. The daemon
    /// calls it once, when it starts: without it, waits from before a reboot would never run down.
    pub fn reanchor_lockouts(&mut self, now: &Now) -> Result<u32, StoreError> {
        let path = &self.path;
        let failed = |e| StoreError::sqlite(path, e);
        checks::name("the boot id", &now.boot_id)?;
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let read = || -> rusqlite::Result<Vec<(u32, EntryClass, LockoutRecord)>> {
            tx.prepare(&format!("SELECT {COLUMNS} FROM lockout"))?
                .query_map([], |row| {
                    Ok((row.get("uid")?, super::class_of(row)?, record_of(row)?))
                })?
                .collect()
        };
        let mut moved = 0;
        for (uid, class, record) in read().map_err(failed)? {
            if let Some(record) = reanchor(&record, now) {
                save(&tx, uid, class, &record).map_err(failed)?;
                moved += 1;
            }
        }
        tx.commit().map_err(failed)?;
        Ok(moved)
    }
}

fn save(
    conn: &rusqlite::Connection,
    uid: u32,
    class: EntryClass,
    record: &LockoutRecord,
) -> rusqlite::Result<usize> {
    // SQLite's integers are signed. Beyond their range (10^11 years) the largest stands for "for ever".
    let signed = |secs: u64| i64::try_from(secs).unwrap_or(i64::MAX);
    let LockoutRecord {
        failures,
        remaining_secs,
        boot_id,
        at_boottime_secs,
    } = record;
    let (remaining, at) = (signed(*remaining_secs), signed(*at_boottime_secs));
    conn.execute(
        SAVE,
        params![uid, class.as_str(), failures, remaining, boot_id, at],
    )
}

fn record_of(row: &Row<'_>) -> rusqlite::Result<LockoutRecord> {
    Ok(LockoutRecord {
        failures: row.get("failures")?,
        remaining_secs: seconds(row, "remaining_secs")?,
        boot_id: row.get("boot_id")?,
        at_boottime_secs: seconds(row, "at_boottime_secs")?,
    })
}

fn seconds(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, value))
}
