//! How alike one person's pictures are, in an engine's own distances: what an enrolment and a login hold theirs against.

use crate::uncalibrated::SFACE;

/// The engine that encoders are measured in; no login compares what it makes.
const EVALUATION: &str = "onnx-yunet-evaluation";

/// Limits for the pictures of one enrolment, as Euclidean distances of encodings. What lies beyond shows somebody else, or
/// the same face too badly to be of use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Consistency {
    /// Pictures given as files, which may lie years apart: each from the mean of the others.
    pub from_others: f32,
    /// Pictures of one sitting before a camera: any from any other. Unlike the distance from the mean it does not
    /// grow with how many of them show somebody else.
    pub apart: f32,
    /// Templates of one account, as files or of other days: what lies farther apart is likelier somebody else's.
    pub templates: f32,
}

impl Consistency {
    /// Of the engine with this name; `None`: none is known, and nobody can be enrolled with it from more than one picture.
    ///
    /// Camera, of sets of seven pictures of one NUAA sitting: dlib's own are at most 0.449 apart (99 %: 0.404) and a bystander's
    /// 0.408 and more (1 %: 0.437) from one of them. Files: of two strangers' 0.313 and more (1 % of LFW's pairs: 0.622;
    /// of NUAA's the least is 0.455), a stranger's from the mean of four of one person 0.386 and more (LFW 1 %: 0.581, NUAA's least 0.429),
    /// the farthest of one person's five 0.397 at the median on LFW and 0.289 at the most on NUAA. Templates of five pictures: NUAA's of
    /// another sitting up to 0.387 apart, LFW's up to 0.305; those of strangers 0.355 at the least (LFW, 1 %: 0.513; NUAA 0.404).
    ///
    /// SFace: by the evaluation encoder's distances, a network of the same kind and width whose encodings have the length 1,
    /// too; SFace itself was not measured. The same in its distances: own sets up to 0.948 apart, a bystander's 1.037 and more;
    /// files of two strangers 0.693 and more (1 %: 1.218; NUAA 1.113), a stranger's among four 0.667 and more (1 %: 1.115; NUAA 1.072),
    /// one person's farthest 0.791 at the median on LFW; own templates up to 0.897, strangers' 0.832 and more (LFW 1 %: 0.984, NUAA
    /// 0.970). `--example consistency` prints them.
    pub fn of(engine: &str) -> Option<Self> {
        match engine {
            "dlib-hog-resnet" => Some(Self {
                from_others: 0.42,
                apart: 0.42,
                templates: 0.42,
            }),
            SFACE | EVALUATION => Some(Self {
                from_others: 0.95,
                apart: 0.95,
                templates: 1.00,
            }),
            _ => None,
        }
    }
}

/// How much farther than the fused probe a single picture may be from the template, in dlib's distances and in those of an
/// engine of which nothing else is known. It keeps a face that is swapped between pictures from hiding in the mean. Of three NUAA
/// webcam pictures of one person the farthest lies 0.02 (median) to 0.12 (99th percentile) beyond their mean.
pub const SINGLE_SLACK: f32 = 0.12;

/// The same in an engine's own distances.
///
/// SFace: by the evaluation encoder, as above. Of three NUAA webcam pictures of one person the farthest lies 0.05 (median) to 0.32
/// (99th percentile) beyond their mean. With 0.24 two in a hundred of the enrolled's logins are lost to it at the narrowest limits; of
/// probes with a stranger's picture for one of three 0.05 % pass at 0.80, with 0.30 1 %. `--example slack` prints them.
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
            (dlib.from_others, sface.from_others),
            (dlib.apart, sface.apart),
            (dlib.templates, sface.templates),
        ] {
            assert!(near < far);
        }
        assert_eq!(Consistency::of("e"), None);
        assert_eq!(Consistency::of(""), None);
    }
}
