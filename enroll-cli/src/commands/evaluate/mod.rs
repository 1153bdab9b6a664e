//! `evaluate`: error rates of an engine over labelled folders of pictures.

mod cache;
mod dataset;
mod encode;
mod encoder;
pub mod error;
mod faces;
mod html;
mod labels;
mod liveness;
mod logins;
mod measure;
mod pairs;
mod plots;
mod report;
mod singles;
mod stats;
mod text;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use facelogin_score::Comparer;

use self::dataset::Data;
use self::encoder::{Measure, Program};
use self::error::EvaluateError;
use self::measure::Measuring;
use self::stats::bootstrap::Bootstrap;
use super::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::progress;
use crate::words::count;

/// `evaluate`.
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// A data set, a group of its own: NAME/*.jpg, or NAME/SESSION/*.jpg; .png as well. With a folder live/ and others
    /// (print/, screen/) these hold such folders, and the others are attacks.
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Groups of people within the data sets: NAME,GROUP in each line, or a .toml file of NAME = "GROUP".
    #[arg(long, value_name = "FILE")]
    groups: Option<PathBuf>,
    /// Pairs to be told apart, in the form of LFW's View 2.
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// Which engine.
    #[arg(long, value_enum, default_value = "dlib")]
    engine: Engine,
    /// With onnx: another encoder in place of its own, to be measured; no login uses it.
    #[arg(long, value_name = "FILE")]
    encoder: Option<PathBuf>,
    /// A folder of models, in place of the usual ones.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// How hard faces are looked for: as in a picture file, or as in a camera's frame.
    #[arg(long, value_enum, default_value = "still")]
    effort: Effort,
    /// Pictures that make a template.
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    enrolled: u16,
    /// Pictures that a login fuses.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=10))]
    fused: u16,
    /// Compare single pictures whatever their quality, by the face in the middle: as published figures do.
    #[arg(long)]
    any_face: bool,
    /// Compare by the plain distance, without what is expected of common faces; the levels are left out where they are not
    /// about it.
    #[arg(long)]
    raw: bool,
    /// Draws of people for the intervals; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    bootstrap: u32,
    /// The seed of the draws: the same one gives the same intervals.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a page with plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Encode everything again, and keep nothing.
    #[arg(long)]
    no_cache: bool,
    /// The facelogind to run.
    #[arg(long, value_name = "PATH")]
    daemon: Option<PathBuf>,
    /// List every picture that could not be looked at, and why.
    #[arg(long, short)]
    verbose: bool,
    /// Name the files of the N likeliest false matches and of the N likeliest false non-matches among single pictures.
    #[arg(long, value_name = "N", default_value_t = 0)]
    worst: usize,
}

/// The engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// dlib: HOG detector, five landmarks, ResNet encoder.
    Dlib,
    /// YuNet detector and SFace encoder.
    Onnx,
}

/// How hard faces are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Effort {
    /// As in a picture file.
    Still,
    /// As in a camera's frame.
    Video,
}

/// Evaluates.
pub fn run(context: &mut Context<'_, '_>, args: EvaluateArgs) -> Result<Exit, CliError> {
    let groups = args
        .groups
        .as_deref()
        .map(labels::read)
        .transpose()?
        .unwrap_or_default();
    let data = Data::read(&args.folders, &groups)?;
    let pairs = args.pairs.as_deref().map(pairs::read).transpose()?;
    let pairs = match (&pairs, &args.pairs) {
        (Some(pairs), Some(list)) => Some(measure::places(&data, pairs, list)?),
        _ => None,
    };

    let program = program(&args, &data)?;
    let paths: Vec<&Path> = data
        .pictures
        .iter()
        .map(|picture| picture.path.as_path())
        .collect();
    let bar = progress::pictures();
    let begun = Instant::now();
    let encoded = encode::encode(&program, &paths, !args.no_cache, &bar);
    bar.finish_and_clear();
    let encoded = encoded?;
    let encoding_s = begun.elapsed().as_secs_f64();
    if let Some(why) = &encoded.not_kept {
        context
            .out
            .note(&format!("Encodings were not kept for the next time: {why}"));
    }
    complain(context, &data, &encoded, args.verbose);
    if let (true, Some(Err(why))) = (encoded.seen.iter().all(Result::is_err), encoded.seen.first()) {
        return Err(EvaluateError::NothingReadable {
            pictures: encoded.seen.len(),
            why: why.clone(),
        }
        .into());
    }

    let by = match encoded.head.levels.first() {
        _ if args.raw => Measure::Distance,
        Some(level) => level.measure,
        None => Measure::Score,
    };
    let measuring = Measuring {
        data: &data,
        head: &encoded.head,
        comparer: Comparer::of(&encoded.head.engine),
        by,
        enrolled: args.enrolled.into(),
        fused: args.fused.into(),
        any_face: args.any_face,
        worst: args.worst,
        bootstrap: Bootstrap {
            draws: args.bootstrap as usize,
            seed: args.seed,
        },
    };
    let begun = Instant::now();
    let mut report = measuring.report(&encoded.seen, pairs.as_deref(), &program.effort);
    report.run.encoding_s = encoding_s;
    report.run.cached = encoded.cached;
    report.run.statistics_s = begun.elapsed().as_secs_f64();
    if let Some(file) = &args.html {
        let page = html::page(&report)?;
        std::fs::write(file, page).map_err(|why| EvaluateError::Write {
            path: file.clone(),
            why,
        })?;
        context
            .out
            .note(&format!("The page with the plots is {}", file.display()));
    }
    context.out.answer(&report, || text::render(&report))?;
    Ok(Exit::Ok)
}

fn program(args: &EvaluateArgs, data: &Data) -> Result<Program, EvaluateError> {
    let name = |value: &dyn Fn() -> Option<clap::builder::PossibleValue>| {
        value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    };
    let absolute = |folder: &PathBuf| {
        folder.canonicalize().map_err(|why| EvaluateError::Read {
            path: folder.clone(),
            why,
        })
    };
    let mut under = args.folders.iter().map(absolute).collect::<Result<Vec<_>, _>>()?;
    under.extend(data.linked());
    Ok(Program {
        path: encoder::find(args.daemon.clone())?,
        engine: name(&|| args.engine.to_possible_value()),
        effort: name(&|| args.effort.to_possible_value()),
        encoder: args.encoder.as_ref().map(absolute).transpose()?,
        models: args.models.as_ref().map(absolute).transpose()?,
        under,
    })
}

fn complain(context: &mut Context<'_, '_>, data: &Data, encoded: &encode::Encoded, all: bool) {
    let mut lost = 0;
    for (picture, seen) in data.pictures.iter().zip(&encoded.seen) {
        if let Err(why) = seen {
            lost += 1;
            if all {
                context.out.note(&format!("{}: {why}", picture.path.display()));
            }
        }
    }
    if lost > 0 {
        let of = count(u32::try_from(encoded.seen.len()).unwrap_or(u32::MAX), "picture");
        let more = if all { "" } else { "; -v says which and why" };
        context
            .out
            .note(&format!("{lost} of {of} could not be looked at{more}"));
    }
}
