//! When each user's password was last typed, for `password_first`. The rule is in `password`.

use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::{Store, StoreError, checks};
use crate::lockout::Now;

impl Store {
    /// Records that the password of an account was typed and accepted at `now`, and forgets the mismatches counted
    /// against its uid in every class (R21): both or neither. Returns how many counters there were.
    pub fn password_typed(&mut self, user: &str, uid: u32, now: &Now) -> Result<u32, StoreError> {
        checks::name("the user", user)?;
        checks::name("the boot id", &now.boot_id)?;
        let path = &self.path;
        let failed = |e| StoreError::sqlite(path, e);
        // SQLite's integers are signed; a clock beyond them (10^11 years) is none.
        let at = i64::try_from(now.boottime_secs).unwrap_or(i64::MAX);
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let cleared = tx
            .execute("DELETE FROM lockout WHERE uid = ?1", [uid])
            .map_err(failed)?;
        tx.execute(
            "INSERT OR REPLACE INTO password (uid, user, boot_id, at_boottime_secs) VALUES (?1, ?2, ?3, ?4)",
            params![uid, user, now.boot_id, at],
        )
        .map_err(failed)?;
        tx.commit().map_err(failed)?;
        Ok(super::count(cleared))
    }

    /// When the password of an account was last typed; `None` if never under this very name and uid.
    pub fn last_password(&self, user: &str, uid: u32) -> Result<Option<Now>, StoreError> {
        self.conn
            .query_row(
                "SELECT boot_id, at_boottime_secs FROM password WHERE uid = ?1 AND user = ?2",
                params![uid, user],
                |row| {
                    let at: i64 = row.get("at_boottime_secs")?;
                    Ok(Now {
                        boot_id: row.get("boot_id")?,
                        boottime_secs: u64::try_from(at)
                            .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(1, at))?,
                    })
                },
            )
            .optional()
            .map_err(|e| StoreError::sqlite(&self.path, e))
    }
}
