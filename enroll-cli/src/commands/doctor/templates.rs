//! What is enrolled of the user: for this engine, for the cameras in use.

use facelogin_config::Config;
use facelogin_protocol::types::{Camera, CameraKind, ListTemplatesOut, OptionalUserIn, StatusOut, Template};

use super::models::made_by;
use super::report::Link;
use crate::daemon::{Daemon, QUICK};
use crate::words::count;

const NAME: &str = "faces";

/// Whom the templates are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whom {
    /// The account's name.
    pub user: String,
    /// And its uid: what was enrolled with another is nobody's (R18).
    pub uid: u32,
}

/// What is enrolled under the user's name.
#[derive(Debug)]
pub struct Enrolled {
    /// The account's.
    pub templates: Vec<Template>,
    /// Uids of accounts that had the name before, one for each template: no login compares with these.
    pub earlier: Vec<u32>,
}

impl Enrolled {
    fn of(all: Vec<Template>, uid: u32) -> Self {
        let (templates, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|template| template.uid == uid);
        Self {
            templates,
            earlier: others.iter().map(|template| template.uid).collect(),
        }
    }
}

/// The user's templates; an error is the link to show in their place.
pub fn ask(daemon: &Daemon, status: Option<&StatusOut>, whom: Option<&Whom>) -> Result<Enrolled, Link> {
    let Some(whom) = whom else {
        return Err(Link::unknown(
            NAME,
            "whose face it is about is not known: root named nobody",
            "sudo facelogin-enroll doctor --user NAME",
        ));
    };
    if status.is_none() {
        return Err(Link::hangs(
            NAME,
            "whether the user is enrolled is not known without the daemon",
        ));
    }
    let request = OptionalUserIn {
        user: Some(whom.user.clone()),
    };
    let reply = daemon.call::<ListTemplatesOut>("ListTemplates", &request, QUICK);
    match reply {
        Ok(reply) => Ok(Enrolled::of(reply.templates, whom.uid)),
        Err(why) if why.is_rate_limit() => Err(Link::too_often(NAME)),
        Err(why) => Err(Link::failure(
            NAME,
            why.to_string(),
            "the daemon's log says why: journalctl --unit facelogind --lines 20",
        )),
    }
}

/// Those that the engine can compare; without knowing the engine all.
pub fn usable<'t>(
    templates: &'t [Template],
    status: Option<&StatusOut>,
    config: Option<&Config>,
) -> Vec<&'t Template> {
    let engine = engine(status, config);
    let fits = |template: &&Template| match &engine {
        Some((name, model)) => template.engine == *name && template.model == *model,
        None => true,
    };
    templates.iter().filter(fits).collect()
}

/// The one that is loaded, else the one that is configured.
fn engine(status: Option<&StatusOut>, config: Option<&Config>) -> Option<(String, String)> {
    let loaded = status.and_then(|status| status.engine.clone().zip(status.model.clone()));
    loaded.or_else(|| {
        let (name, model) = made_by(config?.engine);
        Some((name.to_owned(), model))
    })
}

/// Whether a login of the user has something to compare with.
pub fn link(
    user: &str,
    enrolled: &Enrolled,
    usable: &[&Template],
    engine_of: (Option<&StatusOut>, Option<&Config>),
    cameras: Option<&[Camera]>,
) -> Link {
    let number = |number: usize| count(u32::try_from(number).unwrap_or(u32::MAX), "template");
    let enrol = format!("sudo facelogin-enroll add --user {user}");
    let templates = enrolled.templates.as_slice();
    let earlier = match enrolled.earlier.first() {
        None => String::new(),
        Some(uid) => format!(
            "; {} of an earlier account of that name (uid {uid}) that no login compares with",
            number(enrolled.earlier.len())
        ),
    };
    if templates.is_empty() {
        return Link::failure(NAME, format!("no face of {user} is enrolled{earlier}"), enrol);
    }
    if usable.is_empty() {
        let mut made: Vec<&str> = templates
            .iter()
            .map(|template| template.engine.as_str())
            .collect();
        made.dedup();
        let now = engine(engine_of.0, engine_of.1).map_or_else(String::new, |(name, _)| name);
        let why = match made.as_slice() {
            [same] if *same == now => format!("were made with other model files of engine {now}"),
            other => format!("were made by engine {}, and logins use {now}", other.join(", ")),
        };
        return Link::failure(
            NAME,
            format!(
                "{} of {user} {why}: none can be compared. They stay as they are",
                number(templates.len())
            ),
            enrol,
        );
    }
    let kinds = kinds(usable);
    let names = |kinds: &[CameraKind]| {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.compared_as().name()).collect();
        names.join(" and ")
    };
    let of_kind = names(&kinds);
    if let Some(cameras) = cameras.filter(|cameras| !cameras.is_empty()) {
        let sees: Vec<CameraKind> = cameras.iter().map(|camera| camera.kind.compared_as()).collect();
        if !kinds.iter().any(|kind| sees.contains(kind)) {
            let seen = sees.first().map_or("colour", |kind| kind.name());
            return Link::failure(
                NAME,
                format!(
                    "{user} is enrolled for {of_kind} cameras, and the one in use sees {}",
                    names(&sees)
                ),
                format!("{enrol} --camera {seen}"),
            );
        }
    }
    let rest = match templates.len() - usable.len() {
        0 => String::new(),
        more => format!("; {} of another engine or other model files", number(more)),
    };
    Link::ok(
        NAME,
        format!(
            "{user}: {} for {of_kind} cameras{rest}{earlier}",
            number(usable.len())
        ),
    )
}

/// What the templates are compared with, each kind once.
pub fn kinds(templates: &[&Template]) -> Vec<CameraKind> {
    let mut kinds = Vec::new();
    for template in templates {
        let kind = template.kind.compared_as();
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::super::report::State;
    use super::super::testing::{camera, status};
    use super::*;
    use crate::commands::templates::tests::template;

    fn of(templates: &[Template], cameras: Option<&[Camera]>) -> Link {
        let config = Config::default();
        let enrolled = Enrolled::of(templates.to_vec(), templates.first().map_or(0, |first| first.uid));
        let usable = usable(&enrolled.templates, None, Some(&config));
        link("alice", &enrolled, &usable, (None, Some(&config)), cameras)
    }

    fn made(engine: facelogin_config::Engine, kind: CameraKind) -> Template {
        let (engine, model) = made_by(engine);
        Template {
            engine: engine.into(),
            model,
            kind,
            ..template(1)
        }
    }

    #[test]
    fn a_user_is_enrolled_for_this_engine_for_another_or_not_at_all() {
        use facelogin_config::Engine::{Dlib, Onnx};
        let none = of(&[], None);
        assert_eq!(none.state, State::Failure);
        assert_eq!(
            none.remedy.as_deref(),
            Some("sudo facelogin-enroll add --user alice")
        );
        let other = of(&[made(Onnx, CameraKind::Colour)], None);
        assert_eq!(other.state, State::Failure);
        assert!(
            other
                .found
                .contains("made by engine onnx-yunet-sface, and logins use dlib-hog-resnet")
                && other.found.contains("They stay as they are"),
            "{other:?}"
        );
        let older = Template {
            model: "of another file".into(),
            ..made(Dlib, CameraKind::Colour)
        };
        assert!(of(&[older], None).found.contains("other model files"));
        let both = [made(Onnx, CameraKind::Colour), made(Dlib, CameraKind::Colour)];
        let link = of(&both, None);
        assert_eq!(link.state, State::Ok);
        assert!(
            link.found
                .ends_with("1 template of another engine or other model files"),
            "{link:?}"
        );
        // The engine that is loaded goes before the one that is configured.
        let mut status = status();
        let (name, model) = made_by(Onnx);
        (status.engine, status.model) = (Some(name.into()), Some(model));
        let usable = usable(&both, Some(&status), Some(&Config::default()));
        assert_eq!(usable[0].engine, name);
    }

    #[test]
    fn r18_what_an_earlier_account_of_the_name_enrolled_is_nobody_s() {
        use facelogin_config::Engine::Dlib;
        let own = made(Dlib, CameraKind::Colour);
        let earlier = Template {
            uid: own.uid + 1,
            ..own.clone()
        };
        let of = |all: &[Template]| {
            let enrolled = Enrolled::of(all.to_vec(), own.uid);
            let usable = usable(&enrolled.templates, None, Some(&Config::default()));
            link(
                "alice",
                &enrolled,
                &usable,
                (None, Some(&Config::default())),
                None,
            )
        };
        let none = of(std::slice::from_ref(&earlier));
        assert_eq!(none.state, State::Failure);
        assert!(
            none.found
                .starts_with("no face of alice is enrolled; 1 template of an earlier account"),
            "{none:?}"
        );
        let both = of(&[own.clone(), earlier]);
        assert_eq!(both.state, State::Ok);
        assert!(
            both.found
                .contains("alice: 1 template for colour cameras; 1 template of an earlier"),
            "{both:?}"
        );
        assert!(!of(std::slice::from_ref(&own)).found.contains("earlier"));
    }

    #[test]
    fn a_face_enrolled_for_another_kind_of_camera_is_enrolled_anew_for_this() {
        use facelogin_config::Engine::Dlib;
        let grey = [made(Dlib, CameraKind::Infrared)];
        let link = of(&grey, Some(&[camera(CameraKind::Colour)]));
        assert_eq!(link.state, State::Failure);
        assert_eq!(
            link.remedy.as_deref(),
            Some("sudo facelogin-enroll add --user alice --camera colour")
        );
        let both = [camera(CameraKind::Colour), camera(CameraKind::Infrared)];
        assert_eq!(of(&grey, Some(&both)).state, State::Ok);
        // A replay shows colour, and no camera at all is another link's.
        let colour = [made(Dlib, CameraKind::Colour)];
        assert_eq!(of(&colour, Some(&[camera(CameraKind::Replay)])).state, State::Ok);
        assert_eq!(of(&colour, Some(&[])).state, State::Ok);
    }
}
