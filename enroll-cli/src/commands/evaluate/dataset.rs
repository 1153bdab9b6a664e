//! What lies in the folders: whose picture each file is, of which session, and whether it shows a person or an attack.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::error::EvaluateError;

/// A picture file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub path: PathBuf,
    /// Place of its person in [`Data::people`].
    pub person: usize,
    /// When it was taken, relative to others of the person; 0 where nothing is known of it.
    pub session: u32,
    /// Place in [`Data::attacks`] when it shows no living person.
    pub attack: Option<usize>,
}

/// A person. The name leads to pictures and groups; no report has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The folder's name.
    pub name: String,
    /// Place in [`Data::groups`].
    pub group: usize,
}

/// Everything that is to be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// Names of the groups: of the folders, and of `--groups` within them.
    pub groups: Vec<String>,
    /// People of all groups.
    pub people: Vec<Person>,
    /// Kinds of attack, as folders name them.
    pub attacks: Vec<String>,
    /// By group, person, session and name.
    pub pictures: Vec<Picture>,
    /// The folders that were given, without links.
    roots: Vec<PathBuf>,
}

/// The folder of living people in a data set with attacks.
const LIVE: &str = "live";

impl Data {
    /// Reads the folders. `group_of` gives a person's group within a data set.
    pub fn read(folders: &[PathBuf], group_of: &BTreeMap<String, String>) -> Result<Self, EvaluateError> {
        let mut data = Self::default();
        let mut names: Vec<String> = Vec::new();
        for folder in folders {
            let name = name_of(folder);
            if names.contains(&name) {
                return Err(EvaluateError::SameName(name));
            }
            data.add(folder, &name, group_of)?;
            names.push(name);
        }
        Ok(data)
    }

    /// What lies beyond the given folders and is linked to from within them: folders of people and sessions, and single
    /// pictures, without links.
    pub fn linked(&self) -> BTreeSet<PathBuf> {
        let mut linked = BTreeSet::new();
        let known = |linked: &BTreeSet<PathBuf>, path: &Path| {
            self.roots.iter().any(|root| path.starts_with(root))
                || path.ancestors().any(|above| linked.contains(above))
        };
        for picture in &self.pictures {
            // What is not there any more will be told when it is looked at.
            let Ok(real) = picture.path.canonicalize() else {
                continue;
            };
            if known(&linked, &real) {
                continue;
            }
            let folder = picture
                .path
                .parent()
                .and_then(|folder| folder.canonicalize().ok());
            // A picture that is itself a link opens nothing but itself.
            linked.insert(match folder {
                Some(folder) if real.parent() == Some(&folder) => folder,
                _ => real,
            });
        }
        linked
    }

    fn add(
        &mut self,
        folder: &Path,
        name: &str,
        group_of: &BTreeMap<String, String>,
    ) -> Result<(), EvaluateError> {
        let folder = folder.canonicalize().map_err(|why| EvaluateError::Read {
            path: folder.into(),
            why,
        })?;
        self.roots.push(folder.clone());
        let top = folders_in(&folder)?;
        let living = folder.join(LIVE);
        let attacks = top.contains(&living) && top.len() > 1;
        let before = (self.people.len(), self.pictures.len());
        let mut people = BTreeMap::new();
        let sets = if attacks { top } else { vec![folder.clone()] };
        for set in sets {
            let kind = (attacks && set != living).then(|| place(&mut self.attacks, &name_of(&set)));
            for person in folders_in(&set)? {
                let who = name_of(&person);
                let group = match group_of.get(&who) {
                    Some(group) => format!("{name}/{group}"),
                    None => name.to_owned(),
                };
                let groups = &mut self.groups;
                let all = &mut self.people;
                let number = *people.entry(who.clone()).or_insert_with(|| {
                    let group = place(groups, &group);
                    all.push(Person { name: who, group });
                    all.len() - 1
                });
                self.add_person(&person, number, kind)?;
            }
        }
        if self.pictures.len() == before.1 {
            return Err(EvaluateError::Empty(folder));
        }
        if self.people.len() - before.0 < 2 {
            return Err(EvaluateError::OnePerson(folder));
        }
        Ok(())
    }

    fn add_person(
        &mut self,
        folder: &Path,
        person: usize,
        attack: Option<usize>,
    ) -> Result<(), EvaluateError> {
        let mut add = |path: PathBuf, session: u32| {
            self.pictures.push(Picture {
                path,
                person,
                session,
                attack,
            });
        };
        for path in pictures_in(folder)? {
            let session = session_in(&path);
            add(path, session);
        }
        for (number, session) in folders_in(folder)?.iter().enumerate() {
            for path in pictures_in(session)? {
                add(path, number as u32 + 1);
            }
        }
        Ok(())
    }
}

/// The place of `name`, which is added where it is new.
fn place(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

fn name_of(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.into());
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, EvaluateError> {
    entries(folder, |path| path.is_dir())
}

fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, EvaluateError> {
    entries(folder, |path| {
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        ending.is_some_and(|ending| ["jpg", "jpeg", "png"].iter().any(|known| ending == *known))
            && path.is_file()
    })
}

/// By the numbers in their names where these have any, so that picture 10 follows picture 9.
fn entries(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, EvaluateError> {
    let failed = |why| EvaluateError::Read {
        path: folder.into(),
        why,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && wanted(&path) {
            found.push(path);
        }
    }
    found.sort_by_cached_key(|path| (numbers(path), path.clone()));
    Ok(found)
}

/// Digits and what stands between them, in turn.
fn numbers(path: &Path) -> Vec<(String, u64)> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut parts = Vec::new();
    let mut rest = stem.as_ref();
    while !rest.is_empty() {
        let text = rest.len() - rest.trim_start_matches(|c: char| !c.is_ascii_digit()).len();
        let (before, after) = rest.split_at(text);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = after.split_at(digits);
        parts.push((before.to_owned(), number.parse().unwrap_or(u64::MAX)));
        rest = after;
    }
    parts
}

/// File names of five numbers (person, glasses, position, session, frame) carry the session in the fourth.
fn session_in(path: &Path) -> u32 {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let parts: Result<Vec<u32>, _> = stem.split('_').map(str::parse).collect();
    match parts.as_deref() {
        Ok([_, _, _, session, _]) => *session,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
        dir
    }

    fn read(dir: &Path) -> Result<Data, EvaluateError> {
        Data::read(&[dir.to_path_buf()], &BTreeMap::new())
    }

    #[test]
    fn people_are_folders_and_sessions_are_folders_or_the_fourth_of_five_numbers() {
        let dir = tree(&[
            "s/ann/ann_10.jpg",
            "s/ann/ann_9.JPG",
            "s/ann/Thumbs.db",
            "s/ann/.hidden.jpg",
            "s/bob/monday/1.png",
            "s/bob/sunday/1.png",
            "s/carl/0001_00_00_02_7.jpg",
        ]);
        let data = read(&dir.path().join("s")).unwrap();
        assert_eq!(data.groups, ["s"]);
        let names: Vec<_> = data.people.iter().map(|person| person.name.as_str()).collect();
        assert_eq!(names, ["ann", "bob", "carl"]);
        let seen: Vec<_> = data
            .pictures
            .iter()
            .map(|picture| {
                let file = picture.path.file_name().unwrap().to_str().unwrap();
                (picture.person, picture.session, file)
            })
            .collect();
        assert_eq!(
            seen,
            [
                (0, 0, "ann_9.JPG"),
                (0, 0, "ann_10.jpg"),
                (1, 1, "1.png"),
                (1, 2, "1.png"),
                (2, 2, "0001_00_00_02_7.jpg"),
            ]
        );
    }

    #[test]
    fn folders_beside_live_are_attacks_on_the_people_in_it() {
        let dir = tree(&[
            "a/live/1/x.jpg",
            "a/live/2/x.jpg",
            "a/print/2/x.jpg",
            "a/screen/1/x.jpg",
        ]);
        let data = read(&dir.path().join("a")).unwrap();
        assert_eq!(data.people.len(), 2);
        assert_eq!(data.attacks, ["print", "screen"]);
        let kinds: Vec<_> = data
            .pictures
            .iter()
            .map(|picture| (picture.person, picture.attack))
            .collect();
        assert_eq!(kinds, [(0, None), (1, None), (1, Some(0)), (0, Some(1))]);
    }

    #[test]
    fn groups_divide_a_data_set_and_every_folder_is_one() {
        let dir = tree(&["a/x/1.jpg", "a/y/1.jpg", "b/x/1.jpg", "b/z/1.jpg"]);
        let groups = BTreeMap::from([("y".to_owned(), "young".to_owned())]);
        let folders = ["a", "b"].map(|name| dir.path().join(name));
        let data = Data::read(&folders, &groups).unwrap();
        assert_eq!(data.groups, ["a", "a/young", "b"]);
        let groups: Vec<_> = data.people.iter().map(|person| person.group).collect();
        assert_eq!(groups, [0, 1, 2, 2]);
        let twice = [dir.path().join("a"), dir.path().join("a")];
        assert!(matches!(
            Data::read(&twice, &BTreeMap::new()),
            Err(EvaluateError::SameName(name)) if name == "a"
        ));
    }

    #[test]
    fn what_is_linked_to_from_elsewhere_is_told_once() {
        let dir = tree(&[
            "s/ann/1.jpg",
            "far/bob/1.jpg",
            "far/bob/2.jpg",
            "far/c/1.jpg",
            "far/c/2.jpg",
        ]);
        let dir = dir.path().canonicalize().unwrap();
        let set = dir.join("s");
        std::os::unix::fs::symlink(dir.join("far/bob"), set.join("bob")).unwrap();
        fs::create_dir(set.join("carl")).unwrap();
        std::os::unix::fs::symlink(dir.join("far/c/2.jpg"), set.join("carl/2.jpg")).unwrap();
        std::os::unix::fs::symlink(set.join("ann"), set.join("again")).unwrap();
        let data = read(&set).unwrap();
        assert_eq!(data.pictures.len(), 5);
        let linked: Vec<_> = data.linked().into_iter().collect();
        assert_eq!(linked, [dir.join("far/bob"), dir.join("far/c/2.jpg")]);
    }

    #[test]
    fn an_empty_folder_and_one_person_are_told_apart() {
        let dir = tree(&["empty/none.txt", "one/ann/1.jpg"]);
        let empty = read(&dir.path().join("empty")).unwrap_err();
        assert!(matches!(empty, EvaluateError::Empty(_)), "{empty}");
        let one = read(&dir.path().join("one")).unwrap_err();
        assert!(matches!(one, EvaluateError::OnePerson(_)), "{one}");
        let missing = read(&dir.path().join("missing")).unwrap_err();
        assert!(matches!(missing, EvaluateError::Read { .. }), "{missing}");
    }
}
