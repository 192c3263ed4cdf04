//! Which files stand together. Objects whose manifests name no namespace are together where their
//! files are: in one folder or in folders next to each other. In different corners of a repository
//! they are probably meant for different namespaces.

use std::path::Path;
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Mesh;
use super::hosts::Host;
use crate::diagnostics::Evidence;
use crate::model::{Labels, ObjectId};

/// The folder of a file and the one above, by numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Folder {
    own: u32,
    above: u32,
}

/// Numbers folders.
#[derive(Debug, Default)]
pub struct Folders(FxHashMap<Box<Path>, u32>);

impl Folders {
    /// The folder of a file; `None` for standard input.
    pub fn of(&mut self, file: Option<&Path>) -> Folder {
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

/// The folders of workloads whose manifests name no namespace; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    workloads: OnceLock<FxHashSet<u32>>,
    services: OnceLock<FxHashSet<u32>>,
}

impl Mesh {
    fn folder(&self, object: ObjectId) -> Folder {
        let chunk = self.objects.header(object).map(|header| header.place.chunk);
        let folder = chunk.and_then(|chunk| self.settings.folders.get(chunk as usize));
        folder.copied().unwrap_or_default()
    }

    /// Whether two objects that stand in one namespace really do: at most one of their manifests
    /// leaves it open, or both stand together.
    pub fn are_together(&self, a: ObjectId, b: ObjectId) -> bool {
        if self.settings.is_closed_world() || !self.is_unplaced(a) && !self.is_unplaced(b) {
            return true;
        }
        let (a, b) = (self.folder(a), self.folder(b));
        a.own == b.own || a.above == b.above || a.above == b.own || a.own == b.above
    }

    /// Whether a workload whose manifest names no namespace stands beside the object.
    fn has_workload_beside(&self, object: ObjectId) -> bool {
        let places = self.neighbours.workloads.get_or_init(|| {
            let mut places = FxHashSet::default();
            for (_, workload) in self.workloads.iter() {
                if self.is_unplaced(workload.object) {
                    let folder = self.folder(workload.object);
                    places.extend([folder.own, folder.above]);
                }
            }
            places
        });
        let folder = self.folder(object);
        places.contains(&folder.own) || places.contains(&folder.above)
    }

    /// Whether a Service whose manifest names no namespace stands beside the object.
    fn has_service_beside(&self, object: ObjectId) -> bool {
        let places = self.neighbours.services.get_or_init(|| {
            let services = self.objects.services.iter();
            services
                .filter(|service| self.is_unplaced(service.id))
                .map(|service| self.folder(service.id))
                .flat_map(|folder| [folder.own, folder.above])
                .collect()
        });
        let folder = self.folder(object);
        places.contains(&folder.own) || places.contains(&folder.above)
    }

    /// Evidence for a host that `object` names and that is not found. If its manifest leaves the
    /// namespace open, a service of that namespace would stand beside it.
    pub fn knows_host_of(&self, object: ObjectId, host: &Host<'_>) -> Evidence {
        let is_at_home =
            host.complete && self.namespaces.id(host.namespace) == Some(self.namespaces.of(object));
        if !self.settings.is_closed_world()
            && is_at_home
            && self.is_unplaced(object)
            && !self.has_service_beside(object)
            && !self.has_workload_beside(object)
        {
            return Evidence::NotShown(
                "the manifest names no namespace, and no Service stands beside it".into(),
            );
        }
        self.knows_host(host)
    }

    /// Evidence for the workloads that `labels`, the selector of an object, do not find in its
    /// namespace.
    pub fn knows_selected(&self, object: ObjectId, labels: &Labels) -> Evidence {
        const LOOKED_AT: usize = 100;
        if self.settings.is_closed_world() {
            return Evidence::Shown;
        }
        let namespace = self.namespaces.name(self.namespaces.of(object));
        let elsewhere: Vec<_> = self
            .workloads
            .matching_anywhere(labels)
            .take(LOOKED_AT)
            .collect();
        if let Some(workload) = elsewhere.iter().find(|w| self.is_unplaced(w.object)) {
            return Evidence::NotShown(format!(
                "the manifest of workload {} names no namespace and may be meant for {namespace}",
                workload.name
            ));
        }
        if !self.is_unplaced(object) {
            return self.knows_workloads_in(namespace);
        }
        match elsewhere.first() {
            Some(workload) => Evidence::NotShown(format!(
                "its manifest names no namespace and may be meant for {}, where {} has these labels",
                self.namespaces.name(workload.namespace),
                workload.name
            )),
            None if self.has_workload_beside(object) => self.knows_workloads_in(namespace),
            None => Evidence::NotShown(
                "its manifest names no namespace, and no workload stands beside it".into(),
            ),
        }
    }

    /// Evidence for a service account that no workload of `namespace` runs under.
    pub fn knows_account(&self, namespace: &str, account: &str) -> Evidence {
        if self.settings.is_closed_world() {
            return Evidence::Shown;
        }
        let assumed = self.namespaces.id(&self.settings.default_namespace);
        let unplaced = assumed
            .filter(|id| self.workloads.has_account(*id, account))
            .and_then(|id| {
                let mut workloads = self.workloads.of(id).iter();
                workloads.find(|workload| {
                    workload.accounts.iter().any(|own| own == account)
                        && self.is_unplaced(workload.object)
                })
            });
        match unplaced {
            Some(workload) if self.namespaces.id(namespace) != assumed => {
                Evidence::NotShown(format!(
                    "the manifest of workload {} names no namespace and may be meant for {namespace}",
                    workload.name
                ))
            }
            _ => self.knows_accounts_in(namespace),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::testing::mesh;
    use crate::model::ObjectId;

    #[test]
    fn folders_are_numbered_by_path() {
        let mut folders = Folders::default();
        let mut of = |path: &str| folders.of(Some(Path::new(path)));
        assert_eq!(of("k8s/a/x.yaml"), of("k8s/a/y.yaml"));
        assert_ne!(of("k8s/a/x.yaml"), of("k8s/b/x.yaml"));
        assert_eq!(of("k8s/a/x.yaml").above, of("k8s/x.yaml").own);
    }

    #[test]
    fn objects_without_namespace_are_together_where_their_files_are() {
        let mut mesh = mesh("{apiVersion: v1, kind: Service, metadata: {name: a}}");
        let mut folders = Folders::default();
        let files = ["k8s/a/x.yaml", "k8s/b/y.yaml", "docs/samples/z.yaml"];
        mesh.settings.folders = files
            .iter()
            .map(|file| folders.of(Some(Path::new(file))))
            .collect();
        let first = mesh.objects.headers.first().cloned().unwrap_or_default();
        mesh.objects.headers = (0..3)
            .map(|chunk| {
                let mut header = first.clone();
                header.is_unplaced = true;
                header.place.chunk = chunk;
                header
            })
            .collect();
        assert!(mesh.are_together(ObjectId(0), ObjectId(1)));
        assert!(!mesh.are_together(ObjectId(0), ObjectId(2)));
        for header in &mut mesh.objects.headers {
            header.is_unplaced = false;
        }
        assert!(mesh.are_together(ObjectId(0), ObjectId(2)));
    }
}
