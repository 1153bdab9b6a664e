//! What makes a set of pictures a template. Pure.

use std::time::Duration;

use facelogin_score::gates::{ENROLMENT, Flaw, only_good_face};
use facelogin_score::{Encoding, Face};

/// Good pictures that an enrolment from the camera takes.
pub const WANTED: usize = 7;

/// The least that will do when time runs out.
pub const ENOUGH: usize = 5;

/// Pictures taken closer together than this show the same instant: they add nothing.
pub const APART: Duration = Duration::from_millis(300);

/// The longest enrolment from the camera.
pub const TIMEOUT: Duration = Duration::from_secs(45);

/// Encodings of one person in one sitting lie this near to their mean. Of two different people's pictures each is
/// about 0.4 from the common mean (half of 0.8, the usual distance of strangers).
pub const CONSISTENT: f32 = 0.33;

/// Enrolment from the camera, in progress.
#[derive(Debug, Default)]
pub struct Gathering {
    encodings: Vec<Encoding>,
    last: Option<Duration>,
    hint: Option<&'static str>,
}

impl Gathering {
    /// Takes in one picture, `elapsed` after the start. True when the number of good ones or the hint changed.
    pub fn observe(&mut self, elapsed: Duration, faces: &[Face]) -> bool {
        if self.last.is_some_and(|last| elapsed < last + APART) {
            return false;
        }
        let hint = match only_good_face(faces, &ENROLMENT) {
            Ok(face) => {
                self.encodings.push(face.encoding.clone());
                self.last = Some(elapsed);
                Some("Keep looking at the camera, and turn your head a little")
            }
            Err(flaw) => Some(flaw.hint()),
        };
        let changed = hint != self.hint || self.last == Some(elapsed);
        self.hint = hint;
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
        /// Its distance from the mean of all.
        distance: f32,
    },
}

/// The encoding of a picture that was given as a file.
pub fn from_picture(faces: &[Face]) -> Result<Encoding, Unfit> {
    only_good_face(faces, &ENROLMENT)
        .map(|face| face.encoding.clone())
        .map_err(Unfit::Flawed)
}

/// Checks that all encodings are of one person.
pub fn consistent(encodings: &[Encoding]) -> Result<(), Unfit> {
    let all: Vec<&Encoding> = encodings.iter().collect();
    let Some(mean) = Encoding::mean(&all) else {
        return Ok(());
    };
    let farthest = encodings
        .iter()
        .enumerate()
        .map(|(place, one)| (place, one.distance(&mean)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b));
    match farthest {
        Some((place, distance)) if distance > CONSISTENT => Err(Unfit::Odd { place, distance }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{encoding, face, sized};

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn pictures_of_the_same_instant_count_once_and_bad_ones_not_at_all() {
        let mut gathering = Gathering::default();
        let good = [face(encoding(0.1, 0))];
        assert!(gathering.observe(ms(0), &good));
        assert!(!gathering.observe(ms(33), &good));
        assert!(!gathering.observe(ms(299), &good));
        assert!(gathering.observe(ms(300), &good));
        assert_eq!(gathering.got(), 2);
        assert!(gathering.observe(ms(700), &[]));
        assert_eq!(gathering.hint(), Some(Flaw::NoFace.hint()));
        // The same hint again is no news.
        assert!(!gathering.observe(ms(733), &[]));
        let two = [
            sized(face(encoding(0.1, 0)), 200.0),
            sized(face(encoding(0.1, 0)), 20.0),
        ];
        assert!(gathering.observe(ms(766), &two));
        assert_eq!((gathering.got(), gathering.complete()), (2, false));
        for picture in 0..WANTED - 2 {
            gathering.observe(ms(1000 + 300 * picture as u64), &good);
        }
        assert!(gathering.complete());
        assert_eq!(gathering.into_encodings().len(), WANTED);
    }

    #[test]
    fn the_picture_of_somebody_else_is_named() {
        assert_eq!(consistent(&[]), Ok(()));
        assert_eq!(consistent(&[encoding(0.3, 0)]), Ok(()));
        // One person: 0.35 apart at most.
        assert_eq!(
            consistent(&[encoding(0.2, 0), encoding(0.2, 1), encoding(0.25, 2)]),
            Ok(())
        );
        // Two strangers, 0.8 apart: each 0.4 from their mean.
        assert!(matches!(
            consistent(&[encoding(0.4, 0), encoding(-0.4, 0)]),
            Err(Unfit::Odd { .. })
        ));
        let odd = consistent(&[
            encoding(0.1, 0),
            encoding(0.1, 1),
            encoding(0.9, 2),
            encoding(0.1, 3),
        ]);
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
