//! What it does to a login's error rates when templates, or the pictures of a login, are encoded otherwise.
//!
//! ```text
//! cargo run --release -p facelogin-score --example tried -- ENGINE MODEL ENROL.jsonl,LOGIN.jsonl[,AGAIN.jsonl][+...] ...
//! ```
//!
//! Each file has lines as `facelogind encode` writes them, of the same pictures (`--example variants` of
//! `facelogin-engine`): templates are made of the first, logins of the second, as `--example calibrate` does it. With a
//! third a window of pictures that comes near and does not match is looked at again, in that encoding: it has two
//! chances, a stranger's too, and that is counted. Groups joined by `+` are also refused by the narrowest of their limits,
//! as a level's is chosen. Printed is the FNMR at each false-match rate, the limit in brackets, `*` where it is
//! extrapolated, for whole logins and for each window by itself. No names.
#![allow(clippy::print_stdout)]

#[allow(dead_code)]
#[path = "support/lines.rs"]
mod lines;
// Its tries are what rates are made of.
#[allow(dead_code)]
#[path = "support/logins.rs"]
mod logins;
#[path = "support/mixed.rs"]
mod mixed;
#[allow(dead_code)]
#[path = "support/rates.rs"]
mod rates;

use std::path::Path;

use facelogin_score::{Comparer, EngineId};
use lines::{Result, people};
use mixed::{Group, Walk, Walks};
use rates::Rates;

/// False-match rates.
const RATES: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// How far beyond the limit a window may be to be looked at again.
const MARGINS: [f32; 4] = [0.02, 0.05, 0.10, f32::INFINITY];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, groups @ ..] = args.as_slice() else {
        return Err("usage: tried ENGINE MODEL ENROL.jsonl,LOGIN.jsonl[,AGAIN.jsonl] ...".into());
    };
    let engine = EngineId {
        name: name.clone(),
        model: model.clone(),
    };
    let comparer = Comparer::of(&engine);
    for joined in groups {
        let read = joined.split('+').map(|files| read(files, &engine, &comparer));
        let groups = read.collect::<Result<Vec<_>>>()?;
        let again = groups.iter().any(|one| one.again);
        let margins = MARGINS.into_iter().filter(|_| again).map(Some);
        let all: Vec<Option<f32>> = if again { margins.collect() } else { vec![None] };
        for margin in all {
            if let Some(margin) = margin {
                println!("  looked at again within {margin} of the limit");
            }
            for one in &groups {
                println!("  {}", one.files);
                rows(&one.walks, margin);
            }
            if groups.len() > 1 {
                together(&groups, margin);
            }
        }
    }
    Ok(())
}

/// A group's logins.
struct Measured {
    files: String,
    again: bool,
    walks: Walks,
}

fn read(files: &str, engine: &EngineId, comparer: &Comparer) -> Result<Measured> {
    let read = files.split(',').map(|file| people(Path::new(file), engine));
    let read = read.collect::<Result<Vec<_>>>()?;
    let [enrol, login, again @ ..] = read.as_slice() else {
        return Err("expected ENROL.jsonl,LOGIN.jsonl".into());
    };
    let group = Group::of(enrol, login, again.first())?;
    let walks = group.walks(comparer);
    println!(
        "{files}: {} templates, {} of {} pictures usable, {} strangers' logins, {} of the enrolled",
        group.templates(comparer).len(),
        group.usable,
        group.pictures,
        walks.strangers.len(),
        walks.genuine.len()
    );
    Ok(Measured {
        files: files.to_owned(),
        again: !again.is_empty(),
        walks,
    })
}

/// Refused of each group's enrolled by the limit that is narrow enough for all groups.
fn together(groups: &[Measured], margin: Option<f32>) {
    print!("    together");
    for rate in RATES {
        let limits = groups.iter().map(|one| {
            let reaches = reaches(&one.walks.strangers, margin);
            Rates::among(reaches).own_limit(rate)
        });
        let limit = limits.fold(f32::MAX, f32::min);
        let refused = groups.iter().map(|one| {
            let own = reaches(&one.walks.genuine, margin);
            let beyond = own.iter().filter(|reach| **reach > limit).count();
            format!("{:.1} %", 100.0 * beyond as f64 / own.len() as f64)
        });
        print!(
            "  {rate:.0e}: {} ({limit:.3})",
            refused.collect::<Vec<_>>().join(", ")
        );
    }
    println!();
}

fn reaches(walks: &[Walk], margin: Option<f32>) -> Vec<f32> {
    walks.iter().map(|walk| walk.reach(margin)).collect()
}

/// Whole logins, and each window by itself: it is refused more often, so that fewer people show a difference.
fn rows(walks: &Walks, margin: Option<f32>) {
    let (strangers, genuine) = (&walks.strangers, &walks.genuine);
    let reaches = |walks: &[Walk]| reaches(walks, margin);
    let windows = |walks: &[Walk]| {
        let all = walks.iter().flat_map(|walk| walk.reaches(margin));
        all.collect::<Vec<_>>()
    };
    row("logins", &reaches(strangers), &reaches(genuine));
    row("windows", &windows(strangers), &windows(genuine));
    let Some(margin) = margin else { return };
    let rates = Rates::among(reaches(strangers));
    print!("    encoded again, a login / a stranger's:");
    for rate in RATES {
        let limit = rates.own_limit(rate);
        let mean = |walks: &[Walk]| {
            let all: usize = walks.iter().map(|walk| walk.encoded_again(limit, margin)).sum();
            all as f64 / walks.len() as f64
        };
        print!("  {:.2} / {:.2}", mean(genuine), mean(strangers));
    }
    println!();
}

/// FNMR at the limit for each false-match rate, limits in brackets; `*`: extrapolated.
fn row(of: &str, strangers: &[f32], genuine: &[f32]) {
    print!("    {of:8}");
    let rates = Rates::among(strangers.to_vec());
    for rate in RATES {
        let limit = rates.own_limit(rate);
        let refused = genuine.iter().filter(|reach| **reach > limit).count();
        let extrapolated = rate < rates.known();
        print!(
            "  {rate:.0e}{}: {:.1} % ({limit:.3})",
            if extrapolated { "*" } else { "" },
            100.0 * refused as f64 / genuine.len() as f64
        );
    }
    println!();
}
