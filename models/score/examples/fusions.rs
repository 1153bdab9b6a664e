//! What other ways to fuse pictures would do to a login's error rates.
//!
//! ```text
//! cargo run --release -p facelogin-score --example fusions -- ENGINE MODEL COHORT.jsonl GROUP=LINES.jsonl ...
//! ```
//!
//! Arguments and results are those of `--example cohorts`. An engine that has no cohort is also measured with one that is
//! made of COHORT.jsonl as dlib's is. Nothing is written.
#![allow(clippy::print_stdout)]

// Each example has its own use for these.
#[allow(dead_code)]
#[path = "support/averages.rs"]
mod averages;
#[path = "support/compared.rs"]
mod compared;
#[allow(dead_code)]
#[path = "support/crowds.rs"]
mod crowds;
#[allow(dead_code)]
#[path = "support/groups.rs"]
mod groups;
#[allow(dead_code)]
#[path = "support/lines.rs"]
mod lines;
#[allow(dead_code)]
#[path = "support/logins.rs"]
mod logins;
#[path = "support/paired.rs"]
mod paired;
#[allow(dead_code)]
#[path = "support/rates.rs"]
mod rates;
#[path = "support/ridge.rs"]
mod ridge;
#[allow(dead_code)]
#[path = "support/variant.rs"]
mod variant;

use std::path::Path;
use std::sync::Arc;

use averages::{Averaged, PARTING, people_of_the_cohort};
use compared::Compared;
use crowds::{Crowds, averages, none};
use facelogin_score::{Cohort, Comparer, EngineId, Made, Quality};
use lines::Result;
use variant::{Fusion, Variant};

/// What a picture counts that shows the face from so many degrees aside: half.
const HALF_DEG: f64 = 10.0;

/// What a picture counts.
type Weight = fn(&Quality) -> f64;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, model, cohort, groups @ ..] = args.as_slice() else {
        return Err("usage: fusions ENGINE MODEL COHORT.jsonl GROUP=LINES.jsonl ...".into());
    };
    let engine = EngineId {
        name: name.clone(),
        model: model.clone(),
    };
    let comparer = Comparer::of(&engine);
    let made = Made {
        command: String::new(),
        source: String::new(),
    };
    let people = people_of_the_cohort(Path::new(cohort), &engine)?;
    let averaged = Averaged::of(&people, PARTING, &engine, made)?;
    let cohort = Arc::new(Cohort::read(&averaged.description()?, &averaged.bytes)?);
    let compared = Compared::of(groups, &engine, &comparer)?;
    let normalised = || averages(Arc::clone(&cohort));
    let daemons = || -> Crowds {
        if comparer.normalises() {
            normalised()
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
        measure("normalised", normalised(), Fusion::Mean, Fusion::Mean);
        measure(
            "scaled to length 1 and normalised",
            normalised(),
            Fusion::Unit,
            Fusion::Unit,
        );
    }
    measure("scaled to length 1", daemons(), Fusion::Unit, Fusion::Unit);
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
