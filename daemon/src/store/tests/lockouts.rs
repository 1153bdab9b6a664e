//! Lockouts across restarts and reboots.

use super::*;

fn now(boot: &str, boottime_secs: u64) -> Now {
    Now {
        boot_id: boot.into(),
        boottime_secs,
    }
}

#[test]
fn r21_lockouts_are_kept_by_uid_and_entry_class() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    let rules = LockoutRules::default();
    let first = after_mismatch(None, &rules, &now("a", 10));
    let second = after_mismatch(Some(&first), &rules, &now("a", 20));
    store
        .save_lockout(1000, EntryClass::Elevation, Some(&first))
        .unwrap();
    store
        .save_lockout(1000, EntryClass::Elevation, Some(&second))
        .unwrap();
    store
        .save_lockout(1000, EntryClass::Greeter, Some(&first))
        .unwrap();
    store
        .save_lockout(1001, EntryClass::Elevation, Some(&first))
        .unwrap();
    drop(store);

    let mut store = place.open().unwrap();
    assert_eq!(
        store.load_lockout(1000, EntryClass::Elevation).unwrap(),
        Some(second.clone())
    );
    assert_eq!(store.load_lockout(1000, EntryClass::Tty).unwrap(), None);
    let all = [
        (EntryClass::Elevation, second),
        (EntryClass::Greeter, first.clone()),
    ];
    assert_eq!(store.lockouts_of(1000).unwrap(), all);

    store
        .save_lockout(1000, EntryClass::Elevation, after_match().as_ref())
        .unwrap();
    assert_eq!(
        store.lockouts_of(1000).unwrap(),
        [(EntryClass::Greeter, first.clone())]
    );
    assert_eq!(store.clear_lockouts(1000).unwrap(), 1);
    assert_eq!(store.clear_lockouts(1000).unwrap(), 0);
    assert_eq!(
        store.load_lockout(1001, EntryClass::Elevation).unwrap(),
        Some(first)
    );
}

#[test]
fn r21_a_lockout_survives_a_reboot_in_full_and_then_runs_down() {
    let place = Place::new();
    let locked = LockoutRecord {
        failures: 11,
        remaining_secs: 3600,
        boot_id: "a".into(),
        at_boottime_secs: 500_000,
    };
    let mut store = place.open().unwrap();
    store
        .save_lockout(1000, EntryClass::Greeter, Some(&locked))
        .unwrap();
    store
        .save_lockout(
            1000,
            EntryClass::Tty,
            Some(&LockoutRecord {
                boot_id: "b".into(),
                ..locked
            }),
        )
        .unwrap();
    drop(store);

    // The next boot: the daemon starts at second 30, and again at second 900.
    for (start, moved) in [(30, 1), (900, 0)] {
        let mut store = place.open().unwrap();
        assert_eq!(
            store.reanchor_lockouts(&now("b", start)).unwrap(),
            moved,
            "start at {start}"
        );
    }
    let record = place
        .open()
        .unwrap()
        .load_lockout(1000, EntryClass::Greeter)
        .unwrap()
        .unwrap();
    for (at, left) in [(30, 3600), (900, 2730), (3629, 1), (3630, 0)] {
        assert_eq!(remaining(&record, &now("b", at)), left, "at {at}");
    }
    assert_eq!(record.failures, 11);
}

#[test]
fn r21_a_lockout_that_cannot_be_read_is_an_error() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    let huge = LockoutRecord {
        failures: u32::MAX,
        remaining_secs: u64::MAX,
        boot_id: "a".into(),
        at_boottime_secs: u64::MAX,
    };
    store
        .save_lockout(u32::MAX, EntryClass::Locker, Some(&huge))
        .unwrap();
    let kept = store.load_lockout(u32::MAX, EntryClass::Locker).unwrap().unwrap();
    assert!(remaining(&kept, &now("a", 0)) > 1 << 60);
    let nameless = LockoutRecord {
        boot_id: String::new(),
        ..huge
    };
    assert!(matches!(
        store.save_lockout(1, EntryClass::Tty, Some(&nameless)),
        Err(StoreError::Invalid { .. })
    ));
    drop(store);
    place.sql("UPDATE lockout SET class = 'window'");
    let refused = place.open().unwrap().lockouts_of(u32::MAX);
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
}
