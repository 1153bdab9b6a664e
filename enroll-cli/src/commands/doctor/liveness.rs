//! What `liveness` amounts to: what is asked, what is installed, and what the cameras in use see.

use facelogin_config::{Config, Liveness};
use facelogin_protocol::types::CameraKind;

use super::answers::RESTART;
use super::models::Files;
use super::report::Link;

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

/// A link for each kind of camera in use: `kinds`, both where that is not known.
pub fn links(config: Option<&Config>, networks: &Networks, kinds: &[CameraKind]) -> Vec<Link> {
    let Some(config) = config else {
        return vec![Link::hangs(
            NAME,
            "what is asked of a face is not known without the configuration",
        )];
    };
    let asked = Asked::of(config);
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
        links.push(Link::hangs(NAME, "no camera is in use that could tell"));
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

/// Who asks for what: the general rules, and the services that may use the face and have others.
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
        let services = config.services.iter().filter(|(_, service)| service.enabled);
        let others = services
            .map(|(name, service)| (name.clone(), service.rules.liveness))
            .filter(|(_, liveness)| *liveness != general);
        for (who, liveness) in std::iter::once(("all by the general rule".to_owned(), general)).chain(others)
        {
            match liveness {
                Liveness::Off => asked.off.push(who),
                Liveness::On => asked.on.push(who),
                Liveness::Required => asked.required.push(who),
            }
        }
        asked
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
        Networks::NotLoaded(Files::Absent) | Networks::Untold(Files::Absent) => {
            ("its networks are not installed".to_owned(), fetch)
        }
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
        let links = of(
            "liveness = 'required'\n",
            Networks::NotLoaded(Files::Absent),
            &[Colour],
        );
        assert_eq!((links.len(), links[0].state), (1, State::Failure), "{links:?}");
        assert!(links[0].found.contains("refuses everybody"), "{links:?}");
        // Where there is an infrared one, that is used; where nothing is known of cameras, nothing is claimed.
        for kinds in [&[Colour, Infrared][..], &[]] {
            let links = of(
                "liveness = 'required'\n",
                Networks::NotLoaded(Files::Absent),
                kinds,
            );
            assert_eq!(links[0].state, State::Warning, "{links:?}");
            assert!(links[0].found.contains("leaves colour cameras out"), "{links:?}");
        }
        // For one service is broken enough.
        let one = format!("{OF_LOGIN}liveness = 'required'\n");
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
            ("liveness = 'required'\n", "refuses everybody"),
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
        assert_eq!(
            of(OF_LOGIN, Networks::Loaded, &[Unknown])[0].state,
            State::Unknown
        );
    }

    #[test]
    fn off_is_said_whole_or_for_a_service() {
        let off = of("liveness = 'off'\n", Networks::Loaded, &[Colour]);
        assert_eq!((off.len(), off[0].state), (1, State::Warning));
        let part = of(
            &format!("{OF_LOGIN}liveness = 'off'\n"),
            Networks::Loaded,
            &[Colour],
        );
        assert_eq!((part.len(), part[1].state), (2, State::Warning));
        assert!(part[1].found.starts_with("off for login"), "{part:?}");
        assert_eq!(links(None, &Networks::Loaded, &[])[0].state, State::Unknown);
    }
}
