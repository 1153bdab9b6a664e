//! Microsoft's control for face authentication, as its bytes: what an infrared camera says it can do, what it is to be
//! told, and what it is to be told in the end. Pure.
//!
//! Source: Microsoft extensions to USB Video Class 1.5, section 2.2.2.7: how many entries, then for each the stream it is
//! about and flags, of which exactly one is set in what is asked for or in force: D0, no face authentication; D1, every
//! other picture is lit; D2, the camera takes a dark picture off a lit one by itself. GET_MAX has all that it can.
//! Cameras answer with one entry of nine bytes (seen in each of a dozen reports), so that is what is understood here.

/// Its selector in the unit.
pub const SELECTOR: u8 = 6;

/// Of the unit that has it.
pub const GUID: super::descriptors::Guid = super::descriptors::Guid([
    0xdc, 0x95, 0x3f, 0x0f, 0x32, 0x26, 0x4e, 0x4c, 0x92, 0xc9, 0xa0, 0x47, 0x82, 0xf4, 0x3b, 0xc8,
]);

/// Bytes of one entry and their count.
pub const LENGTH: usize = 9;

/// The control's bytes.
pub type Bytes = [u8; LENGTH];

const OFF: u8 = 1;
const ALTERNATE: u8 = 2;
const SUBTRACTED: u8 = 4;
const KNOWN: u8 = OFF | ALTERNATE | SUBTRACTED;

/// What to tell a camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// While it is looked through.
    pub on: Bytes,
    /// Afterwards.
    pub back: Bytes,
    /// Whether every other picture is lit.
    pub strobes: bool,
}

/// From the answers to GET_MAX, GET_DEF and GET_CUR. `None` when the camera can none of it, or says nothing that makes
/// sense.
///
/// What was in force comes back afterwards. If that is the very thing that is asked for here, a process that died may have
/// left it so: then the camera's default comes back, or, where that makes no sense, "off".
pub fn plan(max: &Bytes, default: &Bytes, current: &Bytes) -> Option<Plan> {
    let (stream, can) = entry(max)?;
    let flag = [ALTERNATE, SUBTRACTED].into_iter().find(|flag| can & flag != 0)?;
    let said = |flag| [1, stream, flag, 0, 0, 0, 0, 0, 0];
    let on = said(flag);
    // One flag, and one that it has: anything else it never was told, or would not take back.
    let sensible = |bytes: &Bytes| {
        entry(bytes).is_some_and(|(of, flags)| of == stream && flags.count_ones() == 1 && flags & can != 0)
    };
    let back = if sensible(current) && *current != on {
        *current
    } else if sensible(default) {
        *default
    } else if can & OFF != 0 {
        said(OFF)
    } else {
        on
    };
    Some(Plan {
        on,
        back,
        strobes: flag == ALTERNATE,
    })
}

/// The stream and the flags of the one entry.
fn entry(bytes: &Bytes) -> Option<(u8, u8)> {
    match *bytes {
        [1, stream, flags, 0, 0, 0, 0, 0, 0] if flags & !KNOWN == 0 => Some((stream, flags)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn one(flags: u8) -> Bytes {
        [1, 3, flags, 0, 0, 0, 0, 0, 0]
    }

    #[test]
    fn what_was_in_force_comes_back_unless_it_is_what_was_asked_for() {
        const NONE: Bytes = [0; LENGTH];
        let other_stream = [1, 5, 1, 0, 0, 0, 0, 0, 0];
        for (max, default, current, on, back) in [
            // Thinkpads, HP, Asus: they can "off" and "alternate", and are off.
            (one(3), one(1), one(1), one(2), one(1)),
            // A process died before it could put it back.
            (one(3), one(1), one(2), one(2), one(1)),
            // The camera is on by its own choice: that comes back.
            (one(3), one(2), one(2), one(2), one(2)),
            // Somebody switched it off, whose default is on.
            (one(3), one(2), one(1), one(2), one(1)),
            // Neither makes sense: off.
            (one(3), NONE, NONE, one(2), one(1)),
            (one(3), one(3), one(3), one(2), one(1)),
            (one(3), other_stream, other_stream, one(2), one(1)),
            (one(3), one(4), one(4), one(2), one(1)),
            // It has no "off".
            (one(2), NONE, NONE, one(2), one(2)),
            // It takes the dark picture off by itself.
            (one(5), one(1), one(1), one(4), one(1)),
            (one(5), one(1), one(4), one(4), one(1)),
        ] {
            let strobes = on[2] == ALTERNATE;
            assert_eq!(
                plan(&max, &default, &current),
                Some(Plan { on, back, strobes }),
                "{max:?} {default:?} {current:?}"
            );
        }
    }

    #[test]
    fn a_camera_that_can_none_of_it_or_says_something_else_is_told_nothing() {
        for max in [
            [0; LENGTH],
            one(0),
            // Off only.
            one(1),
            // Flags that are not defined.
            one(0x0a),
            [1, 3, 3, 1, 0, 0, 0, 0, 0],
            [2, 3, 3, 0, 0, 0, 0, 0, 0],
            [0xff; LENGTH],
        ] {
            assert_eq!(plan(&max, &one(1), &one(1)), None, "{max:?}");
        }
    }

    #[test]
    fn whatever_a_camera_answers_it_is_told_one_flag_that_it_said_it_has() {
        for can in 0..=255 {
            for current in 0..=255 {
                if let Some(plan) = plan(&one(can), &one(current), &one(current)) {
                    for told in [plan.on, plan.back] {
                        assert_eq!(told[2].count_ones(), 1);
                        assert_eq!(told[2] & can, told[2]);
                    }
                }
            }
        }
    }
}
