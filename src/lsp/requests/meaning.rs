//! What the values of manifests name, and which objects are meant.

use super::cursor::Written;
use crate::mesh::registry::split_namespace;
use crate::mesh::{Identity, Mesh};
use crate::model::{Labels, ObjectId, Str};
use crate::path;
use crate::yaml::{FieldPath, Node, Step, locate};

/// What a value names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The object itself: its name.
    Itself,
    /// A host of the registry.
    Host(Str),
    /// A subset of a host.
    Subset(Str, Str),
    /// A gateway, as VirtualServices name them.
    Gateway(Str),
    /// An identity.
    Principal(Str),
    /// Workloads with labels: of the namespace, or of any.
    Workloads(Labels, Reach),
    /// A service account of the namespace.
    Account(Str),
    /// A namespace.
    Namespace(Str),
    /// An object of a kind.
    Object(Kind, Str, Str),
}

/// Where the workloads of a selector are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// In the namespace of the object; in all, if that is the root namespace.
    Policy,
    /// In the namespace of the object.
    Namespace,
    /// In any namespace.
    Anywhere,
}

/// Kinds that references name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Service,
    VirtualService,
    Secret,
    ServiceEntry,
    GatewayOfApi,
    ServiceAccount,
}

/// An object that is meant, and the place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) object: ObjectId,
    pub(super) path: FieldPath,
}

impl Target {
    fn named(object: ObjectId) -> Self {
        Self {
            object,
            path: path!["metadata", "name"],
        }
    }
}

/// The path with `[]` for every index.
pub(super) fn way(path: &FieldPath) -> String {
    let mut way = String::new();
    for step in path.steps() {
        match step {
            Step::Key(key) if way.is_empty() => way.push_str(key),
            Step::Key(key) => {
                way.push('/');
                way.push_str(key);
            }
            Step::Item(_) => way.push_str("[]"),
        }
    }
    way
}

/// What the value at a path of an object names; `None` for what names nothing.
pub(super) fn of(object: &Written<'_>, path: &FieldPath, text: &str) -> Option<Meaning> {
    if text.is_empty() {
        return None;
    }
    let way = way(path);
    let beside = |key: &str| text_at(object.root, &path.parent().field(key));
    match way.as_str() {
        "metadata/name" => return Some(Meaning::Itself),
        "metadata/namespace" => return Some(Meaning::Namespace(text.into())),
        _ => {}
    }
    let istio = |kind: &str| object.kind == kind && object.group().ends_with(".istio.io");
    if istio("VirtualService") {
        if way == "spec/hosts[]"
            || way.ends_with("/destination/host")
            || way.ends_with("/mirror/host")
        {
            return Some(Meaning::Host(text.into()));
        }
        if way.ends_with("/destination/subset") || way.ends_with("/mirror/subset") {
            return Some(Meaning::Subset(beside("host")?.into(), text.into()));
        }
        if way == "spec/gateways[]" || way.ends_with("/match[]/gateways[]") {
            return Some(Meaning::Gateway(text.into()));
        }
        if way == "spec/http[]/delegate/name" {
            let namespace = beside("namespace").unwrap_or_default();
            return Some(Meaning::Object(
                Kind::VirtualService,
                namespace.into(),
                text.into(),
            ));
        }
    }
    if istio("DestinationRule") {
        if way == "spec/host" {
            return Some(Meaning::Host(text.into()));
        }
        if way == "spec/subsets[]/name" {
            let host = text_at(object.root, &path!["spec", "host"])?;
            return Some(Meaning::Subset(host.into(), text.into()));
        }
    }
    if istio("ServiceEntry") && way == "spec/hosts[]" {
        return Some(Meaning::Host(text.into()));
    }
    if istio("Sidecar") && way == "spec/egress[]/hosts[]" {
        return Some(Meaning::Host(split_namespace(text).1.into()));
    }
    if istio("Gateway") && way.starts_with("spec/selector/") {
        let labels = labels_at(object.root, &path.parent());
        return Some(Meaning::Workloads(labels, Reach::Anywhere));
    }
    if way.ends_with("/credentialName") {
        return Some(Meaning::Object(Kind::Secret, Str::new(), text.into()));
    }
    if way.ends_with("/source/principals[]") || way.ends_with("/source/notPrincipals[]") {
        return Some(Meaning::Principal(text.into()));
    }
    if way.ends_with("/source/namespaces[]") || way.ends_with("/source/notNamespaces[]") {
        return Some(Meaning::Namespace(text.into()));
    }
    if way.ends_with("/serviceAccountName")
        || way == "spec/serviceAccount"
        || way.ends_with("/source/serviceAccounts[]")
    {
        return Some(match text.split_once('/') {
            Some((namespace, name)) => {
                Meaning::Object(Kind::ServiceAccount, namespace.into(), name.into())
            }
            None => Meaning::Account(text.into()),
        });
    }
    if object.kind == "Service" && object.group().is_empty() && way.starts_with("spec/selector/") {
        let labels = labels_at(object.root, &path.parent());
        return Some(Meaning::Workloads(labels, Reach::Namespace));
    }
    if way.starts_with("spec/selector/matchLabels/") || is_workload_selector(&way) {
        let labels = labels_at(object.root, &path.parent());
        let is_policy = object.group().ends_with(".istio.io");
        let reach = if is_policy {
            Reach::Policy
        } else {
            Reach::Namespace
        };
        return Some(Meaning::Workloads(labels, reach));
    }
    reference(object, &way, path, text)
}

fn is_workload_selector(way: &str) -> bool {
    way.starts_with("spec/workloadSelector/labels/")
        || way.starts_with("spec/workloadSelector/matchLabels/")
}

/// References of the Gateway API and those that Istio has taken from it: kind, namespace, name.
fn reference(object: &Written<'_>, way: &str, path: &FieldPath, text: &str) -> Option<Meaning> {
    let of_kind = way.strip_suffix("/name")?;
    let default = if of_kind.ends_with("parentRefs[]") {
        "Gateway"
    } else if of_kind.ends_with("backendRefs[]") || of_kind.ends_with("backendRef") {
        "Service"
    } else if of_kind.ends_with("targetRefs[]") || of_kind.ends_with("targetRef") {
        ""
    } else {
        return None;
    };
    let beside = |key: &str| text_at(object.root, &path.parent().field(key));
    let kind = match beside("kind").unwrap_or(default) {
        "Service" => Kind::Service,
        "Gateway" => Kind::GatewayOfApi,
        "ServiceEntry" => Kind::ServiceEntry,
        _ => return None,
    };
    let namespace = beside("namespace").unwrap_or_default();
    Some(Meaning::Object(kind, namespace.into(), text.into()))
}

fn text_at<'t>(root: Node<'t>, path: &FieldPath) -> Option<&'t str> {
    let found = locate(root, path);
    found.complete.then(|| found.value.text()).flatten()
}

/// The labels at a path.
pub(super) fn labels_at(root: Node<'_>, path: &FieldPath) -> Labels {
    let found = locate(root, path);
    if !found.complete {
        return Labels::default();
    }
    let entries = found.value.entries();
    entries
        .filter_map(|(key, value)| Some((key.text()?.into(), value.text()?.into())))
        .collect()
}

/// The objects that are meant by a name in `home`.
pub(super) fn targets(meaning: &Meaning, home: &str, mesh: &Mesh) -> Vec<Target> {
    let or_home = |namespace: &Str| {
        if namespace.is_empty() {
            home.to_owned()
        } else {
            namespace.to_string()
        }
    };
    let named = |object: Option<ObjectId>| object.into_iter().map(Target::named).collect();
    match meaning {
        Meaning::Itself => Vec::new(),
        Meaning::Host(text) => host(text, home, mesh),
        Meaning::Subset(host, name) => subset(host, name, home, mesh),
        Meaning::Gateway(text) => named(mesh.routing.gateway(text, home).map(|g| g.id)),
        Meaning::Principal(text) => {
            let Some(identity) = Identity::parse(text) else {
                return Vec::new();
            };
            account(identity.namespace, identity.account, mesh)
        }
        Meaning::Account(name) => account(home, name, mesh),
        Meaning::Namespace(name) => {
            let namespace = mesh.places.find(name);
            named(namespace.and_then(|namespace| namespace.object))
        }
        Meaning::Workloads(labels, reach) => {
            let objects = workloads(labels, *reach, home, mesh);
            objects
                .into_iter()
                .map(|(_, id)| Target::named(id))
                .collect()
        }
        Meaning::Object(kind, namespace, name) => {
            let namespace = or_home(namespace);
            let object = mesh.named(&namespace, name);
            match kind {
                Kind::Service => named(object.services().map(|object| object.id)),
                Kind::VirtualService => named(object.virtual_services().map(|object| object.id)),
                Kind::Secret => named(object.secrets().map(|object| object.id)),
                Kind::ServiceEntry => named(object.service_entries().map(|object| object.id)),
                Kind::GatewayOfApi => named(object.k8s_gateways().map(|object| object.id)),
                Kind::ServiceAccount => account(&namespace, name, mesh),
            }
        }
    }
}

fn host(text: &str, home: &str, mesh: &Mesh) -> Vec<Target> {
    let host = mesh.registry.destination_host(text, home);
    if let Some(service) = mesh.registry.service(&host) {
        return vec![Target::named(service.id)];
    }
    let mut entries: Vec<Target> = mesh
        .registry
        .service_entries_covering(&host)
        .map(|entry| Target {
            object: entry.id,
            path: path!["spec", "hosts"],
        })
        .collect();
    entries.dedup();
    if entries.is_empty() {
        // Istio does not complete it, but this is what whoever wrote it was thinking of.
        let short = mesh.registry.meant_by_short_form(text);
        entries.extend(short.map(|service| Target::named(service.id)));
    }
    entries
}

fn subset(host: &str, name: &str, home: &str, mesh: &Mesh) -> Vec<Target> {
    let host = mesh.registry.destination_host(host, home);
    let rules = mesh.routing.destination_rules_covering(host);
    let items = rules.into_iter().flat_map(|rule| {
        let subsets = rule.spec.subsets.iter().enumerate();
        subsets
            .filter(|(_, subset)| subset.name == *name)
            .map(|(index, _)| Target {
                object: rule.id,
                path: path!["spec", "subsets", index, "name"],
            })
    });
    items.collect()
}

fn account(namespace: &str, name: &str, mesh: &Mesh) -> Vec<Target> {
    if let Some(account) = mesh.named(namespace, name).service_accounts() {
        return vec![Target::named(account.id)];
    }
    let workloads = run_as(namespace, name, mesh);
    workloads.into_iter().map(Target::named).collect()
}

/// The workloads that run as a service account.
pub(super) fn run_as(namespace: &str, name: &str, mesh: &Mesh) -> Vec<ObjectId> {
    let Some(namespace) = mesh.places.id(namespace) else {
        return Vec::new();
    };
    let workloads = mesh.workloads.of(namespace).iter();
    workloads
        .filter(|workload| workload.accounts.iter().any(|account| account == name))
        .map(|workload| workload.object)
        .collect()
}

/// The workloads with labels, as seen from an object in `home`.
pub(super) fn workloads(
    labels: &Labels,
    reach: Reach,
    home: &str,
    mesh: &Mesh,
) -> Vec<(crate::mesh::WorkloadId, ObjectId)> {
    let namespace = mesh.places.id(home);
    let is_root = namespace.is_some_and(|namespace| mesh.places.is_own_root(namespace));
    let within = match reach {
        Reach::Anywhere => None,
        Reach::Policy if is_root => None,
        Reach::Policy | Reach::Namespace => match namespace {
            Some(namespace) => Some(namespace),
            None => return Vec::new(),
        },
    };
    let ids = mesh.workloads.ids_matching(within, labels);
    ids.filter_map(|id| Some((id, mesh.workloads.get(id)?.object)))
        .collect()
}
