//! What can keep an evaluation from being made.

use std::io;
use std::path::PathBuf;

use crate::exit::Exit;

/// Why there is no evaluation.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// A folder or file that cannot be read.
    #[error("{}: {why}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// A folder without pictures.
    #[error(
        "{} holds no pictures. Give a folder of folders, one for each person, with .jpg or .png files in them",
        .0.display()
    )]
    Empty(PathBuf),
    /// A folder with one person.
    #[error("{} holds pictures of one person only; error rates take at least two", .0.display())]
    OnePerson(PathBuf),
    /// Two folders of one name.
    #[error("two data sets are called {0:?}; rename one of the folders: its name is its group's")]
    SameName(String),
    /// A list of groups or pairs that is none.
    #[error("{}, line {line}: {why}", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong, and what was expected.
        why: String,
    },
    /// A pair of pictures that are not there.
    #[error("{} names picture {number} of a person, and none of the folders has it (line {line})", path.display())]
    NoSuchPicture {
        /// The list of pairs.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// The picture's number.
        number: u32,
    },
    /// Two pictures that a list of pairs cannot tell apart.
    #[error(
        "{}, line {line}: picture {number} of that person is there more than once; give only the folder that the list is about",
        path.display()
    )]
    SamePicture {
        /// The list of pairs.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// The picture's number.
        number: u32,
    },
    /// Nothing to measure.
    #[error("none of the {pictures} pictures could be looked at; of the first: {why}")]
    NothingReadable {
        /// How many there are.
        pictures: usize,
        /// What is wrong with the first.
        why: String,
    },
    /// No daemon's binary.
    #[error("cannot find facelogind next to this program or in {0}; name it with --daemon PATH")]
    NoDaemon(String),
    /// It does not run, or does not do what it must.
    #[error("{} encode: {why}", program.display())]
    Encoder {
        /// Which program.
        program: PathBuf,
        /// What it said, or what it did.
        why: String,
    },
    /// A file that cannot be written.
    #[error("cannot write {}: {why}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The plots.
    #[error("cannot draw the plots: {0}")]
    Plot(String),
}

impl EvaluateError {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::NoDaemon(_) | Self::Encoder { .. } => Exit::Unavailable,
            Self::Write { .. } | Self::Plot(_) => Exit::Internal,
            _ => Exit::BadInput,
        }
    }
}
