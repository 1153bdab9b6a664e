//! Attempts: order, cleaning, pruning.

use super::*;

fn attempt(user: &str, unix: i64) -> Attempt {
    Attempt {
        unix,
        user: user.into(),
        uid: Some(1000),
        service: "sudo".into(),
        tty: Some("/dev/pts/3".into()),
        class: EntryClass::Elevation,
        peer_uid: 0,
        verdict: "no_match".into(),
        reason: "mismatch".into(),
        millis: 812,
        best_distance: Some(0.71),
        frames: 9,
    }
}

#[test]
fn attempts_come_back_newest_first_and_cleaned() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    for (user, unix) in [("ada", 1), ("bob", 2), ("ada", 3)] {
        store.record_attempt(&attempt(user, unix)).unwrap();
    }
    let ghost = Attempt {
        uid: None,
        tty: None,
        best_distance: Some(f32::NAN),
        class: EntryClass::Unprivileged,
        ..attempt("no\nsuch", 4)
    };
    store.record_attempt(&ghost).unwrap();
    drop(store);
    let store = place.open().unwrap();
    let times = |user, limit| -> Vec<i64> {
        store
            .recent_attempts(user, limit)
            .unwrap()
            .iter()
            .map(|row| row.attempt.unix)
            .collect()
    };
    assert_eq!(times(None, 10), [4, 3, 2, 1]);
    assert_eq!(times(None, 2), [4, 3]);
    assert_eq!(times(Some("ada"), u32::MAX), [3, 1]);
    assert_eq!(
        store.recent_attempts(Some("bob"), 1).unwrap()[0].attempt,
        attempt("bob", 2)
    );
    let kept = store.recent_attempts(None, 1).unwrap().remove(0).attempt;
    assert_eq!(
        kept,
        Attempt {
            user: "no\u{fffd}such".into(),
            best_distance: None,
            ..ghost
        }
    );
}

#[test]
fn only_the_newest_of_a_kind_are_kept_and_refusals_push_out_nobody_who_was_seen() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    for (kind, frames, full) in [("seen", 1, MAX_ATTEMPTS), ("refused", 0, MAX_REFUSALS)] {
        let rows = format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {full} - 1)
             INSERT INTO attempt (unix, user, service, class, peer_uid, verdict, reason, millis, frames)
             SELECT i, '{kind}', 's', 'tty', 0, 'v', 'r', 0, {frames} FROM n"
        );
        store.conn.execute_batch(&rows).unwrap();
    }
    for (kind, frames, full) in [("seen", 7, MAX_ATTEMPTS), ("refused", 0, MAX_REFUSALS)] {
        let full = i64::from(full);
        for (unix, oldest) in [(full, 1), (full + 1, 2), (full + 2, 3)] {
            let new = Attempt {
                frames,
                ..attempt(kind, unix)
            };
            store.record_attempt(&new).unwrap();
            let rows = store.recent_attempts(Some(kind), u32::MAX).unwrap();
            let (newest, last) = (&rows[0].attempt, &rows[rows.len() - 1].attempt);
            assert_eq!(
                (rows.len() as i64, newest.unix, last.unix),
                (full, unix, oldest),
                "{kind}"
            );
        }
    }
}
