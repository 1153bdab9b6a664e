//! People's faces, picture by picture, with all that is known of each.

use facelogin_score::gates::{ENROLMENT, Gates, one_good_face};
use facelogin_score::{Comparer, Encoding, Face, Fused};

use super::lines::{People, of_the_cohort};
use super::logins::spread;

/// Of one person and occasion, whose hundreds of pictures would outweigh all others.
const PICTURES: usize = 60;

/// A face that may be of use.
pub struct Sitter {
    pub face: Face,
    /// All that the picture shows.
    pub all: Vec<Face>,
    /// Its sharpness, by the middle one of its sitting; `None` where pictures tell no sitting.
    pub focus: Option<f32>,
}

/// One person.
pub struct Person {
    /// By occasion.
    pub occasions: Vec<Vec<Sitter>>,
    /// Whether pictures tell the sitting they are of. If not they are all in one, and of occasions of their own.
    pub sittings: bool,
}

/// Five pictures of one occasion, as in `logins.rs`.
pub struct Template {
    pub who: usize,
    pub when: usize,
    pub pictures: Vec<usize>,
    pub fused: Fused,
}

impl Template {
    /// Everybody's, of pictures that an enrolment would take.
    pub fn all(people: &[Person], comparer: &Comparer) -> Vec<Self> {
        let mut templates = Vec::new();
        for (who, person) in people.iter().enumerate() {
            for (when, occasion) in person.occasions.iter().enumerate() {
                let good = (0..occasion.len()).filter(|place| occasion[*place].passes(&ENROLMENT));
                for pictures in spread(&good.collect::<Vec<_>>()) {
                    let all: Vec<&Encoding> =
                        pictures.iter().map(|place| occasion[*place].encoding()).collect();
                    templates.extend(comparer.fuse(&all).map(|fused| Self {
                        who,
                        when,
                        pictures,
                        fused,
                    }));
                }
            }
        }
        templates
    }

    /// Whether a picture of the same person says anything of it: one of another sitting, or that it is not made of.
    pub fn is_apart_from(&self, person: &Person, when: usize, picture: usize) -> bool {
        if person.sittings {
            self.when != when
        } else {
            !self.pictures.contains(&picture)
        }
    }
}

impl Sitter {
    pub fn encoding(&self) -> &Encoding {
        &self.face.encoding
    }

    /// Whether it is good enough.
    pub fn passes(&self, gates: &Gates) -> bool {
        one_good_face(&self.all, gates).is_ok()
    }
}

/// Everybody but those of the cohort, with what passes these gates.
pub fn everybody(people: People, gates: &Gates) -> Vec<Person> {
    let others = people
        .into_iter()
        .filter(|(name, pictures)| !of_the_cohort(name, pictures.len()));
    others
        .map(|(_, pictures)| {
            let mut sittings = false;
            let mut own: Vec<(Option<String>, Vec<Sitter>)> = Vec::new();
            for picture in pictures {
                sittings |= picture.session.is_some();
                let Ok(face) = one_good_face(&picture.faces, gates) else {
                    continue;
                };
                let one = Sitter {
                    face: face.clone(),
                    all: picture.faces,
                    focus: None,
                };
                match own.iter_mut().find(|(session, _)| *session == picture.session) {
                    Some((_, all)) if all.len() < PICTURES => all.push(one),
                    Some(_) => {}
                    None => own.push((picture.session, vec![one])),
                }
            }
            let mut occasions: Vec<Vec<Sitter>> = own.into_iter().map(|(_, all)| all).collect();
            if sittings {
                occasions.iter_mut().for_each(|all| focus(all));
            }
            Person { occasions, sittings }
        })
        .collect()
}

fn focus(all: &mut [Sitter]) {
    let mut sharp: Vec<f32> = all.iter().map(|one| one.face.quality.sharpness).collect();
    sharp.sort_by(f32::total_cmp);
    let usual = sharp[sharp.len() / 2];
    for one in all {
        one.focus = Some(one.face.quality.sharpness / usual);
    }
}
