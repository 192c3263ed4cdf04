//! One `HelmRelease`: chart, release name and namespace, the order of values, post-renderers.

use ecow::EcoString;

use super::{Source, remote_cluster, source, text};
use crate::render::base64;
use crate::render::gitops::{
    Cluster, Following, Layer, Next, Object, Release, Released, Unknown, place_of, shown,
};
use crate::render::kustomize;
use crate::render::value::{Node, Scalar, Trace, Value, read_inside};
use crate::render::{Place, RelatedOrigin, Rendered, What, join};

/// The chart that a release names.
pub(super) fn chart_name(spec: Option<&Node>) -> Option<String> {
    let spec = spec?;
    let name =
        text(spec, &["chart", "spec", "chart"]).or_else(|| text(spec, &["chartRef", "name"]))?;
    Some(name.to_owned())
}

/// Follows a release to its objects.
pub(super) fn follow(following: &mut Following<'_>, next: &Next, step: usize) {
    let object = &next.object;
    let Some(spec) = object.node().get("spec") else {
        return;
    };
    let cluster = remote_cluster(spec).unwrap_or_else(|| next.cluster.clone());
    if let Some(own) = following.output.steps.get_mut(step) {
        own.cluster = cluster.clone();
    }
    let own = &object.identity;
    let target = text(spec, &["targetNamespace"]);
    let namespace: EcoString = target.unwrap_or(&own.namespace).into();
    let name: EcoString = match (text(spec, &["releaseName"]), target) {
        (Some(name), _) => name.into(),
        (None, Some(target)) => ecow::eco_format!("{target}-{}", own.name),
        (None, None) => own.name.clone(),
    };
    let chart = chart_name(Some(spec)).unwrap_or_default();
    let unknown = |following: &mut Following<'_>, place: Place| {
        let owner = shown(own);
        following.output.notes.push(format!(
            "{owner} is not rendered: its chart {chart} is not in the repository"
        ));
        following.output.unknown.push(Unknown {
            namespace: Some(namespace.clone()),
            because: format!("chart {chart} ({owner})"),
            place,
            cluster: cluster.clone(),
        });
    };
    let place = place_of(object, &["spec", "chart", "spec", "chart"]);
    let Some((root, path)) = local_chart(following, spec, &own.namespace) else {
        unknown(following, place);
        return;
    };
    let release = Release {
        chart: path,
        name,
        namespace: namespace.clone(),
        values: values(following, spec, &own.namespace, &root),
        kube_version: None,
        api_versions: Vec::new(),
        place: object.place(),
        lenient: following.gitops.lenient,
    };
    let Some(released) = following.gitops.engines.release(&release) else {
        unknown(following, place);
        return;
    };
    apply(following, object, released, &release, &cluster, step);
}

/// The artifact's root and the path of a chart that lies in this repository.
fn local_chart(
    following: &Following<'_>,
    spec: &Node,
    namespace: &str,
) -> Option<(String, String)> {
    let chart = spec.at(&["chart", "spec"])?;
    let reference = chart.get("sourceRef");
    let kind = reference.and_then(|r| r.get("kind")).and_then(Node::text)?;
    if kind == "HelmRepository" {
        return None;
    }
    let path = text(chart, &["chart"])?;
    let Source::Own { root, .. } = source(following, reference, namespace, path) else {
        return None;
    };
    let path = join(&root, path.trim_start_matches('/'))?;
    let files = following.gitops.sources.files();
    files.kind(&path).is_some().then_some((root, path))
}

/// The values over those of the chart, in order: `valuesFrom`, each entry over those before it
/// whether it has a `targetPath` or not, then `values`, as helm-controller's
/// `ChartValuesFromReferences` merges them.
fn values(following: &mut Following<'_>, spec: &Node, namespace: &str, root: &str) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut notes = Vec::new();
    for file in spec
        .at(&["chart", "spec", "valuesFiles"])
        .and_then(Node::as_list)
        .into_iter()
        .flatten()
    {
        if let Some(path) = file
            .text()
            .and_then(|text| join(root, text.trim_start_matches('/')))
        {
            layers.push(Layer::File {
                path,
                place: file.trace.place,
            });
        }
    }
    for entry in spec
        .get("valuesFrom")
        .and_then(Node::as_list)
        .into_iter()
        .flatten()
    {
        let (kind, name) = (
            text(entry, &["kind"]).unwrap_or_default(),
            text(entry, &["name"]).unwrap_or_default(),
        );
        let key = text(entry, &["valuesKey"]).unwrap_or("values.yaml");
        let Some(found) = following
            .find(kind, namespace, name)
            .and_then(|found| data(found, key))
        else {
            notes.push(format!(
                "{kind} {namespace}/{name} with {key} is not in the repository"
            ));
            continue;
        };
        let (content, trace) = found;
        if let Some(path) = text(entry, &["targetPath"]) {
            let (value, as_text) = unquoted(&content);
            layers.push(Layer::Set {
                text: format!("{path}={value}"),
                as_text,
                place: trace.place,
            });
        } else if let Some(tree) = read_inside(&content, &trace) {
            layers.push(Layer::Tree(tree));
        }
    }
    layers.extend(spec.get("values").map(|values| Layer::Tree(values.clone())));
    following.output.notes.extend(notes);
    layers
}

/// A value for a `targetPath`, and whether it is text whatever it looks like: quotes say so.
fn unquoted(value: &str) -> (&str, bool) {
    let is_quoted = |quote: char| value.starts_with(quote) && value.ends_with(quote);
    if is_quoted('\'') || is_quoted('"') {
        (value.trim_matches(['\'', '"']), true)
    } else {
        (value, false)
    }
}

/// A key of a ConfigMap or Secret.
fn data(object: &Object, key: &str) -> Option<(String, Trace)> {
    let node = object.node();
    if node.get("sops").is_some() {
        return None;
    }
    let plain = node.at(&["stringData", key]);
    let found = plain.or_else(|| node.at(&["data", key]))?;
    let text = found.text()?.to_string();
    let text = if plain.is_none() && object.identity.kind == "Secret" {
        base64::decode_text(&text)?
    } else {
        text
    };
    Some((text, found.trace.clone()))
}

/// Notes what the chart made, after the post-renderers.
fn apply(
    following: &mut Following<'_>,
    object: &Object,
    released: Released,
    release: &Release,
    cluster: &Cluster,
    step: usize,
) {
    let owner = shown(&object.identity);
    following.output.files.extend(released.files);
    following.output.folders.insert(release.chart.clone());
    for mut unknown in released.unknown {
        unknown.cluster = cluster.clone();
        following.output.unknown.push(unknown);
    }
    for fault in released.faults {
        let because = format!("chart {} ({owner}): {}", release.chart, fault.message);
        following.fault(fault, cluster, Some(release.namespace.clone()), because);
    }
    let link = RelatedOrigin {
        place: object.place(),
        what: What::HelmRelease,
        note: "installs the chart",
    };
    let mut objects: Vec<Rendered> = released
        .objects
        .into_iter()
        .map(|mut rendered| {
            rendered.chain = rendered.chain.iter().copied().chain([link]).collect();
            rendered
        })
        .collect();
    let spec = object.node().get("spec");
    for renderer in spec
        .and_then(|spec| spec.get("postRenderers"))
        .and_then(Node::as_list)
        .into_iter()
        .flatten()
    {
        if let Some(kustomization) = renderer.get("kustomize") {
            objects = post_render(following, objects, kustomization, &owner, cluster, release);
        }
    }
    let metadata = spec.and_then(|spec| spec.get("commonMetadata"));
    for rendered in objects {
        let Some(mut made) = Object::new(rendered) else {
            continue;
        };
        if let Some(metadata) = metadata {
            let mut node = Node::clone(made.node());
            super::add_metadata(&mut node, metadata);
            if let Some(changed) = Object::of(node, &made.rendered) {
                made = changed;
            }
        }
        let trace = Trace::new(release.place, What::HelmRelease);
        let made = made.placed(&release.namespace, &trace);
        following.apply(made, None, cluster, step);
    }
}

/// Applies the kustomize part of a post-renderer to what a chart made.
fn post_render(
    following: &mut Following<'_>,
    objects: Vec<Rendered>,
    kustomization: &Node,
    owner: &str,
    cluster: &Cluster,
    release: &Release,
) -> Vec<Rendered> {
    let gitops = following.gitops;
    // What the chart made comes in as a chart of the kustomization that is built.
    let trace = kustomization.trace.inexact();
    let chart = Node::new(
        Value::Map(
            [super::entry(
                "name",
                Node::scalar(Scalar::string("release"), trace.clone()),
            )]
            .into_iter()
            .collect(),
        ),
        trace.clone(),
    );
    let charts = Node::new(Value::List(vec![chart]), trace.clone());
    let instead = super::kustomization_of(&trace, vec![super::entry("helmCharts", charts)]);
    let fields: Vec<_> = kustomization
        .as_map()
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let amend = super::kustomization_of(&trace, fields);
    let render = |_: &kustomize::Chart<'_>| Some(objects.clone());
    let options = kustomize::Options {
        lenient: gitops.lenient,
        anywhere: true,
        instead: Some(&instead),
        amend: Some(&amend),
        charts: Some(&render),
        ..kustomize::Options::default()
    };
    let cache = kustomize::Cache::default();
    let build = kustomize::build(gitops.sources, "", options, &cache);
    for problem in &build.problems {
        let fault = crate::render::gitops::from_problem(problem, release.place);
        let because = format!("post-renderer of {owner}: {}", problem.message);
        following.fault(fault, cluster, Some(release.namespace.clone()), because);
    }
    if build.objects.is_empty() {
        objects
    } else {
        build.objects
    }
}
