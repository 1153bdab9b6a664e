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
mod tests {
    use std::path::Path;

    use super::super::report::State;
    use super::*;
    use CameraKind::{Colour, Infrared, Replay, Unknown};

    fn of(text: &str, networks: Networks, kinds: &[CameraKind]) -> Vec<Link> {
        let config = facelogin_config::parse(text, Path::new("f.toml")).unwrap();
        links(Some(&config), &networks, kinds)
    }

    const OF_LOGIN: &str = "[services.login]\nenabled = true\n";
    const REQUIRED: &str = "liveness = 'required'\n[services.login]\nenabled = true\n";

    #[test]
    fn on_without_networks_says_that_it_amounts_to_nothing() {
        for networks in [
            Networks::NotLoaded(Files::Absent),
            Networks::Untold(Files::Absent),
        ] {
            for kind in [Colour, Replay] {
                let links = of(OF_LOGIN, networks.clone(), &[kind]);
                assert_eq!((links.len(), links[0].state), (1, State::Warning), "{links:?}");
                assert!(links[0].found.contains("amounts to nothing"), "{links:?}");
                let remedy = links[0].remedy.as_deref().unwrap();
                assert!(remedy.contains("models fetch --set liveness"), "{remedy}");
            }
        }
    }

    #[test]
    fn required_without_networks_says_that_it_refuses_everybody() {
        let links = of(REQUIRED, Networks::NotLoaded(Files::Absent), &[Colour]);
        assert_eq!((links.len(), links[0].state), (1, State::Failure), "{links:?}");
        assert!(links[0].found.contains("refuses everybody"), "{links:?}");
        // Where there is an infrared one, that is used; where nothing is known of cameras, nothing is claimed.
        for kinds in [&[Colour, Infrared][..], &[]] {
            let links = of(REQUIRED, Networks::NotLoaded(Files::Absent), kinds);
            assert_eq!(links[0].state, State::Warning, "{links:?}");
            assert!(links[0].found.contains("leaves colour cameras out"), "{links:?}");
        }
        // For one service is broken enough.
        let one = format!("{OF_LOGIN}liveness = 'required'\n[services.sudo]\nenabled = true\n");
        let links = of(&one, Networks::NotLoaded(Files::Absent), &[Colour]);
        assert_eq!(links[0].state, State::Failure);
        assert!(links[0].found.contains("`required` (login) refuses"), "{links:?}");
        let links = of(&one, Networks::Loaded, &[Colour]);
        assert_eq!(links[0].state, State::Ok);
        assert!(
            links[0].found.contains("`on`, and `required` for login"),
            "{links:?}"
        );
    }

    #[test]
    fn networks_that_are_there_and_not_loaded_take_a_new_start() {
        let links = of(OF_LOGIN, Networks::NotLoaded(Files::Good), &[Colour]);
        assert_eq!(links[0].state, State::Warning);
        assert_eq!(links[0].remedy.as_deref(), Some(RESTART));
        let altered = Networks::NotLoaded(Files::Bad(vec!["antispoof.onnx has 1 bytes".into()]));
        assert_eq!(of(OF_LOGIN, altered, &[Colour])[0].state, State::Failure);
        assert_eq!(
            of(OF_LOGIN, Networks::Untold(Files::Hidden), &[])[0].state,
            State::Unknown
        );
    }

    #[test]
    fn in_infrared_only_a_scan_shows_and_no_models_are_asked_for() {
        for (text, words) in [
            (OF_LOGIN, "`on` amounts to nothing"),
            (REQUIRED, "refuses everybody"),
        ] {
            let links = of(text, Networks::NotLoaded(Files::Absent), &[Infrared]);
            assert_eq!((links.len(), links[0].state), (1, State::Unknown), "{links:?}");
            assert!(links[0].found.contains(words), "{links:?}");
            assert!(
                !links[0].remedy.as_deref().unwrap().contains("models"),
                "{links:?}"
            );
        }
        assert_eq!(of(OF_LOGIN, Networks::Loaded, &[Colour, Infrared]).len(), 2);
        assert_eq!(of(OF_LOGIN, Networks::Loaded, &[]).len(), 2);
    }

    #[test]
    fn a_camera_of_which_nobody_knows_what_it_sees_is_helped_by_no_models() {
        for (text, state) in [(OF_LOGIN, State::Warning), (REQUIRED, State::Failure)] {
            let links = of(text, Networks::Loaded, &[Unknown]);
            assert_eq!((links.len(), links[0].state), (1, state), "{links:?}");
            let remedy = links[0].remedy.as_deref().unwrap();
            assert!(
                remedy.contains("camera.device") && !remedy.contains("models"),
                "{remedy}"
            );
        }
    }

    #[test]
    fn the_general_rule_counts_where_a_service_goes_by_it() {
        let general = |rule: &str, of_login: &str| {
            let text = format!("liveness = '{rule}'\n{OF_LOGIN}liveness = '{of_login}'\n");
            of(&text, Networks::NotLoaded(Files::Absent), &[Colour])
        };
        let links = general("required", "on");
        assert_eq!((links.len(), links[0].state), (1, State::Warning), "{links:?}");
        let links = general("off", "on");
        assert_eq!(links.len(), 1, "{links:?}");
        assert!(links[0].found.starts_with("`on`"), "{links:?}");
        let links = general("on", "required");
        assert!(links[0].found.contains("`required` (login) refuses"), "{links:?}");
        // A service that is off goes by no rule.
        let off = "liveness = 'required'\n[services.login]\nenabled = false\n";
        let links = of(off, Networks::NotLoaded(Files::Absent), &[Colour]);
        assert_eq!((links.len(), links[0].state), (1, State::Unknown), "{links:?}");
    }

    #[test]
    fn what_is_not_in_effect_is_what_would_be_after_the_daemon_s_words() {
        let disk = of(OF_LOGIN, Networks::Untold(Files::Absent), &[Colour]);
        let links = not_in_effect(Some("off"), "once the daemon has restarted", disk.clone());
        assert_eq!(links.len(), 2, "{links:?}");
        assert_eq!(links[0].found, "the daemon says: off");
        assert!(
            links[1]
                .found
                .starts_with("once the daemon has restarted: `on` amounts"),
            "{links:?}"
        );
        assert!(links.iter().all(|link| link.state == State::Unknown), "{links:?}");
        assert_eq!(not_in_effect(None, "once the daemon runs", disk).len(), 1);
    }

    #[test]
    fn off_is_said_whole_or_for_a_service() {
        let off = of(
            &format!("liveness = 'off'\n{OF_LOGIN}"),
            Networks::Loaded,
            &[Colour],
        );
        assert_eq!((off.len(), off[0].state), (1, State::Warning));
        let two = format!("{OF_LOGIN}liveness = 'off'\n[services.sudo]\nenabled = true\n");
        let part = of(&two, Networks::Loaded, &[Colour]);
        assert_eq!((part.len(), part[1].state), (2, State::Warning));
        assert!(part[1].found.starts_with("off for login"), "{part:?}");
        assert_eq!(links(None, &Networks::Loaded, &[])[0].state, State::Unknown);
    }
}
