//! Flux: Kustomizations, `HelmReleases` and the operator's `FluxInstance`.
//!
//! Follows kustomize-controller and helm-controller: artifact, kustomization, build, substitution,
//! common metadata; release name, namespace and the order of values. What decides *when* things
//! are applied (intervals, dependencies, suspension, health) changes nothing here.

mod artifact;
mod envsubst;
mod kustomization;
mod release;
mod source;
mod substitute;
mod variables;

use ecow::EcoString;

use super::gitops::{Cluster, Fault, FaultKind, Following, Next, Object, Unknown, place_of, shown};
use super::value::{Node, Trace};
use super::{What, kustomize};
pub(in crate::render) use artifact::has_extension;
pub(in crate::render) use kustomization::{
    add_metadata, entry, is_true, kustomization as kustomization_of,
};
use source::{Source, source};

/// Follows a Kustomization.
pub(in crate::render) fn kustomization(following: &mut Following<'_>, next: &Next, step: usize) {
    let object = &next.object;
    let node = object.node();
    let Some(spec) = node.get("spec") else {
        return;
    };
    let cluster = remote_cluster(spec).unwrap_or_else(|| next.cluster.clone());
    if let Some(own) = following.output.steps.get_mut(step) {
        own.cluster = cluster.clone();
    }
    let target: Option<EcoString> = text(spec, &["targetNamespace"]).map(Into::into);
    let path = text(spec, &["path"]).unwrap_or("./");
    let (root, ignore) = match source(
        following,
        spec.get("sourceRef"),
        &object.identity.namespace,
        path,
    ) {
        Source::Own { root, ignore } => (root, ignore),
        Source::Foreign(what) => {
            let name = shown(&object.identity);
            following.output.notes.push(format!(
                "{name} is not rendered: {what} is not this repository"
            ));
            following.output.unknown.push(Unknown {
                namespace: target,
                because: format!("{what} ({name})"),
                place: place_of(object, &["spec", "sourceRef", "name"]),
                cluster,
            });
            return;
        }
    };
    let mut notes = Vec::new();
    let variables = {
        let namespace = object.identity.namespace.as_str();
        let find = |kind: &str, namespace: &str, name: &str| following.find(kind, namespace, name);
        variables::variables(spec, namespace, find, &mut notes)
    };
    let owner = shown(&object.identity);
    following
        .output
        .notes
        .extend(notes.into_iter().map(|note| format!("{note} ({owner})")));
    let rendering = kustomization::Kustomization {
        object,
        root: &root,
        ignore: ignore.as_deref(),
        variables,
    };
    let gitops = following.gitops;
    let charts = |chart: &kustomize::Chart<'_>| super::gitops::chart(gitops, chart);
    let options = kustomize::Options {
        lenient: gitops.lenient,
        charts: Some(&charts),
        ..kustomize::Options::default()
    };
    let made = rendering.render(gitops.sources, gitops.cache, options);
    finish(following, made, object, &cluster, target.as_ref(), step);
}

/// Notes what a Kustomization made.
fn finish(
    following: &mut Following<'_>,
    made: kustomization::Made,
    by: &Object,
    cluster: &Cluster,
    target: Option<&EcoString>,
    step: usize,
) {
    let owner = shown(&by.identity);
    following.note_build(made.build, &owner, cluster, target);
    for fault in made.faults {
        let because = format!("{owner}: {}", fault.message);
        following.fault(fault, cluster, target.cloned(), because);
    }
    for object in made.objects {
        if object.identity.namespace.is_empty() && is_surely_namespaced(&object) {
            let fault = Fault::new(
                FaultKind::NoNamespace,
                object.place(),
                format!(
                    "{} {} names no namespace and {owner} sets none, so Flux can't apply it",
                    object.identity.kind, object.identity.name
                ),
            )
            .help(format!(
                "set metadata.namespace, or spec.targetNamespace of {owner}"
            ));
            following.fault_without_hole(fault, cluster);
            continue;
        }
        following.apply(object, None, cluster, step);
    }
}

/// Kinds that live in namespaces, of groups that everybody has; of others the scope isn't known.
fn is_surely_namespaced(object: &Object) -> bool {
    let kind = object.identity.kind.as_str();
    match object.identity.group.as_str() {
        "" => matches!(
            kind,
            "Service"
                | "ConfigMap"
                | "Secret"
                | "ServiceAccount"
                | "Pod"
                | "Endpoints"
                | "PersistentVolumeClaim"
                | "LimitRange"
                | "ResourceQuota"
                | "ReplicationController"
        ),
        "apps" | "batch" => true,
        "networking.istio.io"
        | "security.istio.io"
        | "telemetry.istio.io"
        | "extensions.istio.io" => true,
        "gateway.networking.k8s.io" => kind != "GatewayClass",
        "networking.k8s.io" => matches!(kind, "Ingress" | "NetworkPolicy"),
        "kustomize.toolkit.fluxcd.io" | "helm.toolkit.fluxcd.io" | "source.toolkit.fluxcd.io" => {
            true
        }
        _ => false,
    }
}

/// Follows the operator's `FluxInstance`, whose sync is a Kustomization.
pub(in crate::render) fn instance(following: &mut Following<'_>, next: &Next, step: usize) {
    let node = next.object.node();
    let sync = node.at(&["spec", "sync"]);
    if let Some(sync) = sync {
        bootstrap(following, next, sync, step);
    }
}

/// Follows the Kustomization that a bootstrap makes of its sync.
fn bootstrap(following: &mut Following<'_>, next: &Next, sync: &Node, step: usize) {
    let trace = Trace::new(next.object.place(), What::FluxKustomization);
    let word = |word: &str| Node::scalar(super::value::Scalar::string(word), trace.clone());
    let name = text(sync, &["name"]).unwrap_or("flux-system");
    let kind = text(sync, &["kind"]).unwrap_or("GitRepository");
    let map = |entries: Vec<super::value::Entry>| {
        Node::new(
            super::value::Value::Map(entries.into_iter().collect()),
            trace.clone(),
        )
    };
    let source = map(vec![
        entry("kind", word(kind)),
        entry("name", word("flux-system")),
    ]);
    let mut spec = vec![entry("sourceRef", source)];
    spec.extend(sync.get("path").map(|path| entry("path", path.clone())));
    let object = map(vec![
        entry("apiVersion", word("kustomize.toolkit.fluxcd.io/v1")),
        entry("kind", word("Kustomization")),
        entry(
            "metadata",
            map(vec![
                entry("name", word(name)),
                entry("namespace", word(&next.object.identity.namespace)),
            ]),
        ),
        entry("spec", map(spec)),
    ]);
    if let Some(object) = Object::of(object, &next.object.rendered) {
        let next = Next {
            object,
            parent: next.parent,
            cluster: next.cluster.clone(),
        };
        kustomization(following, &next, step);
    }
}

/// Follows a `HelmRelease`.
pub(in crate::render) fn helm_release(following: &mut Following<'_>, next: &Next, step: usize) {
    // The chart of the Flux operator's instance carries a sync in its values.
    let node = next.object.node();
    let chart = release::chart_name(node.get("spec"));
    if chart.as_deref() == Some("flux-instance")
        && let Some(sync) = node.at(&["spec", "values", "instance", "sync"])
    {
        bootstrap(following, next, sync, step);
    }
    release::follow(following, next, step);
}

/// The cluster that `spec.kubeConfig` sends objects to, called as what holds its credentials.
fn remote_cluster(spec: &Node) -> Option<Cluster> {
    let config = spec.get("kubeConfig")?;
    let name =
        text(config, &["secretRef", "name"]).or_else(|| text(config, &["configMapRef", "name"]))?;
    Some(name.into())
}

/// The text at a path.
fn text<'n>(node: &'n Node, path: &[&str]) -> Option<&'n str> {
    let text = node.at(path)?.text()?;
    (!text.is_empty()).then_some(text.as_str())
}
