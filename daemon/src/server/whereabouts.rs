//! Where the user is, the lid, and the grace after locking (R27): what logind is asked before a scan.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use facelogin_config::{Config, Presence, Trigger};
use facelogin_protocol::types::Reason;

use crate::audit::Audit;
use crate::built_in::only_built_in;
use crate::grace::{self, Grace, Locks};
use crate::lockout::EntryClass;
use crate::logind::{Bus, Logind, LogindError};
use crate::presence::{Session, Who, behind, judge, own};
use crate::server::Daemon;
use crate::server::attempt::Attempted;

/// Between two lines of the log about the same trouble with logind: lock screens may ask for ever.
const QUIET: Duration = Duration::from_secs(60);

/// What is asked, and what is remembered. There is none when `presence` is off: then nobody asks logind anything.
#[derive(Debug)]
pub struct Whereabouts {
    mode: Presence,
    logind: Box<dyn Logind>,
    grace: Grace,
    /// What was logged last, and when.
    complaint: Mutex<Option<(Instant, LogindError)>>,
}

impl Whereabouts {
    /// What the configuration asks for, of the logind on the bus; begins to listen for locked screens.
    ///
    /// # Errors
    /// The listening thread cannot be started.
    pub fn on(bus: Bus, config: &Config) -> std::io::Result<Option<Self>> {
        if config.presence == Presence::Off {
            return Ok(None);
        }
        let locks = Arc::<Locks>::default();
        if config.lock_grace_seconds > 0 {
            bus.follow_locks(locks.clone())?;
        }
        Ok(Some(Self::new(config, Box::new(bus), locks)))
    }

    fn new(config: &Config, logind: Box<dyn Logind>, locks: Arc<Locks>) -> Self {
        let length = Duration::from_secs(config.lock_grace_seconds.into());
        Self {
            mode: config.presence,
            logind,
            grace: Grace::new(length, locks),
            complaint: Mutex::default(),
        }
    }

    /// Whether logind answers, or what is wrong.
    pub fn state(&self) -> Result<(), LogindError> {
        self.logind.scene().map(drop)
    }

    /// What a match or a password opened, so that the next locking is known for one.
    pub fn opened(&self, uid: u32, service: &str) {
        self.grace.opened(uid, service);
    }

    /// Whether the lid is closed, unless something forbids the scan.
    fn judge(&self, config: &Config, audit: &Audit, attempted: &Attempted<'_>) -> Result<bool, Reason> {
        let (Ok(Some(_)), Some(uid)) = (attempted.uid, attempted.asker) else {
            return Err(Reason::NotPresent);
        };
        let scene = match self.logind.scene() {
            Ok(scene) => scene,
            Err(error) => {
                self.complain(audit, error, Instant::now());
                return Err(Reason::NotPresent);
            }
        };
        let who = Who {
            uid,
            tty: attempted.tty,
            built_in: scene.lid_closed && only_built_in(&config.camera),
        };
        judge(self.mode, attempted.class, &who, &scene)?;
        if !by_itself(config, attempted) {
            return Ok(scene.lid_closed);
        }
        let mut sessions: Vec<&Session> = own(self.mode, uid, &scene).collect();
        if sessions.is_empty() && attempted.class == EntryClass::Greeter {
            sessions.extend(behind(self.mode, uid, &scene));
        }
        // Of a greeter's services only those that open a session which is there already.
        let unlocks = !sessions.is_empty();
        // Without a clock nobody can tell: the kernel has had it for longer than everything else that is needed here.
        let held = |now| {
            self.grace
                .holds(uid, attempted.service, sessions.into_iter(), now)
        };
        match unlocks && grace::now().is_none_or(held) {
            true => Err(Reason::JustLocked),
            false => Ok(scene.lid_closed),
        }
    }

    fn complain(&self, audit: &Audit, error: LogindError, now: Instant) {
        let mut last = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        let told = matches!(&*last, Some((at, same)) if *same == error && now.duration_since(*at) < QUIET);
        if !told {
            audit.remark(&format!(
                "nobody is let in by face: {error}; see \"presence\" in the configuration"
            ));
            *last = Some((now, error));
        }
    }
}

/// Whether the lid is closed over the built-in cameras, as far as logind is asked.
///
/// # Errors
/// What forbids a scan of the attempt by where its user is, or because no camera is left but those behind the lid.
pub fn lid_closed(daemon: &Daemon, attempted: &Attempted<'_>) -> Result<bool, Reason> {
    // Root at any place may try out the face of whoever sits in front of the camera: that lets nobody in.
    match &daemon.whereabouts {
        Some(whereabouts) if attempted.counts => whereabouts.judge(&daemon.config, &daemon.audit, attempted),
        _ => Ok(false),
    }
}

/// Whether the scan of a locked screen would begin without anybody having asked for it.
fn by_itself(config: &Config, attempted: &Attempted<'_>) -> bool {
    let unlocks = matches!(
        attempted.class,
        EntryClass::Greeter | EntryClass::Locker | EntryClass::Unprivileged
    );
    let service = config.service(attempted.service);
    unlocks && !attempted.consent && service.is_some_and(|service| service.trigger == Trigger::Immediate)
}

#[cfg(test)]
#[path = "whereabouts_tests.rs"]
mod tests;
