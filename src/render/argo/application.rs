//! One Application: its sources, rendered by their types.

use ecow::EcoString;
use rustc_hash::FxHashMap;

use super::cluster;
use super::directory;
use crate::render::flux::{entry, has_extension, is_true, kustomization_of};
use crate::render::gitops::{
    Cluster, Fault, FaultKind, Following, Identity, Layer, Next, Object, Release, Unknown,
    from_problem, shown,
};
use crate::render::kustomize;
use crate::render::value::{Entry, Map, Node, Scalar, Trace, Value};
use crate::render::{EntryKind, Place, RelatedOrigin, Sources, What, join};

/// An Application on its way.
struct Application<'a> {
    object: &'a Object,
    cluster: Cluster,
    /// `spec.destination.namespace`.
    namespace: Option<EcoString>,
    /// The folder of each source with a `ref`.
    refs: FxHashMap<EcoString, Option<String>>,
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

fn text<'n>(node: Option<&'n Node>, key: &str) -> Option<&'n str> {
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

    /// The values over those of the chart, in order.
    fn values(
        &self,
        sources: &Sources,
        settings: Option<&Node>,
        folder: &str,
        environment: &[(&str, String)],
    ) -> Result<Vec<Layer>, Fault> {
        let mut layers = Vec::new();
        let skip_missing = is_true(settings.and_then(|node| node.get("ignoreMissingValueFiles")));
        let list = |key: &str| {
            let list = settings
                .and_then(|node| node.get(key))
                .and_then(Node::as_list);
            list.unwrap_or_default()
        };
        for file in list("valueFiles") {
            let Some(written) = file.text() else { continue };
            let place = file.trace.place;
            let path = self.file(written, folder, environment);
            let found = match &path {
                Some(Some(path)) => matching(sources, path),
                // A file of another repository.
                Some(None) => continue,
                None => Vec::new(),
            };
            if found.is_empty() && !skip_missing {
                return Err(Fault::new(
                    FaultKind::MissingPath,
                    place,
                    format!("there is no values file {written}, so Argo CD renders nothing"),
                )
                .help("name a file that is there, or set ignoreMissingValueFiles"));
            }
            layers.extend(found.into_iter().map(|path| Layer::File { path, place }));
        }
        let tree = settings
            .and_then(|node| node.get("valuesObject"))
            .filter(|node| !node.is_empty());
        if let Some(tree) = tree {
            layers.push(Layer::Tree(tree.clone()));
        } else if let Some(node) = settings.and_then(|node| node.get("values")) {
            layers.extend(inline_values(sources, node).map(Layer::Tree));
        }
        for parameter in list("parameters") {
            let (Some(name), Some(value)) = (parameter.get("name"), parameter.get("value")) else {
                continue;
            };
            let value_text = substituted(value.text().map_or("", EcoString::as_str), environment);
            layers.push(Layer::Set {
                text: format!(
                    "{}={}",
                    name.text().map_or("", EcoString::as_str),
                    escaped(&value_text)
                ),
                as_text: is_true(parameter.get("forceString")),
                place: value.trace.place,
            });
        }
        for parameter in list("fileParameters") {
            let (Some(name), Some(path)) = (parameter.get("name"), parameter.get("path")) else {
                continue;
            };
            let written = path.text().map_or("", EcoString::as_str);
            let content = self
                .file(written, folder, environment)
                .flatten()
                .and_then(|path| sources.open(&path))
                .map(|source| sources.text(source));
            if let Some(content) = content {
                layers.push(Layer::Set {
                    text: format!(
                        "{}={}",
                        name.text().map_or("", EcoString::as_str),
                        escaped(&content)
                    ),
                    as_text: true,
                    place: path.trace.place,
                });
            }
        }
        Ok(layers)
    }

    /// The path of a values file: below the chart, from the root, or in the source that a `$ref`
    /// names; `Some(None)` for one of another repository.
    fn file(
        &self,
        written: &str,
        folder: &str,
        environment: &[(&str, String)],
    ) -> Option<Option<String>> {
        if let Some(rest) = written.strip_prefix('$') {
            let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
            if let Some(root) = self.refs.get(name) {
                return match root {
                    Some(root) => join(root, &substituted(path, environment)).map(Some),
                    None => Some(None),
                };
            }
        }
        let written = substituted(written, environment);
        match written.strip_prefix('/') {
            Some(path) => join("", path).map(Some),
            None => join(folder, &written).map(Some),
        }
    }

    /// What Argo CD puts into file names and parameters.
    fn environment(&self, source: &Node) -> Vec<(&'static str, String)> {
        let field = |key: &str| text(Some(source), key).unwrap_or_default().to_owned();
        vec![
            (
                "ARGOCD_APP_NAMESPACE",
                self.namespace.clone().unwrap_or_default().to_string(),
            ),
            ("ARGOCD_APP_NAME", self.object.identity.name.to_string()),
            ("ARGOCD_APP_SOURCE_PATH", field("path")),
            ("ARGOCD_APP_SOURCE_REPO_URL", field("repoURL")),
            ("ARGOCD_APP_SOURCE_TARGET_REVISION", field("targetRevision")),
            ("ARGOCD_APP_REVISION", field("targetRevision")),
        ]
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

/// What `spec.source.kustomize` adds to the kustomization of the folder.
fn amendments(settings: &Node) -> Option<Node> {
    let mut entries: Vec<Entry> = Vec::new();
    for field in [
        "namePrefix",
        "nameSuffix",
        "namespace",
        "replicas",
        "commonAnnotations",
        "patches",
        "components",
    ] {
        if let Some(value) = settings.get(field).filter(|value| !value.is_empty()) {
            entries.push(entry(field, value.clone()));
        }
    }
    if let Some(labels) = settings
        .get("commonLabels")
        .filter(|labels| !labels.is_empty())
    {
        if is_true(settings.get("labelWithoutSelector")) {
            let trace = labels.trace.inexact();
            let mut fields = vec![entry("pairs", labels.clone())];
            if is_true(settings.get("labelIncludeTemplates")) {
                let word = Node::scalar(Scalar::implicit("true"), trace.clone());
                fields.push(entry("includeTemplates", word));
            }
            let item = Node::new(Value::Map(fields.into_iter().collect()), trace.clone());
            entries.push(entry("labels", Node::new(Value::List(vec![item]), trace)));
        } else {
            entries.push(entry("commonLabels", labels.clone()));
        }
    }
    let images: Vec<Node> = settings
        .get("images")
        .and_then(Node::as_list)
        .into_iter()
        .flatten()
        .filter_map(image)
        .collect();
    if !images.is_empty() {
        entries.push(entry(
            "images",
            Node::new(Value::List(images), settings.trace.inexact()),
        ));
    }
    (!entries.is_empty()).then(|| kustomization_of(&settings.trace.inexact(), entries))
}

/// An image as Argo CD writes it: `name:tag`, `name@digest`, `name=other:tag`.
fn image(node: &Node) -> Option<Node> {
    let written = node.text()?;
    let (name, rest) = match written.split_once('=') {
        Some((name, rest)) => (Some(name), rest),
        None => (None, written.as_str()),
    };
    let (rest, digest) = match rest.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (rest, None),
    };
    let after = rest.rfind('/').map_or(0, |at| at + 1);
    let colon = rest.get(after..)?.find(':').map(|at| at + after);
    let (image, tag) = match colon {
        Some(at) => (rest.get(..at)?, rest.get(at + 1..)),
        None => (rest, None),
    };
    let trace = node.trace.inexact();
    let word = |text: &str| Node::scalar(Scalar::string(text), trace.clone());
    let mut map: Vec<Entry> = vec![entry("name", word(name.unwrap_or(image)))];
    if name.is_some() {
        map.push(entry("newName", word(image)));
    }
    map.extend(tag.map(|tag| entry("newTag", word(tag))));
    map.extend(digest.map(|digest| entry("digest", word(digest))));
    let map: Map = map.into_iter().collect();
    Some(Node::new(Value::Map(map), trace))
}

/// The tree of `helm.values`, a text that stands inside a scalar.
fn inline_values(sources: &Sources, node: &Node) -> Option<Node> {
    use crate::render::value::{Inline, Reader, Reads};
    let text = node.text()?;
    let tree = crate::yaml::Tree::parse(text);
    let root = tree.root(tree.documents().first()?)?;
    let place = node.trace.place;
    let inline = Inline::new(text, place.span, &sources.text(place.source));
    let reader = Reader {
        source: place.source,
        text,
        what: What::Values,
        reads: Reads::Kubernetes,
        inline: Some(&inline),
    };
    Some(reader.read(root))
}

/// Replaces `$NAME` and `${NAME}` by what the environment has.
fn substituted(text: &str, environment: &[(&str, String)]) -> String {
    let mut text = text.to_owned();
    // Longer names first, since one may begin with another.
    let mut names: Vec<&(&str, String)> = environment.iter().collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    for (name, value) in names {
        text = text
            .replace(&format!("${{{name}}}"), value)
            .replace(&format!("${name}"), value);
    }
    text
}

/// A value for `--set`, in which a comma would end it.
fn escaped(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    let mut before = ' ';
    for c in value.chars() {
        if c == ',' && before != '\\' {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

/// The files that a path with wildcards means; one without is itself, if it is there.
fn matching(sources: &Sources, path: &str) -> Vec<String> {
    if sources.files().kind(path) == Some(EntryKind::File) {
        return vec![path.to_owned()];
    }
    if !path.contains(['*', '?', '[']) {
        return Vec::new();
    }
    let Ok(glob) = globset::GlobBuilder::new(path)
        .literal_separator(true)
        .build()
    else {
        return Vec::new();
    };
    let matcher = glob.compile_matcher();
    let fixed: Vec<&str> = path
        .split('/')
        .take_while(|part| !part.contains(['*', '?', '[']))
        .collect();
    let mut found = Vec::new();
    let mut folders = vec![fixed.join("/")];
    while let Some(folder) = folders.pop() {
        for entry in sources.files().entries(&folder) {
            let Some(path) = join(&folder, &entry.name) else {
                continue;
            };
            match entry.kind {
                EntryKind::Folder => folders.push(path),
                EntryKind::File
                    if matcher.is_match(&path)
                        && has_extension(&path, &["yaml", "yml", "json"]) =>
                {
                    found.push(path);
                }
                EntryKind::File => {}
            }
        }
        if found.len() > 10_000 || folders.len() > 10_000 {
            break;
        }
    }
    found.sort();
    found
}

/// The trace of a whole object, for what is made for it.
pub(super) fn trace_of(object: &Object) -> Trace {
    Trace::new(object.place(), What::ApplicationSet)
}
