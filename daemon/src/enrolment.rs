//! What makes a set of pictures a template. Pure.

use std::time::Duration;

use facelogin_score::gates::{ENROLMENT, Flaw, Focus, only_good_face};
use facelogin_score::{Consistency, Encoding, Face};

/// Good pictures that an enrolment from the camera takes.
pub const WANTED: usize = 7;

/// The least that will do when time runs out, or when some are unlike the others.
pub const ENOUGH: usize = 5;

/// Pictures taken closer together than this show the same instant: they add nothing.
pub const APART: Duration = Duration::from_millis(300);

/// A picture that shows the head as another one did is taken only when none that shows it otherwise came for so long.
pub const SAME_VIEW: Duration = Duration::from_secs(1);

/// From so many degrees of yaw or pitch a head is held otherwise. Five pictures as different in pose as a sitting has them
/// are refused on another day less than half as often at `convenient` as five in a row (`docs/accuracy.md`).
pub const TURNED_DEG: f32 = 4.0;

/// The longest enrolment from the camera.
pub const TIMEOUT: Duration = Duration::from_secs(45);

/// Enrolment from the camera, in progress.
#[derive(Debug, Default)]
pub struct Gathering {
    encodings: Vec<Encoding>,
    /// Yaw and pitch of each.
    views: Vec<(f32, f32)>,
    focus: Focus,
    last: Option<Duration>,
    hint: Option<&'static str>,
}

impl Gathering {
    /// Takes in one picture, `elapsed` after the start. True when the number of good ones or the hint changed.
    pub fn observe(&mut self, elapsed: Duration, faces: &[Face]) -> bool {
        if self.last.is_some_and(|last| elapsed < last + APART) {
            return false;
        }
        let good = only_good_face(faces, &ENROLMENT).and_then(|face| self.focus.judge(face).map(|()| face));
        let hint = match good {
            Ok(face) => {
                let view = (face.quality.yaw_deg, face.quality.pitch_deg);
                if self.is_new(view) || self.last.is_none_or(|last| elapsed >= last + SAME_VIEW) {
                    self.encodings.push(face.encoding.clone());
                    self.views.push(view);
                    self.last = Some(elapsed);
                }
                self.guidance()
            }
            Err(flaw) => flaw.hint(),
        };
        let changed = Some(hint) != self.hint || self.last == Some(elapsed);
        self.hint = Some(hint);
        changed
    }

    /// Good pictures so far.
    pub fn got(&self) -> usize {
        self.encodings.len()
    }

    /// Whether there are as many as wanted.
    pub fn complete(&self) -> bool {
        self.got() >= WANTED
    }

    /// What to tell the person.
    pub fn hint(&self) -> Option<&'static str> {
        self.hint
    }

    /// The encodings gathered.
    pub fn into_encodings(self) -> Vec<Encoding> {
        self.encodings
    }

    /// Whether the head was held otherwise in all pictures so far.
    fn is_new(&self, (yaw, pitch): (f32, f32)) -> bool {
        self.views
            .iter()
            .all(|(y, p)| (yaw - y).abs() >= TURNED_DEG || (pitch - p).abs() >= TURNED_DEG)
    }

    /// Which views are missing, in words.
    fn guidance(&self) -> &'static str {
        let spread = |of: fn(&(f32, f32)) -> f32| {
            let (low, high) = self
                .views
                .iter()
                .map(of)
                .fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
            high - low
        };
        if spread(|view| view.0) < 2.0 * TURNED_DEG {
            "Keep looking at the camera, and turn your head a little to one side"
        } else if spread(|view| view.1) < 2.0 * TURNED_DEG {
            "Keep looking at the camera, and raise or lower your chin a little"
        } else {
            "Keep looking at the camera, and turn your head a little the other way"
        }
    }
}

/// Of one sitting before a camera: leaves out those that are unlike the rest, the most unlike first, up to a third of all;
/// says how many. More, and it is not clear who is meant.
pub fn without_outliers(
    mut encodings: Vec<Encoding>,
    limits: &Consistency,
) -> Result<(Vec<Encoding>, usize), Unfit> {
    let most = encodings.len() / 3;
    for dropped in 0..=most {
        match near_each_other(&encodings, limits.apart) {
            Ok(()) => return Ok((encodings, dropped)),
            Err(Unfit::Odd { place, .. }) if dropped < most => {
                encodings.remove(place);
            }
            Err(unfit) => return Err(unfit),
        }
    }
    // Not reached: the last round returns either way.
    near_each_other(&encodings, limits.apart).map(|()| (encodings, most))
}

/// Why a set of encodings is no template.
#[derive(Clone, Debug, PartialEq)]
pub enum Unfit {
    /// A picture is not good enough.
    Flawed(Flaw),
    /// The picture at this place shows somebody other than the rest.
    Odd {
        /// Its place, from 0.
        place: usize,
        /// Its distance from the mean of the others, or from the picture that is most unlike it.
        distance: f32,
    },
}

/// The encoding of a picture that was given as a file.
pub fn from_picture(faces: &[Face]) -> Result<Encoding, Unfit> {
    only_good_face(faces, &ENROLMENT)
        .map(|face| face.encoding.clone())
        .map_err(Unfit::Flawed)
}

/// Checks that the encodings of picture files are all of one person: each is held against the mean of the others, as of two the mean of
/// both is half as far away.
pub fn consistent(encodings: &[Encoding], limits: &Consistency) -> Result<(), Unfit> {
    let from_others = |(place, one): (usize, &Encoding)| {
        let (before, after) = (&encodings[..place], &encodings[place + 1..]);
        let others: Vec<&Encoding> = before.iter().chain(after).collect();
        // One picture has no others.
        Some((place, one.distance(&Encoding::mean(&others)?)))
    };
    let farthest = encodings
        .iter()
        .enumerate()
        .filter_map(from_others)
        .max_by(|(_, a), (_, b)| a.total_cmp(b));
    match farthest {
        Some((place, distance)) if distance > limits.from_others => Err(Unfit::Odd { place, distance }),
        _ => Ok(()),
    }
}

/// Checks that any two are at most so far apart. Of the two that are farthest apart the one is odd that is farther from
/// all others together.
fn near_each_other(encodings: &[Encoding], apart: f32) -> Result<(), Unfit> {
    let far_from_all = |one: &Encoding| encodings.iter().map(|other| one.distance(other)).sum::<f32>();
    let pairs = encodings.iter().enumerate().flat_map(|(place, one)| {
        let others = encodings.iter().enumerate().skip(place + 1);
        others.map(move |(other_place, other)| ((place, one), (other_place, other), one.distance(other)))
    });
    match pairs.max_by(|(_, _, a), (_, _, b)| a.total_cmp(b)) {
        Some(((first, one), (second, other), distance)) if distance > apart => {
            let place = if far_from_all(one) >= far_from_all(other) {
                first
            } else {
                second
            };
            Err(Unfit::Odd { place, distance })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{encoding, face, sized};

    fn dlib() -> Consistency {
        Consistency::of("dlib-hog-resnet").unwrap()
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn turned(yaw: f32, pitch: f32) -> [Face; 1] {
        let mut face = face(encoding(0.1, 0));
        face.quality.yaw_deg = yaw;
        face.quality.pitch_deg = pitch;
        [face]
    }

    #[test]
    fn pictures_of_the_same_instant_or_view_count_once_and_bad_ones_not_at_all() {
        let mut gathering = Gathering::default();
        assert!(gathering.observe(ms(0), &turned(0.0, 0.0)));
        assert!(!gathering.observe(ms(299), &turned(9.0, 0.0)));
        assert!(gathering.observe(ms(300), &turned(5.0, 0.0)));
        assert_eq!(gathering.got(), 2);
        // As before: not for a second.
        gathering.observe(ms(700), &turned(3.0, 1.0));
        assert_eq!(gathering.got(), 2);
        assert!(gathering.observe(ms(1300), &turned(3.0, 1.0)));
        assert_eq!(gathering.got(), 3);
        assert!(gathering.observe(ms(1700), &[]));
        assert_eq!(gathering.hint(), Some(Flaw::NoFace.hint()));
        // The same hint again is no news.
        assert!(!gathering.observe(ms(1733), &[]));
        let two = [
            sized(face(encoding(0.1, 0)), 200.0),
            sized(face(encoding(0.1, 0)), 20.0),
        ];
        assert!(gathering.observe(ms(1766), &two));
        assert_eq!((gathering.got(), gathering.complete()), (3, false));
        for picture in 0..WANTED as u64 - 3 {
            gathering.observe(ms(3000 + 1000 * picture), &turned(0.0, 0.0));
        }
        assert!(
            gathering.complete(),
            "nobody is kept waiting for turning too little"
        );
        assert_eq!(gathering.into_encodings().len(), WANTED);
    }

    #[test]
    fn whoever_turns_is_done_sooner_and_told_what_is_missing() {
        let mut gathering = Gathering::default();
        let views = [
            (0.0, 0.0),
            (-5.0, 0.0),
            (5.0, 0.0),
            (9.0, 0.0),
            (0.0, 5.0),
            (0.0, -5.0),
            (5.0, 5.0),
        ];
        let mut hints = Vec::new();
        for (place, (yaw, pitch)) in views.into_iter().enumerate() {
            gathering.observe(ms(300 * place as u64), &turned(yaw, pitch));
            hints.push(gathering.hint().unwrap());
        }
        assert!(gathering.complete());
        assert!(
            hints[0].contains("to one side") && hints[3].contains("chin") && hints[6].contains("other way")
        );
    }

    #[test]
    fn a_picture_far_less_sharp_than_the_others_is_blurred() {
        let mut gathering = Gathering::default();
        for (place, (sharpness, got)) in [(100.0, 1), (100.0, 2), (100.0, 3), (30.0, 3), (60.0, 4)]
            .into_iter()
            .enumerate()
        {
            let mut face = turned(0.0, 0.0);
            face[0].quality.sharpness = sharpness;
            gathering.observe(ms(1000 * place as u64), &face);
            assert_eq!(gathering.got(), got, "{place}");
        }
    }

    #[test]
    fn the_few_that_are_unlike_the_others_are_left_out_and_a_crowd_is_refused() {
        let own = |axis| encoding(0.1, axis);
        let stranger = |axis| encoding(0.9, axis);
        let six = || (0..5).map(own).collect::<Vec<_>>();
        for strangers in 0..5 {
            let mut all = six();
            for place in 0..strangers {
                all.insert(place, stranger(20 + place));
            }
            match without_outliers(all, &dlib()) {
                Ok((kept, dropped)) => {
                    assert!(strangers <= 2 && dropped == strangers, "{strangers}");
                    assert_eq!(kept, six());
                }
                Err(unfit) => assert!(strangers > 2 && matches!(unfit, Unfit::Odd { .. }), "{strangers}"),
            }
        }
        assert!(
            without_outliers(vec![own(0), stranger(1)], &dlib()).is_err(),
            "of two nobody knows which"
        );
        assert_eq!(without_outliers(Vec::new(), &dlib()), Ok((Vec::new(), 0)));
    }

    #[test]
    fn a_bystander_in_three_of_seven_is_no_part_of_anybody_in_either_engines_scale() {
        // In units of an engine's limit: within a sitting 0.7 apart, strangers 1.1, as near as any that were measured.
        for engine in ["dlib-hog-resnet", "onnx-yunet-sface"] {
            let limits = Consistency::of(engine).unwrap();
            let own = |axis| encoding(limits.apart * 0.5, axis);
            let all = |bystanders: usize| -> Vec<Encoding> {
                let shifted = |axis: usize| {
                    let mut values = own(axis).as_slice().to_vec();
                    values[100] = limits.apart * 0.85;
                    Encoding::try_from_slice(&values).unwrap()
                };
                (0..7 - bystanders)
                    .map(own)
                    .chain((50..50 + bystanders).map(shifted))
                    .collect()
            };
            assert_eq!(without_outliers(all(0), &limits), Ok((all(0), 0)), "{engine}");
            for bystanders in 1..=2 {
                let (kept, dropped) = without_outliers(all(bystanders), &limits).unwrap();
                assert_eq!((dropped, kept.len()), (bystanders, 7 - bystanders), "{engine}");
                assert!(kept.iter().all(|one| one.as_slice()[100] == 0.0), "{engine}");
            }
            assert!(without_outliers(all(3), &limits).is_err(), "{engine}");
        }
        // Files, too, have each engine's own scale.
        let years = [encoding(0.6, 0), encoding(0.6, 1), encoding(0.6, 2)];
        let limits = |engine| Consistency::of(engine).unwrap();
        assert!(consistent(&years, &limits("onnx-yunet-sface")).is_ok());
        assert!(consistent(&years, &limits("dlib-hog-resnet")).is_err());
        let strangers = [encoding(0.7, 0), encoding(-0.7, 0)];
        assert!(consistent(&strangers, &limits("onnx-yunet-sface")).is_err());
        let two_strangers = [encoding(0.4, 0), encoding(-0.4, 0)];
        assert!(consistent(&two_strangers, &limits("dlib-hog-resnet")).is_err());
    }

    #[test]
    fn the_picture_of_somebody_else_is_named() {
        assert_eq!(consistent(&[], &dlib()), Ok(()));
        assert_eq!(consistent(&[encoding(0.3, 0)], &dlib()), Ok(()));
        // One person: 0.35 apart at most.
        assert_eq!(
            consistent(&[encoding(0.2, 0), encoding(0.2, 1), encoding(0.25, 2)], &dlib()),
            Ok(())
        );
        // Two strangers, however few pictures there are: 0.46 apart, each only 0.23 from their mean.
        for count in 1..=4 {
            let mut all = vec![encoding(0.23, 0); count];
            all.push(encoding(-0.23, 0));
            assert!(
                matches!(consistent(&all, &dlib()), Err(Unfit::Odd { .. })),
                "{count}"
            );
        }
        let odd = consistent(
            &[
                encoding(0.1, 0),
                encoding(0.1, 1),
                encoding(0.9, 2),
                encoding(0.1, 3),
            ],
            &dlib(),
        );
        assert!(matches!(odd, Err(Unfit::Odd { place: 2, .. })), "{odd:?}");
    }

    #[test]
    fn a_picture_file_must_show_one_good_face() {
        assert!(from_picture(&[face(encoding(0.1, 0))]).is_ok());
        let mut cut = face(encoding(0.1, 0));
        cut.quality.inside = 0.77;
        assert_eq!(from_picture(&[cut]).unwrap_err(), Unfit::Flawed(Flaw::CutOff));
        assert_eq!(from_picture(&[]).unwrap_err(), Unfit::Flawed(Flaw::NoFace));
    }
}
