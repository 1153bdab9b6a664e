//! How sure a rate of refusal is, of people whose answer can be told by hand.

#[path = "../examples/support/mod.rs"]
mod support;

use support::draws::{drawn, interval};
use support::logins::{Tries, Try};

fn login(enrolled: usize, who: usize, reach: f32) -> Try {
    Try {
        people: (enrolled, who),
        reach,
    }
}

/// Each against each other, near in the order of pairs; and logins of their own.
fn tries(people: usize, genuine: Vec<Try>) -> Tries {
    let pairs = (0..people).flat_map(|a| (0..people).map(move |b| (a, b)));
    let strangers = pairs.filter(|(a, b)| a != b).enumerate();
    Tries {
        impostors: strangers
            .map(|(place, (a, b))| login(a, b, 1.0 + 0.01 * place as f32))
            .collect(),
        genuine,
    }
}

fn all_of(people: usize, reach: impl Fn(usize) -> f32) -> Tries {
    let logins = (0..people).flat_map(|who| [login(who, who, reach(who)); 4]);
    tries(people, logins.collect())
}

#[test]
fn of_two_people_one_of_whom_is_always_refused_anything_may_be_true() {
    // Drawn are both, or either twice.
    let both = support::intervals::beyond(&all_of(2, |who| who as f32), 0.5);
    assert_eq!(both.share, 0.5);
    assert_eq!(both.interval, (0.0, 1.0));
}

#[test]
fn a_person_half_of_whose_logins_are_refused_is_no_more_sure_for_having_many() {
    let half = |logins: usize| {
        let of = |who: usize| (0..logins).map(move |place| login(who, who, ((who + place) % 2) as f32));
        support::intervals::beyond(&tries(8, (0..8).flat_map(of).collect()), 0.5)
    };
    // Everybody is half refused, whoever is drawn; people unlike all eight, 3 in 8, may make it no more than that.
    assert_eq!(half(2).interval, (0.5, 0.5));
    assert_eq!(half(40).interval, half(2).interval);
}

#[test]
fn of_none_refused_and_of_all_it_is_the_rule_of_three() {
    let none = support::intervals::beyond(&all_of(30, |_| 0.0), 0.5);
    assert_eq!((none.share, none.interval), (0.0, (0.0, 0.1)));
    let all = support::intervals::beyond(&all_of(30, |_| 0.9), 0.5);
    assert_eq!((all.share, all.interval), (1.0, (0.9, 1.0)));
    // Fewer than three people say nothing.
    assert_eq!(support::intervals::unseen(2), 1.0);
    assert_eq!(support::intervals::unseen(0), 1.0);
}

#[test]
fn the_limit_is_that_which_those_drawn_lead_to() {
    // Whoever is person 0 lets the strangers in that come nearest; all of the enrolled lie between them and the rest.
    let mut tries = all_of(12, |_| 0.7);
    for one in &mut tries.impostors {
        one.reach = if one.people.0 == 0 || one.people.1 == 0 {
            0.5
        } else {
            0.9
        };
    }
    let near = tries.impostors.iter().filter(|one| one.reach < 0.6).count() as f64;
    let rate = near / tries.impostors.len() as f64;
    let [one] = support::intervals::refused(&tries, &[rate], f32::INFINITY)[..] else {
        panic!("one rate was asked for");
    };
    assert!(!one.extrapolated);
    assert_eq!((one.limit, one.share), (0.5, 1.0));
    // In a third of the draws nobody is person 0: the limit lies at 0.9 and nobody is refused.
    assert_eq!(one.interval, (0.0, 1.0));
}

#[test]
fn of_strangers_within_a_limit_it_is_pairs_of_those_drawn_that_count() {
    // Of three people two come near each other: a third of the pairs; drawn without either, none, and of them alone all.
    let mut tries = all_of(3, |_| 0.0);
    for one in &mut tries.impostors {
        one.reach = if one.pair() == (0, 1) { 0.1 } else { 0.9 };
    }
    let (share, interval) = support::intervals::strangers_within(&tries, 0.5);
    assert!((share - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!(interval, (0.0, 1.0));
}

#[test]
fn a_limit_that_does_not_rest_on_enough_is_extrapolated_and_refuses_no_fewer() {
    let tries = all_of(12, |who| 0.9 + 0.02 * who as f32);
    let [known, far] = support::intervals::refused(&tries, &[0.5, 1e-4], 0.05)[..] else {
        panic!("two rates were asked for");
    };
    assert!(!known.extrapolated && far.extrapolated);
    assert!(far.limit < known.limit);
    assert!(far.share > known.share);
    assert!(far.interval.0 >= known.interval.0 && far.interval.1 >= known.interval.1);
}

#[test]
fn what_is_refused_alike_in_two_ways_differs_for_nobody_drawn() {
    let (one, other) = (all_of(12, |who| who as f32), all_of(12, |who| who as f32));
    for same in support::intervals::more((&one, 0.05), (&other, 0.05), &[0.5, 1e-3]) {
        assert_eq!((same.share, same.interval), (0.0, (0.0, 0.0)));
    }
}

#[test]
fn what_refuses_everybody_more_often_does_so_whoever_is_drawn() {
    // Of everybody's four logins one more is refused; how many are refused otherwise differs from person to person.
    let with = |more: usize| {
        let of = |who: usize| {
            (0..4).map(move |place| login(who, who, if place < who % 3 + more { 2.0 } else { 0.0 }))
        };
        let mut tries = tries(12, (0..12).flat_map(of).collect());
        tries.impostors.iter_mut().for_each(|one| one.reach = 1.0);
        tries
    };
    let [more] = support::intervals::more((&with(1), 0.0), (&with(0), 0.0), &[0.5])[..] else {
        panic!("one rate was asked for");
    };
    let quarter = |share: f64| (share - 0.25).abs() < 1e-9;
    assert!(
        quarter(more.share) && quarter(more.interval.0) && quarter(more.interval.1),
        "{more:?}"
    );
    let alone = support::intervals::beyond(&with(1), 1.0).interval;
    assert!(alone.1 - alone.0 > 0.1, "{alone:?}");
}

#[test]
fn as_many_are_drawn_as_there_are_people_and_the_same_every_time() {
    let people = [7, 3, 7, 5];
    let draws = drawn(people, 50, <[u32]>::to_vec);
    assert!(draws.iter().all(|weight| weight.iter().sum::<u32>() == 3));
    let others = [0, 1, 2, 4, 6];
    assert!(
        draws
            .iter()
            .all(|weight| others.iter().all(|who| weight[*who] == 0))
    );
    assert_eq!(draws, drawn([3, 5, 7], 50, <[u32]>::to_vec));
    assert!(draws.windows(2).any(|two| two[0] != two[1]));
}

#[test]
fn an_interval_leaves_out_one_in_forty_at_either_end_and_what_is_no_figure() {
    let figures = (0..=1000).rev().map(f64::from);
    assert_eq!(interval(figures.chain([f64::NAN; 500])), Some((25.0, 975.0)));
    assert_eq!(interval([f64::NAN]), None);
}
