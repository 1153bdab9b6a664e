//! What it does to a login's error rates when templates, or the pictures of a login, are encoded otherwise.
//!
//! ```text
//! cargo run --release -p facelogin-score --example tried -- ENGINE MODEL ENROL.jsonl,LOGIN.jsonl[,AGAIN.jsonl] ...
//! ```
//!
//! Each file has lines as `facelogind encode` writes them, of the same pictures (`--example variants` of
//! `facelogin-engine`): templates are made of the first, logins of the second, and limits extrapolated, as `--example
//! calibrate` does it. With a third a window of pictures that comes near and does not match is looked at again, in that
//! encoding: it has two chances, a stranger's too, and that is counted. The first argument is the present way; for the
//! others it is also told how many more of the enrolled are refused than by that. Printed is the FNMR at each false-match
//! rate, `*` where its limit is extrapolated, for whole logins and for each window by itself. In brackets 95 %, by drawing
//! people anew. No names.
#![allow(clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::path::Path;

use facelogin_score::{Comparer, EngineId};
use support::draws::{DRAWS, drawn, interval};
use support::intervals::{more, refused};
use support::lines::{Result, people};
use support::logins::Tries;
use support::mixed::{Group, Walk, Walks};
use support::rates::Rates;

/// False-match rates.
const RATES: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// How far beyond the limit a window may be to be looked at again.
const MARGINS: [f32; 4] = [0.02, 0.05, 0.10, f32::INFINITY];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, present, others @ ..] = args.as_slice() else {
        return Err("usage: tried ENGINE MODEL ENROL.jsonl,LOGIN.jsonl[,AGAIN.jsonl] ...".into());
    };
    let engine = support::lines::engine(name, model);
    let comparer = Comparer::of(&engine);
    let present = Measured::read(present, &engine, &comparer)?;
    usable(&present.usable, None);
    let counts = present.usable.clone();
    let present = Way::of(&present, None);
    present.print(None);
    for files in others {
        let measured = Measured::read(files, &engine, &comparer)?;
        usable(&measured.usable, Some(&counts));
        if !measured.again {
            Way::of(&measured, None).print(Some(&present));
            continue;
        }
        for margin in MARGINS {
            println!("  looked at again within {margin} of the limit");
            let way = Way::of(&measured, Some(margin));
            way.print(Some(&present));
            encoded_again(&measured.walks, &way, margin);
        }
    }
    Ok(())
}

/// A group's logins.
struct Measured {
    again: bool,
    walks: Walks,
    deviation: f32,
    /// Of each person how many pictures a login would take, and how many there are.
    usable: Vec<(u32, u32)>,
}

impl Measured {
    fn read(files: &str, engine: &EngineId, comparer: &Comparer) -> Result<Self> {
        let read = files.split(',').map(|file| people(Path::new(file), engine));
        let read = read.collect::<Result<Vec<_>>>()?;
        let [enrol, login, again @ ..] = read.as_slice() else {
            return Err("expected ENROL.jsonl,LOGIN.jsonl".into());
        };
        let group = Group::of(enrol, login, again.first())?;
        let walks = group.walks(comparer);
        let deviation = Rates::among(group.singles(comparer)).deviation();
        println!(
            "{files}: {} templates, {} strangers' logins, {} of the enrolled, deviation {deviation:.3}",
            group.templates(comparer).len(),
            walks.strangers.len(),
            walks.genuine.len()
        );
        Ok(Self {
            again: !again.is_empty(),
            walks,
            deviation,
            usable: group.usable,
        })
    }
}

/// One way to encode. Single windows are refused more often than logins, so that fewer people show a difference.
struct Way {
    logins: Tries,
    windows: Tries,
    deviation: f32,
}

impl Way {
    fn of(measured: &Measured, margin: Option<f32>) -> Self {
        Self {
            logins: measured.walks.logins(margin),
            windows: measured.walks.windows(margin),
            deviation: measured.deviation,
        }
    }

    fn print(&self, present: Option<&Self>) {
        for (name, of) in [
            ("logins", (|way| &way.logins) as fn(&Self) -> &Tries),
            ("windows", |way| &way.windows),
        ] {
            let refused = refused(of(self), &RATES, self.deviation);
            let than =
                present.map(|other| more((of(self), self.deviation), (of(other), other.deviation), &RATES));
            for (place, one) in refused.iter().enumerate() {
                let star = if one.extrapolated { "*" } else { " " };
                let (low, high) = one.interval;
                print!(
                    "    {name:8} {:.0e}{star} {:5.1} % ({:.1} to {:.1}), limit {:.3}",
                    one.rate,
                    100.0 * one.share,
                    100.0 * low,
                    100.0 * high,
                    one.limit
                );
                if let Some(than) = &than {
                    let (low, high) = than[place].interval;
                    print!(
                        "; {:+.1} ({:+.1} to {:+.1})",
                        100.0 * than[place].share,
                        100.0 * low,
                        100.0 * high
                    );
                }
                println!();
            }
        }
    }
}

/// How many of the pictures a login would take, in percent, and how many more than in the present way.
fn usable(counts: &[(u32, u32)], present: Option<&[(u32, u32)]>) {
    let share = |counts: &[(u32, u32)], weight: &[u32]| {
        let sum = |of: fn(&(u32, u32)) -> u32| {
            let all = counts.iter().zip(weight);
            f64::from(all.map(|(counts, weight)| of(counts) * weight).sum::<u32>())
        };
        100.0 * sum(|(usable, _)| *usable) / sum(|(_, all)| *all)
    };
    let everybody = vec![1; counts.len()];
    let (low, high) =
        interval(drawn(0..counts.len(), DRAWS, |weight| share(counts, weight))).unwrap_or((0.0, 100.0));
    print!(
        "    usable {} of {} pictures: {:.1} % ({low:.1} to {high:.1})",
        counts.iter().map(|(usable, _)| usable).sum::<u32>(),
        counts.iter().map(|(_, all)| all).sum::<u32>(),
        share(counts, &everybody)
    );
    if let Some(present) = present {
        let differ = |weight: &[u32]| share(counts, weight) - share(present, weight);
        let (low, high) = interval(drawn(0..counts.len(), DRAWS, differ)).unwrap_or((-100.0, 100.0));
        print!("; {:+.1} ({low:+.1} to {high:+.1})", differ(&everybody));
    }
    println!();
}

/// How many pictures, of a login of the enrolled and of a stranger's.
fn encoded_again(walks: &Walks, way: &Way, margin: f32) {
    print!("    encoded again, a login / a stranger's:");
    let rates = Rates::of(&way.logins);
    for rate in RATES {
        let limit = rates.limit(rate, way.deviation);
        let mean = |walks: &[Walk]| {
            let all: usize = walks.iter().map(|walk| walk.encoded_again(limit, margin)).sum();
            all as f64 / walks.len() as f64
        };
        print!("  {:.2} / {:.2}", mean(&walks.genuine), mean(&walks.strangers));
    }
    println!();
}
