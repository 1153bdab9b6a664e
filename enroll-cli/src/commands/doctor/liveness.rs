//! What `liveness` amounts to: what is asked, what is installed, and what the cameras in use see.

use facelogin_config::{Config, Liveness};
use facelogin_protocol::types::CameraKind;

use super::answers::RESTART;
use super::models::Files;
use super::report::{Link, State};

const NAME: &str = "liveness";

/// The networks that look at faces in colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Networks {
    /// The vision process has them.
    Loaded,
    /// It has them not, and their files are in this state.
    NotLoaded(Files),
    /// Nobody tells whether it has them; their files are in this state.
    Untold(Files),
}

/// Without the configuration, in the daemon's words.
pub fn told(words: &str) -> Link {
    Link::hangs(NAME, format!("the daemon says: {words}"))
}

/// What the configuration on disk amounts to (`disk`), where it is not known to be in effect: the daemon's own words first,
/// the rest `when`.
pub fn not_in_effect(words: Option<&str>, when: &str, disk: Vec<Link>) -> Vec<Link> {
    let then = disk.into_iter().map(|link| Link {
        state: State::Unknown,
        found: format!("{when}: {}", link.found),
        ..link
    });
    words.map(told).into_iter().chain(then).collect()
}

/// A link for each kind of camera in use: `kinds`, both where that is not known.
pub fn links(config: Option<&Config>, networks: &Networks, kinds: &[CameraKind]) -> Vec<Link> {
    let Some(config) = config else {
        return vec![Link::hangs(
            NAME,
            "what is asked of a face is not known without the configuration",
        )];
    };
    let asked = Asked::of(config);
    if asked.is_nobody() {
        return vec![Link::hangs(
            NAME,
            "no service may use the face, so that nothing is asked of one",
        )];
    }
    if asked.on.is_empty() && asked.required.is_empty() {
        return vec![Link::warning(
            NAME,
            "off: a picture of you may open what you open",
            format!("liveness = \"on\" in {}", facelogin_config::DEFAULT_PATH),
        )];
    }
    let sees = |kind| kinds.is_empty() || kinds.iter().any(|one| one.compared_as() == kind);
    let mut links = Vec::new();
    if sees(CameraKind::Colour) {
        let alone = !kinds.is_empty() && !sees(CameraKind::Infrared);
        links.push(colour(&asked, networks, alone));
    }
    if sees(CameraKind::Infrared) {
        links.push(infrared(&asked));
    }
    if links.is_empty() {
        links.push(of_no_kind(&asked));
    }
    if !asked.off.is_empty() {
        links.push(Link::warning(
            NAME,
            format!("off for {}: a picture of you may open that", asked.off.join(", ")),
            format!("liveness = \"on\" there in {}", facelogin_config::DEFAULT_PATH),
        ));
    }
    links
}

/// Who asks for what: the services that may use the face. Those that go by the general rule are one, and where there are
/// none it does not count: nobody logs in by it.
struct Asked {
    on: Vec<String>,
    required: Vec<String>,
    off: Vec<String>,
}

impl Asked {
    fn of(config: &Config) -> Self {
        let mut asked = Self {
            on: Vec::new(),
            required: Vec::new(),
            off: Vec::new(),
        };
        let general = config.rules.liveness;
        let enabled = config.services.iter().filter(|(_, service)| service.enabled);
        let (alike, others): (Vec<_>, Vec<_>) =
            enabled.partition(|(_, service)| service.rules.liveness == general);
        let alike = (!alike.is_empty()).then(|| ("all by the general rule".to_owned(), general));
        let others = others
            .into_iter()
            .map(|(name, service)| (name.clone(), service.rules.liveness));
        for (who, liveness) in alike.into_iter().chain(others) {
            match liveness {
                Liveness::Off => asked.off.push(who),
                Liveness::On => asked.on.push(who),
                Liveness::Required => asked.required.push(who),
            }
        }
        asked
    }

    fn is_nobody(&self) -> bool {
        self.on.is_empty() && self.required.is_empty() && self.off.is_empty()
    }

    fn modes(&self) -> String {
        match (self.on.is_empty(), self.required.is_empty()) {
            (false, false) => format!("`on`, and `required` for {}", self.required.join(", ")),
            (true, _) => "`required`".into(),
            (_, true) => "`on`".into(),
        }
    }
}

/// `alone`: it is known that the user's logins use no other kind. A camera that cannot tell what is required is left out
/// where there is another.
fn colour(asked: &Asked, networks: &Networks, alone: bool) -> Link {
    let fetch = format!("sudo facelogin-enroll models fetch --set liveness && {RESTART}");
    let (missing, remedy) = match networks {
        Networks::Loaded => {
            return Link::ok(
                NAME,
                format!("{}; colour: two networks look at the face", asked.modes()),
            );
        }
        Networks::Untold(Files::Good) => {
            return Link::ok(
                NAME,
                format!(
                    "{}; colour: the files of two networks are there to look at the face",
                    asked.modes()
                ),
            );
        }
        Networks::Untold(Files::Hidden) => return Link::for_root(NAME, "whether its networks are there"),
        Networks::NotLoaded(Files::Good) => (
            "the files of its networks are there, and the vision process has not loaded them".to_owned(),
            RESTART.to_owned(),
        ),
        Networks::NotLoaded(Files::Hidden) => ("the vision process has no networks for it".to_owned(), fetch),
        Networks::NotLoaded(Files::Absent) | Networks::Untold(Files::Absent) => (
            "its networks are not installed, or not all of them".to_owned(),
            fetch,
        ),
        Networks::NotLoaded(Files::Bad(why)) | Networks::Untold(Files::Bad(why)) => {
            // The process that sees does not start with files that were altered.
            return Link::failure(NAME, format!("colour: {}", why.join("; ")), fetch);
        }
    };
    let required = asked.required.join(", ");
    if asked.required.is_empty() {
        Link::warning(
            NAME,
            format!(
                "`on` amounts to nothing on a colour camera: {missing}. A picture of you may open what you open"
            ),
            remedy,
        )
    } else if alone {
        Link::failure(
            NAME,
            format!("`required` ({required}) refuses everybody on a colour camera: {missing}"),
            remedy,
        )
    } else {
        Link::warning(
            NAME,
            format!("`required` ({required}) leaves colour cameras out: {missing}"),
            remedy,
        )
    }
}

/// For cameras of which nobody knows what they see: no networks help there.
fn of_no_kind(asked: &Asked) -> Link {
    let remedy = format!(
        "name another camera in camera.device in {}; facelogin-enroll cameras shows what there is",
        facelogin_config::DEFAULT_PATH
    );
    let missing =
        "of the camera in use it is not known whether it sees colour or infrared, and nothing tells";
    match asked.required.as_slice() {
        [] => Link::warning(
            NAME,
            format!("`on` amounts to nothing: {missing}. A picture of you may open what you open"),
            remedy,
        ),
        required => Link::failure(
            NAME,
            format!(
                "`required` ({}) refuses everybody: {missing}",
                required.join(", ")
            ),
            remedy,
        ),
    }
}

fn infrared(asked: &Asked) -> Link {
    let otherwise = match (asked.on.is_empty(), asked.required.is_empty()) {
        (false, true) => {
            "if it does not, `on` amounts to nothing, and a picture of you may open what you open".to_owned()
        }
        (_, false) => format!(
            "if it does not, `required` ({}) refuses everybody",
            asked.required.join(", ")
        ),
        (true, true) => String::new(),
    };
    Link::unknown(
        NAME,
        format!(
            "{}; infrared: by the emitter's flash, if it strobes, which only a scan shows; {otherwise}",
            asked.modes()
        ),
        "sudo facelogin-enroll test shows `flash` if it strobes; docs/infrared.md",
    )
}

#[cfg(test)]
#[path = "liveness_tests.rs"]
mod tests;
