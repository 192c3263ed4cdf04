//! Control planes and their mesh config: from the ConfigMap `istio`, operators' resources, or the
//! user.

use std::borrow::Cow;

use serde_yaml::{Mapping, Value};

use super::namespace::{Interner, NamespaceId};
use crate::mesh::{Quirks, Settings};
use crate::model::core::{Container, Controller};
use crate::model::mesh_config::MeshConfig;
use crate::model::{Object, ObjectId, Objects, Str};

/// One istiod, or the one that must exist somewhere when the input shows none.
#[derive(Debug, Clone, Default)]
pub struct ControlPlane {
    /// The namespace of istiod.
    pub namespace: NamespaceId,
    /// The root namespace: `rootNamespace` of the mesh config, else istiod's.
    pub root_namespace: NamespaceId,
    /// The revision, `default` when istiod has no label.
    pub revision: Str,
    /// Tags that stand for the revision.
    pub tags: Vec<Str>,
    /// Which namespaces the control plane accepts.
    pub(super) accepts: Accepts,
    /// The mesh config, Istio's defaults where nothing is said.
    pub config: MeshConfig,
    /// Where the mesh config comes from.
    pub source: ConfigSource,
    /// `rootNamespace` as written in a ConfigMap; the decoded config holds Istio's default for
    /// an absent one, which is not that of a control plane outside `istio-system`.
    written_root: Option<Str>,
    /// What in the mesh config could not be decoded.
    pub problems: Vec<ConfigProblem>,
    /// Whether proxies and istiod choose mutual TLS themselves.
    pub auto_mtls: AutoMtls,
    /// Whether Gateways select workloads of their own namespace alone
    /// (`PILOT_SCOPE_GATEWAY_TO_NAMESPACE`).
    pub scopes_gateways: bool,
    /// Whether istiod is told to serve ambient namespaces (`PILOT_ENABLE_AMBIENT`).
    pub enables_ambient: bool,
}

/// Which revisions of namespaces a control plane accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Accepts {
    /// Any that is not empty: the control plane is only implied.
    #[default]
    Any,
    /// Its own, and its tags.
    Own,
    /// None: istiod has no revision label.
    Nothing,
}

/// Where a mesh config comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConfigSource {
    /// The input shows none: Istio's defaults.
    #[default]
    None,
    /// A ConfigMap, key `mesh`.
    ConfigMap(ObjectId),
    /// An `IstioOperator` or the Sail operator's `Istio`.
    Operator(ObjectId),
    /// The user (`--mesh-config`).
    User,
}

/// A part of a mesh config that could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The ConfigMap.
    pub object: ObjectId,
    /// The field below `data/mesh`, empty for the document as a whole.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

/// Whether clients with a proxy use mutual TLS without being told to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AutoMtls {
    /// They do: the mesh config says so, or is silent.
    On,
    /// They do not: the mesh config says so, or the input holds policies of the time before.
    Off,
    /// The input shows no mesh config at all. Istio's default is on, but what explicitly demands
    /// mutual TLS deserves an answer that does not rest on it. Never in upstream mode.
    #[default]
    Unknown,
}

impl AutoMtls {
    /// Whether it is on as far as one can tell: unknown counts as on.
    pub fn is_on(self) -> bool {
        self != Self::Off
    }

    /// Whether the input says that it is on: unknown counts as off.
    pub fn is_known_on(self) -> bool {
        self == Self::On
    }
}

/// The control planes of the input, never none: without istiod one is implied.
pub(super) fn control_planes(
    objects: &Objects,
    settings: &Settings,
    quirks: Quirks,
    interner: &mut Interner,
) -> Vec<ControlPlane> {
    let mut planes: Vec<ControlPlane> = objects
        .deployments
        .iter()
        .filter(|deployment| deployment.metadata.labels.has("app", "istiod"))
        .map(|deployment| declared(deployment, objects, quirks, interner))
        .collect();
    if planes.is_empty() {
        planes.push(implied(objects, quirks, interner));
    }
    let legacy =
        has_legacy_policies(objects) && (quirks.run_time_plays_no_part || is_of_old_api(objects));
    for plane in &mut planes {
        if let Some(config) = &settings.mesh_config {
            plane.config = config.clone();
            plane.source = ConfigSource::User;
            plane.problems.clear();
        } else if plane.source == ConfigSource::None && !quirks.operators_bring_no_mesh_config {
            take_from_operator(plane, objects);
        }
        plane.root_namespace = plane.root(interner);
        plane.auto_mtls = auto_mtls(plane, legacy, quirks);
    }
    planes
}

fn declared(
    istiod: &Object<Controller>,
    objects: &Objects,
    quirks: Quirks,
    interner: &mut Interner,
) -> ControlPlane {
    let label = istiod.metadata.labels.get("istio.io/rev");
    let revision = label.cloned().unwrap_or_else(|| "default".into());
    let container = istiod.spec.template.spec.containers.first();
    let mut plane = ControlPlane {
        namespace: interner.intern(istiod.namespace()),
        tags: tags(objects, &revision),
        accepts: if label.is_some() {
            Accepts::Own
        } else {
            Accepts::Nothing
        },
        scopes_gateways: env(container, "PILOT_SCOPE_GATEWAY_TO_NAMESPACE") == "true",
        enables_ambient: env(container, "PILOT_ENABLE_AMBIENT").eq_ignore_ascii_case("true"),
        ..ControlPlane::default()
    };
    let name: Cow<'_, str> = if revision.is_empty() || revision == "default" {
        "istio".into()
    } else {
        format!("istio-{revision}").into()
    };
    let find = |name: &str| {
        objects
            .config_maps
            .iter()
            .find(|map| map.name() == name && map.namespace() == istiod.namespace())
            .filter(|map| map.spec.data.contains_key("mesh"))
    };
    let shared = match env(container, "SHARED_MESH_CONFIG") {
        "" => None,
        name => find(name),
    };
    let documents: Vec<_> = find(&name).into_iter().chain(shared).collect();
    plane.read(&documents, quirks);
    plane.revision = revision;
    plane
}

fn implied(objects: &Objects, quirks: Quirks, interner: &mut Interner) -> ControlPlane {
    let mut maps = objects.config_maps.iter();
    let namespace = maps
        .clone()
        .find(|map| map.name() == "istio")
        .map(Object::namespace)
        .or_else(|| {
            operators(objects)
                .map(|(_, operator)| operator.control_plane_namespace())
                .find(|namespace| !namespace.is_empty())
        })
        .unwrap_or("istio-system");
    let mut plane = ControlPlane {
        namespace: interner.intern(namespace),
        revision: "default".into(),
        ..ControlPlane::default()
    };
    let config = maps.find(|map| {
        (map.name() == "istio" || map.name().starts_with("istio-"))
            && map.spec.data.contains_key("mesh")
    });
    plane.read(config.as_slice(), quirks);
    plane
}

fn operators(
    objects: &Objects,
) -> impl Iterator<Item = (ObjectId, &crate::model::core::MeshConfigHolder)> {
    objects
        .istio_operators
        .iter()
        .chain(&objects.istios)
        .map(|object| (object.id, &object.spec))
}

fn take_from_operator(plane: &mut ControlPlane, objects: &Objects) {
    let found = operators(objects).find_map(|(id, operator)| Some((id, operator.mesh_config()?)));
    if let Some((id, config)) = found {
        plane.config = config.clone();
        plane.source = ConfigSource::Operator(id);
    }
}

/// The tags of a revision, in load order.
fn tags(objects: &Objects, revision: &str) -> Vec<Str> {
    objects
        .mutating_webhooks
        .iter()
        .map(|webhook| &webhook.metadata.labels)
        .filter(|labels| labels.has("istio.io/rev", revision))
        .filter_map(|labels| labels.get("istio.io/tag").cloned())
        .collect()
}

fn env<'a>(container: Option<&'a Container>, name: &str) -> &'a str {
    container
        .and_then(|container| container.env(name))
        .map_or("", |variable| &variable.value)
}

fn has_legacy_policies(objects: &Objects) -> bool {
    !(objects.policies.is_empty()
        && objects.mesh_policies.is_empty()
        && objects.service_mesh_policies.is_empty())
}

/// Whether the input is of an Istio before 1.6, which alone reads the legacy policies: it holds
/// nothing that only a newer one reads.
pub(crate) fn is_of_old_api(objects: &Objects) -> bool {
    !objects.headers.iter().any(|header| {
        let group = header.api_version.split_once('/');
        group.is_some_and(|(group, version)| {
            group == "security.istio.io"
                || group == "networking.istio.io" && matches!(version, "v1" | "v1beta1")
        })
    })
}

fn auto_mtls(plane: &ControlPlane, legacy: bool, quirks: Quirks) -> AutoMtls {
    let is_unsaid = plane.source == ConfigSource::None;
    match plane.config.enable_auto_mtls {
        Some(false) => AutoMtls::Off,
        None if legacy => AutoMtls::Off,
        None if is_unsaid && !quirks.auto_mtls_is_on_unless_said => AutoMtls::Unknown,
        Some(true) | None => AutoMtls::On,
    }
}

impl ControlPlane {
    /// Reads the mesh config from ConfigMaps; each supplies what those before it leave out.
    fn read(&mut self, maps: &[&Object<crate::model::core::ConfigMap>], quirks: Quirks) {
        let mut merged = Mapping::new();
        for map in maps {
            let text = map.spec.data.get("mesh").map_or("", Str::as_str);
            match serde_yaml::from_str(text) {
                Ok(Value::Mapping(document)) => {
                    for (key, value) in document {
                        merged.entry(key).or_insert(value);
                    }
                }
                Ok(Value::Null) => {}
                Ok(_) => self.problem(map.id, "", "the mesh config is not a mapping"),
                Err(error) => self.problem(map.id, "", &error.to_string()),
            }
        }
        let Some(first) = maps.first() else { return };
        self.source = ConfigSource::ConfigMap(first.id);
        self.written_root = merged
            .get("rootNamespace")
            .and_then(Value::as_str)
            .map(Str::from);
        match serde_yaml::from_value(Value::Mapping(merged.clone())) {
            Ok(config) => self.config = config,
            Err(_) => self.read_by_field(merged, first.id, quirks),
        }
    }

    /// Keeps the fields that can be decoded and notes the others.
    fn read_by_field(&mut self, mut document: Mapping, object: ObjectId, quirks: Quirks) {
        document.retain(|key, value| {
            let single = Mapping::from_iter([(key.clone(), value.clone())]);
            match serde_yaml::from_value::<MeshConfig>(Value::Mapping(single)) {
                Ok(_) => true,
                Err(error) => {
                    let field = key.as_str().unwrap_or_default();
                    self.problem(object, field, &error.to_string());
                    false
                }
            }
        });
        if !quirks.broken_mesh_config_is_none {
            self.config = serde_yaml::from_value(Value::Mapping(document)).unwrap_or_default();
        }
    }

    fn root(&self, interner: &mut Interner) -> NamespaceId {
        let given = match self.source {
            ConfigSource::None => None,
            ConfigSource::ConfigMap(_) => self.written_root.as_ref(),
            ConfigSource::Operator(_) | ConfigSource::User => Some(&self.config.root_namespace)
                .filter(|name| **name != MeshConfig::default().root_namespace),
        };
        match given {
            Some(name) if !name.is_empty() => interner.intern(name),
            _ => self.namespace,
        }
    }

    fn problem(&mut self, object: ObjectId, field: &str, message: &str) {
        self.problems.push(ConfigProblem {
            object,
            field: field.to_owned(),
            message: message.to_owned(),
        });
    }

    /// Whether the input holds no istiod, so that the control plane is only assumed.
    pub fn is_implied(&self) -> bool {
        self.accepts == Accepts::Any
    }

    /// Whether the control plane manages namespaces of this revision.
    pub(super) fn accepts(&self, revision: &str, quirks: Quirks) -> bool {
        match self.accepts {
            Accepts::Any => !revision.is_empty(),
            Accepts::Nothing => !quirks.managed_by_labels_alone && revision == self.revision,
            Accepts::Own if quirks.tag_replaces_revision => {
                self.tags.first().unwrap_or(&self.revision) == revision
            }
            Accepts::Own => self.revision == revision || self.tags.iter().any(|t| t == revision),
        }
    }
}
