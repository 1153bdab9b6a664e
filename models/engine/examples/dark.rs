//! Measures what becomes of the default engine's results when there is too little light, or too much.
//!
//! ```text
//! cargo run --release -p facelogin-engine --example dark -- DIR [PICTURES]
//! ```
//!
//! `PICTURES` (100) pictures, evenly spread over those of `DIR/NAME/*.jpg`, are multiplied by a factor, with noise of a
//! standard deviation of two levels added and what then lies outside of the levels cut off. For each factor it prints,
//! for dlib alone and for the engine: in how many the face is found that is found in the original, how far its encoding
//! lies from the original's (median, 95th percentile), and what share of the originals of other people it matches at
//! 0.40; in brackets 95 %, by drawing people anew. It prints no names and stores nothing.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../../score/examples/support/draws.rs"]
mod draws;
#[path = "support/light.rs"]
mod light;
// Random numbers are all that is taken of it.
#[allow(dead_code)]
#[path = "../../score/examples/support/lines.rs"]
mod lines;
#[path = "support/tally.rs"]
mod tally;

use std::error::Error;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use dlib_face_recognition::{
    FaceDetector, FaceDetectorTrait, FaceEncoderNetwork, FaceEncoderTrait, ImageMatrix, LandmarkPredictor,
    LandmarkPredictorTrait,
};
use facelogin_engine::{DlibEngine, Effort, Encoding, Engine, Frame, Pixels};
use facelogin_models::{FACE_ENCODER, FIVE_POINTS, ModelDirs, Trust, VerifiedModels, verify_all};
use image_for_dlib::{ImageBuffer, Rgb, RgbImage};
use light::light;
use tally::{Original, Tally};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const FACTORS: [f32; 11] = [1.0, 0.5, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 1.5, 2.0, 3.0];
const PICTURES: usize = 100;

fn main() -> Result<()> {
    if std::env::var_os("OPENBLAS_NUM_THREADS").is_none() {
        // OpenBLAS reads it when it is loaded, so it must be there before this program starts.
        let again = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env("OPENBLAS_NUM_THREADS", "1")
            .exec();
        return Err(again.into());
    }
    let folder = std::env::args_os().nth(1).ok_or("usage: dark DIR [PICTURES]")?;
    let count = std::env::args()
        .nth(2)
        .map_or(Ok(PICTURES), |count| count.parse())?;
    let models = verify_all(&models(), Trust::AnyOwner)?;
    let mut engine = DlibEngine::load(&models)?;
    let alone = Alone::load(&models)?;
    let mut originals = Vec::new();
    for (person, path) in pick(list(Path::new(&folder))?, count) {
        let picture = image_for_dlib::open(path)?.to_rgb8();
        if let Some((at, encoding, _)) = largest(&mut engine, &picture, None)? {
            originals.push(Taken {
                picture,
                at,
                face: Original { person, encoding },
            });
        }
    }
    println!("{} faces", originals.len());
    for factor in FACTORS {
        let (mut before, mut after) = (Tally::default(), Tally::default());
        let mut brightness = Vec::new();
        for (number, original) in originals.iter().enumerate() {
            let changed = light(&original.picture, factor, number as u64 + 1);
            let all = || originals.iter().map(|other| &other.face);
            let by_dlib = alone.encode(&changed, original.at)?;
            before.take(&original.face, all(), by_dlib.as_ref());
            let seen = largest(&mut engine, &changed, Some(original.at))?;
            brightness.extend(seen.as_ref().map(|(_, _, brightness)| *brightness));
            after.take(
                &original.face,
                all(),
                seen.as_ref().map(|(_, encoding, _)| encoding),
            );
        }
        brightness.sort_by(f32::total_cmp);
        let face = brightness.get(brightness.len() / 2).copied().unwrap_or(f32::NAN);
        println!("light {factor:.2}, face {face:.3}");
        println!("  dlib alone  {}", before.line());
        println!("  the engine  {}", after.line());
    }
    Ok(())
}

/// A picture in full light.
struct Taken {
    picture: RgbImage,
    /// The face's middle.
    at: (i32, i32),
    face: Original,
}

/// dlib without what the engine does for dark pictures.
struct Alone {
    detector: FaceDetector,
    predictor: LandmarkPredictor,
    encoder: FaceEncoderNetwork,
}

impl Alone {
    fn load(models: &VerifiedModels) -> Result<Self> {
        let path = |name| {
            models
                .find(name)
                .map(|model| model.path.clone())
                .ok_or("a model is missing")
        };
        Ok(Self {
            detector: FaceDetector::new(),
            predictor: LandmarkPredictor::open(path(FIVE_POINTS)?)?,
            encoder: FaceEncoderNetwork::open(path(FACE_ENCODER)?)?,
        })
    }

    fn encode(&self, picture: &RgbImage, at: (i32, i32)) -> Result<Option<Encoding>> {
        let (width, height) = picture.dimensions();
        let buffer: ImageBuffer<Rgb<u8>, &[u8]> =
            ImageBuffer::from_raw(width, height, picture.as_raw().as_slice()).ok_or("too few bytes")?;
        let image = ImageMatrix::from_image(&buffer);
        let (x, y) = (i64::from(at.0), i64::from(at.1));
        let boxes = self.detector.face_locations(&image);
        let face = boxes
            .iter()
            .find(|b| (b.left..b.right).contains(&x) && (b.top..b.bottom).contains(&y));
        let Some(face) = face else { return Ok(None) };
        let marks = self.predictor.face_landmarks(&image, face);
        let encodings = self.encoder.get_face_encodings(&image, &[marks], 0);
        let Some(first) = encodings.first() else {
            return Ok(None);
        };
        let values: Vec<f32> = first.as_ref().iter().map(|value| *value as f32).collect();
        Ok(Some(Encoding::try_from_slice(&values)?))
    }
}

/// A face's middle, encoding and brightness.
type Seen = ((i32, i32), Encoding, f32);

/// The largest face, or the one at a place.
fn largest(engine: &mut DlibEngine, picture: &RgbImage, at: Option<(i32, i32)>) -> Result<Option<Seen>> {
    let frame = Frame::new(picture.width(), picture.height(), Pixels::Rgb(picture.as_raw()))?;
    let faces = engine.analyse(&frame, Effort::Video)?.faces;
    let face = faces.into_iter().find(|face| {
        let b = face.bbox;
        at.is_none_or(|(x, y)| (b.left..b.right).contains(&x) && (b.top..b.bottom).contains(&y))
    });
    Ok(face.map(|face| {
        let b = face.bbox;
        let middle = ((b.left + b.right) / 2, (b.top + b.bottom) / 2);
        (middle, face.encoding, face.quality.brightness)
    }))
}

fn models() -> ModelDirs {
    let var = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = || var("XDG_CACHE_HOME").or_else(|| Some(var("HOME")?.join(".cache")));
    match var("FACELOGIN_TEST_MODELS").or_else(|| Some(cache()?.join("facelogin/models"))) {
        Some(folder) if folder.is_dir() => ModelDirs::only(folder),
        _ => ModelDirs::for_user(),
    }
}

/// Every picture with its person's number, in the order of names.
fn list(folder: &Path) -> Result<Vec<(usize, PathBuf)>> {
    let sorted = |folder: &Path| -> Result<Vec<PathBuf>> {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        paths.sort();
        Ok(paths)
    };
    let mut pictures = Vec::new();
    for (person, name) in sorted(folder)?.iter().filter(|path| path.is_dir()).enumerate() {
        let of_person = sorted(name)?;
        let jpegs = of_person
            .into_iter()
            .filter(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("jpg")));
        pictures.extend(jpegs.map(|path| (person, path)));
    }
    Ok(pictures)
}

fn pick(all: Vec<(usize, PathBuf)>, count: usize) -> Vec<(usize, PathBuf)> {
    let step = all.len().div_ceil(count.max(1)).max(1);
    all.into_iter().step_by(step).collect()
}
