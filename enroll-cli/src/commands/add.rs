//! `add`: registering a face, from the camera or from pictures.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use facelogin_protocol::ClientError;
use facelogin_protocol::types::{
    CameraKind, EnrollCameraIn, EnrollCameraOut, EnrollPicturesIn, EnrollPicturesOut, Template,
};

use super::Context;
use crate::cli::UserArg;
use crate::daemon::ENROLMENT;
use crate::error::CliError;
use crate::exit::Exit;
use crate::password::UnattendedArg;
use crate::pictures::{self, MOST};
use crate::progress::Pictures;
use crate::words::{clean, count, sentences};

/// Arguments of `add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    #[command(flatten)]
    user: UserArg,
    /// A name for the template, such as "glasses".
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// JPEG or PNG files to use in place of the camera: up to 16, of one person alone.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    image: Vec<PathBuf>,
    /// With the first preferred camera of this kind; by default the first of either. A face is compared with cameras of
    /// the kind that it was enrolled with.
    #[arg(long, value_name = "KIND", conflicts_with = "image")]
    camera: Option<Kind>,
    #[command(flatten)]
    unattended: UnattendedArg,
}

/// What a camera sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Visible light.
    Colour,
    /// The light of an infrared emitter.
    Infrared,
}

impl From<Kind> for CameraKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Colour => Self::Colour,
            Kind::Infrared => Self::Infrared,
        }
    }
}

/// Stores one template, or nothing.
pub fn add(context: &mut Context<'_, '_>, args: AddArgs) -> Result<Exit, CliError> {
    context.caller.needs_root()?;
    let user = context.user_to_change(args.user.user)?;
    // What is wrong with the files is said before anybody types a password.
    let pictures = match args.image.as_slice() {
        [] => None,
        files if files.len() > MOST => return Err(CliError::TooManyPictures { given: files.len() }),
        files => Some(pictures::read_all(files)?),
    };
    context.ask_password(&args.unattended)?;
    let stored = match pictures {
        None => from_camera(context, user, args.label, args.camera)?,
        Some(pictures) => {
            let request = EnrollPicturesIn {
                user,
                label: args.label,
                pictures,
            };
            from_pictures(context, &request, &args.image)?
        }
    };
    context
        .out
        .answer(&stored, || describe(&stored.template, &stored.warnings))?;
    Ok(Exit::Ok)
}

fn from_pictures(
    context: &Context<'_, '_>,
    request: &EnrollPicturesIn,
    files: &[PathBuf],
) -> Result<EnrollPicturesOut, CliError> {
    let reply = context.daemon.call("EnrollPictures", request, ENROLMENT);
    reply.map_err(|error| match error {
        CliError::NotEnrolled {
            picture,
            problem,
            advice,
        } => CliError::NotEnrolled {
            picture: picture.map(|name| pictures::as_named(files, name)),
            problem,
            advice,
        },
        other => other,
    })
}

fn from_camera(
    context: &Context<'_, '_>,
    user: String,
    label: Option<String>,
    kind: Option<Kind>,
) -> Result<EnrollPicturesOut, CliError> {
    let live = Pictures::start();
    let request = EnrollCameraIn {
        user,
        label,
        kind: kind.map(Into::into),
    };
    let last = context
        .daemon
        .call_more("EnrollCamera", &request, ENROLMENT, |now: EnrollCameraOut| {
            live.show(
                now.got,
                now.wanted,
                clean(now.hint.as_deref().unwrap_or_default()),
            );
        });
    live.end();
    let last = last?;
    match last.template {
        Some(template) => Ok(EnrollPicturesOut {
            template,
            warnings: last.warnings,
        }),
        None => Err(CliError::Protocol(ClientError::Violation(
            "the enrolment ended without a template and without an error",
        ))),
    }
}

fn describe(template: &Template, warnings: &[String]) -> String {
    let mut text = clean(&format!(
        "Stored template {} \"{}\" of {} (uid {}): {} from {}, for {} cameras.",
        template.id,
        template.label,
        template.user,
        template.uid,
        count(template.encodings, "encoding"),
        template.camera,
        template.kind.name(),
    ));
    for warning in warnings {
        text.push_str(&format!("\nWarning: {}", clean(&sentences(&[warning]))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::templates::tests::template;

    #[test]
    fn what_was_stored_is_one_line_and_each_warning_another() {
        let warnings = ["one picture is few".to_string()];
        assert_eq!(
            describe(&template(3), &warnings),
            "Stored template 3 \"desk\" of alice (uid 1000): 1 encoding from pictures, for colour \
             cameras.\n\
             Warning: one picture is few."
        );
    }
}
