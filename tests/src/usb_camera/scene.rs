//! What is in front of the camera: pictures, over and over.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::{Rgb, RgbImage};

use super::convert::{Wanted, convert};

/// The pictures, and what was made of them so far.
pub struct Scene {
    folder: Option<PathBuf>,
    pictures: Vec<Picture>,
    made: HashMap<(Shown, Wanted), Arc<Vec<u8>>>,
}

struct Picture {
    file: Option<Vec<u8>>,
    rgb: RgbImage,
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// The picture with this number, counted on over the end.
    Picture(u64),
    /// Nothing at all.
    Black,
    /// Light alone.
    White,
}

/// Why a scene cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Unseen {
    /// The folder, or a file in it, cannot be read.
    #[error("the scene {}: {source}", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is no picture.
    #[error("the scene's picture {}: {source}", path.display())]
    Decode {
        /// Which one.
        path: PathBuf,
        /// What the decoder said.
        source: image::ImageError,
    },
    /// The folder has none.
    #[error("the scene {} has no *.jpg; the program `scene` makes some", path.display())]
    Empty {
        /// Which folder.
        path: PathBuf,
    },
}

impl Default for Scene {
    /// A wall in the light of a lamp, and nobody in front of it.
    fn default() -> Self {
        let wall = |number: u32| {
            RgbImage::from_fn(640, 480, |x, y| {
                let light = 150 - (x / 10 + y / 8).min(110) as u8 + ((x ^ y ^ number) & 3) as u8;
                Rgb([light, light, light.saturating_sub(12)])
            })
        };
        let pictures = (0..4).map(|number| Picture {
            file: None,
            rgb: wall(number),
        });
        Self {
            folder: None,
            pictures: pictures.collect(),
            made: HashMap::new(),
        }
    }
}

impl Scene {
    /// The JPEGs of a folder, in the order of their names.
    ///
    /// # Errors
    /// [`Unseen`], naming the file.
    pub fn read(folder: &Path) -> Result<Self, Unseen> {
        let read = |path: &Path| {
            let path = path.to_path_buf();
            move |source| Unseen::Read { path, source }
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(read(folder))? {
            let path = entry.map_err(read(folder))?.path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if matches!(extension, Some("jpg" | "jpeg")) {
                paths.push(path);
            }
        }
        paths.sort();
        let mut pictures = Vec::new();
        for path in paths {
            let file = fs::read(&path).map_err(read(&path))?;
            let rgb = image::load_from_memory(&file)
                .map_err(|source| Unseen::Decode { path, source })?
                .to_rgb8();
            pictures.push(Picture {
                file: Some(file),
                rgb,
            });
        }
        if pictures.is_empty() {
            return Err(Unseen::Empty { path: folder.into() });
        }
        Ok(Self {
            folder: Some(folder.into()),
            pictures,
            made: HashMap::new(),
        })
    }

    /// Where it came from.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// What is shown, as it is wanted: made once, and kept for the next round.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn frame(&mut self, shown: Shown, wanted: Wanted) -> image::ImageResult<Arc<Vec<u8>>> {
        let shown = match shown {
            Shown::Picture(number) => Shown::Picture(number % self.pictures.len() as u64),
            other => other,
        };
        if let Some(made) = self.made.get(&(shown, wanted)) {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(self.make(shown, &wanted)?);
        // What is too dark for a moment after the start does not come back.
        if wanted.exposure == 256 {
            self.made.insert((shown, wanted), Arc::clone(&made));
        }
        Ok(made)
    }

    fn make(&self, shown: Shown, wanted: &Wanted) -> image::ImageResult<Vec<u8>> {
        let plain = |value: u8| {
            let size = (u32::from(wanted.size.0), u32::from(wanted.size.1));
            let picture = RgbImage::from_pixel(size.0, size.1, Rgb([value; 3]));
            // Nothing and light alone look the same whatever the emitter does.
            convert(&picture, None, &Wanted { lit: None, ..*wanted })
        };
        match shown {
            Shown::Black => plain(0),
            Shown::White => plain(255),
            Shown::Picture(number) => {
                let picture = &self.pictures[number as usize];
                convert(&picture.rgb, picture.file.as_deref(), wanted)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usb_camera::format::Format;

    const GREY: Wanted = Wanted {
        format: Format::Grey,
        size: (64, 48),
        lit: None,
        tables: true,
        exposure: 256,
    };

    #[test]
    fn pictures_come_in_the_order_of_their_names_over_and_over() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, value) in [("b.jpg", 200), ("a.jpg", 100), ("c.png", 0)] {
            let picture = RgbImage::from_pixel(64, 48, Rgb([value; 3]));
            picture.save(folder.path().join(name)).expect("saved");
        }
        let mut scene = Scene::read(folder.path()).expect("a scene");
        let mut grey = |number| scene.frame(Shown::Picture(number), GREY).expect("a frame")[0];
        assert_eq!(
            [grey(0), grey(1), grey(2)].map(|value| value / 50),
            [2, 4, 2],
            "100, 200 and 100 again"
        );
        assert_eq!(scene.frame(Shown::White, GREY).expect("a frame")[9], 255);
    }

    #[test]
    fn a_folder_without_pictures_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Scene::read(folder.path()).err().expect("no pictures").to_string();
        assert!(error.contains(&folder.path().display().to_string()), "{error}");
        std::fs::write(folder.path().join("x.jpg"), b"no").expect("written");
        let error = Scene::read(folder.path()).err().expect("no picture").to_string();
        assert!(error.contains("x.jpg"), "{error}");
    }
}
