//! Makes a cohort: averages of groups of people, and what the distances to them tell about the nearest strangers.
//!
//! ```text
//! find DIR -name '*.jpg' | facelogind encode > LINES.jsonl
//! cargo run --release -p facelogin-score --example cohort -- ENGINE MODEL LINES.jsonl SOURCE OUT
//! ```
//!
//! ENGINE and MODEL are what `facelogin-enroll status --json` calls them, SOURCE is a few words on whose pictures they are. Writes
//! OUT.i8 and OUT.toml.
//!
//! One encoding of each person counts. They are parted into groups that lie together (k-means), and of each group only the average
//! is kept: nobody can be told from the others of a group. How far each person's nearest others lie is then explained by the
//! distances to these averages (ridge regression). It prints how well, how large the groups are and how near the averages come to people;
//! no names.
#![allow(clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;

use facelogin_score::Made;
use support::averages::{Averaged, NEIGHBOURS, PARTING, people_of_the_cohort};
use support::lines::Result;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, file, source, out] = args.as_slice() else {
        return Err("usage: cohort ENGINE MODEL LINES.jsonl SOURCE OUT".into());
    };
    let engine = support::lines::engine(name, model);
    let all = people_of_the_cohort(Path::new(file), &engine)?;
    let made = Made {
        command: format!(
            "cargo run --release -p facelogin-score --example cohort -- {name} {model} LINES.jsonl '{source}' OUT"
        ),
        source: format!("{source}: one encoding each of {} people", all.len()),
    };
    let averaged = Averaged::of(&all, PARTING, &engine, made)?;
    println!(
        "{} people in {} groups of {:?}; nearest person to an average: {:.3}",
        all.len(),
        averaged.sizes.len(),
        averaged.sizes,
        averaged.nearest
    );
    println!(
        "of how far the nearest {NEIGHBOURS} others lie (mean {:.3}) {:.0} % is explained",
        averaged.near,
        100.0 * averaged.explained
    );
    let at = |percent: usize| averaged.crowds[(averaged.crowds.len() - 1) * percent / 100];
    println!(
        "crowd of the people: least {:.3}, median {:.3}, most {:.3}",
        at(0),
        at(50),
        at(100)
    );
    let text = averaged.description()?;
    fs::write(format!("{out}.i8"), &averaged.bytes)?;
    fs::write(format!("{out}.toml"), &text)?;
    Ok(())
}
