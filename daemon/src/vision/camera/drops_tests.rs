use super::*;

const MS: Duration = Duration::from_millis(1);
const START: Duration = Duration::from_secs(100);

/// Pictures of 100 bytes at 30 a second, from a second after the machine was on for 100.
fn sieve() -> Sieve {
    Sieve::new(100, 33 * MS, START)
}

fn told(sequence: u32, taken_ms: u32) -> Told {
    Told {
        used: 100,
        flagged: false,
        sequence,
        taken: Some(START + MS * taken_ms),
    }
}

fn waited_for(now_ms: u32) -> Fetched {
    Fetched {
        now: START + MS * now_ms,
        awaited: true,
        away: Duration::ZERO,
    }
}

fn lay_there(now_ms: u32, away_ms: u32) -> Fetched {
    Fetched {
        now: START + MS * now_ms,
        awaited: false,
        away: MS * away_ms,
    }
}

#[test]
fn r24_a_picture_that_is_cut_short_or_flagged_is_thrown_away() {
    for (used, flagged, needed, cause) in [
        (100, false, 100, None),
        (101, false, 100, None),
        (99, false, 100, Some(Cause::Short)),
        (0, false, 100, Some(Cause::Short)),
        // MJPG: its decoder will tell.
        (0, false, 0, Some(Cause::Short)),
        (1, false, 0, None),
        (100, true, 100, Some(Cause::Flagged)),
        (50, true, 100, Some(Cause::Flagged)),
    ] {
        let mut sieve = Sieve::new(needed, 33 * MS, START);
        let told = Told {
            used,
            flagged,
            ..told(0, 10)
        };
        assert_eq!(
            sieve.judge(told, waited_for(40)),
            cause,
            "{used} {flagged} {needed}"
        );
    }
}

#[test]
fn r24_a_damaged_picture_leaves_no_trace_in_the_order() {
    let mut sieve = sieve();
    let damaged = Told {
        flagged: true,
        ..told(900, 900)
    };
    assert_eq!(sieve.judge(damaged, waited_for(40)), Some(Cause::Flagged));
    assert_eq!(sieve.judge(told(1, 40), waited_for(70)), None);
}

#[test]
fn r24_numbers_and_times_that_stay_or_go_back_are_repeated_pictures() {
    let no_time = |sequence| Told {
        taken: None,
        ..told(sequence, 0)
    };
    for (first, second, cause) in [
        (told(5, 10), told(6, 43), None),
        // Pictures were lost in between.
        (told(5, 10), told(9, 143), None),
        (told(5, 10), told(5, 43), Some(Cause::Repeated)),
        // It began to count anew, as after a suspend; the time tells that it is a new picture.
        (told(5, 10), told(4, 43), None),
        (told(900, 10), told(0, 43), None),
        (told(5, 10), told(4, 10), Some(Cause::Repeated)),
        (told(5, 10), told(4, 9), Some(Cause::Repeated)),
        // From later than now, which is no time.
        (told(5, 10), told(4, 151), Some(Cause::Repeated)),
        (told(5, 10), told(6, 10), Some(Cause::Repeated)),
        (told(5, 10), told(6, 9), Some(Cause::Repeated)),
        (told(u32::MAX, 10), told(0, 43), None),
        (told(0, 10), told(u32::MAX, 9), Some(Cause::Repeated)),
        // A driver that does not count, but has a clock.
        (told(0, 10), told(0, 43), None),
        (told(0, 10), told(0, 10), Some(Cause::Repeated)),
        // One without a clock.
        (no_time(1), no_time(2), None),
        (no_time(1), no_time(1), Some(Cause::Repeated)),
        (no_time(5), no_time(4), Some(Cause::Repeated)),
        (told(5, 10), no_time(4), Some(Cause::Repeated)),
        (no_time(5), told(4, 43), Some(Cause::Repeated)),
        (no_time(0), no_time(0), Some(Cause::Repeated)),
    ] {
        let mut sieve = sieve();
        assert_eq!(sieve.judge(first, waited_for(150)), None);
        assert_eq!(
            sieve.judge(second, waited_for(150)),
            cause,
            "{first:?} {second:?}"
        );
    }
}

#[test]
fn r24_after_a_slow_look_no_picture_older_than_an_interval_is_used() {
    for (taken_ms, now_ms, away_ms, cause) in [
        // A picture takes 30 ms to come; this one has lain there for 20, 33, 34.
        (1000, 1050, 60, None),
        (1000, 1063, 60, None),
        (1000, 1064, 60, Some(Cause::Stale)),
        (1000, 1600, 590, Some(Cause::Stale)),
    ] {
        let mut sieve = sieve();
        assert_eq!(sieve.judge(told(0, 10), waited_for(40)), None);
        let seen = sieve.judge(told(29, taken_ms), lay_there(now_ms, away_ms));
        assert_eq!(seen, cause, "{taken_ms} {now_ms}");
        // The one that is then waited for is of now, however long it took to come.
        assert_eq!(
            sieve.judge(told(30, taken_ms + 33), waited_for(now_ms + 80)),
            None
        );
    }
}

#[test]
fn r24_without_a_clock_what_lay_there_for_longer_than_an_interval_is_stale() {
    for (away_ms, cause) in [
        (10, None),
        (33, None),
        (34, Some(Cause::Stale)),
        (600, Some(Cause::Stale)),
    ] {
        let told = Told {
            taken: None,
            ..told(3, 0)
        };
        assert_eq!(sieve().judge(told, lay_there(1000, away_ms)), cause, "{away_ms}");
    }
}

#[test]
fn r24_a_camera_that_slows_down_in_the_dark_is_measured_by_its_own_pace() {
    let mut sieve = sieve();
    for (number, taken) in [(0, 0), (1, 200), (2, 400)] {
        assert_eq!(sieve.judge(told(number, taken), waited_for(taken + 20)), None);
    }
    assert_eq!(sieve.judge(told(3, 600), lay_there(790, 180)), None);
    assert_eq!(
        sieve.judge(told(4, 800), lay_there(1030, 220)),
        Some(Cause::Stale)
    );
}

#[test]
fn r24_a_picture_from_before_the_scan_is_stale() {
    let mut sieve = sieve();
    let before = Told {
        taken: Some(START - MS),
        ..told(0, 0)
    };
    assert_eq!(sieve.judge(before, waited_for(5)), Some(Cause::Stale));
    assert_eq!(sieve.judge(told(1, 32), waited_for(60)), None);
}

#[test]
fn r24_a_clock_of_the_drivers_own_is_no_clock() {
    for taken in [START + Duration::from_secs(5), Duration::from_secs(1)] {
        let mut sieve = sieve();
        let odd = |sequence| Told {
            taken: Some(taken),
            ..told(sequence, 0)
        };
        // Its times stand still, or lie elsewhere: the numbers count.
        assert_eq!(sieve.judge(odd(1), waited_for(40)), None);
        assert_eq!(sieve.taken(), None);
        assert_eq!(sieve.judge(odd(2), waited_for(73)), None);
        assert_eq!(sieve.judge(odd(2), waited_for(106)), Some(Cause::Repeated));
    }
}

#[test]
fn r24_numbers_that_begin_anew_let_no_old_picture_pass() {
    let mut sieve = sieve();
    assert_eq!(sieve.judge(told(900, 10), waited_for(40)), None);
    // It has lain there since before the suspend.
    assert_eq!(sieve.judge(told(0, 43), lay_there(600, 560)), Some(Cause::Stale));
    assert_eq!(sieve.judge(told(1, 600), waited_for(640)), None);
    assert_eq!(sieve.taken(), Some(START + 600 * MS));
    assert_eq!(sieve.judge(told(901, 43), waited_for(673)), Some(Cause::Repeated));
}

#[test]
fn r24_the_same_bytes_as_one_of_the_last_two_pictures_are_the_same_picture() {
    let mut sieve = sieve();
    for (content, seen) in [
        (1, false),
        (1, true),
        (2, false),
        // A frozen infrared camera whose emitter goes on flashing.
        (1, true),
        (2, true),
        (3, false),
        (1, false),
    ] {
        assert_eq!(sieve.seen(content), seen, "{content}");
    }
}

#[test]
fn r24_only_a_picture_that_shows_nothing_may_come_again() {
    let mut noisy: Vec<u8> = (0..10_000).map(|at| 20 + (at % 5) as u8).collect();
    assert!(blank(&noisy) && blank(&[255; 64]) && blank(&[0; 64]) && blank(&[]));
    // Ten hot pixels of ten thousand.
    noisy[..10].fill(255);
    assert!(blank(&noisy));
    noisy[10] = 255;
    assert!(!blank(&noisy));
    // A face in the dark: a tenth of the picture, three levels brighter.
    let mut dark = vec![4; 10_000];
    dark[..1000].fill(7);
    assert!(!blank(&dark));
}

#[test]
fn r25_a_camera_is_given_up_for_silence_for_damage_and_for_standing_still() {
    use Cause::{Flagged, Repeated, Short, Stale};
    let slice = 33 * MS;
    // So many pictures that come to this, each waited for.
    let run = |causes: &[Option<Cause>], count: u32| {
        let mut patience = Patience::default();
        for number in 0..count {
            patience.waited(slice);
            patience.picture(causes[number as usize % causes.len()]);
            if let Some(end) = patience.end() {
                return Some((end, number + 1));
            }
        }
        None
    };
    for (causes, expected) in [
        (&[None][..], None),
        // What came was of earlier: three seconds of nothing.
        (&[Some(Stale)], Some((GivenUp::Silent, 91))),
        (&[Some(Short)], Some((GivenUp::Damaged, 32))),
        (&[Some(Flagged), Some(Short)], Some((GivenUp::Damaged, 32))),
        (&[Some(Repeated)], Some((GivenUp::Frozen, 92))),
        (&[Some(Short), Some(Repeated)], Some((GivenUp::Damaged, 32))),
        // One good picture in ten will do.
        (
            &[
                Some(Short),
                Some(Short),
                Some(Flagged),
                Some(Repeated),
                Some(Short),
                None,
            ],
            None,
        ),
    ] {
        assert_eq!(run(causes, 300), expected, "{causes:?}");
    }
    let mut patience = Patience::default();
    let slices = (1..200).take_while(|_| {
        patience.waited(slice);
        patience.end().is_none()
    });
    assert_eq!(slices.count(), 90, "three seconds of nothing");
    assert_eq!(patience.end(), Some(GivenUp::Silent));
}

#[test]
fn r25_time_that_was_spent_elsewhere_is_no_silence() {
    let mut patience = Patience::default();
    // Ten looks of six seconds each on an emulated processor, with a picture there at once.
    for _ in 0..10 {
        patience.waited(Duration::ZERO);
        patience.picture(Some(Cause::Stale));
        patience.waited(20 * MS);
        patience.picture(None);
    }
    assert_eq!(patience.end(), None);
}

#[test]
fn drops_are_counted_by_cause() {
    let mut drops = Drops::default();
    for cause in [
        Cause::Short,
        Cause::Flagged,
        Cause::Repeated,
        Cause::Stale,
        Cause::Short,
    ] {
        drops.count(cause);
    }
    assert_eq!(drops.to_string(), "2 cut short, 1 flagged, 1 repeated, 1 too old");
}
