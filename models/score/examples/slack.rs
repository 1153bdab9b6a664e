//! How much farther from a template the farthest of three pictures lies than their mean: what the slack for single pictures is chosen by.
//!
//! ```text
//! cargo run --release -p facelogin-score --example slack -- ENGINE MODEL GROUP=LINES.jsonl ...
//! ```
//!
//! LINES.jsonl are what `facelogind encode` writes. Printed are, for each group and level and some slacks, how many probes of
//! three pictures pass, of the enrolled and with a stranger's picture for one of the three, with 95 % by drawing people anew. It prints no
//! names.
#![allow(clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::path::Path;

use facelogin_score::calibration::{Calibration, Level};
use facelogin_score::gates::LOGIN;
use facelogin_score::uncalibrated::{SFACE, limit};
use facelogin_score::{Comparer, Encoding, EngineId, Fused};
use support::lines::{Result, people};
use support::shares::{Compared, percentiles, share};
use support::sitters::{Person, Template, everybody};

const FRAMES: usize = 3;
/// Pictures between the beginnings of windows.
const STEP: usize = 3;
/// Strangers whose picture is put among a person's.
const STRANGERS: usize = 40;
/// In place of the engine's own slack.
const SLACKS: [f32; 4] = [0.12, 0.24, 0.30, f32::INFINITY];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, groups @ ..] = args.as_slice() else {
        return Err("usage: slack ENGINE MODEL GROUP=LINES.jsonl ...".into());
    };
    let engine = support::lines::engine(name, model);
    let comparer = Comparer::of(&engine);
    for group in groups {
        let (name, file) = support::lines::named(group)?;
        println!("\n{name}");
        let people = everybody(people(Path::new(file), &engine)?, &LOGIN);
        windows(&people, &comparer, &limits(&engine));
    }
    Ok(())
}

/// Those of the levels; of an engine without a calibration SFace's, in raw distances.
fn limits(engine: &EngineId) -> Vec<f32> {
    let levels = [Level::Convenient, Level::Balanced, Level::Strict];
    let of = |level| match Calibration::built_in(engine) {
        Some(table) => Some(table.limit(level, 1)),
        None => limit(SFACE, level, 1),
    };
    levels
        .into_iter()
        .filter_map(of)
        .map(|limit| limit.value())
        .collect()
}

/// Three pictures against a template.
struct Probe {
    /// Whose template, and whose the third picture is.
    people: (usize, usize),
    fused: f32,
    /// How much farther than that the farthest of the three lies.
    farther: f32,
}

impl Probe {
    /// The limit at which it passes.
    fn reach(&self, slack: f32) -> f32 {
        self.fused.max(self.fused + self.farther - slack)
    }
}

/// Of three pictures in a row the farthest, and the mean; and the same with one of them a stranger's.
fn windows(people: &[Person], comparer: &Comparer, limits: &[f32]) {
    let templates = Template::all(people, comparer);
    let score = |template: &Fused, pictures: &[&Encoding]| {
        let probe = comparer.fuse(pictures)?;
        Some(comparer.compare(template, &probe).score)
    };
    let probe = |template: &Template, who: usize, pictures: &[&Encoding]| {
        let fused = score(&template.fused, pictures)?;
        let singles: Option<Vec<f32>> = pictures
            .iter()
            .map(|one| score(&template.fused, &[one]))
            .collect();
        Some(Probe {
            people: (template.who, who),
            fused,
            farther: singles?.into_iter().fold(f32::MIN, f32::max) - fused,
        })
    };
    let strangers: Vec<(usize, &Encoding)> = people
        .iter()
        .enumerate()
        .step_by(people.len().div_ceil(STRANGERS))
        .filter_map(|(who, person)| Some((who, person.occasions.first()?.first()?.encoding())))
        .collect();
    let (mut own, mut swapped) = (Vec::new(), Vec::new());
    for template in &templates {
        let person = &people[template.who];
        for (when, occasion) in person.occasions.iter().enumerate() {
            let pictures: Vec<&Encoding> = (0..occasion.len())
                .filter(|place| template.is_apart_from(person, when, *place))
                .map(|place| occasion[place].encoding())
                .collect();
            for window in pictures.windows(FRAMES).step_by(STEP) {
                own.extend(probe(template, template.who, window));
                for (who, stranger) in strangers.iter().filter(|(who, _)| *who != template.who) {
                    let mixed: Vec<&Encoding> = window[1..].iter().copied().chain([*stranger]).collect();
                    swapped.extend(probe(template, *who, &mixed));
                }
            }
        }
    }
    let farther: Vec<Compared> = own.iter().map(|one| (one.people, one.farther)).collect();
    percentiles("three in a row, the farthest beyond their mean", &farther);
    let mut slacks = SLACKS.to_vec();
    slacks.push(comparer.single_slack());
    slacks.sort_by(f32::total_cmp);
    slacks.dedup();
    for limit in limits {
        for slack in &slacks {
            let passing = |all: &[Probe]| {
                let all: Vec<Compared> = all.iter().map(|one| (one.people, one.reach(*slack))).collect();
                share(&all, |reach| reach <= *limit)
            };
            println!(
                "  within {limit:.3}, slack {slack}: own {}, one a stranger's {}",
                passing(&own),
                passing(&swapped)
            );
        }
    }
}
