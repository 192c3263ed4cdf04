//! What one object tells of others that the input does not hold: what it installs, what its operator
//! makes, which folders it leads to.

use super::world::Gap;
use crate::model::operators::{self, Makes, Proof};
use crate::model::{ObjectId, Str};
use crate::yaml::{Node, is_placeholder};

/// Something that an operator makes for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// What it is.
    pub what: Makes,
    /// Its namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// Its labels, as far as they are known.
    pub labels: Vec<(Str, Str)>,
    /// How certain it is that it has this name.
    pub proof: Proof,
    /// The object that it is made for.
    pub object: ObjectId,
}

/// A folder of some repository that an object applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// The folder, from the root of the repository.
    pub path: String,
    /// The repository, empty if the object does not say.
    pub repository: String,
    /// What is unknown if the folder is not in the input.
    pub gap: Gap,
}

/// What an object tells of others.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    pub(super) gaps: Vec<Gap>,
    pub(super) made: Vec<Made>,
    pub(super) leads: Vec<Lead>,
}

/// An object, as far as is needed here.
pub(super) struct Subject<'n> {
    pub(super) root: Node<'n>,
    pub(super) group: &'n str,
    pub(super) kind: &'n str,
    pub(super) namespace: &'n str,
    pub(super) name: &'n str,
    pub(super) id: ObjectId,
}

impl<'n> Subject<'n> {
    /// What the object tells.
    pub(super) fn unseen(&self) -> Unseen {
        let mut unseen = Unseen::default();
        match (self.group, self.kind) {
            ("helm.toolkit.fluxcd.io", "HelmRelease") | ("helm.cattle.io", _) => {
                let target = self.text(&["spec", "targetNamespace"]);
                unseen
                    .gaps
                    .push(self.installs(target.unwrap_or(self.namespace)));
            }
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
                let target = self.text(&["spec", "targetNamespace"]).unwrap_or_default();
                let path = self.text(&["spec", "path"]).unwrap_or(".");
                let source = self
                    .text(&["spec", "sourceRef", "name"])
                    .unwrap_or_default();
                unseen
                    .leads
                    .push(self.lead(path, source, self.installs(target)));
            }
            ("argoproj.io", "Application" | "ApplicationSet") => self.argo(&mut unseen),
            ("install.istio.io", "IstioOperator") => self.gateways(&mut unseen),
            _ => self.custom(&mut unseen),
        }
        unseen
    }

    fn text(&self, path: &[&str]) -> Option<&'n str> {
        let mut node = self.root;
        for key in path {
            node = node.get(key)?;
        }
        node.as_str().filter(|text| !text.is_empty())
    }

    /// `Kind namespace/name`.
    fn shown(&self) -> String {
        if self.namespace.is_empty() {
            format!("{} {}", self.kind, self.name)
        } else {
            format!("{} {}/{}", self.kind, self.namespace, self.name)
        }
    }

    /// All that makes an application may be in a namespace; in any if that is filled in later.
    fn installs(&self, namespace: &str) -> Gap {
        let is_known = !namespace.is_empty() && !is_placeholder(namespace);
        let place = if is_known { namespace } else { "any namespace" };
        Gap {
            is_application: true,
            namespace: is_known.then(|| namespace.into()),
            because: format!("{} installs into {place}", self.shown()),
            object: Some(self.id),
            ..Gap::default()
        }
    }

    fn lead(&self, path: &str, repository: &str, gap: Gap) -> Lead {
        Lead {
            path: path.trim_start_matches("./").trim_matches('/').to_owned(),
            repository: repository.to_owned(),
            gap,
        }
    }

    fn argo(&self, unseen: &mut Unseen) {
        let spec = self.root.get("spec");
        let spec = match self.kind {
            "ApplicationSet" => spec
                .and_then(|s| s.get("template"))
                .and_then(|t| t.get("spec")),
            _ => spec,
        };
        let Some(spec) = spec else { return };
        let target = spec.get("destination").and_then(|d| d.get("namespace"));
        let target = target.and_then(Node::as_str).unwrap_or_default();
        let single = spec.get("source");
        let several = spec.get("sources").into_iter().flat_map(Node::items);
        for source in single.into_iter().chain(several) {
            let field = |key: &str| source.get(key).and_then(Node::as_str).unwrap_or_default();
            let is_rendered = ["chart", "helm", "plugin"]
                .iter()
                .any(|key| source.get(key).is_some());
            if is_rendered || field("path").is_empty() && source.get("ref").is_none() {
                unseen.gaps.push(self.installs(target));
            } else if !field("path").is_empty() {
                unseen.leads.push(self.lead(
                    field("path"),
                    field("repoURL"),
                    self.installs(target),
                ));
            }
        }
    }

    /// The gateways of an IstioOperator: those of its components, and those of its profile.
    fn gateways(&self, unseen: &mut Unseen) {
        let home = if self.namespace.is_empty() {
            "istio-system"
        } else {
            self.namespace
        };
        let components = self
            .root
            .get("spec")
            .and_then(|spec| spec.get("components"));
        let profile = self.text(&["spec", "profile"]).unwrap_or("default");
        for (field, kind) in [
            ("ingressGateways", "ingressgateway"),
            ("egressGateways", "egressgateway"),
        ] {
            let default = format!("istio-{kind}");
            let mut is_listed = false;
            let listed = components
                .and_then(|c| c.get(field))
                .into_iter()
                .flat_map(Node::items);
            for gateway in listed {
                let text = |key: &str| gateway.get(key).and_then(Node::as_str);
                let name = text("name").unwrap_or(&default);
                is_listed |= name == default;
                let is_off = gateway.get("enabled").and_then(|node| node.text()) == Some("false");
                if !is_off {
                    let labels: Vec<(Str, Str)> = gateway
                        .get("label")
                        .into_iter()
                        .flat_map(Node::entries)
                        .filter_map(|(key, value)| {
                            Some((key.text()?.into(), value.as_str()?.into()))
                        })
                        .collect();
                    self.gateway(
                        name,
                        kind,
                        text("namespace").unwrap_or(home),
                        labels,
                        unseen,
                    );
                }
            }
            let is_of_profile = match profile {
                "default" => kind == "ingressgateway",
                "demo" => true,
                _ => false,
            };
            if is_of_profile && !is_listed {
                self.gateway(&default, kind, home, Vec::new(), unseen);
            }
        }
    }

    fn gateway(
        &self,
        name: &str,
        kind: &str,
        namespace: &str,
        labels: Vec<(Str, Str)>,
        unseen: &mut Unseen,
    ) {
        let mut all: Vec<(Str, Str)> =
            vec![("app".into(), name.into()), ("istio".into(), kind.into())];
        all.retain(|(key, _)| !labels.iter().any(|(own, _)| own == key));
        all.extend(labels);
        let account = format!("{name}-service-account");
        for (what, name) in [
            (Makes::Service, name),
            (Makes::Workload, name),
            (Makes::ServiceAccount, account.as_str()),
        ] {
            unseen.made.push(Made {
                what,
                namespace: namespace.into(),
                name: name.into(),
                labels: if what == Makes::Workload {
                    all.clone()
                } else {
                    Vec::new()
                },
                proof: Proof::Source,
                object: self.id,
            });
        }
    }

    /// A custom resource: what its operator makes by the table, or anything.
    fn custom(&self, unseen: &mut Unseen) {
        if operators::is_built_in(self.group) || self.namespace.is_empty() {
            return;
        }
        let Some(operator) = operators::operator(self.group, self.kind) else {
            unseen.gaps.push(self.may_make());
            return;
        };
        for (what, name) in operator.makes(|path| self.field(path)) {
            unseen.made.push(Made {
                what,
                namespace: self.namespace.into(),
                name: name.as_str().into(),
                labels: Vec::new(),
                proof: operator.proof,
                object: self.id,
            });
        }
        if operator.is_open {
            unseen.gaps.push(self.may_make());
        } else if operator.makes_secrets {
            unseen.gaps.push(Gap {
                is_application: false,
                kind: "Secret".into(),
                ..self.may_make()
            });
        }
    }

    fn may_make(&self) -> Gap {
        Gap {
            because: format!("the operator of {} may make it", self.shown()),
            ..self.installs(self.namespace)
        }
    }

    /// The values at a path of the table, such as `spec.pools[].name`.
    fn field(&self, path: &str) -> Vec<String> {
        if path == "name" {
            return vec![self.name.to_owned()];
        }
        let mut nodes = vec![self.root];
        for step in path.split('.') {
            let (key, is_list) = match step.strip_suffix("[]") {
                Some(key) => (key, true),
                None => (step, false),
            };
            nodes = nodes
                .into_iter()
                .filter_map(|node| node.get(key))
                .flat_map(|node| {
                    let items: Vec<Node<'n>> = if is_list {
                        node.items().collect()
                    } else {
                        vec![node]
                    };
                    items
                })
                .collect();
        }
        let values = nodes.into_iter().filter_map(|node| node.as_str());
        values.map(str::to_owned).collect()
    }
}

/// What a kustomization brings, as far as it is needed to know what is not in the input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kustomization {
    /// `namespace`, which it gives to all that it lists; empty for none.
    pub namespace: String,
    /// `resources`, `bases` and `components`.
    pub resources: Vec<String>,
    /// Namespaces into which charts are rendered, each empty for that of the kustomization.
    pub charts: Vec<String>,
    /// Whether something that is not built in generates objects.
    pub generates: bool,
}

/// Reads a kustomization.
pub(super) fn kustomization(root: Node<'_>) -> Kustomization {
    let list = |key: &str| root.get(key).into_iter().flat_map(Node::items);
    let text = |node: Node<'_>| node.as_str().map(str::to_owned);
    let charts = list("helmCharts").chain(list("helmChartInflationGenerator"));
    let namespace_of = |node: Node<'_>| node.get("namespace").and_then(text).unwrap_or_default();
    Kustomization {
        namespace: root.get("namespace").and_then(text).unwrap_or_default(),
        resources: ["resources", "bases", "components"]
            .iter()
            .flat_map(|key| list(key).filter_map(text))
            .collect(),
        charts: charts.map(namespace_of).collect(),
        generates: list("generators").next().is_some(),
    }
}

/// Whether an entry of `resources` names something beyond the repository.
pub(crate) fn is_remote(entry: &str) -> bool {
    entry.contains("://")
        || entry.starts_with("git@")
        || entry.contains("?ref=")
        || entry.starts_with("github.com/")
        || entry.starts_with("git::")
}

/// What lines of text that is not read seem to hold: of each `kind:` the nearest literal name and
/// namespace below `metadata:`.
pub(crate) fn of_lines(text: &str, because: &str) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for document in text.split("\n---") {
        let value = |key: &str, is_indented: bool| {
            document.lines().find_map(|line| {
                let trimmed = line.trim_start();
                let has_indent = trimmed.len() < line.len();
                let rest = trimmed
                    .strip_prefix(key)
                    .filter(|_| has_indent == is_indented)?;
                let value = rest.split(" #").next().unwrap_or(rest);
                let value = value.trim().trim_matches(['"', '\'']);
                (!value.is_empty()).then_some(value)
            })
        };
        let is_open =
            |text: &str| text.contains("{{") || text.contains("{%") || is_placeholder(text);
        let Some(kind) = value("kind:", false) else {
            continue;
        };
        let literal = |key: &str| {
            value(key, true)
                .filter(|text| !is_open(text))
                .map(Str::from)
        };
        let gap = Gap {
            kind: if is_open(kind) {
                Str::new()
            } else {
                kind.into()
            },
            name: literal("name:"),
            namespace: literal("namespace:"),
            because: because.to_owned(),
            ..Gap::default()
        };
        if !gaps.contains(&gap) && gaps.len() < MOST_GAPS {
            gaps.push(gap);
        }
    }
    gaps
}

/// How many gaps one file leaves at most.
const MOST_GAPS: usize = 1000;
