//! What is stored and how things stand: templates, lockouts, cameras, status.

use std::time::{Duration, Instant};

use facelogin_config::{CameraId, Device, Presence, Sight, Trigger};
use facelogin_protocol::Deadline;
use facelogin_protocol::types::{
    CameraKind, ClearTemplatesOut, ListCamerasOut, ListTemplatesOut, Lockout, OptionalUserIn,
    RenameTemplateIn, Service, StatusOut, Template, TemplateIn, TemplateOut, UnlockOut, UserIn,
};

use crate::audit::Entry;
use crate::levels::said;
use crate::liveness;
use crate::lockout;
use crate::server::connection::{Answer, Nothing, Peer, done, root_only};
use crate::server::failure::Failure;
use crate::server::session::Session;
use crate::server::{Daemon, password, users};
use crate::store::TemplateInfo;

/// How long a list of cameras waits for a scan to end.
const PATIENCE: Duration = Duration::from_secs(6);

/// A template without what is secret in it.
pub fn template_out(info: TemplateInfo) -> Template {
    Template {
        id: info.id,
        user: info.user,
        uid: info.uid,
        label: info.label,
        engine: info.engine,
        model: info.model,
        kind: kind_of(&info.camera),
        camera: info.camera,
        encodings: info.encodings,
        created: info.created_unix,
    }
}

/// What the camera of a template sees. Pictures, replays and cameras under their old names are colour.
pub fn kind_of(camera: &str) -> CameraKind {
    match camera.parse::<CameraId>() {
        Ok(CameraId {
            kind: Some(Sight::Infrared),
            ..
        }) => CameraKind::Infrared,
        _ => CameraKind::Colour,
    }
}

/// Templates: anybody's for root, one's own for others.
pub fn list(daemon: &Daemon, peer: &Peer, input: OptionalUserIn) -> Answer {
    let templates = match (&input.user, peer.is_root()) {
        (None, true) => daemon.store().list(None)?,
        (Some(user), true) => daemon.store().list(Some(user))?,
        (wanted, false) => {
            let own = own_name(peer)?;
            if wanted.as_ref().is_some_and(|wanted| *wanted != own) {
                return Err(Failure::NotPermitted(
                    "only root may list somebody else's templates",
                ));
            }
            daemon
                .store()
                .list(Some(&own))?
                .into_iter()
                .filter(|info| info.uid == peer.uid)
                .collect()
        }
    };
    done(
        peer,
        &ListTemplatesOut {
            templates: templates.into_iter().map(template_out).collect(),
        },
    )
}

/// Removes one.
pub fn remove(daemon: &Daemon, peer: &Peer, input: TemplateIn) -> Answer {
    root_only(peer, "only root may remove a template")?;
    let since = Instant::now();
    let info = daemon.store().remove(input.id)?;
    note(daemon, peer, "remove", &info.user, Some(info.uid), since);
    done(
        peer,
        &TemplateOut {
            template: template_out(info),
        },
    )
}

/// Renames one.
pub fn rename(daemon: &Daemon, peer: &Peer, input: RenameTemplateIn) -> Answer {
    root_only(peer, "only root may rename a template")?;
    let since = Instant::now();
    let info = daemon.store().rename(input.id, &input.label)?;
    note(daemon, peer, "rename", &info.user, Some(info.uid), since);
    done(
        peer,
        &TemplateOut {
            template: template_out(info),
        },
    )
}

/// Removes all of a user; works for accounts that are gone, too.
pub fn clear(daemon: &Daemon, peer: &Peer, input: UserIn) -> Answer {
    root_only(peer, "only root may remove templates")?;
    let since = Instant::now();
    let removed = daemon.store().clear(&input.user)?;
    note(
        daemon,
        peer,
        "clear",
        &input.user,
        users::uid_of(&input.user).ok().flatten(),
        since,
    );
    done(peer, &ClearTemplatesOut { removed })
}

/// Forgets a user's mismatches.
pub fn unlock(daemon: &Daemon, peer: &Peer, input: UserIn) -> Answer {
    root_only(peer, "only root may unlock a face")?;
    let since = Instant::now();
    let uid = users::require(&input.user)?;
    let cleared = daemon.store().clear_lockouts(uid)?;
    note(daemon, peer, "unlock", &input.user, Some(uid), since);
    done(peer, &UnlockOut { cleared })
}

/// The cameras of this machine, as the vision process sees them. Nobody's scan gives way to this, not to root's either: a
/// list is worth no login.
pub fn cameras(daemon: &Daemon, peer: &Peer, _: Nothing) -> Answer {
    let mut session = Session::begin_as(daemon, false, PATIENCE)?;
    let cameras = session.line().cameras()?;
    // The next may have the line before this peer has read its answer.
    drop(session);
    done(peer, &ListCamerasOut { cameras })
}

/// For root the cameras that logins use; while a scan is running, and for others, those that are preferred. With what they
/// see, where that is known.
fn camera_in_use(daemon: &Daemon, peer: &Peer) -> (String, Vec<CameraKind>) {
    let camera = &daemon.config.camera;
    if camera.replay.is_some() {
        return ("replay".into(), vec![CameraKind::Replay]);
    }
    // Not as root: nobody's scan gives way to this. And not for everybody: it wakes every camera.
    let at_once = Deadline::after(Duration::ZERO);
    let line = peer
        .is_root()
        .then(|| daemon.vision.borrow(false, at_once, at_once));
    let cameras = match line {
        Some(Ok(Some(mut line))) => line.cameras().unwrap_or_default(),
        _ => Vec::new(),
    };
    let (chosen, seen): (Vec<String>, Vec<CameraKind>) = cameras
        .into_iter()
        .filter(|camera| camera.chosen)
        .map(|camera| (camera.id, camera.kind))
        .unzip();
    let preferred = || camera.devices.iter().map(Device::to_string).collect();
    let names: Vec<String> = if chosen.is_empty() { preferred() } else { chosen };
    (names.join(", "), seen)
}

/// How the daemon and one user stand.
pub fn status(daemon: &Daemon, peer: &Peer, input: OptionalUserIn) -> Answer {
    let user = match (input.user, peer.is_root()) {
        (Some(user), true) => user,
        (None, true) => users::name_of(0).unwrap_or_else(|| "root".into()),
        (wanted, false) => {
            let own = own_name(peer)?;
            if wanted.is_some_and(|wanted| wanted != own) {
                return Err(Failure::NotPermitted("only root may see somebody else's status"));
            }
            own
        }
    };
    let uid = users::require(&user)?;
    let mut known = daemon.vision.known();
    if !peer.is_root() && !matches!(known.state.as_str(), "ready" | "busy") {
        // The rest names files, and may be the words of a process that parses pictures.
        known.state = "unavailable".into();
    }
    let (camera, sees) = camera_in_use(daemon, peer);
    // Before the store is locked: logind may take its time.
    let logind = daemon
        .whereabouts
        .as_ref()
        .map(|whereabouts| match whereabouts.state() {
            Ok(()) => "answers".to_owned(),
            Err(error) if peer.is_root() => error.to_string(),
            Err(_) => "does not answer".to_owned(),
        });
    let password_due = password::due(daemon, &user, uid);
    let store = daemon.store();
    let own: Vec<_> = store
        .list(Some(&user))?
        .into_iter()
        .filter(|info| info.uid == uid)
        .collect();
    let usable = match &known.engine {
        None => 0,
        Some((engine, model)) => own.iter().filter(|info| info.is_of(engine, model)).count(),
    };
    let now = daemon.clock.now().ok();
    let lockouts = store
        .lockouts_of(uid)?
        .into_iter()
        .map(|(class, record)| Lockout {
            class: class.as_str().into(),
            failures: record.failures,
            remaining_seconds: now
                .as_ref()
                .map_or(u64::MAX, |now| lockout::remaining(&record, now)),
        })
        .collect();
    drop(store);
    let enabled = daemon
        .config
        .services
        .iter()
        .filter(|(_, service)| service.enabled);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let security = said(
        &daemon.config,
        known.engine.as_ref().map(|(engine, _)| engine.as_str()),
    );
    let out = StatusOut {
        version: env!("CARGO_PKG_VERSION").into(),
        engine: known.engine.as_ref().map(|(engine, _)| engine.clone()),
        model: known.engine.map(|(_, model)| model),
        vision: known.state,
        camera: Some(camera),
        services: enabled
            .map(|(name, service)| Service {
                name: name.clone(),
                trigger: match service.trigger {
                    Trigger::Immediate => "immediate".into(),
                    Trigger::Enter => "enter".into(),
                },
            })
            .collect(),
        security,
        presence: match daemon.config.presence {
            Presence::Seat => "seat".into(),
            Presence::Local => "local".into(),
            Presence::Off => "off".into(),
        },
        liveness: liveness::describe(&daemon.config, known.liveness, &sees),
        liveness_networks: known.liveness,
        configuration: peer
            .is_root()
            .then(|| facelogin_models::sha256(daemon.config.to_toml().as_bytes())),
        logind,
        user,
        templates: count(own.len()),
        usable_templates: count(usable),
        password_due,
        lockouts,
    };
    done(peer, &out)
}

fn own_name(peer: &Peer) -> Result<String, Failure> {
    users::name_of(peer.uid).ok_or_else(|| Failure::UnknownUser(format!("uid {}", peer.uid)))
}

/// Logs what root changed.
pub fn note(daemon: &Daemon, peer: &Peer, action: &str, user: &str, uid: Option<u32>, since: Instant) {
    daemon.audit.decision(&Entry {
        action,
        user,
        uid,
        service: "",
        tty: "",
        ruser: "",
        peer_uid: peer.uid,
        verdict: None,
        millis: u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r24_what_a_template_s_camera_sees_is_read_from_its_identity() {
        for (camera, kind) in [
            (
                "usb:04f2:b6d9 kind=infrared path=a built-in",
                CameraKind::Infrared,
            ),
            ("usb:04f2:b6d9 kind=infrared path=a", CameraKind::Infrared),
            ("usb:04f2:b6d9 kind=infrared built-in", CameraKind::Infrared),
            ("usb:04f2:b6d9 kind=colour path=a built-in", CameraKind::Colour),
            ("/dev/v4l/by-id/usb-camera", CameraKind::Colour),
            ("replay", CameraKind::Colour),
        ] {
            assert_eq!(kind_of(camera), kind, "{camera}");
        }
    }
}
