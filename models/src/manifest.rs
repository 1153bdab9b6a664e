//! The static lists of model files: a set for each engine, and one to tell living faces from pictures.

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
    /// HTTPS address of the file; packed with bzip2 if it ends in `.bz2`, else plain.
    pub origin: &'static str,
    /// What it is used for.
    pub purpose: &'static str,
}

/// Name of the five-point landmark predictor: eye corners and the base of the nose.
pub const FIVE_POINTS: &str = "shape_predictor_5_face_landmarks.dat";

/// Name of the face encoder: a 150x150 face in, 128 numbers out.
pub const FACE_ENCODER: &str = "dlib_face_recognition_resnet_model_v1.dat";

/// Name of the ONNX engine's detector: a picture in; boxes, scores and five points of each face out.
pub const YUNET: &str = "face_detection_yunet_2023mar.onnx";

/// Name of the ONNX engine's encoder: a 112x112 face in, 128 numbers out.
pub const SFACE: &str = "face_recognition_sface_2021dec.onnx";

/// Name of the liveness network that sees a square 2.7 times the face's box (MiniFASNetV2).
pub const LIVENESS_NEAR: &str = "antispoof.onnx";

/// Name of the liveness network that sees a square 4.0 times the face's box (MiniFASNetV1SE).
pub const LIVENESS_WIDE: &str = "antispoof_4.onnx";

/// Files that are of use together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelSet {
    /// The default engine's.
    Dlib,
    /// The ONNX engine's.
    Onnx,
    /// Those that tell a living face from a picture of one, beside either engine.
    Liveness,
}

impl ModelSet {
    /// All of them, the default engine's first.
    pub const ALL: [Self; 3] = [Self::Dlib, Self::Onnx, Self::Liveness];

    /// The set's files, in the order in which their hashes form its identity
    /// ([`VerifiedModels::fingerprint`](crate::VerifiedModels::fingerprint)).
    ///
    /// *dlib*: its detector is not among them, for dlib's HOG face detector is compiled into the library. The 68-point
    /// predictor is left out on purpose, since its training data excludes commercial use, and the CNN detector because
    /// HOG is the one that is fast enough. Hashes and sizes are those of the files in the Python package
    /// `face_recognition_models` 0.3.0. The `.bz2` files at the origin are the author's own; whatever they unpack to must
    /// have the hash given here.
    ///
    /// *ONNX*: both from OpenCV Zoo, at a commit whose Git LFS pointers name these very hashes and sizes.
    ///
    /// *Liveness*: conversions of the two networks of Silent-Face-Anti-Spoofing, by the LinuxHello project, from a commit
    /// whose own `SHA256SUMS` names the same hashes.
    pub fn files(self) -> &'static [ModelFile] {
        match self {
            Self::Dlib => &DLIB,
            Self::Onnx => &ONNX,
            Self::Liveness => &LIVENESS,
        }
    }

    /// As it is called on the command line and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dlib => "dlib",
            Self::Onnx => "onnx",
            Self::Liveness => "liveness",
        }
    }
}

/// The files of the default engine: [`ModelSet::Dlib`]'s.
pub fn manifest() -> &'static [ModelFile] {
    ModelSet::Dlib.files()
}

static DLIB: [ModelFile; 2] = [
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

static ONNX: [ModelFile; 2] = [
    ModelFile {
        name: YUNET,
        sha256: "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        size: 232_589,
        // Its folder's own licence; the rest of the zoo is under Apache-2.0.
        licence: "MIT",
        origin: "https://media.githubusercontent.com/media/opencv/opencv_zoo/47534e27c9851bb1128ccc0102f1145e27f23f98/models/face_detection_yunet/face_detection_yunet_2023mar.onnx",
        purpose: "finds faces, with their eyes, nose and corners of the mouth",
    },
    ModelFile {
        name: SFACE,
        sha256: "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
        size: 38_696_353,
        licence: "Apache-2.0",
        origin: "https://media.githubusercontent.com/media/opencv/opencv_zoo/47534e27c9851bb1128ccc0102f1145e27f23f98/models/face_recognition_sface/face_recognition_sface_2021dec.onnx",
        purpose: "turns an aligned face into 128 numbers that can be compared",
    },
];

static LIVENESS: [ModelFile; 2] = [
    ModelFile {
        name: LIVENESS_NEAR,
        sha256: "ff77b9e4b73325ace4fdc4dd0930459ae6059589d72832c19194d53146c44141",
        size: 1_943_935,
        licence: "Apache-2.0",
        origin: "https://raw.githubusercontent.com/archledger/linhello/d4bd4fea7b6b5b74f2d10f37f33319a66ae42680/models/antispoof.onnx",
        purpose: "tells a living face from a picture of one, by the face",
    },
    ModelFile {
        name: LIVENESS_WIDE,
        sha256: "3bcd5c6d1da2252cd58959c112c41e94d0e58402f7e4dd1c90c9232acf3f07b2",
        size: 1_980_146,
        licence: "Apache-2.0",
        origin: "https://raw.githubusercontent.com/archledger/linhello/d4bd4fea7b6b5b74f2d10f37f33319a66ae42680/models/antispoof_4.onnx",
        purpose: "tells a living face from a picture of one, by what is around it",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = &'static ModelFile> {
        ModelSet::ALL.iter().flat_map(|set| set.files())
    }

    #[test]
    fn every_entry_is_complete_and_comes_over_https() {
        for file in all() {
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
            let at_origin = file.origin.rsplit('/').next().unwrap();
            assert_eq!(at_origin.strip_suffix(".bz2").unwrap_or(at_origin), file.name);
            assert!(file.origin.starts_with("https://"), "{}", file.origin);
            assert!(file.size > 0 && !file.licence.is_empty() && !file.purpose.is_empty());
        }
    }

    #[test]
    fn what_is_not_the_authors_own_archive_is_pinned_to_a_commit() {
        for file in ModelSet::Onnx.files().iter().chain(ModelSet::Liveness.files()) {
            let commit = |part: &str| part.len() == 40 && part.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(file.origin.split('/').any(commit), "{}", file.origin);
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = all().map(|f| f.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().count());
    }
}
