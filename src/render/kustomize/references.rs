//! Names in fields that follow the objects that they name.

use ecow::EcoString;

use super::super::value::{Key, Map, Node, Scalar, Trace, Value};
use super::super::{RelatedOrigin, What};
use super::fieldspec::split_path;
use super::identity::Gvk;
use super::objects::Objects;
use super::problem::{Problem, ProblemKind, Report, Result};
use super::resource::{Resource, is_no_namespace, place_of};
use super::tables::Tables;

/// Updates all references. A reference that can't be told is a problem of its own; `report` says
/// whether to go on.
pub(super) fn update(objects: &mut Objects, tables: &Tables, report: Report<'_>) -> Result<()> {
    if objects
        .list()
        .iter()
        .all(|resource| resource.history.is_empty())
    {
        return Ok(());
    }
    let names = former_names(objects);
    for index in 0..objects.len() {
        let Some(referrer) = objects.list().get(index) else {
            break;
        };
        let original = referrer.original().gvk;
        for references in &tables.references {
            for spec in &references.fields {
                if !original.is_selected_by(&spec.gvk) {
                    continue;
                }
                let Some(referrer) = objects.list().get(index) else {
                    break;
                };
                let mut search = Search {
                    objects: objects.list(),
                    names: &names,
                    referrer,
                    target: &references.target,
                    path: &spec.path,
                    changes: Vec::new(),
                };
                let path = split_path(&spec.path, '/');
                if let Err(problem) = search.walk(referrer.node(), &path, &mut Vec::new()) {
                    report(problem)?;
                }
                let changes = search.changes;
                if changes.is_empty() {
                    continue;
                }
                if let Some(resource) = objects.get_mut(index) {
                    let root = resource.node_mut();
                    for change in changes {
                        change.apply(root);
                    }
                }
            }
        }
    }
    Ok(())
}

type Names = rustc_hash::FxHashMap<EcoString, Vec<usize>>;

/// Objects by the names that they had.
fn former_names(objects: &Objects) -> Names {
    let mut names = Names::default();
    for (index, resource) in objects.list().iter().enumerate() {
        for past in &resource.history {
            let list = names.entry(past.name.clone()).or_default();
            if list.last() != Some(&index) {
                list.push(index);
            }
        }
    }
    names
}

/// A step into a tree.
#[derive(Debug, Clone)]
enum Step {
    Key(EcoString),
    Index(usize),
}

/// A reference to be written.
struct Change {
    path: Vec<Step>,
    name: EcoString,
    /// For references that are mappings: the namespace, when the object has one.
    namespace: Option<EcoString>,
    is_map: bool,
    related: Vec<RelatedOrigin>,
}

impl Change {
    fn apply(&self, root: &mut Node) {
        let mut node = root;
        for step in &self.path {
            let next = match (step, &mut node.value) {
                (Step::Key(key), Value::Map(map)) => map.get_mut(key),
                (Step::Index(index), Value::List(list)) => list.get_mut(*index),
                _ => None,
            };
            let Some(next) = next else { return };
            node = next;
        }
        let trace = |own: &Trace| {
            self.related.iter().fold(own.inexact(), |trace, related| {
                trace.with(related.place, related.what, related.note)
            })
        };
        if !self.is_map {
            let trace = trace(&node.trace);
            node.overwrite(Scalar::implicit(self.name.clone()), trace);
            return;
        }
        let own = node.trace.clone();
        let Some(map) = node.as_map_mut() else { return };
        let write = |map: &mut Map, key: &str, text: &EcoString| {
            let scalar = Scalar::implicit(text.clone());
            match map.get_mut(key) {
                Some(field) if field.text() == Some(text) => {}
                Some(field) => {
                    let trace = trace(&field.trace);
                    field.overwrite(scalar, trace);
                }
                None => {
                    let trace = trace(&own);
                    map.push(Key::new(key, trace.clone()), Node::scalar(scalar, trace));
                }
            }
        };
        write(map, "name", &self.name);
        if let Some(namespace) = &self.namespace {
            write(map, "namespace", namespace);
        }
    }
}

struct Search<'s> {
    objects: &'s [Resource],
    names: &'s Names,
    referrer: &'s Resource,
    target: &'s Gvk,
    path: &'s str,
    changes: Vec<Change>,
}

impl<'s> Search<'s> {
    fn walk(&mut self, node: &Node, path: &[EcoString], at: &mut Vec<Step>) -> Result<()> {
        let Some((first, rest)) = path.split_first() else {
            return self.reference(node, at);
        };
        match &node.value {
            Value::List(list) => {
                for (index, item) in list.iter().enumerate() {
                    at.push(Step::Index(index));
                    self.walk(item, path, at)?;
                    at.pop();
                }
            }
            Value::Map(map) => {
                let name = first.strip_suffix("[]").unwrap_or(first);
                if let Some(field) = map.get(name) {
                    at.push(Step::Key(name.into()));
                    self.walk(field, rest, at)?;
                    at.pop();
                }
            }
            Value::Scalar(scalar) if scalar.is_null() => {}
            Value::Scalar(scalar) => {
                return Err(Problem::new(
                    ProblemKind::BadResource,
                    node.trace.place,
                    format!(
                        "`{}` stands where a mapping or a list should on the way to {}",
                        scalar.text,
                        self.path.replace('/', ".")
                    ),
                ));
            }
        }
        Ok(())
    }

    fn reference(&mut self, node: &Node, at: &mut Vec<Step>) -> Result<()> {
        match &node.value {
            Value::Scalar(scalar) => {
                if scalar.is_null() {
                    return Ok(());
                }
                let candidates = self.candidates(&scalar.text);
                let Some(found) = self.select(&candidates, node, false)? else {
                    return Ok(());
                };
                let name = found.name();
                if name != scalar.text {
                    self.note(found, name, None, false, at);
                }
                Ok(())
            }
            Value::List(list) => {
                for (index, item) in list.iter().enumerate() {
                    at.push(Step::Index(index));
                    match &item.value {
                        Value::List(_) => {}
                        _ => self.reference(item, at)?,
                    }
                    at.pop();
                }
                Ok(())
            }
            Value::Map(map) => {
                let Some(name) = map.get("name") else {
                    return Err(Problem::new(
                        ProblemKind::BadResource,
                        node.trace.place,
                        format!(
                            "the reference at {} has no name",
                            self.path.replace('/', ".")
                        ),
                    ));
                };
                let text = name.text().cloned().unwrap_or_default();
                let mut candidates = self.candidates(&text);
                if let Some(namespace) = map.get("namespace") {
                    let namespace = namespace.text().cloned().unwrap_or_default();
                    candidates = self.in_namespace(candidates, &namespace);
                }
                let Some(found) = self.select(&candidates, node, true)? else {
                    return Ok(());
                };
                let (name, namespace) = (found.name(), found.namespace());
                if name == text && namespace.is_empty() {
                    return Ok(());
                }
                let namespace = (!namespace.is_empty()).then_some(namespace);
                self.note(found, name, namespace, true, at);
                Ok(())
            }
        }
    }

    fn note(
        &mut self,
        found: &Resource,
        name: EcoString,
        namespace: Option<EcoString>,
        is_map: bool,
        at: &[Step],
    ) {
        let mut related = vec![RelatedOrigin {
            place: place_of(found),
            what: found
                .metadata("name")
                .map_or(What::Base, |name| name.trace.what),
            note: "is what it names",
        }];
        related.extend(found.renamed.iter().copied());
        self.changes.push(Change {
            path: at.to_vec(),
            name,
            namespace,
            is_map,
            related,
        });
    }

    /// The objects that had the name and that the referrer can reach.
    fn candidates(&self, name: &str) -> Vec<usize> {
        let mut list = self.names.get(name).cloned().unwrap_or_default();
        let referrer = self.referrer.identity();
        if referrer.gvk.is_cluster_scoped() {
            return list;
        }
        let bound = self.bound_namespaces();
        list.retain(|index| {
            self.objects.get(*index).is_some_and(|resource| {
                let identity = resource.identity();
                identity.gvk.is_cluster_scoped()
                    || identity.effective_namespace() == referrer.effective_namespace()
                    || bound.contains(&identity.namespace)
            })
        });
        list
    }

    /// Namespaces of the service accounts that a role binding binds.
    fn bound_namespaces(&self) -> Vec<EcoString> {
        if self.referrer.kind() != "RoleBinding" {
            return Vec::new();
        }
        let subjects = self.referrer.node().get("subjects").and_then(Node::as_list);
        subjects
            .unwrap_or_default()
            .iter()
            .filter(|subject| {
                subject
                    .get("kind")
                    .and_then(Node::text)
                    .is_some_and(|kind| kind == "ServiceAccount")
            })
            .filter_map(|subject| subject.get("namespace").and_then(Node::text).cloned())
            .collect()
    }

    /// Those whose original namespace it is; when no object at all has it, those whose present
    /// one it is.
    fn in_namespace(&self, list: Vec<usize>, namespace: &str) -> Vec<usize> {
        if is_no_namespace(namespace) {
            return Vec::new();
        }
        let reachable = self.objects.iter();
        let is_original = reachable
            .filter(|resource| self.can_reach(resource))
            .any(|resource| resource.original().effective_namespace() == namespace);
        list.into_iter()
            .filter(|index| {
                self.objects.get(*index).is_some_and(|resource| {
                    let identity = if is_original {
                        resource.original()
                    } else {
                        resource.identity()
                    };
                    identity.effective_namespace() == namespace
                })
            })
            .collect()
    }

    fn can_reach(&self, resource: &Resource) -> bool {
        let referrer = self.referrer.identity();
        let identity = resource.identity();
        referrer.gvk.is_cluster_scoped()
            || identity.gvk.is_cluster_scoped()
            || identity.effective_namespace() == referrer.effective_namespace()
            || self.bound_namespaces().contains(&identity.namespace)
    }

    /// The one object that is meant, found by one filter after another.
    fn select(
        &self,
        candidates: &[usize],
        node: &Node,
        is_map: bool,
    ) -> Result<Option<&'s Resource>> {
        let objects = self.objects;
        let mut list: Vec<&'s Resource> = candidates
            .iter()
            .filter_map(|index| objects.get(*index))
            .collect();
        let had = |resource: &Resource, gvk: &Gvk| {
            resource
                .former()
                .any(|former| former.gvk.is_selected_by(gvk))
        };
        list.retain(|resource| had(resource, self.target));
        if self.path.ends_with("roleRef/name")
            && let Some(role) = self.role()
        {
            list.retain(|resource| had(resource, &role));
        }
        let referrer = self.referrer.identity();
        if !referrer.gvk.is_cluster_scoped() {
            list.retain(|resource| {
                let identity = resource.identity();
                identity.gvk.is_cluster_scoped()
                    || identity.gvk.kind == "ServiceAccount"
                    || identity.effective_namespace() == referrer.effective_namespace()
            });
        }
        if list.len() > 1 {
            list.retain(|resource| self.same_affixes(resource, true));
        }
        if list.len() > 1 {
            list.retain(|resource| self.same_affixes(resource, false));
        }
        let Some(first) = list.first().copied() else {
            return Ok(None);
        };
        let same = |other: &&Resource| {
            other.name() == first.name() && (!is_map || other.namespace() == first.namespace())
        };
        if list.iter().all(same) {
            return Ok(Some(first));
        }
        let mut problem = Problem::new(
            ProblemKind::AmbiguousReference,
            node.trace.place,
            format!(
                "{} of {} may mean several objects: {}",
                self.path.replace('/', "."),
                referrer,
                list.iter()
                    .map(|resource| resource.identity().to_string())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        );
        for resource in list.iter().take(4) {
            problem = problem.near(RelatedOrigin {
                place: place_of(resource),
                what: What::Base,
                note: "may be meant",
            });
        }
        Err(problem)
    }

    fn role(&self) -> Option<Gvk> {
        let role = self.referrer.node().get("roleRef")?;
        Some(Gvk {
            group: role.get("apiGroup")?.text()?.clone(),
            version: EcoString::new(),
            kind: role.get("kind")?.text()?.clone(),
        })
    }

    fn same_affixes(&self, other: &Resource, empty_fits: bool) -> bool {
        let same = |a: &[EcoString], b: &[EcoString]| {
            let len = a.len().min(b.len());
            let tail = |list: &[EcoString]| list.get(list.len() - len..).map(<[EcoString]>::to_vec);
            (empty_fits && len == 0) || (tail(a) == tail(b) && ends_alike(a, b))
        };
        same(&self.referrer.prefixes, &other.prefixes)
            && same(&self.referrer.suffixes, &other.suffixes)
    }
}

/// Whether the shorter list is how the longer begins; an empty list is only like an empty one.
fn ends_alike(a: &[EcoString], b: &[EcoString]) -> bool {
    let len = a.len().min(b.len());
    len > 0 || a.len() == b.len()
}
