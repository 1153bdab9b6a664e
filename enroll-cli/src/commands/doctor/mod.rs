//! `doctor`: the links of the chain that a face login takes, each failure with its remedy. It changes no file and takes no
//! picture, though the daemon opens each camera to see what it can do; and the daemon, where it is stopped and systemd
//! listens in its place, is started by being asked. What only holds for the moment of a login (the lid, the account, the
//! home folder, where the user is) it does not look at.

mod answers;
mod cameras;
mod configuration;
mod holders;
mod liveness;
mod load;
mod logins;
mod models;
mod module;
mod named;
mod owned;
mod place;
mod report;
mod socket;
mod standing;
mod templates;
#[cfg(test)]
mod testing;
mod units;

use std::path::Path;

use clap::Args;
use facelogin_config::{Config, load_system};
use facelogin_models::ModelSet;
use facelogin_protocol::types::{CameraKind, OptionalUserIn, StatusOut};

use self::liveness::Networks;
use self::models::Files;
use self::named::Named;
use self::report::{Link, Report, State};
use self::templates::Whom;
use super::Context;
use crate::caller::{Accounts, System};
use crate::cli::UserArg;
use crate::daemon::QUICK;
use crate::error::CliError;
use crate::exit::Exit;
use crate::pam::root::Root;

/// When what is on disk is in effect.
const RESTARTED: &str = "once the daemon has restarted";

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    user: UserArg,
    /// Load the PAM module that the stacks call so, and nothing else: what `doctor` has a process of its own do.
    #[arg(long = "try-module", hide = true, value_name = "NAME")]
    try_module: Option<String>,
}

/// Looks at each link.
pub fn doctor(context: &mut Context<'_, '_>, args: DoctorArgs) -> Result<Exit, CliError> {
    if let Some(name) = args.try_module {
        return Ok(module::try_it(context.out, &name));
    }
    let root = context.caller.is_root();
    let whom = whom(context, args.user.user)?;
    let links = examine(context, whom.as_ref(), root);
    let report = Report::new(whom.map(|whom| whom.user), root, links);
    context.out.answer(&report, || report.text())?;
    Ok(if report.is_broken() {
        Exit::Negative
    } else {
        Exit::Ok
    })
}

/// Whose face it is about: of root that nobody invoked only if it says so. Others may ask about themselves.
fn whom(context: &Context<'_, '_>, named: Option<String>) -> Result<Option<Whom>, CliError> {
    let user = match context.user_to_change(named) {
        Err(CliError::WhichUser) => return Ok(None),
        other => other?,
    };
    let uid = System.uid_of(&user);
    if !context.caller.is_root() && uid != Some(context.caller.uid) {
        context.caller.needs_root()?;
    }
    match uid {
        Some(uid) => Ok(Some(Whom { user, uid })),
        None => Err(CliError::UnknownUser { user }),
    }
}

fn examine(context: &Context<'_, '_>, whom: Option<&Whom>, root: bool) -> Vec<Link> {
    let machine = Root::at(Path::new("/"));
    let read = load_system(&context.config);
    let config = read.as_ref().ok();
    let daemon = &context.daemon;
    // Before the daemon is asked, which starts it.
    let units = units::ask(daemon.socket());
    let listening = units.as_ref().is_some_and(|units| units.listening);
    let socket = socket::link(daemon.socket(), listening);

    let user = whom.map(|whom| whom.user.as_str());
    let request = OptionalUserIn {
        user: user.map(Into::into),
    };
    let answered = daemon.call::<StatusOut>("GetStatus", &request, QUICK);
    let status = answered.as_ref().ok();
    let in_effect = answers::in_effect(status, config);
    // Another than the daemon's is no measure of what it does.
    let its = config.filter(|_| in_effect.state != State::Failure);
    let cameras = cameras::ask(daemon, status, its);
    let enrolled = templates::ask(daemon, status, whom);
    let faces = enrolled.as_ref().map_or(&[][..], |enrolled| &enrolled.templates);
    let usable = templates::usable(faces, status, its);
    let used = cameras.used.as_deref();

    let named = Named::of(&machine);
    let module = module::Examined::of(&machine, &named);
    let mut logins = logins::links(&machine, config, root, &named, &module);
    if in_effect.state == State::Failure {
        logins = logins.into_iter().map(after_a_restart).collect();
    }
    let mut links = vec![configuration::link(&context.config, &read, root)];
    links.extend(module.links);
    links.extend(logins);
    links.push(socket);
    links.extend(units.map(|units| units.link));
    links.push(answers::daemon(daemon, &answered));
    let state = in_effect.state;
    links.push(in_effect);
    links.push(answers::vision(status));
    links.extend(models::links(config));
    links.extend(liveness(
        config,
        status,
        state,
        &kinds(used, &templates::kinds(&usable)),
    ));
    let faces = match &enrolled {
        Err(why) => why.clone(),
        Ok(enrolled) => templates::link(user.unwrap_or_default(), enrolled, &usable, (status, its), used),
    };
    links.extend([cameras.link, faces]);
    links.extend(standing::level(config, status));
    links.push(standing::lockout(status, user));
    links.push(standing::password_first(status, user));
    links.push(standing::presence(status));
    links
}

/// Of services that the daemon may not let use the face yet.
fn after_a_restart(link: Link) -> Link {
    match link.state {
        State::Ok => Link::hangs(link.link, format!("{RESTARTED}: {}", link.found)),
        _ => link,
    }
}

/// What `liveness` amounts to for cameras of these kinds: as the configuration on disk has it where that is in effect.
fn liveness(
    config: Option<&Config>,
    status: Option<&StatusOut>,
    in_effect: State,
    sees: &[CameraKind],
) -> Vec<Link> {
    let (Some(config), words) = (config, status.map(|status| status.liveness.as_str())) else {
        let told = status.map(|status| liveness::told(&status.liveness));
        return told.map_or_else(
            || liveness::links(None, &Networks::Untold(Files::Hidden), sees),
            |told| vec![told],
        );
    };
    let files = models::of(ModelSet::Liveness, config);
    let networks = match status {
        // What it has is by another configuration.
        _ if in_effect == State::Failure => Networks::Untold(files),
        Some(status) if status.liveness_networks => Networks::Loaded,
        Some(status) if matches!(status.vision.as_str(), "ready" | "busy") => Networks::NotLoaded(files),
        _ => Networks::Untold(files),
    };
    let disk = liveness::links(Some(config), &networks, sees);
    let when = match (in_effect, status) {
        (State::Ok, _) => return disk,
        (_, None) => "once the daemon runs",
        (State::Failure, _) => RESTARTED,
        _ => "if the daemon runs with the configuration on disk",
    };
    liveness::not_in_effect(words, when, disk)
}

/// What the cameras that a login of this user can use see; nothing where none is known.
fn kinds(cameras: Option<&[facelogin_protocol::types::Camera]>, enrolled: &[CameraKind]) -> Vec<CameraKind> {
    let seen: Vec<CameraKind> = match cameras {
        Some(cameras) => cameras.iter().map(|camera| camera.kind.compared_as()).collect(),
        None => Vec::new(),
    };
    if seen.is_empty() {
        return enrolled.to_vec();
    }
    let both: Vec<CameraKind> = seen
        .iter()
        .copied()
        .filter(|kind| enrolled.contains(kind))
        .collect();
    if both.is_empty() { seen } else { both }
}

#[cfg(test)]
mod tests {
    use super::testing::camera;
    use super::*;
    use CameraKind::{Colour, Infrared, Replay};

    #[test]
    fn liveness_is_about_the_cameras_that_the_user_s_logins_use() {
        let two = [camera(Colour), camera(Infrared)];
        for (cameras, enrolled, expected) in [
            (Some(&two[..]), &[Infrared][..], &[Infrared][..]),
            (Some(&two[..]), &[], &[Colour, Infrared]),
            (Some(&two[..1]), &[Infrared], &[Colour]),
            (Some(&[camera(Replay)]), &[Colour], &[Colour]),
            (None, &[Infrared], &[Infrared]),
            (Some(&[]), &[], &[]),
        ] {
            assert_eq!(kinds(cameras, enrolled), expected);
        }
    }
}
