//! Whether a scan may begin at all. A pure function of the configuration, the peer, the request and the store's word.

use std::time::Duration;

use facelogin_config::{Config, Liveness, Rules, Trigger};
use facelogin_protocol::types::{Reason, Verdict};

use crate::levels::Strictness;

/// What is asked, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What the caller resolved the name to.
    pub claimed_uid: u32,
    /// What the daemon resolved the name to; `None`: no such account.
    pub resolved_uid: Option<u32>,
    /// `PAM_SERVICE`.
    pub service: &'a str,
    /// `PAM_RHOST`, empty when there is none.
    pub rhost: &'a str,
    /// The user asked for the scan at a prompt.
    pub consent: bool,
    /// How long the caller will wait.
    pub timeout: Duration,
}

/// What the store and the clock say about the user.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Seconds until the face is asked again; 0 when it is not locked.
    pub locked_seconds: u64,
    /// Templates that the loaded engine can compare a face with: of the kind of camera that has most of them.
    pub usable_templates: u32,
    /// All templates.
    pub templates: u32,
    /// An unprivileged peer that asks too often.
    pub too_often: bool,
    /// What in the circumstances forbids a scan: where the user is, the lid, the account.
    pub hindrance: Option<Reason>,
}

/// How a scan is to be run and judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScanRules {
    /// How near a template a probe must come.
    pub strictness: Strictness,
    /// Good pictures fused into a probe.
    pub frames: usize,
    /// Whether what matches must be alive.
    pub liveness: Liveness,
    /// The longest the scan may take.
    pub timeout: Duration,
    /// How long it goes on without a face.
    pub no_face_timeout: Duration,
}

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    /// Open the camera.
    Scan(ScanRules),
    /// Answer at once.
    Refuse(Verdict, Reason),
}

/// The shortest scan worth opening a camera for.
pub const SHORTEST_SCAN: Duration = Duration::from_millis(200);

/// Decides. Whoever is refused never causes the camera to open (R4, R5, R6, R21, R22, R26, R27).
pub fn decide(config: &Config, asked: &Asked<'_>, standing: &Standing) -> Policy {
    let unavailable = |reason| Policy::Refuse(Verdict::Unavailable, reason);
    match asked.resolved_uid {
        Some(uid) if uid == asked.claimed_uid => {}
        _ => return Policy::Refuse(Verdict::UnknownUser, Reason::UnknownUser),
    }
    if !asked.rhost.is_empty() {
        return unavailable(Reason::Remote);
    }
    let Some(service) = config.service(asked.service) else {
        return unavailable(Reason::ServiceNotAllowed);
    };
    if standing.locked_seconds > 0 {
        return Policy::Refuse(Verdict::LockedOut, Reason::LockedOut);
    }
    if standing.templates == 0 {
        return unavailable(Reason::NotEnrolled);
    }
    if standing.usable_templates == 0 {
        return unavailable(Reason::OtherEngine);
    }
    if standing.too_often {
        return unavailable(Reason::RateLimited);
    }
    if let Some(reason) = standing.hindrance {
        return unavailable(reason);
    }
    // Last: whoever is asked for consent is not refused afterwards for what could have been known before.
    if service.trigger == Trigger::Enter && !asked.consent {
        return unavailable(Reason::ConsentNeeded);
    }
    let scan = scan_rules(&service.rules, asked.timeout);
    if scan.timeout < SHORTEST_SCAN {
        return unavailable(Reason::NobodySeen);
    }
    Policy::Scan(scan)
}

/// The rules of a scan for a caller who waits `timeout`.
pub fn scan_rules(rules: &Rules, timeout: Duration) -> ScanRules {
    ScanRules {
        strictness: rules.into(),
        frames: rules.frames as usize,
        liveness: rules.liveness,
        timeout: timeout.min(Duration::from_millis(rules.timeout_ms.into())),
        no_face_timeout: Duration::from_millis(rules.no_face_timeout_ms.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked {
        claimed_uid: 1000,
        resolved_uid: Some(1000),
        service: "login",
        rhost: "",
        consent: true,
        timeout: Duration::from_secs(5),
    };
    const STANDING: Standing = Standing {
        locked_seconds: 0,
        usable_templates: 1,
        templates: 1,
        too_often: false,
        hindrance: None,
    };

    #[test]
    fn r04_r05_r06_r21_r22_r26_r27_who_is_refused_and_why() {
        use Verdict::{LockedOut, Unavailable, UnknownUser};
        let config = Config::default();
        let sane = decide(&config, &ASKED, &STANDING);
        assert!(
            matches!(sane, Policy::Scan(rules) if rules.frames == 3),
            "{sane:?}"
        );
        let asked = |change: fn(&mut Asked<'static>)| {
            let mut asked = ASKED;
            change(&mut asked);
            (asked, STANDING)
        };
        let standing = |change: fn(&mut Standing)| {
            let mut standing = STANDING;
            change(&mut standing);
            (ASKED, standing)
        };
        let table = [
            (asked(|a| a.resolved_uid = None), UnknownUser, Reason::UnknownUser),
            (
                asked(|a| a.resolved_uid = Some(1001)),
                UnknownUser,
                Reason::UnknownUser,
            ),
            (asked(|a| a.claimed_uid = 0), UnknownUser, Reason::UnknownUser),
            (asked(|a| a.rhost = "0.0.0.0"), Unavailable, Reason::Remote),
            (asked(|a| a.rhost = " "), Unavailable, Reason::Remote),
            (
                asked(|a| a.service = "sshd"),
                Unavailable,
                Reason::ServiceNotAllowed,
            ),
            (
                asked(|a| a.service = "sudo"),
                Unavailable,
                Reason::ServiceNotAllowed,
            ),
            (asked(|a| a.service = ""), Unavailable, Reason::ServiceNotAllowed),
            (
                asked(|a| a.service = "LOGIN"),
                Unavailable,
                Reason::ServiceNotAllowed,
            ),
            (asked(|a| a.consent = false), Unavailable, Reason::ConsentNeeded),
            (
                asked(|a| a.timeout = Duration::from_millis(50)),
                Unavailable,
                Reason::NobodySeen,
            ),
            (standing(|s| s.locked_seconds = 1), LockedOut, Reason::LockedOut),
            (
                standing(|s| {
                    s.templates = 0;
                    s.usable_templates = 0;
                }),
                Unavailable,
                Reason::NotEnrolled,
            ),
            (
                standing(|s| s.usable_templates = 0),
                Unavailable,
                Reason::OtherEngine,
            ),
            (
                standing(|s| s.hindrance = Some(Reason::LidClosed)),
                Unavailable,
                Reason::LidClosed,
            ),
            (standing(|s| s.too_often = true), Unavailable, Reason::RateLimited),
        ];
        for ((asked, standing), verdict, reason) in table {
            assert_eq!(
                decide(&config, &asked, &standing),
                Policy::Refuse(verdict, reason),
                "{asked:?} {standing:?}"
            );
        }
    }

    #[test]
    fn r26_nobody_is_asked_for_a_consent_that_would_not_count() {
        let config = Config::default();
        let asked = Asked {
            consent: false,
            ..ASKED
        };
        let hindered = Standing {
            hindrance: Some(Reason::NotPresent),
            ..STANDING
        };
        let refusal = decide(&config, &asked, &hindered);
        assert_eq!(refusal, Policy::Refuse(Verdict::Unavailable, Reason::NotPresent));
        let greeter = Asked {
            service: "gdm-password",
            ..asked
        };
        assert!(matches!(decide(&config, &greeter, &STANDING), Policy::Scan(_)));
    }

    #[test]
    fn a_scan_never_outlasts_the_caller() {
        let Policy::Scan(rules) = decide(
            &Config::default(),
            &Asked {
                timeout: Duration::from_secs(1),
                ..ASKED
            },
            &STANDING,
        ) else {
            panic!("refused");
        };
        assert_eq!(rules.timeout, Duration::from_secs(1));
    }
}
