//! What other cohorts would do to a login's error rates.
//!
//! ```text
//! cargo run --release -p facelogin-score --example cohorts -- ENGINE MODEL COHORT.jsonl GROUP=LINES.jsonl ...
//! ```
//!
//! COHORT.jsonl has the people whom a cohort may be of (`--example cohort`), as `facelogind encode` writes them; groups are
//! as `--example calibrate` takes them, without these people. Whole logins are measured: FNMR at each false-match rate, how much more
//! that is than with the cohort that is built in, each with 95 % by drawing people anew, the limit recomputed;
//! FNMR of each group at the worst group's limit; and how many of the other groups' strangers match at the limit of the first.
//!
//! Cohorts that hold people, or what can be solved for people, are measured and forgotten: nothing is written.
#![allow(clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::path::Path;
use std::sync::Arc;

use facelogin_score::{Cohort, Comparer, Encoding, EngineId, Made};
use support::averages::{Averaged, PARTING, people_of_the_cohort};
use support::compared::Compared;
use support::crowds::{Crowds, mixtures, nearest, normal};
use support::groups::{Groups, Parting, Vector};
use support::lines::Result;
use support::variant::{Normalised, Variant};

/// Of the people.
const PEOPLE_NEAREST: [usize; 4] = [10, 20, 50, 200];
/// Of the synthetic ones, and how many of these there are.
const NEAREST: usize = 50;
const MIXTURES: usize = 20_000;
const DRAWN: usize = 2_000;
/// Of which normal distributions are taken.
const NORMAL_GROUPS: usize = 8;
/// Of averages.
const AVERAGES_NEAREST: usize = 3;
/// Groups of which averages are taken, and the fewest people of each.
const PARTINGS: [(usize, usize); 4] = [(15, 15), (30, 15), (60, 7), (120, 3)];
/// Where the random numbers begin.
const STARTS: [u64; 3] = [1, 2, 3];
/// What the distance to the cohort counts.
const TIMES: [f32; 6] = [0.5, 0.75, 1.25, 1.5, 2.0, 2.5];
/// For deviations: of the people, and of the mixtures.
const DEVIATIONS: [usize; 2] = [50, 200];
const MIXTURES_DEVIATIONS: [usize; 2] = [200, 2_000];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, cohort, groups @ ..] = args.as_slice() else {
        return Err("usage: cohorts ENGINE MODEL COHORT.jsonl GROUP=LINES.jsonl ...".into());
    };
    let engine = support::lines::engine(name, model);
    let comparer = Comparer::of(&engine);
    let people = people_of_the_cohort(Path::new(cohort), &engine)?;
    let compared = Compared::of(groups, &engine, &comparer)?;
    let measure = |name: &str, crowds: Crowds| compared.measure(name, &Variant::with(crowds, &comparer));

    measure("none: the distance", support::crowds::none());
    for count in PEOPLE_NEAREST {
        let name = format!("{} people, {count} nearest", people.len());
        measure(&name, nearest(&people, count, &people)?);
    }
    let mixed = mixtures(&people, MIXTURES);
    measure(
        &format!("{MIXTURES} mixtures of three people, {NEAREST} nearest"),
        nearest(&mixed, NEAREST, &people)?,
    );
    for groups in [1, NORMAL_GROUPS] {
        let parting = Parting {
            groups,
            least: PARTING.least,
            start: 1,
        };
        let drawn = normal(&people, &Groups::of(&people, parting), DRAWN);
        measure(
            &format!("{DRAWN} of {groups} normal distributions, {NEAREST} nearest"),
            nearest(&drawn, NEAREST, &people)?,
        );
    }
    let centres = Groups::of(&people, PARTING).centres;
    measure(
        &format!("averages of {} groups, {AVERAGES_NEAREST} nearest", centres.len()),
        nearest(&centres, AVERAGES_NEAREST, &people)?,
    );
    for (groups, least) in PARTINGS {
        for start in STARTS {
            let parting = Parting { groups, least, start };
            let averaged = averaged(&people, parting, &engine)?;
            measure(
                &format!(
                    "averages of {groups} groups, {} with at least {least} people, weighted; start {start}",
                    averaged.sizes.len()
                ),
                support::crowds::averages(read(&averaged)?),
            );
        }
    }
    let own = read(&averaged(&people, PARTING, &engine)?)?;
    for times in TIMES {
        let variant = Variant {
            normalised: Normalised::Mean(times),
            ..Variant::with(support::crowds::averages(Arc::clone(&own)), &comparer)
        };
        compared.measure(&format!("averages, weighted, counted {times} times"), &variant);
    }
    let encodings: Vec<Encoding> = people
        .iter()
        .map(|one| Encoding::try_from_f64(one))
        .collect::<std::result::Result<_, _>>()?;
    let in_deviations = |of: &str, cohort: &[Vector], counts: [usize; 2]| {
        for count in counts {
            let variant = Variant::with(nearest(cohort, count, &people)?, &comparer);
            compared.measure(
                &format!("{} {of}, {count} nearest, in deviations", cohort.len()),
                &variant.in_deviations(&encodings),
            );
        }
        Result::Ok(())
    };
    in_deviations("people", &people, DEVIATIONS)?;
    in_deviations("mixtures of three people", &mixed, MIXTURES_DEVIATIONS)
}

fn averaged(people: &[Vector], parting: Parting, engine: &EngineId) -> Result<Averaged> {
    let made = Made {
        command: String::new(),
        source: String::new(),
    };
    Averaged::of(people, parting, engine, made)
}

/// As the daemon would read it.
fn read(averaged: &Averaged) -> Result<Arc<Cohort>> {
    Ok(Arc::new(Cohort::read(&averaged.description()?, &averaged.bytes)?))
}
