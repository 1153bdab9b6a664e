//! What a typed password leaves behind.

use super::*;

fn now(boot: &str, boottime_secs: u64) -> Now {
    Now {
        boot_id: boot.into(),
        boottime_secs,
    }
}

#[test]
fn r21_a_typed_password_forgets_every_class_of_its_uid_and_no_other() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    let record = after_mismatch(None, &LockoutRules::default(), &now("a", 10));
    for (uid, class) in [
        (1000, EntryClass::Greeter),
        (1000, EntryClass::Unprivileged),
        (1001, EntryClass::Greeter),
    ] {
        store.save_lockout(uid, class, Some(&record)).unwrap();
    }
    assert_eq!(store.password_typed("ada", 1000, &now("a", 20)).unwrap(), 2);
    assert_eq!(store.password_typed("ada", 1000, &now("a", 21)).unwrap(), 0);
    assert!(store.lockouts_of(1000).unwrap().is_empty());
    assert_eq!(store.lockouts_of(1001).unwrap().len(), 1);
}

#[test]
fn r18_the_last_password_is_kept_by_name_and_uid() {
    let place = Place::new();
    let mut store = place.open().unwrap();
    assert_eq!(store.last_password("ada", 1000).unwrap(), None);
    for at in [20, 30] {
        store.password_typed("ada", 1000, &now("a", at)).unwrap();
    }
    drop(store);
    let mut store = place.open().unwrap();
    assert_eq!(store.last_password("ada", 1000).unwrap(), Some(now("a", 30)));
    // Renamed, or the uid given to somebody else.
    assert_eq!(store.last_password("eve", 1000).unwrap(), None);
    assert_eq!(store.last_password("ada", 1001).unwrap(), None);
    store.password_typed("eve", 1000, &now("b", 1)).unwrap();
    assert_eq!(store.last_password("ada", 1000).unwrap(), None);
    for (user, boot) in [("", "a"), ("a\nb", "a"), ("ada", "")] {
        let refused = store.password_typed(user, 1000, &now(boot, 1));
        assert!(
            matches!(refused, Err(StoreError::Invalid { .. })),
            "{user:?} {boot:?}"
        );
    }
}
