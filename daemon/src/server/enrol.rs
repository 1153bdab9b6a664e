//! `EnrollCamera` and `EnrollPictures`: from faces to a stored template.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use facelogin_config::Config;
use facelogin_protocol::types::{
    CameraKind, EnrollCameraIn, EnrollCameraOut, EnrollPicturesIn, EnrollPicturesOut, NotEnrolledError,
    Reason, Template,
};
use facelogin_score::{Consistency, Encoding, EngineId, Fused, Limit};

use crate::decision::Step;
use crate::enrolment::{
    ENOUGH, Gathering, TIMEOUT, Unfit, WANTED, consistent, from_picture, without_outliers,
};
use crate::levels::{Scale, Strictness};
use crate::scan::{End, Judge};
use crate::server::attempt::{fused, readable};
use crate::server::connection::{Answer, Peer, done, root_only};
use crate::server::failure::Failure;
use crate::server::manage::{kind_of, note, template_out};
use crate::server::session::{Session, reason_of_end};
use crate::server::{Daemon, users};
use crate::store::NewTemplate;
use crate::vision::link::VisionError;
use crate::vision::wire::{MAX_PICTURE, Observation, Wanted};

/// Pictures in one request.
const MAX_PICTURES: usize = 16;

/// How long an enrolment waits for another session to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the camera column says of a template made from files.
const FROM_PICTURES: &str = "pictures";

/// Registers from the camera, reporting progress if `more` is wanted.
pub fn from_camera(daemon: &Daemon, peer: &Peer, input: EnrollCameraIn, more: bool) -> Answer {
    let since = Instant::now();
    let whose = Whose::resolve(peer, input.user, input.label)?;
    let kinds = match input.kind {
        None => vec![CameraKind::Colour, CameraKind::Infrared],
        Some(kind @ (CameraKind::Colour | CameraKind::Infrared)) => vec![kind],
        Some(_) => return Err(Failure::Invalid("expected colour or infrared".into())),
    };
    let mut session = Session::begin(daemon, peer, PATIENCE)?;
    let limits = consistency(session.engine())?;
    let mut gatherer = Gatherer {
        peer,
        more,
        gathering: Gathering::default(),
        camera: None,
    };
    gatherer.report();
    let started = Instant::now();
    session.open(Wanted {
        kinds: kinds.clone(),
        built_in: true,
        thorough: true,
    });
    match session.scan(peer, started, &mut gatherer) {
        End::Judged => {}
        End::Failed(error) => return Err(error.into()),
        end => {
            let reason = reason_of_end(&end).unwrap_or(Reason::Cancelled);
            return Err(Failure::Unavailable(reason, "the enrolment was ended".into()));
        }
    }
    let got = gatherer.gathering.got();
    if got < ENOUGH {
        let hint = gatherer.gathering.hint().unwrap_or("Look at the camera");
        return Err(not_enrolled(
            None,
            format!(
                "only {got} of {ENOUGH} good pictures came together in {} s",
                TIMEOUT.as_secs()
            ),
            hint.into(),
        ));
    }
    let (camera, kind) = gatherer
        .camera
        .unwrap_or_else(|| ("unknown".into(), CameraKind::Unknown));
    // The template's kind is read from the camera's name: both must be what was asked for.
    if !kinds.contains(&kind.compared_as()) || kind_of(&camera) != kind.compared_as() {
        let why = format!("the camera that was opened, {camera}, is not of the kind that was asked for");
        return Err(Failure::Unavailable(Reason::CameraUnavailable, why));
    }
    let (encodings, dropped) = without_outliers(gatherer.gathering.into_encodings(), &limits)
        .map_err(|unfit| camera_unfit(&unfit))?;
    if encodings.len() < ENOUGH {
        return Err(not_enrolled(
            None,
            format!("{dropped} of {got} pictures are unlike the others"),
            "Only the person to enrol may be in view; try again".into(),
        ));
    }
    let (template, mut warnings) = whose.keep(daemon, peer, &mut session, camera, &encodings, since)?;
    drop(session);
    if dropped > 0 {
        warnings.push(format!(
            "{dropped} of {got} pictures left out: unlike the others; if somebody else was in view, enrol again"
        ));
    }
    let wanted = u32::try_from(WANTED).unwrap_or(u32::MAX);
    let got = u32::try_from(got).unwrap_or(u32::MAX);
    done(
        peer,
        &EnrollCameraOut {
            got,
            wanted,
            hint: None,
            template: Some(template),
            warnings,
        },
    )
}

struct Gatherer<'a> {
    peer: &'a Peer,
    more: bool,
    gathering: Gathering,
    camera: Option<(String, CameraKind)>,
}

impl Gatherer<'_> {
    fn report(&self) {
        if self.more {
            let progress = EnrollCameraOut {
                got: u32::try_from(self.gathering.got()).unwrap_or(u32::MAX),
                wanted: u32::try_from(WANTED).unwrap_or(u32::MAX),
                hint: self.gathering.hint().map(Into::into),
                template: None,
                warnings: Vec::new(),
            };
            // A peer that has gone is noticed by the scan itself.
            let _ = self.peer.progress(&progress);
        }
    }
}

impl Judge for Gatherer<'_> {
    fn opened(&mut self, camera: &str, kind: CameraKind) {
        self.camera = Some((camera.into(), kind));
    }

    fn observe(&mut self, elapsed: Duration, seen: &Observation) -> Step {
        if self.gathering.observe(elapsed, &seen.faces) {
            self.report();
        }
        if self.gathering.complete() {
            Step::Done
        } else {
            self.on_time(elapsed)
        }
    }

    fn on_time(&mut self, elapsed: Duration) -> Step {
        if elapsed >= TIMEOUT {
            Step::Done
        } else {
            Step::KeepLooking
        }
    }
}

/// Registers from picture files. Every one must pass, or nothing is stored.
pub fn from_pictures(daemon: &Daemon, peer: &Peer, input: EnrollPicturesIn) -> Answer {
    let since = Instant::now();
    let whose = Whose::resolve(peer, input.user, input.label)?;
    if input.pictures.is_empty() || input.pictures.len() > MAX_PICTURES {
        return Err(Failure::Invalid(format!("expected 1 to {MAX_PICTURES} pictures")));
    }
    let mut session = Session::begin(daemon, peer, PATIENCE)?;
    let mut encodings = Vec::new();
    let name = |place: usize| input.pictures.get(place).map(|picture| picture.name.clone());
    for (place, picture) in input.pictures.iter().enumerate() {
        let bytes = STANDARD
            .decode(&picture.data)
            .map_err(|_| Failure::Invalid("a picture is not base64".into()))?;
        if bytes.len() > MAX_PICTURE {
            let problem = format!("it is larger than {} MiB", MAX_PICTURE >> 20);
            return Err(not_enrolled(name(place), problem, "Use a smaller picture".into()));
        }
        let faces = match session.line().picture(&bytes) {
            Ok(faces) => faces,
            Err(VisionError::Picture(why)) => {
                return Err(not_enrolled(name(place), why, "Use a JPEG or PNG picture".into()));
            }
            Err(error) => return Err(error.into()),
        };
        match from_picture(&faces) {
            Ok(encoding) => encodings.push(encoding),
            Err(unfit) => return Err(picture_unfit(name(place), &unfit)),
        }
    }
    // One picture is like itself in any engine's scale.
    let alike = match encodings.len() {
        1 => Ok(()),
        _ => consistent(&encodings, &consistency(session.engine())?),
    };
    if let Err(unfit) = alike {
        let odd = match &unfit {
            Unfit::Odd { place, .. } => name(*place),
            Unfit::Flawed(_) => None,
        };
        return Err(picture_unfit(odd, &unfit));
    }
    let (template, mut warnings) = whose.keep(
        daemon,
        peer,
        &mut session,
        FROM_PICTURES.into(),
        &encodings,
        since,
    )?;
    drop(session);
    if encodings.len() < ENOUGH {
        warnings.push(format!(
            "made from {} picture{}: {ENOUGH} or more, or an enrolment from the camera, are recognised more often",
            encodings.len(),
            if encodings.len() == 1 { "" } else { "s" },
        ));
    }
    done(peer, &EnrollPicturesOut { template, warnings })
}

/// An engine whose scale is not known is refused aloud: any limit would let strangers in or everybody down.
fn consistency(engine: &str) -> Result<Consistency, Failure> {
    Consistency::of(engine).ok_or_else(|| {
        not_enrolled(
            None,
            format!("how alike pictures of one person are is not known for the engine {engine}"),
            "Use an engine that is: `engine = \"dlib\"` in the configuration".into(),
        )
    })
}

fn not_enrolled(picture: Option<String>, problem: String, advice: String) -> Failure {
    Failure::NotEnrolled(NotEnrolledError {
        picture,
        problem,
        advice,
    })
}

fn picture_unfit(picture: Option<String>, unfit: &Unfit) -> Failure {
    match unfit {
        Unfit::Flawed(flaw) => not_enrolled(picture, flaw.problem().into(), flaw.advice().into()),
        Unfit::Odd { .. } => not_enrolled(
            picture,
            "it is too unlike the others to be sure that it shows the same person".into(),
            "Leave it out, or use pictures of one person that are more alike; two people need an account each".into(),
        ),
    }
}

fn camera_unfit(unfit: &Unfit) -> Failure {
    match unfit {
        Unfit::Flawed(flaw) => not_enrolled(None, flaw.problem().into(), flaw.hint().into()),
        Unfit::Odd { .. } => not_enrolled(
            None,
            "the pictures do not all show the same person".into(),
            "Only the person to enrol may be in view; try again".into(),
        ),
    }
}

/// For whom, and under which label.
struct Whose {
    user: String,
    uid: u32,
    label: String,
}

impl Whose {
    fn resolve(peer: &Peer, user: String, label: Option<String>) -> Result<Self, Failure> {
        root_only(peer, "only root may register a face")?;
        let uid = users::require(&user)?;
        Ok(Self {
            user,
            uid,
            label: label.unwrap_or_else(|| "face".into()),
        })
    }

    fn keep(
        self,
        daemon: &Daemon,
        peer: &Peer,
        session: &mut Session<'_>,
        camera: String,
        encodings: &[Encoding],
        since: Instant,
    ) -> Result<(Template, Vec<String>), Failure> {
        let engine = session.made_by();
        let warnings = self.resemblances(daemon, &engine, kind_of(&camera), encodings)?;
        let new = NewTemplate {
            user: self.user.clone(),
            uid: self.uid,
            label: self.label,
            engine: engine.name,
            model: engine.model,
            camera,
            encodings: encodings
                .iter()
                .map(|encoding| encoding.as_slice().to_vec())
                .collect(),
        };
        let mut store = daemon.store();
        let id = store.add_template(&new)?;
        let info = store
            .list(Some(&self.user))?
            .into_iter()
            .find(|info| info.id == id);
        drop(store);
        note(daemon, peer, "enrol", &self.user, Some(self.uid), since);
        let info = info.ok_or(Failure::NoSuchTemplate(id))?;
        Ok((template_out(info), warnings))
    }

    /// What an administrator should know of this face beside those that are enrolled: other users whose face is so like it
    /// that each could log in as the other, and that it is not like the user's own.
    fn resemblances(
        &self,
        daemon: &Daemon,
        engine: &EngineId,
        kind: CameraKind,
        encodings: &[Encoding],
    ) -> Result<Vec<String>, Failure> {
        let all: Vec<&Encoding> = encodings.iter().collect();
        let scale = Scale::of(engine.clone());
        let comparer = scale.comparer();
        let Some(this) = comparer.fuse(&all) else {
            return Ok(Vec::new());
        };
        let limits = limits(&daemon.config, &scale);
        let alike = |other: &Fused| {
            let comparison = comparer.compare(&this, other);
            limits.iter().any(|limit| limit.admits(comparison))
        };
        let mut templates = readable(daemon)?;
        templates.retain(|other| {
            other.info.is_of(&engine.name, &engine.model) && kind_of(&other.info.camera) == kind
        });
        let apart = Consistency::of(&engine.name).map(|consistency| consistency.templates);
        let strange = templates
            .iter()
            .filter(|own| own.info.user == self.user && own.info.uid == self.uid)
            .filter_map(|own| fused(comparer, own))
            .any(|own| apart.is_some_and(|apart| own.fused.mean().distance(this.mean()) > apart));
        let mut users: Vec<String> = templates
            .iter()
            .filter(|other| other.info.user != self.user)
            .filter(|other| fused(comparer, other).is_some_and(|other| alike(&other.fused)))
            .map(|other| other.info.user.clone())
            .collect();
        users.sort();
        users.dedup();
        let alike = users.into_iter().map(|user| {
            format!("this face resembles the one enrolled for {user}: each can log in as the other")
        });
        let strange = strange.then(|| {
            format!(
                "this face is not much like another that is enrolled for {}: if it is somebody else's, both can log in",
                self.user
            )
        });
        Ok(alike.chain(strange).collect())
    }
}

/// What any login here holds a face against: by the general rules (`facelogin-enroll test`), and by those of each service
/// that may use the face.
fn limits(config: &Config, scale: &Scale) -> Vec<Limit> {
    let services = config.services.values().filter(|service| service.enabled);
    std::iter::once(&config.rules)
        .chain(services.map(|service| &service.rules))
        .map(|rules| scale.limit(Strictness::from(rules), 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_resembles_another_is_told_by_the_widest_of_all_limits_in_use() {
        let scale = Scale::none();
        let mut config = Config::default();
        config.rules.threshold = Some(0.40);
        for service in config.services.values_mut() {
            service.rules.threshold = Some(0.35);
        }
        let widest = |config: &Config| {
            let values = limits(config, &scale).into_iter().map(|limit| limit.value());
            values.fold(f32::MIN, f32::max)
        };
        assert_eq!(widest(&config), 0.40);
        config.services.get_mut("login").unwrap().rules.threshold = Some(0.5);
        assert_eq!(widest(&config), 0.5);
        config.services.get_mut("login").unwrap().enabled = false;
        assert_eq!(widest(&config), 0.40);
    }
}
