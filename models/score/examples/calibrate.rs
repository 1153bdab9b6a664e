//! Chooses the limits of the named levels from encodings of labelled pictures, and says how far the data supports them.
//!
//! ```text
//! find DIR -name '*.jpg' | facelogind encode > LINES.jsonl
//! cargo run --release -p facelogin-score --example calibrate -- ENGINE MODEL OUT.toml GROUP=LINES.jsonl ...
//! ```
//!
//! What is measured are whole logins as the daemon runs them (`facelogin_score::Login`): a template of five good
//! pictures of one occasion, against twelve usable pictures of another, fused three at a time: ten windows, all that a login
//! may try. For comparison one and five at a time (of four and twenty pictures), and by the raw distance. Whoever went into the
//! cohort is left out. It prints no names.
#![allow(clippy::print_stdout)]

// Each example has its own use for it.
#[allow(dead_code)]
#[path = "support/lines.rs"]
mod lines;
#[path = "support/logins.rs"]
mod logins;
#[path = "support/rates.rs"]
mod rates;

use std::fs;
use std::path::Path;

use facelogin_score::calibration::{Calibration, Evidence, Level, LevelInfo};
use facelogin_score::{Comparer, EngineId};
use lines::{Result, people};
use logins::{Group, Kind, Tries};
use rates::{Rates, upper_bound, upper_bound_of_people};

/// What the levels aim at: strangers accepted of all that try, a whole login each.
const AIMS: [(Level, f64); 3] = [
    (Level::Convenient, 1e-4),
    (Level::Balanced, 1e-5),
    (Level::Strict, 1e-6),
];

/// Pictures fused into a probe: the default, for which the limits are.
const FRAMES: usize = 3;

/// False matches that a rate must rest on before it is taken for one; below it is extrapolated.
const ENOUGH: usize = 20;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [engine, model, out, groups @ ..] = args.as_slice() else {
        return Err("usage: calibrate ENGINE MODEL OUT.toml GROUP=LINES.jsonl ...".into());
    };
    let engine = EngineId {
        name: engine.clone(),
        model: model.clone(),
    };
    let mut loaded = Vec::new();
    for group in groups {
        let (name, file) = group.split_once('=').ok_or("expected GROUP=LINES.jsonl")?;
        loaded.push(Group::of(name, people(Path::new(file), &engine)?));
    }
    for (how, comparer, kind) in [
        ("raw distance", Comparer::raw(), Kind::Distance),
        ("score", Comparer::of(&engine), Kind::Score),
    ] {
        for frames in [1, 3, 5] {
            for group in &loaded {
                let tries = group.tries(&comparer, kind, frames);
                print!("{how}, {frames} fused, {}: ", group.name);
                table(&tries);
            }
        }
    }
    let comparer = Comparer::of(&engine);
    let measured: Vec<(&Group, Tries)> = loaded
        .iter()
        .map(|group| (group, group.tries(&comparer, Kind::Score, FRAMES)))
        .collect();
    let mut decade = 0f32;
    let mut levels = Vec::new();
    for (level, aim) in AIMS {
        // The worst group's: what is safe for everybody.
        let mut limit = f32::MAX;
        let mut worst = "";
        for (group, tries) in &measured {
            let rates = Rates::of(tries);
            let (own, slope) = rates.limit(aim, ENOUGH);
            decade = decade.max(slope);
            println!("{} at {aim:e}: {own:.3}, a decade is {slope:.3}", group.name);
            if own < limit {
                (limit, worst) = (own, &group.name);
            }
        }
        let limit = (f64::from(limit) * 1000.0).floor() as f32 / 1000.0;
        let evidence = measured.iter().map(|(group, tries)| {
            let matched = |ones: &[logins::Try]| ones.iter().filter(|one| one.reach <= limit).count();
            Evidence {
                group: group.name.clone(),
                people: tries.people(),
                pairs: tries.pairs(),
                tries: tries.impostors.len(),
                false_matches: matched(&tries.impostors),
                at_most: upper_bound(&tries.impostors, limit),
                at_most_disjoint: upper_bound_of_people(tries, limit),
                genuine: tries.genuine.len(),
                refused: tries.genuine.len() - matched(&tries.genuine),
            }
        });
        let evidence: Vec<Evidence> = evidence.collect();
        levels.push(LevelInfo {
            level,
            aim,
            limit,
            set_by: worst.to_owned(),
            supported: evidence.iter().all(|evidence| evidence.supports(aim)),
            evidence,
        });
    }
    // More templates: the limit must be narrower by as much as ten of them bring strangers nearer, wherever that was seen.
    for (group, tries) in &measured {
        let ten = Rates::among(tries.of_ten.clone());
        for rate in [1e-2, 1e-3, 1e-4] {
            let (one, many) = (Rates::of(tries).quantile(rate), ten.quantile(rate));
            println!(
                "{} at {rate:e}: 1 template {one:?}, 10 templates {many:?}",
                group.name
            );
            if let (Some(one), Some(many)) = (one, many) {
                decade = decade.max(one - many);
            }
        }
    }
    let calibration = Calibration {
        engine: engine.name,
        model: engine.model,
        made: format!(
            "cargo run --release -p facelogin-score --example calibrate -- {} {} OUT.toml {}",
            args[0],
            args[1],
            groups
                .iter()
                .filter_map(|group| Some(format!("{}=LINES.jsonl", group.split_once('=')?.0)))
                .collect::<Vec<_>>()
                .join(" ")
        ),
        frames: FRAMES,
        decade: (decade * 1000.0).ceil() / 1000.0,
        levels,
    };
    let text = toml::to_string(&calibration)?;
    Calibration::read(&text)?;
    fs::write(out, &text)?;
    println!("{text}");
    Ok(())
}

fn table(tries: &Tries) {
    let rates = Rates::of(tries);
    println!(
        "{} impostor and {} genuine logins, {} pairs of {} people",
        tries.impostors.len(),
        tries.genuine.len(),
        tries.pairs(),
        tries.people()
    );
    for rate in [1e-2, 1e-3, 1e-4, 1e-5, 1e-6] {
        let (limit, slope) = rates.limit(rate, ENOUGH);
        let refused = tries.genuine.iter().filter(|one| one.reach > limit).count();
        println!(
            "  FMR {rate:.0e}{}: limit {limit:.3} (a decade {slope:.3}), FNMR {:.2} % ({refused})",
            if rate * (tries.impostors.len() as f64) < ENOUGH as f64 {
                " (extrapolated)"
            } else {
                ""
            },
            100.0 * refused as f64 / tries.genuine.len() as f64
        );
    }
}
