//! What makes a set of pictures a template. Pure.

use std::time::Duration;

use facelogin_engine::{Encoding, Face};

use crate::quality::{ENROLMENT, Flaw, only_good_face};

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
