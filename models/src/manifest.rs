//! The static list of model files that the default engine needs.

use serde::Serialize;

/// One model file: its name, what its bytes must be, where they come from, and on what terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ModelFile {
    /// File name in a models folder. Never contains a path separator.
    pub name: &'static str,
    /// SHA-256 of the (unpacked) file, 64 lower-case hexadecimal digits. This, not the origin, decides.
    pub sha256: &'static str,
    /// Size of the (unpacked) file in bytes.
    pub size: u64,
    /// Licence as an SPDX identifier.
    pub licence: &'static str,
    /// HTTPS address of the file, packed with bzip2.
    pub origin: &'static str,
    /// What the engine uses it for.
    pub purpose: &'static str,
}

/// Name of the five-point landmark predictor: eye corners and the base of the nose.
pub const FIVE_POINTS: &str = "shape_predictor_5_face_landmarks.dat";

/// Name of the face encoder: a 150x150 face in, 128 numbers out.
pub const FACE_ENCODER: &str = "dlib_face_recognition_resnet_model_v1.dat";

/// The files of the default engine, in the order in which their hashes form the engine's model identity.
///
/// The detector is not among them: dlib's HOG face detector is compiled into the library. The 68-point predictor is
/// left out on purpose, since its training data excludes commercial use, and the CNN detector because HOG is the one
/// that is fast enough.
///
/// Hashes and sizes are those of the files in the Python package `face_recognition_models` 0.3.0. The `.bz2` files at
/// the origin are the author's own; whatever they unpack to must have the hash given here.
pub fn manifest() -> &'static [ModelFile] {
    &MANIFEST
}

static MANIFEST: [ModelFile; 2] = [
    ModelFile {
        name: FIVE_POINTS,
        sha256: "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
        size: 9_150_489,
        licence: "CC0-1.0",
        origin: "https://github.com/davisking/dlib-models/raw/master/shape_predictor_5_face_landmarks.dat.bz2",
        purpose: "finds the eye corners and the base of the nose, by which a face is aligned",
    },
    ModelFile {
        name: FACE_ENCODER,
        sha256: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        size: 22_466_066,
        licence: "CC0-1.0",
        origin: "https://github.com/davisking/dlib-models/raw/master/dlib_face_recognition_resnet_model_v1.dat.bz2",
        purpose: "turns an aligned face into 128 numbers that can be compared",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_complete_and_comes_over_https() {
        for file in manifest() {
            assert!(
                !file.name.contains('/') && !file.name.starts_with('.'),
                "{}",
                file.name
            );
            assert_eq!(file.sha256.len(), 64, "{}", file.name);
            assert!(
                file.sha256
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
                "{}",
                file.name
            );
            assert_eq!(
                file.origin.rsplit('/').next(),
                Some(format!("{}.bz2", file.name).as_str())
            );
            assert!(file.origin.starts_with("https://"), "{}", file.origin);
            assert!(file.size > 0 && !file.licence.is_empty() && !file.purpose.is_empty());
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = manifest().iter().map(|f| f.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), manifest().len());
    }
}
