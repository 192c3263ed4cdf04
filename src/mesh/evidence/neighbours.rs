//! Which files stand together. Objects whose manifests name no namespace are together where their
//! files are: in one folder or in folders next to each other. In different corners of a repository
//! they are probably meant for different namespaces.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use super::{Coverage, Evidence};
use crate::load::Folder;
use crate::mesh::External;
use crate::mesh::registry::Host;
use crate::model::{Labels, ObjectId};
use crate::nearest::nearest_word;

/// The folders of workloads whose manifests name no namespace; made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    workloads: OnceLock<FxHashSet<u32>>,
}

impl Coverage {
    fn folder(&self, object: ObjectId) -> Folder {
        let place = self.objects.place(object);
        let folder = place.and_then(|place| self.settings.folders.get(place.source as usize));
        folder.copied().unwrap_or_default()
    }

    /// Whether two objects that stand in one namespace really do: at most one of their manifests
    /// leaves it open, or both stand together.
    pub fn are_together(&self, a: ObjectId, b: ObjectId) -> bool {
        if self.settings.closed_world || !self.places.is_unplaced(a) && !self.places.is_unplaced(b)
        {
            return true;
        }
        let (a, b) = (self.folder(a), self.folder(b));
        a.own == b.own || a.above == b.above || a.above == b.own || a.own == b.above
    }

    /// Evidence for what an object says of another one that it names, such as `Gateway edge`: where one of
    /// their manifests leaves the namespace open and they stand in different folders, it may mean
    /// another one.
    pub(crate) fn knows_meant(&self, object: ObjectId, other: ObjectId, name: &str) -> Evidence {
        let is_open = self.places.is_unplaced(object) || self.places.is_unplaced(other);
        if self.settings.closed_world
            || !is_open
            || self.folder(object).own == self.folder(other).own
        {
            return Evidence::Shown;
        }
        Evidence::NotShown(format!(
            "manifests that name no namespace stand in different folders, so that another {name} may \
             be meant"
        ))
    }

    /// Whether a workload whose manifest names no namespace stands beside the object.
    fn has_workload_beside(&self, object: ObjectId) -> bool {
        let places = self.neighbours.workloads.get_or_init(|| {
            let mut places = FxHashSet::default();
            for (_, workload) in self.workloads.iter() {
                if self.places.is_unplaced(workload.object) {
                    let folder = self.folder(workload.object);
                    places.extend([folder.own, folder.above]);
                }
            }
            places
        });
        let folder = self.folder(object);
        places.contains(&folder.own) || places.contains(&folder.above)
    }

    /// Evidence for a host that `object` names and that is not found. If its manifest leaves the
    /// namespace open, a service of that namespace would stand beside it.
    pub fn knows_host_of(&self, object: ObjectId, host: &Host<'_>) -> Evidence {
        let evidence = self.knows_host(host);
        if self.settings.closed_world || !host.complete {
            return evidence;
        }
        self.in_unnamed_place(object, host.namespace, host.service, evidence)
    }

    /// Evidence for a host as `object` writes it. One other namespace with a Service of a name that
    /// is written without a dot shows what was meant, whatever the input shows of this one.
    pub fn knows_written_host(&self, object: ObjectId, name: &str, host: &Host<'_>) -> Evidence {
        let evidence = self.knows_host_of(object, host);
        let is_open = matches!(evidence, Evidence::NotShown(_)) && name == host.service;
        let external = &self.settings.external;
        if !is_open
            || !host.complete
            || self.places.is_unplaced(object)
            || External::has(&external.hosts, &host.to_string())
            || External::has(&external.namespaces, host.namespace)
        {
            return evidence;
        }
        let mut elsewhere = self
            .services_named(name)
            .filter(|other| other.namespace() != host.namespace);
        match (elsewhere.next(), elsewhere.next()) {
            (Some(only), None) if !self.places.is_unplaced(only.id) => Evidence::Shown,
            _ => evidence,
        }
    }

    /// Evidence for the workloads that `labels`, the selector of an object, do not find in its
    /// namespace.
    pub fn knows_selected(&self, object: ObjectId, labels: &Labels) -> Evidence {
        const LOOKED_AT: usize = 100;
        if self.settings.closed_world {
            return Evidence::Shown;
        }
        let namespace = self.places.name(self.places.namespace_of(object));
        let elsewhere: Vec<_> = self
            .workloads
            .matching_anywhere(labels)
            .take(LOOKED_AT)
            .collect();
        if let Some(workload) = elsewhere.iter().find(|w| self.places.is_unplaced(w.object)) {
            return Evidence::NotShown(format!(
                "the manifest of workload {} names no namespace and may be meant for {namespace}",
                workload.name
            ));
        }
        if !self.places.is_unplaced(object) {
            return self.knows_workloads_in(namespace);
        }
        match elsewhere.first() {
            Some(workload) => Evidence::NotShown(format!(
                "its manifest names no namespace and may be meant for {}, where {} has these labels",
                self.places.name(workload.namespace),
                workload.name
            )),
            None if self.has_workload_like(namespace, labels) => Evidence::Shown,
            None if self.has_workload_beside(object) => self.knows_workloads_in(namespace),
            None => Evidence::NotShown(
                "its manifest names no namespace, and no workload stands beside it".into(),
            ),
        }
    }

    /// Whether a workload of the namespace has a label that is spelled much like one of these.
    fn has_workload_like(&self, namespace: &str, labels: &Labels) -> bool {
        const LOOKED_AT: usize = 200;
        let Some(id) = self.places.id(namespace) else {
            return false;
        };
        let mut workloads = self.workloads.of(id).iter().take(LOOKED_AT);
        workloads.any(|workload| {
            labels.iter().any(|(key, value)| {
                let own = workload.labels.get(key);
                own.is_some_and(|own| own != value && nearest_word(value, [own.as_str()]).is_some())
            })
        })
    }

    /// Evidence for a service account that no workload of `namespace` runs under.
    pub fn knows_account(&self, namespace: &str, account: &str) -> Evidence {
        if self.settings.closed_world {
            return Evidence::Shown;
        }
        if let Some(evidence) = self.object_elsewhere(&["ServiceAccount"], namespace, account) {
            return evidence;
        }
        let assumed = self.places.id(&self.settings.default_namespace);
        let unplaced = assumed
            .filter(|id| self.workloads.has_account(*id, account))
            .and_then(|id| {
                let mut workloads = self.workloads.of(id).iter();
                workloads.find(|workload| {
                    workload.accounts.iter().any(|own| own == account)
                        && self.places.is_unplaced(workload.object)
                })
            });
        match unplaced {
            Some(workload) if self.places.id(namespace) != assumed => Evidence::NotShown(format!(
                "the manifest of workload {} names no namespace and may be meant for {namespace}",
                workload.name
            )),
            _ => self.knows_accounts_in(namespace),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::mesh::Settings;
    use crate::mesh::testing::build_files;
    use crate::model::ObjectId;

    const SERVICE: &str = "{apiVersion: v1, kind: Service, metadata: {name: a}}";

    #[test]
    fn objects_without_namespace_are_together_where_their_files_are() {
        let files = ["k8s/a/x.yaml", "k8s/b/y.yaml", "docs/samples/z.yaml"];
        let files = files.map(|path| (path, SERVICE));
        let mesh = build_files(&files, Settings::default());
        assert!(mesh.evidence.are_together(ObjectId(0), ObjectId(1)));
        assert!(!mesh.evidence.are_together(ObjectId(0), ObjectId(2)));
    }

    #[test]
    fn objects_of_a_namespace_are_together_wherever_they_stand() {
        let placed = "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: default}}";
        let files = [("k8s/a/x.yaml", placed), ("docs/samples/z.yaml", placed)];
        let mesh = build_files(&files, Settings::default());
        assert!(mesh.evidence.are_together(ObjectId(0), ObjectId(1)));
    }
}
