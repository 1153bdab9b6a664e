use super::*;

const INTERVAL: Duration = Duration::from_millis(33);

const WIDTH: usize = 64;

/// A picture of 64 x 48 with the room this bright, and somebody in the middle who is this bright.
fn picture(room: u8, person: u8, column: usize) -> Grid {
    let mut bytes = vec![room; WIDTH * 48];
    for row in 12..44 {
        bytes[row * WIDTH + column..][..24].fill(person);
    }
    Grid::of(&Luma::new(&bytes, WIDTH as u32))
}

/// Shows pictures, each a sequence number and the brightness of the person in it, and tells what was handed on: `=7` for
/// number 7 by itself, `7/6` for 7 with 6 before it.
fn show(pairing: &mut Pairing<u32>, pictures: &[(u32, u8)]) -> Vec<String> {
    let mut handed = Vec::new();
    for (sequence, person) in pictures {
        let taken = Taken {
            sequence: *sequence,
            at: INTERVAL * *sequence,
            grid: picture(20, *person, 20),
            picture: *sequence,
        };
        match pairing.push(taken) {
            Paired::Wait => {}
            Paired::Steady(one) => handed.push(format!("={one}")),
            Paired::Lit { lit, dark } => handed.push(format!("{lit}/{dark}")),
        }
    }
    handed
}

fn numbered(persons: &[u8]) -> Vec<(u32, u8)> {
    (10..).zip(persons.iter().copied()).collect()
}

fn new(told: bool) -> Pairing<u32> {
    Pairing::new(told)
}

#[test]
fn lit_pictures_are_handed_on_with_the_dark_one_before_them() {
    let (d, l) = (25, 120);
    for (told, persons, expected) in [
        (false, vec![d, l, d, l, d, l], vec!["13/12", "15/14"]),
        (false, vec![l, d, l, d, l, d, l], vec!["14/13", "16/15"]),
        (true, vec![d, l, d, l], vec!["13/12"]),
        (true, vec![l, d, l, d, l], vec!["12/11", "14/13"]),
    ] {
        assert_eq!(show(&mut new(told), &numbered(&persons)), expected, "{persons:?}");
    }
}

#[test]
fn a_camera_that_does_not_strobe_costs_one_picture() {
    for told in [false, true] {
        assert_eq!(
            show(&mut new(told), &numbered(&[90, 91, 90, 90])),
            ["=11", "=12", "=13"]
        );
    }
}

#[test]
fn a_light_that_is_switched_on_or_off_or_dimmed_is_no_strobe() {
    for persons in [
        vec![30, 120, 120, 120, 120],
        vec![120, 120, 30, 30, 30],
        vec![30, 60, 90, 120, 150],
        vec![150, 120, 90, 60, 30],
        // On, and a little later off.
        vec![30, 120, 120, 30, 30],
    ] {
        for told in [false, true] {
            let handed = show(&mut new(told), &numbered(&persons));
            assert!(
                handed.iter().all(|one| one.starts_with('=')),
                "{persons:?}: {handed:?}"
            );
            assert!(handed.len() >= 3, "{persons:?}: {handed:?}");
        }
    }
}

#[test]
fn exposure_that_hunts_up_and_down_without_coming_back_is_no_strobe() {
    let handed = show(&mut new(false), &numbered(&[30, 120, 80, 140, 100, 180]));
    assert!(handed.iter().all(|one| one.starts_with('=')), "{handed:?}");
}

#[test]
fn somebody_who_moves_is_no_strobe() {
    let mut pairing = new(false);
    for number in 0..8 {
        let taken = Taken {
            sequence: number,
            at: INTERVAL * number,
            grid: picture(20, 160, if number % 2 == 0 { 8 } else { 32 }),
            picture: number,
        };
        let handed = pairing.push(taken);
        assert_eq!(
            handed,
            if number == 0 {
                Paired::Wait
            } else {
                Paired::Steady(number)
            }
        );
    }
}

#[test]
fn a_lost_picture_breaks_the_pair_and_the_next_one_is_whole() {
    let (d, l) = (25, 120);
    let mut pairing = new(false);
    show(&mut pairing, &numbered(&[d, l, d, l]));
    // 14, dark, never came: 15 has nothing before it.
    assert_eq!(show(&mut pairing, &[(15, l), (16, d), (17, l)]), ["17/16"]);
    // 18 to 20 are lost: 21 is lit, and 17 was not the one before it.
    assert_eq!(show(&mut pairing, &[(21, l), (22, d), (23, l)]), ["23/22"]);
}

#[test]
fn a_dark_picture_of_long_ago_is_no_partner_whatever_its_number() {
    let mut pairing = new(false);
    show(&mut pairing, &numbered(&[25, 120, 25, 120, 25]));
    let late = |sequence: u32, at: Duration, person| Taken {
        sequence,
        at,
        grid: picture(20, person, 20),
        picture: sequence,
    };
    let last = INTERVAL * 14;
    assert_eq!(
        pairing.push(late(15, last + Duration::from_millis(1001), 120)),
        Paired::Wait
    );
    // Nor one that claims to be from later.
    let mut pairing = new(false);
    show(&mut pairing, &numbered(&[25, 120, 25, 120, 25]));
    assert_eq!(
        pairing.push(late(15, last - Duration::from_millis(1), 120)),
        Paired::Wait
    );
}

#[test]
fn numbers_start_over_without_a_gap() {
    let mut pairing = new(true);
    let pictures = [(u32::MAX - 1, 25), (u32::MAX, 120), (0, 25), (1, 120)];
    let mut handed = Vec::new();
    for (index, (sequence, person)) in pictures.into_iter().enumerate() {
        let taken = Taken {
            sequence,
            at: INTERVAL * index as u32,
            grid: picture(20, person, 20),
            picture: sequence,
        };
        handed.push(pairing.push(taken));
    }
    assert_eq!(handed[3], Paired::Lit { lit: 1, dark: 0 });
}

#[test]
fn a_strobe_that_begins_or_ends_in_mid_scan_is_noticed() {
    let (d, l) = (25, 120);
    let mut pairing = new(false);
    assert_eq!(
        show(&mut pairing, &numbered(&[d, d, l, d, l, d, l])),
        ["=11", "=12", "=13", "14/13", "16/15"]
            .into_iter()
            .filter(|one| *one != "14/13")
            .collect::<Vec<_>>()
    );
    let ended = [(17, l), (18, l), (19, l), (20, l)];
    assert_eq!(show(&mut pairing, &ended), ["=19", "=20"]);
}

/// What somebody sees who misses so many pictures while looking at one; `bright`: of the picture with this number.
fn slowly(missed: u32, pictures: u32, bright: impl Fn(u32) -> u8) -> Vec<String> {
    let mut pairing = new(false);
    let (mut all, mut number) = (Vec::new(), 0);
    while number < pictures {
        let handed = show(&mut pairing, &[(number, bright(number))]);
        number += if handed.is_empty() { 1 } else { 1 + missed };
        all.extend(handed);
    }
    all
}

#[test]
fn a_strobe_is_found_by_one_who_misses_pictures_too() {
    // It begins when somebody comes near, with picture 10; before that the flash meets nothing.
    for (missed, first) in [(0, 0), (1, 0), (1, 1), (2, 0), (3, 0), (3, 1), (5, 0)] {
        let bright = |number: u32| {
            if number >= 10 && (number + first).is_multiple_of(2) {
                120
            } else {
                25
            }
        };
        let handed = slowly(missed, 80, bright);
        let pairs: Vec<_> = handed.iter().filter(|one| !one.starts_with('=')).collect();
        assert!(pairs.len() >= 5, "{missed} missed, {first}: {handed:?}");
        // Found once, it stays found.
        let last = handed.iter().rposition(|one| one.starts_with('=')).unwrap();
        assert!(last + 5 <= handed.len(), "{missed} missed, {first}: {handed:?}");
    }
}

#[test]
fn one_who_misses_pictures_waits_for_few_of_a_camera_that_does_not_strobe() {
    let handed = slowly(1, 90, |_| 90);
    // Of 45 that could be looked at, each fifth costs one more.
    assert!(handed.len() >= 36, "{}", handed.len());
    assert!(handed.iter().all(|one| one.starts_with('=')));
}

#[test]
fn of_any_six_pictures_at_least_one_is_handed_on() {
    // Brightness and gaps by a small generator of numbers: no pattern of a camera's makes a scan starve.
    let mut state = 1_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    for told in [false, true] {
        let mut pairing = new(told);
        let (mut sequence, mut silent) = (0_u32, 0);
        for _ in 0..5000 {
            sequence = sequence.wrapping_add(1 + random() % 3 / 2);
            let handed = show(
                &mut pairing,
                &[(sequence, [25, 60, 120, 122][random() as usize % 4])],
            );
            silent = if handed.is_empty() { silent + 1 } else { 0 };
            assert!(silent < PATIENCE, "{silent}");
        }
    }
}

#[test]
fn a_driver_that_neither_numbers_nor_times_its_pictures_is_served_without_pairs() {
    let handed = show(
        &mut new(true),
        &[(0, 25), (0, 120), (0, 25), (0, 120), (0, 25), (0, 120)],
    );
    assert_eq!(handed.len(), 1);
}

/// What is handed on of pictures of this brightness, the numbers going up by `counts`.
fn at_pace(counts: u32, interval_ms: u64, persons: &[u8]) -> Vec<String> {
    let mut pairing = new(false);
    let mut handed = Vec::new();
    for (index, person) in (0_u32..).zip(persons) {
        let taken = Taken {
            sequence: index * counts,
            at: Duration::from_millis(interval_ms) * index,
            grid: picture(20, *person, 20),
            picture: index,
        };
        match pairing.push(taken) {
            Paired::Wait => {}
            Paired::Steady(one) => handed.push(format!("={one}")),
            Paired::Lit { lit, dark } => handed.push(format!("{lit}/{dark}")),
        }
    }
    handed
}

#[test]
fn slow_cameras_and_drivers_that_do_not_number_are_served_as_any_other() {
    let (steady, strobe) = ([90; 6], [25, 120, 25, 120, 25, 120]);
    let all = ["=1", "=2", "=3", "=4", "=5"];
    let pairs = ["3/2", "5/4"];
    for (counts, interval_ms) in [(1, 33), (1, 143), (1, 200), (1, 1000), (0, 33), (0, 67), (0, 134)] {
        let what = format!("numbers by {counts} every {interval_ms} ms");
        assert_eq!(at_pace(counts, interval_ms, &steady), all, "{what}");
        assert_eq!(at_pace(counts, interval_ms, &strobe), pairs, "{what}");
    }
    // Nothing says that these follow each other.
    for (counts, interval_ms) in [(1, 1001), (0, 135), (0, 0), (2, 33)] {
        let what = format!("numbers by {counts} every {interval_ms} ms");
        assert_eq!(at_pace(counts, interval_ms, &strobe).len(), 1, "{what}");
    }
}

#[test]
fn a_flash_on_a_small_part_of_the_picture_counts() {
    // A face of an eighth of the picture, ten grey levels brighter or a little more.
    let grid = |face: u8| {
        let mut bytes = vec![40; 64 * 64];
        for row in 16..40 {
            bytes[row * 64 + 24..][..24].fill(face);
        }
        Grid::of(&Luma::new(&bytes, 64))
    };
    assert!(grid(40).change(&grid(56)) > FLASH);
    assert!(grid(40).change(&grid(44)) < FLASH);
    assert!(grid(56).change(&grid(40)) < -FLASH);
}
