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

// Each example has its own use for these.
#[allow(dead_code)]
#[path = "support/lines.rs"]
mod lines;
#[allow(dead_code)]
#[path = "support/logins.rs"]
mod logins;
#[allow(dead_code)]
#[path = "support/rates.rs"]
mod rates;
#[allow(dead_code)]
#[path = "support/shares.rs"]
mod shares;
#[allow(dead_code)]
#[path = "support/sitters.rs"]
mod sitters;

use std::path::Path;

use facelogin_score::calibration::{Calibration, Level};
use facelogin_score::gates::LOGIN;
use facelogin_score::uncalibrated::{SFACE, limit};
use facelogin_score::{Comparer, Encoding, EngineId, Fused};
use lines::{Result, people};
use shares::{percentiles, share};
use sitters::{Person, Template, everybody};

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
    let engine = EngineId {
        name: name.clone(),
        model: model.clone(),
    };
    let comparer = Comparer::of(&engine);
    for group in groups {
        let (name, file) = group.split_once('=').ok_or("expected GROUP=LINES.jsonl")?;
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

/// Of three pictures in a row the farthest, and the mean; and the same with one of them a stranger's.
fn windows(people: &[Person], comparer: &Comparer, limits: &[f32]) {
    let templates = Template::all(people, comparer);
    let score = |template: &Fused, pictures: &[&Encoding]| {
        let probe = comparer.fuse(pictures)?;
        Some(comparer.compare(template, &probe).score)
    };
    // The fused score, and how much farther the farthest lies.
    let look = |template: &Fused, pictures: &[&Encoding]| {
        let fused = score(template, pictures)?;
        let singles: Option<Vec<f32>> = pictures.iter().map(|one| score(template, &[one])).collect();
        Some((fused, singles?.into_iter().fold(f32::MIN, f32::max) - fused))
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
                let of = (template.who, template.who);
                own.extend(look(&template.fused, window).map(|look| (of, look)));
                for (who, stranger) in strangers.iter().filter(|(who, _)| *who != template.who) {
                    let mixed: Vec<&Encoding> = window[1..].iter().copied().chain([*stranger]).collect();
                    let of = (template.who, *who);
                    swapped.extend(look(&template.fused, &mixed).map(|look| (of, look)));
                }
            }
        }
    }
    let farther: Vec<_> = own.iter().map(|(of, (_, farther))| (*of, *farther)).collect();
    percentiles("three in a row, the farthest beyond their mean", &farther);
    let mut slacks = SLACKS.to_vec();
    slacks.push(comparer.single_slack());
    slacks.sort_by(f32::total_cmp);
    slacks.dedup();
    for limit in limits {
        for slack in &slacks {
            let passing = |all: &[((usize, usize), (f32, f32))]| {
                let needed = |(fused, farther): (f32, f32)| fused.max(fused + farther - slack);
                let all: Vec<_> = all.iter().map(|(of, look)| (*of, needed(*look))).collect();
                share(&all, |needed| needed <= *limit)
            };
            println!(
                "  within {limit:.3}, slack {slack}: own {}, one a stranger's {}",
                passing(&own),
                passing(&swapped)
            );
        }
    }
}
