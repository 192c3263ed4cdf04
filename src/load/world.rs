//! The objects of some sources, together.

use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Loaded;
use super::placements::Placement;
use super::unseen::{Lead, Made};
use crate::model::{Manifest, ObjectId, Objects, Str};

/// What some sources hold: the objects that reach one cluster, as far as the input shows them.
#[derive(Debug, Default)]
pub struct World {
    /// The objects, numbered in the order of the sources.
    pub objects: Objects,
    /// What documents that could not be read may hold.
    pub gaps: Vec<Gap>,
    /// What operators make.
    pub made: Vec<Made>,
    /// Folders that objects apply.
    pub leads: Vec<Lead>,
    /// The folder of each source, by its number in the run.
    pub folders: Vec<Folder>,
}

/// Objects that the input does not show although something in it speaks of them: documents that
/// could not be read, charts and operators.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gap {
    /// Their kind, empty for any.
    pub kind: Str,
    /// Whether they are all that makes an application, and not of one kind: Services, workloads,
    /// service accounts, Secrets and ConfigMaps, gateways and routes. Policies are not among them.
    pub is_application: bool,
    /// Their namespace, `None` for any.
    pub namespace: Option<Str>,
    /// Their only name, `None` for any.
    pub name: Option<Str>,
    /// What speaks of them ("`HelmRelease` media/search installs into media").
    pub because: String,
    /// The object that does.
    pub object: Option<ObjectId>,
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
    ///
    /// `placement` says where something that applies the source puts its objects.
    pub fn add(&mut self, source: u32, loaded: &Loaded, placement: Option<&Placement>) {
        let before = u32::try_from(self.world.objects.headers.len()).unwrap_or(u32::MAX);
        let shift = |id: ObjectId| ObjectId(id.0.saturating_add(before));
        let shifted = |gap: &Gap| Gap {
            object: gap.object.map(shift),
            ..gap.clone()
        };
        let objects = match placement {
            Some(placement) => self.placed(loaded, placement),
            None => Arc::clone(&loaded.objects),
        };
        self.world
            .objects
            .add_source(source, loaded.file.context, &objects);
        self.world.gaps.extend(loaded.gaps.iter().map(shifted));
        self.world.made.extend(loaded.made.iter().map(|made| Made {
            object: shift(made.object),
            ..made.clone()
        }));
        self.world
            .leads
            .extend(loaded.leads.iter().map(|lead| Lead {
                gap: shifted(&lead.gap),
                ..lead.clone()
            }));
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

    /// The objects of a source where something puts them. In the namespaces that come after the first
    /// they may be, too.
    fn placed(&mut self, loaded: &Loaded, placement: &Placement) -> Arc<[Manifest]> {
        let Some((first, others)) = placement.namespaces.split_first() else {
            return Arc::clone(&loaded.objects);
        };
        let moves = |manifest: &Manifest| {
            let header = &manifest.header;
            !header.namespace.is_empty() && (header.is_unplaced || placement.replaces)
        };
        for other in others {
            let moved = loaded.objects.iter().filter(|manifest| moves(manifest));
            self.world.gaps.extend(moved.map(|manifest| Gap {
                kind: manifest.header.kind.clone(),
                namespace: Some(other.clone()),
                name: Some(manifest.header.name.clone()),
                because: format!("{} is applied to {other} as well", loaded.file.path),
                ..Gap::default()
            }));
        }
        let objects = loaded.objects.iter();
        objects
            .map(|manifest| {
                if moves(manifest) {
                    manifest.in_namespace(first)
                } else {
                    manifest.clone()
                }
            })
            .collect()
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
