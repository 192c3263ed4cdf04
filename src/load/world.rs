//! The objects of some sources, together.

use std::path::Path;

use rustc_hash::FxHashMap;

use super::Loaded;
use crate::model::{Objects, Str};

/// What some sources hold: the objects that reach one cluster, as far as the input shows them.
#[derive(Debug, Default)]
pub struct World {
    /// The objects, numbered in the order of the sources.
    pub objects: Objects,
    /// What documents that could not be read may hold.
    pub gaps: Vec<Gap>,
    /// The folder of each source, by its number in the run.
    pub folders: Vec<Folder>,
}

/// A document that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gap {
    /// Its kind, empty when even that could not be read.
    pub kind: Str,
    /// Its namespace, `None` when that could not be read.
    pub namespace: Option<Str>,
}

/// The folder of a file and the one above, by numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Folder {
    /// The folder.
    pub own: u32,
    /// The one above.
    pub above: u32,
}

/// Puts sources together. Objects are shared between worlds, not copied.
#[derive(Debug, Default)]
pub struct WorldBuilder {
    world: World,
    folders: Folders,
}

impl WorldBuilder {
    /// Adds a source, which has the number `source` in the run.
    pub fn add(&mut self, source: u32, loaded: &Loaded) {
        self.world
            .objects
            .add_source(source, loaded.file.context, &loaded.objects);
        self.world.gaps.extend_from_slice(&loaded.gaps);
        let folder = self.folders.of(loaded.file.location.as_deref());
        let folders = &mut self.world.folders;
        let needed = (source as usize).saturating_add(1);
        if folders.len() < needed {
            folders.resize(needed, Folder::default());
        }
        if let Some(own) = folders.get_mut(source as usize) {
            *own = folder;
        }
    }

    /// Adds the objects of a source alone: what it leaves open is known otherwise.
    pub fn add_objects(&mut self, source: u32, loaded: &Loaded) {
        let objects = &mut self.world.objects;
        objects.add_source(source, loaded.file.context, &loaded.objects);
    }

    /// The world.
    pub fn build(self) -> World {
        self.world
    }
}

/// Numbers folders.
#[derive(Debug, Default)]
struct Folders(FxHashMap<Box<Path>, u32>);

impl Folders {
    /// The folder of a file; `None` for standard input.
    fn of(&mut self, file: Option<&Path>) -> Folder {
        let own = file.and_then(Path::parent).unwrap_or(Path::new(""));
        let above = own.parent().unwrap_or(Path::new(""));
        Folder {
            own: self.number(own),
            above: self.number(above),
        }
    }

    fn number(&mut self, folder: &Path) -> u32 {
        if let Some(number) = self.0.get(folder) {
            return *number;
        }
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(folder.into(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_numbered_by_path() {
        let mut folders = Folders::default();
        let mut of = |path: &str| folders.of(Some(Path::new(path)));
        assert_eq!(of("k8s/a/x.yaml"), of("k8s/a/y.yaml"));
        assert_ne!(of("k8s/a/x.yaml"), of("k8s/b/x.yaml"));
        assert_eq!(of("k8s/a/x.yaml").above, of("k8s/x.yaml").own);
    }
}
