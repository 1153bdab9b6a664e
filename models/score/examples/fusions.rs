//! What other ways to fuse pictures would do to a login's error rates.
//!
//! ```text
//! cargo run --release -p facelogin-score --example fusions -- ENGINE MODEL COHORT.jsonl GROUP=LINES.jsonl ...
//! ```
//!
//! Arguments and results are those of `--example cohorts`. An engine that has no cohort is also measured with one that is
//! made of COHORT.jsonl as dlib's is. Means are scaled back to the usual length of these people's encodings: 1, where all have it.
//! Nothing is written.
#![allow(clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::path::Path;
use std::sync::Arc;

use facelogin_score::{Cohort, Comparer, EngineId, Made, Quality};
use support::averages::{Averaged, PARTING, people_of_the_cohort};
use support::compared::Compared;
use support::crowds::{Crowds, averages, none};
use support::groups::{Parting, Vector};
use support::lines::Result;
use support::variant::{Fusion, Variant};

/// What a picture counts that shows the face from so many degrees aside: half.
const HALF_DEG: f64 = 10.0;

/// Other beginnings of k-means than the built-in cohort's.
const STARTS: [u64; 5] = [2, 3, 4, 5, 6];

/// What a picture counts.
type Weight = fn(&Quality) -> f64;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, cohort, groups @ ..] = args.as_slice() else {
        return Err("usage: fusions ENGINE MODEL COHORT.jsonl GROUP=LINES.jsonl ...".into());
    };
    let engine = support::lines::engine(name, model);
    let comparer = Comparer::of(&engine);
    let people = people_of_the_cohort(Path::new(cohort), &engine)?;
    let length = usual_length(&people);
    let scaled: Vec<Vector> = people
        .iter()
        .map(|one| one.map(|value| value / long(one) * length))
        .collect();
    let (cohort, cohort_of_scaled) = (
        averaged(&people, PARTING, &engine)?,
        averaged(&scaled, PARTING, &engine)?,
    );
    let compared = Compared::of(groups, &engine, &comparer)?;
    let daemons = || -> Crowds {
        if comparer.normalises() {
            averages(Arc::clone(&cohort))
        } else {
            none()
        }
    };
    let measure = |name: &str, crowds: Crowds, template: Fusion, probe: Fusion| {
        let variant = Variant {
            template,
            probe,
            ..Variant::with(crowds, &comparer)
        };
        compared.measure(name, &variant);
    };

    if !comparer.normalises() {
        measure(
            "normalised",
            averages(Arc::clone(&cohort)),
            Fusion::Mean,
            Fusion::Mean,
        );
    }
    let back = Fusion::Long(length);
    measure(&format!("scaled back to {length:.3}"), daemons(), back, back);
    measure(
        &format!("scaled back to {length:.3}, normalised by averages of people who were, too"),
        averages(cohort_of_scaled),
        back,
        back,
    );
    // Whether that hangs on where k-means began.
    for start in STARTS.into_iter().filter(|_| comparer.normalises()) {
        let parting = Parting { start, ..PARTING };
        let other = averaged(&people, parting, &engine)?;
        let name = format!("averages of start {start}");
        measure(&name, averages(Arc::clone(&other)), Fusion::Mean, Fusion::Mean);
        measure(&format!("{name}, scaled back"), averages(other), back, back);
        let other = averaged(&scaled, parting, &engine)?;
        measure(
            &format!("{name}, scaled back as the people were"),
            averages(other),
            back,
            back,
        );
    }
    let any = Variant {
        slack: f32::INFINITY,
        ..Variant::with(daemons(), &comparer)
    };
    compared.measure("whatever each picture by itself is", &any);
    measure(
        "the nearest of the template's pictures",
        daemons(),
        Fusion::Nearest,
        Fusion::Mean,
    );
    for (by, weight) in [
        ("sharpness", sharp as Weight),
        ("pose", straight),
        ("sharpness and pose", both),
    ] {
        let weighted = Fusion::Weighted(weight);
        for (of, template, probe) in [
            ("template", weighted, Fusion::Mean),
            ("probe", Fusion::Mean, weighted),
            ("template and probe", weighted, weighted),
        ] {
            measure(&format!("weighted by {by}: {of}"), daemons(), template, probe);
        }
    }
    Ok(())
}

fn averaged(people: &[Vector], parting: Parting, engine: &EngineId) -> Result<Arc<Cohort>> {
    let made = Made {
        command: String::new(),
        source: String::new(),
    };
    let averaged = Averaged::of(people, parting, engine, made)?;
    Ok(Arc::new(Cohort::read(&averaged.description()?, &averaged.bytes)?))
}

/// The middle one.
fn usual_length(people: &[Vector]) -> f64 {
    let mut lengths: Vec<f64> = people.iter().map(long).collect();
    lengths.sort_by(f64::total_cmp);
    lengths[lengths.len() / 2]
}

fn long(one: &Vector) -> f64 {
    one.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn sharp(quality: &Quality) -> f64 {
    f64::from(quality.sharpness)
}

fn straight(quality: &Quality) -> f64 {
    let degrees = f64::from(quality.yaw_deg.hypot(quality.pitch_deg));
    1.0 / (1.0 + (degrees / HALF_DEG).powi(2))
}

fn both(quality: &Quality) -> f64 {
    sharp(quality) * straight(quality)
}
