//! One Application: its sources, rendered by their types.

use ecow::EcoString;
use rustc_hash::FxHashMap;

use super::cluster;
use super::directory;
use super::kustomize::amendments;
use crate::render::flux::is_true;
use crate::render::gitops::{
    Cluster, Fault, FaultKind, Following, Identity, Next, Object, Release, Unknown, from_problem,
    shown,
};
use crate::render::kustomize;
use crate::render::value::{Node, Trace};
use crate::render::{EntryKind, Place, RelatedOrigin, Sources, What, join};

/// An Application on its way.
pub(super) struct Application<'a> {
    pub(super) object: &'a Object,
    cluster: Cluster,
    /// `spec.destination.namespace`.
    pub(super) namespace: Option<EcoString>,
    /// The folder of each source with a `ref`.
    pub(super) refs: FxHashMap<EcoString, Option<String>>,
}

/// Follows an Application.
pub(in crate::render) fn application(following: &mut Following<'_>, next: &Next, step: usize) {
    let object = &next.object;
    let Some(spec) = object.node().get("spec") else {
        return;
    };
    let destination = spec.get("destination");
    let cluster = cluster::of_destination(following, destination, &next.cluster);
    if let Some(own) = following.output.steps.get_mut(step) {
        own.cluster = cluster.clone();
    }
    let namespace = destination
        .and_then(|node| node.get("namespace"))
        .and_then(Node::text)
        .filter(|text| !text.is_empty() && !text.contains("{{"))
        .cloned();
    let several = spec
        .get("sources")
        .and_then(Node::as_list)
        .unwrap_or_default();
    let one = spec.get("source");
    let sources: Vec<&Node> = if several.is_empty() {
        one.into_iter().collect()
    } else {
        several.iter().collect()
    };
    let refs = sources
        .iter()
        .filter_map(|source| {
            let name = source.get("ref").and_then(Node::text)?;
            let is_own = is_own(following, source);
            Some((name.clone(), is_own.then(String::new)))
        })
        .collect();
    let application = Application {
        object,
        cluster,
        namespace,
        refs,
    };
    let mut made: Vec<Object> = Vec::new();
    for source in sources {
        made.extend(application.source(following, source));
    }
    // Of an object that several sources define the last definition holds.
    let mut last: FxHashMap<Identity, usize> = FxHashMap::default();
    for (index, object) in made.iter().enumerate() {
        last.insert(application.placed(&object.identity), index);
    }
    for (index, mut object) in made.into_iter().enumerate() {
        if last.get(&application.placed(&object.identity)) != Some(&index) {
            continue;
        }
        let link = RelatedOrigin {
            place: application.object.place(),
            what: What::Application,
            note: "renders it",
        };
        let chain = object
            .rendered
            .chain
            .iter()
            .copied()
            .chain([link])
            .collect();
        object.rendered.chain = chain;
        let object = application.place(object, destination);
        following.apply(object, None, &application.cluster, step);
    }
}

fn is_own(following: &Following<'_>, source: &Node) -> bool {
    let address = source.get("repoURL").and_then(Node::text);
    address.is_some_and(|address| following.gitops.addresses.are(address))
}

pub(super) fn text<'n>(node: Option<&'n Node>, key: &str) -> Option<&'n str> {
    let text = node?.get(key)?.text()?;
    (!text.is_empty()).then_some(text.as_str())
}

impl Application<'_> {
    /// An identity with the namespace that the object falls into.
    fn placed(&self, identity: &Identity) -> Identity {
        let mut identity = identity.clone();
        if identity.namespace.is_empty() {
            identity.namespace = self.namespace.clone().unwrap_or_default();
        }
        identity
    }

    /// The object in the namespace of the destination, unless it names one or lives in none.
    fn place(&self, object: Object, destination: Option<&Node>) -> Object {
        let Some(namespace) = self.namespace.as_ref() else {
            return object;
        };
        let trace = destination
            .and_then(|node| node.get("namespace"))
            .map_or_else(|| trace_of(self.object), |node| node.trace.inexact());
        object.placed(namespace, &trace)
    }

    fn unknown(&self, following: &mut Following<'_>, because: &str, place: Place) {
        let owner = shown(&self.object.identity);
        following.output.notes.push(format!(
            "{owner} is not rendered in full: {because} is not in the repository"
        ));
        following.output.unknown.push(Unknown {
            namespace: self.namespace.clone(),
            because: format!("{because} ({owner})"),
            place,
            cluster: self.cluster.clone(),
        });
    }

    fn fault(&self, following: &mut Following<'_>, fault: Fault) {
        let because = format!("{}: {}", shown(&self.object.identity), fault.message);
        following.fault(fault, &self.cluster, self.namespace.clone(), because);
    }

    /// Renders one source.
    fn source(&self, following: &mut Following<'_>, source: &Node) -> Vec<Object> {
        let place = source.get("repoURL").unwrap_or(source).trace.place;
        if let Some(chart) = text(Some(source), "chart") {
            let place = source.get("chart").unwrap_or(source).trace.place;
            self.unknown(following, &format!("chart {chart}"), place);
            return Vec::new();
        }
        let path = source.get("path");
        if source.get("ref").is_some() && path.is_none() {
            return Vec::new();
        }
        if !is_own(following, source) {
            let address = text(Some(source), "repoURL").unwrap_or_default().to_owned();
            self.unknown(following, &format!("repository {address}"), place);
            return Vec::new();
        }
        let sources = following.gitops.sources;
        let shown_path = path.and_then(Node::text).map_or(".", EcoString::as_str);
        let path_place = path.map_or(place, |path| path.trace.place);
        let folder = join("", shown_path.trim_start_matches('/'))
            .filter(|folder| sources.files().kind(folder) == Some(EntryKind::Folder));
        let Some(folder) = folder else {
            self.fault(
                following,
                Fault::new(
                    FaultKind::MissingPath,
                    path_place,
                    format!("there is no folder {shown_path} in the repository, so this Application makes nothing"),
                ),
            );
            return Vec::new();
        };
        match kind_of(sources, &folder, source) {
            Kind::Plugin => {
                let name = text(source.get("plugin"), "name")
                    .unwrap_or("without a name")
                    .to_owned();
                self.unknown(following, &format!("plugin {name}"), path_place);
                Vec::new()
            }
            Kind::Helm => self.helm(following, source, &folder, path_place),
            Kind::Kustomize => self.kustomize(following, source, &folder, path_place),
            Kind::Directory => {
                let found = directory::read(sources, &folder, source.get("directory"));
                following.output.files.extend(found.files);
                for fault in found.faults {
                    self.fault(following, fault);
                }
                found.objects
            }
        }
    }

    fn kustomize(
        &self,
        following: &mut Following<'_>,
        source: &Node,
        folder: &str,
        place: Place,
    ) -> Vec<Object> {
        let gitops = following.gitops;
        let settings = source.get("kustomize");
        let amend = settings.and_then(amendments);
        let charts = |chart: &kustomize::Chart<'_>| crate::render::gitops::chart(gitops, chart);
        let options = kustomize::Options {
            lenient: gitops.lenient,
            amend: amend.as_ref(),
            ignore_missing_components: is_true(
                settings.and_then(|node| node.get("ignoreMissingComponents")),
            ),
            charts: Some(&charts),
            ..kustomize::Options::default()
        };
        let build = kustomize::build(gitops.sources, folder, options, gitops.cache);
        for problem in &build.problems {
            self.fault(following, from_problem(problem, place));
        }
        let objects = build
            .objects
            .iter()
            .cloned()
            .filter_map(Object::new)
            .collect();
        let owner = shown(&self.object.identity);
        following.note_build(build, &owner, &self.cluster, self.namespace.as_ref());
        objects
    }

    fn helm(
        &self,
        following: &mut Following<'_>,
        source: &Node,
        folder: &str,
        place: Place,
    ) -> Vec<Object> {
        let settings = source.get("helm");
        let environment = self.environment(source);
        let values = match self.values(following.gitops.sources, settings, folder, &environment) {
            Ok(values) => values,
            Err(fault) => {
                self.fault(following, fault);
                return Vec::new();
            }
        };
        let name = text(settings, "releaseName").unwrap_or(&self.object.identity.name);
        let versions = settings
            .and_then(|node| node.get("apiVersions"))
            .and_then(Node::as_list);
        let release = Release {
            chart: folder.to_owned(),
            name: name.into(),
            namespace: text(settings, "namespace")
                .map(EcoString::from)
                .or_else(|| self.namespace.clone())
                .unwrap_or_default(),
            values,
            kube_version: text(settings, "kubeVersion").map(Into::into),
            api_versions: versions
                .into_iter()
                .flatten()
                .filter_map(|version| version.text().cloned())
                .collect(),
            place: self.object.place(),
            lenient: following.gitops.lenient,
        };
        let Some(released) = following.gitops.engines.release(&release) else {
            self.unknown(following, &format!("chart {folder}"), place);
            return Vec::new();
        };
        following.output.files.extend(released.files);
        following.output.folders.insert(folder.to_owned());
        for mut unknown in released.unknown {
            unknown.cluster = self.cluster.clone();
            following.output.unknown.push(unknown);
        }
        for fault in released.faults {
            self.fault(following, fault);
        }
        let skip_crds = is_true(settings.and_then(|node| node.get("skipCrds")));
        released
            .objects
            .into_iter()
            .filter_map(Object::new)
            .filter(|object| !skip_crds || object.identity.kind != "CustomResourceDefinition")
            .collect()
    }
}

/// What renders a folder.
enum Kind {
    Helm,
    Kustomize,
    Directory,
    Plugin,
}

fn kind_of(sources: &Sources, folder: &str, source: &Node) -> Kind {
    let is_set = |key: &str| source.get(key).is_some_and(|node| !node.is_null());
    if is_set("plugin") {
        return Kind::Plugin;
    }
    if is_set("helm") && source.get("helm").is_some_and(|node| !node.is_empty()) {
        return Kind::Helm;
    }
    if is_set("kustomize") && source.get("kustomize").is_some_and(|node| !node.is_empty()) {
        return Kind::Kustomize;
    }
    if is_set("directory") && source.get("directory").is_some_and(|node| !node.is_empty()) {
        return Kind::Directory;
    }
    let has_chart =
        join(folder, "Chart.yaml").is_some_and(|path| sources.files().kind(&path).is_some());
    if has_chart {
        Kind::Helm
    } else if kustomize::find_file(sources, folder).is_empty() {
        Kind::Directory
    } else {
        Kind::Kustomize
    }
}

/// The trace of a whole object, for what is made for it.
pub(super) fn trace_of(object: &Object) -> Trace {
    Trace::new(object.place(), What::ApplicationSet)
}
