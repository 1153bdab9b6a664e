//! Is there one face in the picture, and is it good enough to compare? Pure; each flaw has its words for a person.

use crate::Face;

/// Why a picture was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// No face was found.
    NoFace,
    /// Several faces, and none clearly nearer than the others.
    SeveralFaces,
    /// The face is too small.
    TooSmall,
    /// Part of the face is beyond the picture's edge.
    CutOff,
    /// Too dark.
    TooDark,
    /// Too bright, or too much of it burnt out.
    TooBright,
    /// Out of focus or moving.
    Blurred,
    /// Turned away.
    TurnedAway,
}

impl Flaw {
    /// What is wrong with a picture that has it.
    pub fn problem(self) -> &'static str {
        match self {
            Self::NoFace => "no face was found in it",
            Self::SeveralFaces => "it shows more than one face",
            Self::TooSmall => "the face is too small",
            Self::CutOff => "the face is cut off by the edge of the picture",
            Self::TooDark => "the face is too dark",
            Self::TooBright => "the face is overexposed",
            Self::Blurred => "the face is blurred",
            Self::TurnedAway => "the face is turned away",
        }
    }

    /// What to do about a picture file that has it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::NoFace => "Use a sharp, well lit picture of the face from the front",
            Self::SeveralFaces => "Use a picture of this person alone",
            Self::TooSmall => "Use a larger picture, or crop it closer to the face",
            Self::CutOff => "Use a picture that shows the whole face with some room around it",
            Self::TooDark => "Use a picture with more light on the face",
            Self::TooBright => "Use a picture with softer light on the face",
            Self::Blurred => "Use a sharper picture",
            Self::TurnedAway => "Use a picture in which the face looks at the camera",
        }
    }

    /// What to tell a person in front of the camera.
    pub fn hint(self) -> &'static str {
        match self {
            Self::NoFace => "Look at the camera",
            Self::SeveralFaces => "Only one person may be in view",
            Self::TooSmall => "Come closer",
            Self::CutOff => "Move to the middle of the picture",
            Self::TooDark => "Turn on a light",
            Self::TooBright => "Avoid the light shining on your face",
            Self::Blurred => "Hold still",
            Self::TurnedAway => "Look straight at the camera",
        }
    }
}

/// How good a face must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gates {
    /// Pixels between the centres of the eyes.
    pub min_eye_distance_px: f32,
    /// Share of the face's surroundings that the picture shows.
    pub min_inside: f32,
    /// Mean luma of the face as the camera gave it, 0 to 1.
    pub brightness: (f32, f32),
    /// Share of the face's pixels that are black or white where the encoder sees them.
    pub max_clipped: f32,
    /// Variance of the Laplacian; see [`Quality`](crate::Quality).
    pub min_sharpness: f32,
    /// Degrees, coarse.
    pub max_yaw_deg: f32,
    /// Degrees, coarse.
    pub max_pitch_deg: f32,
    /// Degrees.
    pub max_roll_deg: f32,
}

/// For a login: what the encoder can still work with. A miss costs a password.
pub const LOGIN: Gates = Gates {
    min_eye_distance_px: 24.0,
    min_inside: 0.80,
    // A face this dark is spread over all levels before it is encoded, and then lies 0.17 from itself in the light; darker,
    // strangers begin to look alike (docs/accuracy.md).
    // Brighter than 0.90 nothing was measured.
    brightness: (0.04, 0.90),
    max_clipped: 0.50,
    min_sharpness: 8.0,
    // Of single pictures of LFW 16 to 19 % miss up to 20 degrees of either; from there 19 to 24 % up to 30 of yaw and 50 % beyond, 32 to
    // 38 % up to 30 of pitch and 55 % beyond; strangers gain nothing by it. Pitch reads coarsest, and a camera below the
    // face sees it from below: a portrait from the front with the chin up reads 26.
    max_yaw_deg: 25.0,
    max_pitch_deg: 30.0,
    max_roll_deg: 25.0,
};

/// For an enrolment: a bad template lasts.
pub const ENROLMENT: Gates = Gates {
    min_eye_distance_px: 32.0,
    min_inside: 0.97,
    // From 0.80 on twice as many pictures miss as in milder light, of two people's sittings (NUAA).
    brightness: (0.15, 0.80),
    max_clipped: 0.30,
    min_sharpness: 15.0,
    // 15 degrees, and what the estimate is off by: a true 20 degrees of pitch reads 13 to 24.
    max_yaw_deg: 20.0,
    max_pitch_deg: 20.0,
    max_roll_deg: 20.0,
};

/// A face with less than this share of the usual sharpness of its own scan is blurred, however sharp its camera is: all
/// nine of NUAA's that are below it miss, and half of the others (`docs/accuracy.md`).
pub const USUAL_SHARPNESS: f32 = 0.5;

/// How sharp the faces of one scan are, by which each of them is judged: cameras differ tenfold.
#[derive(Debug, Default)]
pub struct Focus {
    /// Of every face so far, ascending.
    seen: Vec<f32>,
}

/// Faces before the usual sharpness of a camera is known.
const KNOWN_FROM: usize = 3;

/// Faces that are remembered: a scan of half a minute.
const REMEMBERED: usize = 1000;

impl Focus {
    /// Whether this face is about as sharp as those before it; it counts for those after it either way.
    pub fn judge(&mut self, face: &Face) -> Result<(), Flaw> {
        let sharpness = face.quality.sharpness;
        let usual = (self.seen.len() >= KNOWN_FROM).then(|| self.seen[self.seen.len() / 2]);
        if self.seen.len() < REMEMBERED {
            let place = self.seen.partition_point(|one| one.total_cmp(&sharpness).is_lt());
            self.seen.insert(place, sharpness);
        }
        // Written so that a NaN is blurred.
        match usual {
            None => Ok(()),
            Some(usual) if sharpness >= USUAL_SHARPNESS * usual => Ok(()),
            Some(_) => Err(Flaw::Blurred),
        }
    }
}

/// The nearest face counts alone when its eyes are at least this many times as far apart in the picture as the next
/// one's: that person is half as far again away. Measured between the eyes, for the detector's box grows in steps of a fifth and
/// wavers between pictures.
pub const DOMINANCE: f32 = 1.5;

/// The one face to compare, or why there is none.
pub fn one_good_face<'a>(faces: &'a [Face], gates: &Gates) -> Result<&'a Face, Flaw> {
    // A head that is turned shows its eyes closer together than they are. Beyond 60 degrees the estimate is no good.
    let size = |face: &Face| face.quality.eye_distance_px / face.quality.yaw_deg.to_radians().cos().max(0.5);
    let Some(nearest) = faces.iter().max_by(|a, b| size(a).total_cmp(&size(b))) else {
        return Err(Flaw::NoFace);
    };
    // Written so that a NaN is no dominance: the numbers come from another process.
    // Eyes that coincide belong to a head of unknown size.
    let farther = |face: &Face| size(face) > 0.0 && size(nearest) >= DOMINANCE * size(face);
    let alone = faces
        .iter()
        .all(|face| std::ptr::eq(face, nearest) || farther(face));
    if !alone {
        return Err(Flaw::SeveralFaces);
    }
    judge(nearest, gates).map(|()| nearest)
}

/// The one face of a picture that must show nobody else at all.
pub fn only_good_face<'a>(faces: &'a [Face], gates: &Gates) -> Result<&'a Face, Flaw> {
    match faces {
        [] => Err(Flaw::NoFace),
        [only] => judge(only, gates).map(|()| only),
        _ => Err(Flaw::SeveralFaces),
    }
}

fn judge(face: &Face, gates: &Gates) -> Result<(), Flaw> {
    let quality = &face.quality;
    // Every comparison is written so that a NaN fails it: the numbers come from another process.
    let within = |value: f32, low: f32, high: f32| value >= low && value <= high;
    let checks = [
        (quality.inside >= gates.min_inside, Flaw::CutOff),
        (
            quality.eye_distance_px >= gates.min_eye_distance_px,
            Flaw::TooSmall,
        ),
        (quality.brightness >= gates.brightness.0, Flaw::TooDark),
        (quality.brightness <= gates.brightness.1, Flaw::TooBright),
        (quality.clipped <= gates.max_clipped, Flaw::TooBright),
        (
            within(quality.yaw_deg, -gates.max_yaw_deg, gates.max_yaw_deg),
            Flaw::TurnedAway,
        ),
        (
            within(quality.pitch_deg, -gates.max_pitch_deg, gates.max_pitch_deg),
            Flaw::TurnedAway,
        ),
        (
            within(quality.roll_deg, -gates.max_roll_deg, gates.max_roll_deg),
            Flaw::TurnedAway,
        ),
        (quality.sharpness >= gates.min_sharpness, Flaw::Blurred),
    ];
    match checks.iter().find(|(passed, _)| !passed) {
        Some((_, flaw)) => Err(*flaw),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{encoding, face, sized};

    #[test]
    fn each_flaw_is_found_and_a_number_that_is_none_counts_as_flawed() {
        let good = face(encoding(0.0, 0));
        assert!(one_good_face(std::slice::from_ref(&good), &LOGIN).is_ok());
        assert!(only_good_face(std::slice::from_ref(&good), &ENROLMENT).is_ok());
        type Change = fn(&mut crate::Quality, f32);
        let table: [(Change, f32, Flaw); 10] = [
            (|q, v| q.inside = v, 0.75, Flaw::CutOff),
            (|q, v| q.eye_distance_px = v, 10.0, Flaw::TooSmall),
            (|q, v| q.brightness = v, 0.01, Flaw::TooDark),
            (|q, v| q.brightness = v, 0.99, Flaw::TooBright),
            (|q, v| q.clipped = v, 0.8, Flaw::TooBright),
            (|q, v| q.yaw_deg = v, 45.0, Flaw::TurnedAway),
            (|q, v| q.yaw_deg = v, -45.0, Flaw::TurnedAway),
            (|q, v| q.pitch_deg = v, 45.0, Flaw::TurnedAway),
            (|q, v| q.roll_deg = v, 45.0, Flaw::TurnedAway),
            (|q, v| q.sharpness = v, 1.0, Flaw::Blurred),
        ];
        for (change, value, flaw) in table {
            let mut bad = good.clone();
            change(&mut bad.quality, value);
            assert_eq!(one_good_face(&[bad], &LOGIN).unwrap_err(), flaw, "{value}");
            let mut none = good.clone();
            change(&mut none.quality, f32::NAN);
            assert!(one_good_face(&[none], &LOGIN).is_err(), "{flaw:?} with NaN");
        }
    }

    #[test]
    fn a_face_is_as_sharp_as_its_camera_lets_it_be() {
        let mut focus = Focus::default();
        let mut judge = |sharpness| {
            let mut face = face(encoding(0.0, 0));
            face.quality.sharpness = sharpness;
            focus.judge(&face)
        };
        for sharpness in [20.0, 10.0, 20.0, 22.0, 10.0] {
            assert_eq!(judge(sharpness), Ok(()), "{sharpness}");
        }
        assert_eq!(judge(9.9), Err(Flaw::Blurred));
        assert_eq!(judge(f32::NAN), Err(Flaw::Blurred));
        // A camera that finds its focus only later sets another measure.
        for _ in 0..20 {
            judge(100.0).unwrap();
        }
        assert_eq!(judge(20.0), Err(Flaw::Blurred));
    }

    #[test]
    fn a_bystander_is_ignored_at_login_and_refused_at_enrolment() {
        let near = sized(face(encoding(0.0, 0)), 60.0);
        let far = sized(face(encoding(0.0, 1)), 40.0);
        let close = sized(face(encoding(0.0, 1)), 41.0);
        for faces in [[near.clone(), far.clone()], [far.clone(), near.clone()]] {
            assert_eq!(
                one_good_face(&faces, &LOGIN).unwrap().quality.eye_distance_px,
                60.0
            );
            assert_eq!(
                only_good_face(&faces, &ENROLMENT).unwrap_err(),
                Flaw::SeveralFaces
            );
        }
        assert_eq!(
            one_good_face(&[near.clone(), far.clone(), close], &LOGIN).unwrap_err(),
            Flaw::SeveralFaces
        );
        // Nearer than the eyes say, for the head is turned away.
        let mut turned = far.clone();
        turned.quality.yaw_deg = 60.0;
        assert_eq!(
            one_good_face(&[near.clone(), turned], &LOGIN).unwrap_err(),
            Flaw::SeveralFaces
        );
        let flat = sized(face(encoding(0.0, 1)), 0.0);
        assert_eq!(
            one_good_face(&[near.clone(), flat], &LOGIN).unwrap_err(),
            Flaw::SeveralFaces
        );
        let odd = sized(face(encoding(0.0, 1)), f32::NAN);
        assert!(one_good_face(&[near, odd], &LOGIN).is_err());
        assert_eq!(one_good_face(&[], &LOGIN).unwrap_err(), Flaw::NoFace);
    }
}
