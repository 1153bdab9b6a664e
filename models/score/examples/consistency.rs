//! How alike one person's pictures are, and how unlike a stranger's among them: what `facelogin_score::Consistency` is chosen by.
//!
//! ```text
//! cargo run --release -p facelogin-score --example consistency -- ENGINE MODEL GROUP=LINES.jsonl ...
//! ```
//!
//! LINES.jsonl are what `facelogind encode` writes. Printed are, for each group, distances between pictures of one sitting, of pictures
//! from the mean of a few, and between templates, of one person and of strangers, and how many are on the wrong side of the
//! engine's limit, with 95 % by drawing people anew. It prints no names.
#![allow(clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::path::Path;

use facelogin_score::gates::{ENROLMENT, LOGIN};
use facelogin_score::{Comparer, Consistency, Encoding};
use support::lines::{Result, people};
use support::shares::{Compared, percentiles, share};
use support::sitters::{Person, Template, everybody};

/// Pictures that an enrolment takes from a camera.
const ENROLLED: usize = 7;
/// Pictures that are given as files.
const FILES: usize = 5;
/// Of strangers' pictures every so many.
const STEP: usize = 3;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, groups @ ..] = args.as_slice() else {
        return Err("usage: consistency ENGINE MODEL GROUP=LINES.jsonl ...".into());
    };
    let engine = support::lines::engine(name, model);
    let own = Consistency::of(name).ok_or("no limits are known of this engine")?;
    let comparer = Comparer::of(&engine);
    for group in groups {
        let (name, file) = support::lines::named(group)?;
        println!("\n{name}");
        let people = everybody(people(Path::new(file), &engine)?, &LOGIN);
        camera(&people, own.apart);
        files(&people, own.from_others);
        templates(&people, &comparer, own.templates);
    }
    Ok(())
}

/// Pictures of one sitting: any from any other, sets as an enrolment takes them, and a stranger's among them.
fn camera(people: &[Person], limit: f32) {
    let (mut pairs, mut sets, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (who, person) in people.iter().enumerate().filter(|(_, person)| person.sittings) {
        for occasion in &person.occasions {
            let good: Vec<&Encoding> = occasion
                .iter()
                .filter(|one| one.passes(&ENROLMENT))
                .map(|one| one.encoding())
                .collect();
            for (place, one) in good.iter().enumerate() {
                pairs.extend(
                    good[..place]
                        .iter()
                        .map(|other| ((who, who), one.distance(other))),
                );
            }
            let step = good.len() / ENROLLED;
            for draw in 0..step {
                // Spread over the sitting.
                let set: Vec<&Encoding> = (0..ENROLLED).map(|k| good[k * step + draw]).collect();
                let farthest = set
                    .iter()
                    .flat_map(|one| set.iter().map(|other| one.distance(other)));
                sets.push(((who, who), farthest.fold(0.0, f32::max)));
                for (stranger, other) in people.iter().enumerate().filter(|(other, _)| *other != who) {
                    for one in other.occasions.iter().flatten().step_by(STEP) {
                        let farthest = set.iter().map(|own| own.distance(one.encoding()));
                        others.push(((who, stranger), farthest.fold(0.0, f32::max)));
                    }
                }
            }
        }
    }
    if pairs.is_empty() {
        return;
    }
    percentiles("two of one sitting", &pairs);
    not_within(&pairs, limit);
    percentiles("the two of seven that are farthest apart", &sets);
    not_within(&sets, limit);
    percentiles("a stranger's from the farthest of the seven", &others);
    within(&others, limit);
}

/// Sets as files are given: the farthest from the mean of the others, with none, one, and half of them a stranger's.
fn files(people: &[Person], limit: f32) {
    let of = |person: &Person| -> Vec<Encoding> {
        let all = person.occasions.iter().flatten();
        let good = all.filter(|one| one.passes(&ENROLMENT));
        good.map(|one| one.encoding().clone()).take(FILES).collect()
    };
    let all: Vec<Vec<Encoding>> = people.iter().map(of).collect();
    let farthest = |set: &[&Encoding]| {
        let mean = Encoding::mean(set)?;
        let farthest = set.iter().map(|one| one.distance(&mean)).fold(0.0, f32::max);
        // From the mean of the others it is by one share farther.
        let count = set.len() as f32;
        (count > 1.0).then(|| farthest * count / (count - 1.0))
    };
    let (mut own, mut one, mut two) = (Vec::new(), Vec::new(), Vec::new());
    for (who, set) in all.iter().enumerate() {
        let set: Vec<&Encoding> = set.iter().collect();
        if set.len() == FILES {
            own.extend(farthest(&set).map(|far| ((who, who), far)));
        }
        for (other, stranger) in all.iter().enumerate().filter(|(other, _)| *other != who) {
            let Some(stranger) = stranger.first() else {
                continue;
            };
            if set.len() == FILES {
                let mixed: Vec<&Encoding> = set[1..].iter().copied().chain([stranger]).collect();
                one.extend(farthest(&mixed).map(|far| ((who, other), far)));
            }
            if let Some(first) = set.first().filter(|_| other < who) {
                two.extend(farthest(&[first, stranger]).map(|far| ((who, other), far)));
            }
        }
    }
    percentiles(
        "five of one person, the farthest from the mean of the others",
        &own,
    );
    not_within(&own, limit);
    percentiles("four and a stranger's", &one);
    within(&one, limit);
    percentiles("two strangers'", &two);
    within(&two, limit);
}

/// Templates of one person, of different sittings where there are any, and of strangers.
fn templates(people: &[Person], comparer: &Comparer, limit: f32) {
    let templates = Template::all(people, comparer);
    let (mut own, mut strangers) = (Vec::new(), Vec::new());
    for (place, one) in templates.iter().enumerate() {
        for other in &templates[..place] {
            let distance = one.fused.mean().distance(other.fused.mean());
            let of = (one.who, other.who);
            if one.who != other.who {
                strangers.push((of, distance));
            } else if one.when != other.when || !people[one.who].sittings {
                own.push((of, distance));
            }
        }
    }
    percentiles("templates of one person", &own);
    not_within(&own, limit);
    percentiles("templates of strangers", &strangers);
    within(&strangers, limit);
}

fn within(all: &[Compared], limit: f32) {
    println!("    within {limit}: {}", share(all, |distance| distance <= limit));
}

fn not_within(all: &[Compared], limit: f32) {
    println!(
        "    not within {limit}: {}",
        share(all, |distance| distance > limit)
    );
}
