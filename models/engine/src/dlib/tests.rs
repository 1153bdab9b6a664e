//! The network as it is run here against dlib, on the files themselves, which are no part of this repository: where
//! `FACELOGIN_TEST_MODELS` and `FACELOGIN_TEST_PICTURES` say. Where they are absent the tests say so and pass.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use dlib_face_recognition::{FaceEncoderNetwork, LandmarkPredictor, LandmarkPredictorTrait};
use facelogin_models::{ModelDirs, ModelError, Trust, VerifiedModels, verify_all};

use super::encoder::{Aligned, Encoder, TOLERANCE, by_dlib};
use super::own::Own;
use super::weights::Weights;
use super::*;
use crate::detect::matrix;
use crate::net::{Builder, possible};

fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: {variable} does not say where they are");
    }
    folder
}

fn models() -> Option<VerifiedModels> {
    match verify_all(
        &ModelDirs::only(folder("FACELOGIN_TEST_MODELS")?),
        Trust::AnyOwner,
    ) {
        Ok(models) => Some(models),
        Err(why @ ModelError::Missing { .. }) => {
            eprintln!("skipped: {why}");
            None
        }
        // Models that are there but wrong are no reason to skip.
        Err(why) => panic!("{why}"),
    }
}

fn path(models: &VerifiedModels, name: &str) -> PathBuf {
    models.find(name).unwrap().path.clone()
}

/// Both ways' encodings of what a predictor takes for faces in boxes all over a portrait.
fn compared(picture: &Path, predictor: &LandmarkPredictor, mut compare: impl FnMut(&Aligned<'_>)) -> usize {
    let picture = image_for_dlib::open(picture).unwrap().to_rgb8();
    let size = picture.dimensions();
    let matrix = matrix(size, picture.as_raw()).unwrap();
    let mut count = 0;
    for side in [30, 90, 200, 450, 900] {
        for (x, y) in [(0, 0), (1, 1), (2, 1), (1, 2), (3, 3)] {
            let middle = |at: i32, side: u32| at * side.cast_signed() / 3;
            let (x, y) = (middle(x, size.0), middle(y, size.1));
            let bbox = BBox {
                left: x - side / 2,
                top: y - side / 2,
                right: x + side / 2,
                bottom: y + side / 2,
            };
            let marks = predictor.face_landmarks(&matrix, &rectangle(&bbox));
            let Some(chip) = Chip::of(&five(&marks).unwrap()) else {
                continue;
            };
            count += 1;
            compare(&Aligned {
                rgb: picture.as_raw(),
                size,
                matrix: &matrix,
                marks: &marks,
                chip: &chip,
            });
        }
    }
    count
}

#[test]
fn the_network_says_what_dlib_says() {
    let (Some(models), Some(pictures)) = (models(), folder("FACELOGIN_TEST_PICTURES")) else {
        return;
    };
    if !possible() {
        return;
    }
    let network = FaceEncoderNetwork::open(path(&models, FACE_ENCODER)).unwrap();
    let predictor = LandmarkPredictor::open(path(&models, FIVE_POINTS)).unwrap();
    let mut own =
        Own::of(models.find(FACE_ENCODER).unwrap().read().unwrap()).expect("the file is the known one");
    let (mut worst, mut count) = (0.0_f32, 0);
    for name in ["obama.jpg", "biden.jpg", "obama_partial_face.jpg"] {
        let picture = pictures.join(name);
        if !picture.exists() {
            eprintln!("skipped: {} is absent", picture.display());
            continue;
        }
        count += compared(&picture, &predictor, |face| {
            let apart = own
                .encode(face)
                .unwrap()
                .distance(&by_dlib(&network, face).unwrap());
            worst = worst.max(apart);
        });
    }
    eprintln!("{count} faces and no faces: {worst:e} apart at the most");
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn a_network_that_says_something_else_than_dlib_is_not_asked() {
    let Some(models) = models() else { return };
    if !possible() {
        return;
    }
    let model = models.find(FACE_ENCODER).unwrap();
    let predictor = LandmarkPredictor::open(path(&models, FIVE_POINTS)).unwrap();
    let trial = Trial::of(&predictor).unwrap().unwrap();
    let network = || Box::new(FaceEncoderNetwork::open(&model.path).unwrap());
    let loaded = Encoder::of(model, network(), &trial.aligned()).unwrap();
    assert!(matches!(loaded, Encoder::Own(_)));
    // An encoding has a length of some 1.3.
    for (factor, kept) in [(1.0, true), (1.00001, true), (1.0005, false), (-1.0, false)] {
        let mut weights = Weights::read(&model.read().unwrap()).unwrap();
        weights.last.iter_mut().for_each(|weight| *weight *= factor);
        let own = Own::built(Builder::new().unwrap(), weights).unwrap();
        let mut chosen = Encoder::chosen(own, network(), &trial.aligned()).unwrap();
        assert_eq!(matches!(chosen, Encoder::Own(_)), kept, "{factor}");
        let right = by_dlib(&network(), &trial.aligned()).unwrap();
        assert!(
            chosen.encode(&trial.aligned()).unwrap().distance(&right) <= TOLERANCE,
            "{factor}"
        );
    }
}

/// Two portraits side by side, the lower part of which is cut off, so that a face's square goes beyond the edge.
fn side_by_side(pictures: &Path) -> Option<(u32, u32, Vec<u8>)> {
    let both = ["obama.jpg", "biden.jpg"].map(|name| pictures.join(name));
    if let Some(absent) = both.iter().find(|picture| !picture.exists()) {
        eprintln!("skipped: {} is absent", absent.display());
        return None;
    }
    let both = both.map(|picture| image_for_dlib::open(picture).unwrap().to_rgb8());
    let height = both.iter().map(|picture| picture.height()).min()? * 2 / 5;
    let mut rgb = Vec::new();
    for row in 0..height as usize {
        for picture in &both {
            let line = 3 * picture.width() as usize;
            rgb.extend_from_slice(&picture.as_raw()[row * line..][..line]);
        }
    }
    Some((both.iter().map(|picture| picture.width()).sum(), height, rgb))
}

#[test]
fn each_of_several_faces_has_its_own_encoding_as_by_dlib() {
    let (Some(models), Some(pictures)) = (models(), folder("FACELOGIN_TEST_PICTURES")) else {
        return;
    };
    let Some((width, height, rgb)) = side_by_side(&pictures) else {
        return;
    };
    let mut engine = DlibEngine::load(&models).unwrap();
    assert_eq!(matches!(engine.encoder, Encoder::Own(_)), possible());
    let mut plain = DlibEngine::load_plain(&models).unwrap();
    assert!(matches!(plain.encoder, Encoder::Dlib(_)));
    let frame = Frame::new(width, height, Pixels::Rgb(&rgb)).unwrap();
    let [ours, theirs] = [&mut engine, &mut plain]
        .map(|engine: &mut DlibEngine| engine.analyse(&frame, Effort::Still).unwrap().faces);
    assert_eq!((ours.len(), theirs.len()), (2, 2));
    assert!(ours.iter().any(|face| face.quality.inside < 1.0));
    for (place, face) in ours.iter().enumerate() {
        assert!(face.encoding.distance(&theirs[place].encoding) <= TOLERANCE);
        assert!(face.encoding.distance(&theirs[1 - place].encoding) > 0.6);
    }
}
