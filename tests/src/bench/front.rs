//! Who is in front of a camera: somebody who can be asked, or pictures in front of a made one.

use std::io::{IsTerminal, stdin};
use std::path::PathBuf;

use facelogin_tests::usb_camera::server::tell;

use super::Failed;

/// Who is in front of it.
pub enum Front {
    /// A person.
    Person,
    /// Scenes, shown by cameras of `usb-camera`.
    Made {
        /// Where each takes commands.
        sockets: Vec<PathBuf>,
        /// The folder that `scene` filled.
        scenes: PathBuf,
    },
}

/// Who is wanted there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The user, as somebody looks who enrols.
    Enrolling,
    /// The user.
    User,
    /// Somebody else.
    Stranger,
    /// An empty room.
    Nobody,
}

impl Front {
    /// Puts them there. False: nobody can be asked to. A person is always there for the user.
    #[allow(clippy::print_stderr)]
    pub fn wants(&self, who: Who) -> Result<bool, Failed> {
        let (scene, words) = match who {
            // The same portrait: how alike two are is no matter of speed, and in made infrared they are not alike enough.
            Who::Enrolling => ("frontal", "Sit down in front of the camera and look at it"),
            Who::User => ("frontal", "Look at the camera until the next line comes"),
            Who::Stranger => ("stranger", "Have somebody else sit down and look at the camera"),
            Who::Nobody => ("nobody", "Leave the picture, as far as the keyboard lets you"),
        };
        match self {
            Self::Made { sockets, scenes } => {
                for socket in sockets {
                    let folder = scenes.join(scene);
                    tell(socket, &["show".into(), folder.to_string_lossy().into_owned()])??;
                }
                Ok(true)
            }
            Self::Person if stdin().is_terminal() => {
                eprintln!("{words}, and press Enter.");
                stdin().read_line(&mut String::new())?;
                Ok(true)
            }
            Self::Person => Ok(matches!(who, Who::Enrolling | Who::User)),
        }
    }
}
