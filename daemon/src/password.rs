//! Whether the password must be typed before the face is asked (`[password_first]`). A pure rule.
//!
//! It knows the boot clock of [`crate::lockout`] alone: setting the date changes nothing, and a password typed before a
//! reboot counts as none, for nobody can tell how long the machine was off.

use facelogin_config::PasswordFirst;

use crate::lockout::Now;

/// Seconds in an hour.
const HOUR: u64 = 3600;

/// Whether the face must wait for the password, which was last typed at `typed`.
pub fn is_due(rules: &PasswordFirst, typed: Option<&Now>, now: &Now) -> bool {
    if !rules.after_boot && rules.after_hours.is_none() {
        return false;
    }
    // A clock that went backwards within a boot (it cannot) leaves nothing to rely on.
    let age = typed
        .filter(|typed| typed.boot_id == now.boot_id)
        .and_then(|typed| now.boottime_secs.checked_sub(typed.boottime_secs));
    match (age, rules.after_hours) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(age), Some(hours)) => age > u64::from(hours) * HOUR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_due_after_a_boot_and_after_some_hours() {
        let at = |boot: &str, boottime_secs| Now {
            boot_id: boot.into(),
            boottime_secs,
        };
        let rules = |after_boot, after_hours| PasswordFirst {
            after_boot,
            after_hours,
        };
        let (off, boot, day) = (rules(false, None), rules(true, None), rules(false, Some(24)));
        let both = rules(true, Some(1));
        let now = at("b", 100_000);
        let table = [
            // rules, last typed, due
            (&off, None, false),
            (&off, Some(at("a", 99_999)), false),
            (&boot, None, true),
            (&boot, Some(at("b", 100_000)), false),
            (&boot, Some(at("b", 0)), false),
            (&boot, Some(at("a", 100_000)), true),
            (&boot, Some(at("", 100_000)), true),
            (&boot, Some(at("b", 100_001)), true), // the future
            (&day, None, true),
            (&day, Some(at("b", 100_000 - 24 * 3600)), false),
            (&day, Some(at("b", 100_000 - 24 * 3600 - 1)), true),
            (&day, Some(at("a", 100_000 - 1)), true),
            (&day, Some(at("b", u64::MAX)), true),
            (&both, Some(at("b", 100_000 - 3600)), false),
            (&both, Some(at("b", 100_000 - 3601)), true),
            (&both, Some(at("a", 100_000)), true),
        ];
        for (rules, typed, due) in table {
            assert_eq!(is_due(rules, typed.as_ref(), &now), due, "{rules:?} {typed:?}");
        }
        let longest = rules(false, Some(u32::MAX));
        assert!(!is_due(&longest, Some(&at("b", 0)), &now));
    }
}
