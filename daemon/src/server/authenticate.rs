//! `Authenticate`: the one method that lets somebody in.

use std::time::{Duration, Instant};

use facelogin_protocol::types::{AuthenticateIn, AuthenticateOut};

use crate::decision::Judged;
use crate::lockout::EntryClass;
use crate::policy::{Asked, Standing, decide};
use crate::server::attempt::{Attempted, attempt};
use crate::server::connection::{Answer, Next, Peer};
use crate::server::failure::Failure;
use crate::server::{Daemon, users};

/// The longest of the strings a caller sends along, in bytes (R14).
pub const MAX_TEXT: usize = 256;

/// The longest a caller may ask to wait.
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

/// Answers, and closes the connection: a second reply could only be a lie.
pub fn answer(daemon: &Daemon, peer: &Peer, input: AuthenticateIn) -> Answer {
    let since = Instant::now();
    let texts = [
        Some(&input.user),
        Some(&input.service),
        input.tty.as_ref(),
        input.rhost.as_ref(),
        input.ruser.as_ref(),
    ];
    if texts.into_iter().flatten().any(|text| text.len() > MAX_TEXT) {
        return Err(Failure::Invalid(format!(
            "a name is longer than {MAX_TEXT} bytes"
        )));
    }
    if !peer.is_root() && peer.uid != input.uid {
        return Err(Failure::NotPermitted("only root may ask about somebody else"));
    }
    let uid = users::uid_of(&input.user);
    let class = EntryClass::of(&input.service, peer.is_root());
    let ruser = input.ruser.as_deref().unwrap_or_default();
    let attempted = Attempted {
        action: "authenticate",
        user: &input.user,
        uid,
        service: &input.service,
        tty: input.tty.as_deref().unwrap_or_default(),
        ruser,
        asker: users::asker(class, ruser, uid.ok().flatten()),
        consent: input.consent,
        class,
        counts: true,
        since,
    };
    let asked = Asked {
        claimed_uid: input.uid,
        resolved_uid: attempted.uid.ok().flatten(),
        service: &input.service,
        rhost: input.rhost.as_deref().unwrap_or_default(),
        consent: input.consent,
        timeout: Duration::from_millis(input.timeout_ms.into()).min(MAX_TIMEOUT),
    };
    let reply = |judged: &Judged| AuthenticateOut {
        request_id: input.request_id,
        uid: input.uid,
        verdict: judged.verdict,
        // To root's programs, too: what a login program is told, whoever stands before it sees.
        reason: judged.told(),
        elevation: attempted.class == EntryClass::Elevation,
    };
    let policy = |standing: &Standing| decide(&daemon.config, &asked, standing);
    attempt(daemon, peer, &attempted, policy, |judged| {
        // A caller that has gone needs no answer; the attempt is recorded all the same.
        let _ = peer.reply_and_end(&reply(judged));
    });
    Ok(Next::Close)
}
