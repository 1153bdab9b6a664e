//! Chooses the limits of the named levels from encodings of labelled pictures, and says how far the data supports them.
//!
//! ```text
//! find DIR -name '*.jpg' | facelogind encode > LINES.jsonl
//! cargo run --release -p facelogin-score --example calibrate -- ENGINE MODEL OUT.toml GROUP=LINES.jsonl ...
//! ```
//!
//! `GROUP=A+B` is the people of A and those of B whose faces are more like them than like the rest of B.
//!
//! What is measured are whole logins as the daemon runs them (`facelogin_score::Login`): a template of five good
//! pictures of one occasion, against twelve usable pictures of another, fused three at a time: ten windows, all that a login
//! may try. For comparison one and five at a time (of four and twenty pictures), and by the raw distance. Whoever went into the
//! cohort is left out. Intervals are 95 %, by drawing people anew (`support/intervals.rs`). It prints no names.
//!
//! A limit is that of the worst group. Below the rate of ENOUGH false matches, of ENOUGH_PAIRS pairs of people, it is extrapolated: the
//! tail goes on as that of a normal distribution. Its deviation is that of single pictures of strangers, of which there
//! are so many more people that it can be measured farther out.
#![allow(clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use facelogin_score::Comparer;
use facelogin_score::calibration::{Calibration, Evidence, Level, LevelInfo};
use support::lines::Result;
use support::logins::{Group, Kind, Tries};
use support::rates::{Rates, limits_of_others, upper_bound, upper_bound_of_people};

/// What the levels aim at: strangers accepted of all that try, a whole login each.
const AIMS: [(Level, f64); 3] = [
    (Level::Convenient, 1e-4),
    (Level::Balanced, 1e-5),
    (Level::Strict, 1e-6),
];

/// False-match rates that are printed.
const RATES: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// Pictures fused into a probe: the default, for which the limits are.
const FRAMES: usize = 3;

/// A group whose smallest rate that rests on enough is larger sets no limit: it would be told from where its tail does not begin.
const FARTHEST: f64 = 0.1;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [engine, model, out, groups @ ..] = args.as_slice() else {
        return Err("usage: calibrate ENGINE MODEL OUT.toml GROUP=LINES.jsonl ...".into());
    };
    let engine = support::lines::engine(engine, model);
    let loaded = groups.iter().map(|group| Group::read(group, &engine));
    let loaded = loaded.collect::<Result<Vec<_>>>()?;
    let comparer = Comparer::of(&engine);
    for frames in [1, 3, 5] {
        let distances = measured_by(&loaded, &comparer, Kind::Distance, frames, "raw distance");
        let scores = measured_by(&loaded, &comparer, Kind::Score, frames, "score");
        for ((group, score), distance) in loaded.iter().zip(&scores).zip(&distances) {
            print!("more by score than by distance, {frames} fused, {}:", group.name);
            for (rate, one) in RATES.iter().zip(support::intervals::more(
                (&score.0, score.1),
                (&distance.0, distance.1),
                &RATES,
            )) {
                print!(
                    " {rate:.0e} {:+.1} ({:+.1} to {:+.1})",
                    100.0 * one.share,
                    100.0 * one.interval.0,
                    100.0 * one.interval.1
                );
            }
            println!();
        }
    }
    let measured: Vec<(&Group, Tries)> = loaded
        .iter()
        .map(|group| (group, group.tries(&comparer, Kind::Score, FRAMES)))
        .collect();
    let mut deviations = Vec::new();
    for (group, tries) in &measured {
        let (people, singles) = group.singles(&comparer, Kind::Score);
        let (logins, singles) = (Rates::of(tries), Rates::among(singles));
        let of = [logins.deviation(), singles.deviation()];
        print!(
            "{}: a deviation is {:.3} for logins; single pictures of {people} people: {:.3}, at",
            group.name, of[0], of[1]
        );
        for rate in RATES {
            print!(" {rate:.0e} {:.3}", singles.limit(rate, of[1]));
        }
        println!(" (from {:.1e} on extrapolated)", singles.known());
        if logins.known() > FARTHEST {
            println!("{}: too few pairs of people to set a limit", group.name);
        }
        deviations.push(of[1]);
    }
    // Ten templates give a stranger ten times the chance at most: the limit must be narrower by as much as that is worth.
    let mut decade = 0f32;
    let mut levels = Vec::new();
    for (level, aim) in AIMS {
        // The worst group's: what is safe for everybody.
        let mut limit = f32::MAX;
        let mut worst = "";
        for ((group, tries), deviation) in measured.iter().zip(&deviations) {
            let rates = Rates::of(tries);
            if rates.known() > FARTHEST {
                continue;
            }
            let own = rates.limit(aim, *deviation);
            decade = decade.max(own - rates.limit(aim / 10.0, *deviation));
            let others = limits_of_others(tries, aim, *deviation);
            let at = |percent: usize| others[(others.len() - 1) * percent / 100];
            println!(
                "{} at {aim:e}: {own:.3}; with other people like these {:.3} to {:.3} (90 %), known down to {:.1e}: {:.3}",
                group.name,
                at(5),
                at(95),
                rates.known(),
                rates.limit(rates.known(), 0.0)
            );
            if own < limit {
                (limit, worst) = (own, &group.name);
            }
        }
        if worst.is_empty() {
            return Err("no group has enough pairs of people".into());
        }
        let limit = (f64::from(limit) * 1000.0).floor() as f32 / 1000.0;
        let evidence = measured.iter().map(|(group, tries)| {
            let matched =
                |ones: &[support::logins::Try]| ones.iter().filter(|one| one.reach <= limit).count();
            Evidence {
                group: group.name.clone(),
                people: tries.people(),
                pairs: tries.pairs(),
                tries: tries.impostors.len(),
                false_matches: matched(&tries.impostors),
                at_most: upper_bound(tries, limit),
                at_most_disjoint: upper_bound_of_people(tries, limit),
                genuine: tries.genuine.len(),
                refused: tries.genuine.len() - matched(&tries.genuine),
            }
        });
        let evidence: Vec<Evidence> = evidence.collect();
        for ((group, tries), evidence) in measured.iter().zip(&evidence) {
            let (low, high) = support::intervals::beyond(tries, limit).interval;
            println!(
                "{} within {limit:.3}: refused {} of {} logins of {} people; with other people like these {:.1} to {:.1} % (95 %)",
                group.name,
                evidence.refused,
                evidence.genuine,
                tries
                    .genuine
                    .iter()
                    .map(|one| one.people)
                    .collect::<HashSet<_>>()
                    .len(),
                100.0 * low,
                100.0 * high
            );
        }
        levels.push(LevelInfo {
            level,
            aim,
            limit,
            set_by: worst.to_owned(),
            supported: evidence.iter().all(|evidence| evidence.supports(aim)),
            evidence,
        });
    }
    let calibration = Calibration {
        engine: engine.name,
        model: engine.model,
        made: made(&args),
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

/// Each group's logins and the deviation of its tail, by distance or score.
fn measured_by(
    groups: &[Group],
    comparer: &Comparer,
    kind: Kind,
    frames: usize,
    how: &str,
) -> Vec<(Tries, f32)> {
    let measured: Vec<(Tries, f32)> = groups
        .iter()
        .map(|group| {
            let tries = group.tries(comparer, kind, frames);
            let deviation = Rates::among(group.singles(comparer, kind).1).deviation();
            print!("{how}, {frames} fused, {}: ", group.name);
            table(&tries, deviation);
            (tries, deviation)
        })
        .collect();
    across(groups, &measured);
    measured
}

/// How many strangers of each group a limit lets in that was set on the first group alone.
fn across(groups: &[Group], measured: &[(Tries, f32)]) {
    let [(first, deviation), others @ ..] = measured else {
        return;
    };
    for rate in [1e-2, 1e-3] {
        let limit = Rates::of(first).limit(rate, *deviation);
        print!("  within {limit:.3}, {rate:.0e} on {}:", groups[0].name);
        for (group, (tries, _)) in groups[1..].iter().zip(others) {
            let (share, (low, high)) = support::intervals::strangers_within(tries, limit);
            let percent = [share, low, high].map(|share| format!("{:.2}", 100.0 * share));
            print!(
                " {} {} % ({} to {})",
                group.name, percent[0], percent[1], percent[2]
            );
        }
        println!();
    }
}

/// The command, without the folders of this machine.
fn made(args: &[String]) -> String {
    let name = |file: &str| {
        Path::new(file)
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let [engine, model, _, groups @ ..] = args else {
        return String::new();
    };
    let groups: Vec<String> = groups
        .iter()
        .filter_map(|group| group.split_once('='))
        .map(|(group, files)| {
            format!(
                "'{group}={}'",
                files.split('+').map(name).collect::<Vec<_>>().join("+")
            )
        })
        .collect();
    format!(
        "cargo run --release -p facelogin-score --example calibrate -- {engine} {model} OUT.toml {}",
        groups.join(" ")
    )
}

fn table(tries: &Tries, deviation: f32) {
    println!(
        "{} impostor and {} genuine logins, {} pairs of {} people",
        tries.impostors.len(),
        tries.genuine.len(),
        tries.pairs(),
        tries.people()
    );
    for one in support::intervals::refused(tries, &RATES, deviation) {
        println!(
            "  FMR {:.0e}{}: limit {:.3}, FNMR {:.1} % ({:.1} to {:.1})",
            one.rate,
            if one.extrapolated { " (extrapolated)" } else { "" },
            one.limit,
            100.0 * one.share,
            100.0 * one.interval.0,
            100.0 * one.interval.1
        );
    }
}
