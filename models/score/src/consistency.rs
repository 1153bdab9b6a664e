//! How alike one person's pictures are, in an engine's own distances: what an enrolment and a login hold theirs against.

use crate::uncalibrated::SFACE;

/// The engine that encoders are measured in; no login compares what it makes.
const EVALUATION: &str = "onnx-yunet-evaluation";

/// Limits for the pictures of one enrolment, as Euclidean distances of encodings. What lies beyond shows somebody else, or
/// the same face too badly to be of use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Consistency {
    /// Pictures given as files, which may lie years apart: each from the mean of all.
    pub from_mean: f32,
    /// Pictures of one sitting before a camera: any from any other. Unlike the distance from the mean it does not
    /// grow with how many of them show somebody else.
    pub apart: f32,
    /// Templates of one account, as files or of other days: what lies farther apart is likelier somebody else's.
    pub templates: f32,
}

impl Consistency {
    /// Of the engine with this name; `None`: none is known, and nobody can be enrolled with it from more than one picture.
    ///
    /// dlib, camera: sets of seven pictures of one NUAA sitting, and the same with two or three of a bystander's. At 0.42
    /// none of the own sets was refused and 7 % lost a picture, and no bystander stayed in; at a distance of 0.33
    /// from the mean a bystander stayed in 3 % with two pictures and in 33 % with three. Files: of two strangers on LFW
    /// 3 % or so lie within 0.33 of their mean. Templates of five pictures: NUAA's of another sitting 0.24 to 0.41 apart (median
    /// 0.31), LFW's up to 0.29; those of strangers 0.37 at the least (LFW, 0.38 NUAA).
    ///
    /// SFace: by the evaluation encoder's distances, a network of the same kind and width whose encodings have the length 1,
    /// too; SFace itself was not measured. Camera: own sets reached 0.952, 5 % of them lost a picture at 0.95, none was
    /// refused; strangers were 1.02 apart at least. Files: of five pictures of one person on LFW the farthest lies 0.645
    /// from the mean at the median (dlib's: 0.317), of two strangers 5 % lie within 0.638, and a stranger among four of one
    /// person 0.93 from it but for 1 %. Templates: NUAA's own 0.58 to 1.00 (median 0.74), LFW's up to 0.67; strangers 0.86 at
    /// the least (LFW, 0.98 NUAA).
    pub fn of(engine: &str) -> Option<Self> {
        match engine {
            "dlib-hog-resnet" => Some(Self {
                from_mean: 0.33,
                apart: 0.42,
                templates: 0.42,
            }),
            SFACE | EVALUATION => Some(Self {
                from_mean: 0.65,
                apart: 0.95,
                templates: 1.00,
            }),
            _ => None,
        }
    }
}

/// How much farther than the fused probe a single picture may be from the template, in dlib's distances and in those of an
/// engine of which nothing else is known. It keeps a face that is swapped between pictures from hiding in the mean. Of three NUAA
/// webcam pictures of one person the farthest lies 0.03 (median) to 0.11 (99th percentile) beyond their mean.
pub const SINGLE_SLACK: f32 = 0.12;

/// The same in an engine's own distances.
///
/// SFace: by the evaluation encoder, as above. Of three pictures of one person the farthest lies 0.06 (median) to 0.23 (99th
/// percentile) beyond their mean, 0.27 at most. With 0.24 no login of those who are enrolled is lost to it at any limit from 0.68 to 0.92;
/// of probes with a stranger's picture for one of three 0.4 % pass at 0.80, with 0.12 none and with 0.30 1.7 %.
pub(crate) fn single_slack(engine: &str) -> f32 {
    match engine {
        SFACE | EVALUATION => 0.24,
        _ => SINGLE_SLACK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_has_its_own_scale_and_an_unknown_one_has_none() {
        let dlib = Consistency::of("dlib-hog-resnet").unwrap();
        let sface = Consistency::of(SFACE).unwrap();
        assert_eq!(Consistency::of(EVALUATION), Some(sface));
        for (near, far) in [
            (dlib.from_mean, sface.from_mean),
            (dlib.apart, sface.apart),
            (dlib.templates, sface.templates),
        ] {
            assert!(near < far);
        }
        assert_eq!(Consistency::of("e"), None);
        assert_eq!(Consistency::of(""), None);
    }
}
