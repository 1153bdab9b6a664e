//! The folders in which model files are looked for.

use std::path::{Path, PathBuf};

/// Folders that only root writes, in the order in which they are searched: what an administrator installed or fetched,
/// then what a package brought.
const SYSTEM: [&str; 2] = ["/usr/local/share/facelogin/models", "/usr/share/facelogin/models"];

/// Ordered search folders. The first folder that has an entry of the wanted name decides, even if that entry is bad:
/// a broken file is reported, not skipped in favour of an older one behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelDirs(Vec<PathBuf>);

impl ModelDirs {
    /// The system folders: for the daemon, and for everything that runs as root. Reads no environment.
    pub fn system() -> Self {
        Self(SYSTEM.iter().map(PathBuf::from).collect())
    }

    /// One explicit folder and no other.
    pub fn only(folder: impl Into<PathBuf>) -> Self {
        Self(vec![folder.into()])
    }

    /// The system folders, then the user's own, `${XDG_DATA_HOME:-~/.local/share}/facelogin/models`.
    ///
    /// For the command-line tool of an ordinary user. This is the one place that reads the environment; a privileged
    /// process must not call it. A relative `XDG_DATA_HOME` is ignored, as its specification asks.
    pub fn for_user() -> Self {
        let var = |name| std::env::var_os(name).map(PathBuf::from);
        Self::with_user_folder(user_folder(var("XDG_DATA_HOME"), var("HOME")))
    }

    /// The folders, in search order.
    pub fn folders(&self) -> &[PathBuf] {
        &self.0
    }

    /// The user's own folder, if [`for_user`](Self::for_user) found one: where that user's `models fetch` writes.
    pub fn user_folder(&self) -> Option<&Path> {
        self.0.get(SYSTEM.len()).map(PathBuf::as_path)
    }

    #[cfg(test)]
    pub(crate) fn these(folders: &[&Path]) -> Self {
        Self(folders.iter().map(|f| f.to_path_buf()).collect())
    }

    fn with_user_folder(user: Option<PathBuf>) -> Self {
        let mut dirs = Self::system();
        dirs.0.extend(user);
        dirs
    }
}

fn user_folder(data_home: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |p: &PathBuf| p.is_absolute();
    let base = match data_home.filter(absolute) {
        Some(data) => data,
        None => home.filter(absolute)?.join(".local/share"),
    };
    Some(base.join("facelogin/models"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_folder_follows_the_base_directory_specification() {
        let cases = [
            (Some("/data"), Some("/home/u"), Some("/data/facelogin/models")),
            (
                None,
                Some("/home/u"),
                Some("/home/u/.local/share/facelogin/models"),
            ),
            (
                Some(""),
                Some("/home/u"),
                Some("/home/u/.local/share/facelogin/models"),
            ),
            (
                Some("relative"),
                Some("/home/u"),
                Some("/home/u/.local/share/facelogin/models"),
            ),
            (None, Some("relative"), None),
            (None, None, None),
        ];
        for (data, home, expected) in cases {
            let found = user_folder(data.map(PathBuf::from), home.map(PathBuf::from));
            assert_eq!(
                found,
                expected.map(PathBuf::from),
                "XDG_DATA_HOME={data:?} HOME={home:?}"
            );
        }
    }

    #[test]
    fn r18_the_system_folders_hold_no_user_folder() {
        assert_eq!(ModelDirs::system().user_folder(), None);
        assert!(
            ModelDirs::system()
                .folders()
                .iter()
                .all(|f| f.starts_with("/usr") || f.starts_with("/var/lib"))
        );
    }

    #[test]
    fn the_user_folder_is_searched_last() {
        let dirs = ModelDirs::with_user_folder(Some("/home/u/m".into()));
        assert_eq!(dirs.folders().last(), Some(&PathBuf::from("/home/u/m")));
        assert_eq!(dirs.user_folder(), Some(Path::new("/home/u/m")));
    }

    #[test]
    fn an_explicit_folder_is_the_only_one() {
        assert_eq!(ModelDirs::only("/x").folders(), [PathBuf::from("/x")]);
    }
}
