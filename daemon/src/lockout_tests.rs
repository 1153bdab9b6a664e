//! Tables for the rules of `lockout`.

use super::*;

fn at(boot: &str, boottime_secs: u64) -> Now {
    Now {
        boot_id: boot.into(),
        boottime_secs,
    }
}

fn locked(remaining_secs: u64, boot: &str, at_boottime_secs: u64) -> LockoutRecord {
    LockoutRecord {
        failures: 7,
        remaining_secs,
        boot_id: boot.into(),
        at_boottime_secs,
    }
}

fn rules(failures: u32, first_wait_secs: u64, max_wait_secs: u64) -> LockoutRules {
    LockoutRules {
        failures,
        first_wait_secs,
        max_wait_secs,
    }
}

#[test]
fn r21_every_service_has_its_entry_class() {
    use EntryClass::{Elevation, Greeter, Locker, Tty};
    let table = [
        (
            Greeter,
            "gdm gdm-password gdm-fingerprint gdm-autologin gdm3 sddm lightdm greetd lxdm",
        ),
        (
            Tty,
            "login remote sshd cron other passwd something-new SUDO sudoku",
        ),
        (Elevation, "sudo sudo-i su su-l doas polkit-1 pkexec runuser"),
        (
            Locker,
            "kde kde-face kde-fingerprint swaylock hyprlock i3lock xscreensaver gtklock waylock",
        ),
        (Locker, "cinnamon-screensaver mate-screensaver xfce4-screensaver"),
    ];
    for (class, services) in table {
        for service in services.split(' ') {
            assert_eq!(EntryClass::of(service, true), class, "{service}");
            assert_eq!(
                EntryClass::of(service, false),
                EntryClass::Unprivileged,
                "{service}"
            );
        }
    }
    assert_eq!(EntryClass::of("", true), Tty);
}

/// A service that is added to the lists without a thought for its class would count as a text terminal.
#[test]
fn r21_every_service_that_the_configuration_knows_has_the_intended_class() {
    use EntryClass::{Elevation, Greeter, Locker, Tty};
    let intended = |service: &str| match service {
        "login" => Tty,
        "gdm-password" | "greetd" | "lightdm" | "sddm" | "cosmic-greeter" => Greeter,
        "doas" | "su" | "su-l" | "sudo" | "sudo-i" | "polkit-1" => Elevation,
        "cinnamon-screensaver"
        | "gtklock"
        | "hyprlock"
        | "i3lock"
        | "kde-face"
        | "mate-screensaver"
        | "swaylock"
        | "waylock"
        | "xfce4-screensaver" => Locker,
        other => panic!("which class is {other} meant to have?"),
    };
    let known = facelogin_config::services::DEFAULT
        .iter()
        .chain(facelogin_config::services::NEEDS_CONSENT)
        .chain(&["polkit-1", "cosmic-greeter"]);
    for service in known {
        assert_eq!(EntryClass::of(service, true), intended(service), "{service}");
    }
}

#[test]
fn r21_class_names_are_distinct_and_round_trip() {
    for class in EntryClass::ALL {
        assert_eq!(EntryClass::from_name(class.as_str()), Some(class));
        assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
    }
    assert_eq!(EntryClass::from_name("Greeter"), None);
}

#[test]
fn r21_the_wait_starts_at_the_fifth_mismatch_and_doubles_up_to_an_hour() {
    let rules = LockoutRules::default();
    let mut now = at("a", 1000);
    let mut record = None;
    for wait in [0, 0, 0, 0, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600] {
        let next = after_mismatch(record.as_ref(), &rules, &now);
        assert_eq!(remaining(&next, &now), wait, "mismatch {}", next.failures);
        // The user waits it out before the next attempt.
        now.boottime_secs += wait;
        assert_eq!(remaining(&next, &now), 0);
        record = Some(next);
    }
    assert_eq!(record.unwrap().failures, 13);
    assert_eq!(after_match(), None);
}

#[test]
fn r21_waits_are_bounded_for_any_rules_and_any_count() {
    let now = at("a", 5);
    let table = [
        // failures before, rules, wait after one more
        (u32::MAX, LockoutRules::default(), 3600),
        (80, LockoutRules::default(), 3600),
        (0, rules(0, 60, 3600), 60),
        (0, rules(1, 60, 3600), 60),
        (3, rules(1, u64::MAX, u64::MAX), u64::MAX),
        (70, rules(1, 1, u64::MAX), u64::MAX),
        (9, rules(5, 60, 30), 30),
        (9, rules(u32::MAX, 60, 3600), 0),
    ];
    for (failures, rules, wait) in table {
        let before = LockoutRecord {
            failures,
            ..locked(0, "a", 5)
        };
        let after = after_mismatch(Some(&before), &rules, &now);
        assert_eq!(after.remaining_secs, wait, "{failures} {rules:?}");
        assert_eq!(after.failures, failures.saturating_add(1));
    }
}

#[test]
fn r21_the_remaining_wait_counts_only_this_boots_clock() {
    let table = [
        // record, now, remaining
        (locked(60, "a", 100), at("a", 100), 60),
        (locked(60, "a", 100), at("a", 130), 30),
        (locked(60, "a", 100), at("a", 159), 1),
        (locked(60, "a", 100), at("a", 160), 0),
        (locked(60, "a", 100), at("a", u64::MAX), 0),
        (locked(60, "a", 100), at("a", 99), 60), // backwards: full, not more
        (locked(60, "a", 100), at("a", 0), 60),
        (locked(60, "a", u64::MAX), at("a", 0), 60),
        (locked(60, "a", 100), at("b", 0), 60), // another boot: full
        (locked(60, "a", 100), at("b", 1_000_000), 60),
        (locked(0, "a", 100), at("b", 1), 0),
    ];
    for (record, now, expected) in table {
        assert_eq!(remaining(&record, &now), expected, "{record:?} {now:?}");
    }
}

#[test]
fn r21_a_reboot_neither_shortens_a_wait_nor_makes_it_endless() {
    let before = locked(3600, "a", 5000);
    assert_eq!(
        reanchor(&before, &at("a", 8000)),
        None,
        "same boot: nothing to do"
    );

    // 50 minutes waited, then a reboot: the whole hour again, counted from its first sight.
    let after = reanchor(&before, &at("b", 40)).unwrap();
    assert_eq!(
        after,
        LockoutRecord {
            boot_id: "b".into(),
            at_boottime_secs: 40,
            ..before.clone()
        }
    );
    assert_eq!(remaining(&after, &at("b", 40)), 3600);
    assert_eq!(remaining(&after, &at("b", 40 + 1800)), 1800);
    assert_eq!(remaining(&after, &at("b", 40 + 3600)), 0);
    assert_eq!(reanchor(&after, &at("b", 90)), None, "once a boot");

    // Without re-anchoring it would never end: this is why the result must be saved.
    assert_eq!(remaining(&before, &at("b", 1_000_000)), 3600);

    // Rebooting again and again gains nothing either.
    let again = reanchor(&after, &at("c", 7)).unwrap();
    assert_eq!((again.failures, remaining(&again, &at("c", 7))), (7, 3600));
}

#[test]
fn r21_a_mismatch_never_shortens_a_running_wait() {
    let rules = rules(5, 1, 2);
    let record = locked(3600, "a", 100);
    for (now, least) in [(at("a", 200), 3500), (at("a", 0), 3600), (at("b", 9000), 3600)] {
        let after = after_mismatch(Some(&record), &rules, &now);
        assert_eq!(after.remaining_secs, least);
        assert_eq!(remaining(&after, &now), least);
    }
}

#[test]
fn r21_the_boot_clock_is_of_one_boot_and_does_not_go_back() {
    let first = BootClock::new().unwrap().now().unwrap();
    let second = BootClock::new().unwrap().now().unwrap();
    assert_eq!(first.boot_id, second.boot_id);
    assert!(second.boottime_secs >= first.boottime_secs && first.boottime_secs > 0);
    assert_eq!(first.boot_id.len(), 36);
}
