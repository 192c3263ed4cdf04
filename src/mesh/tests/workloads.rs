//! Which workloads there are, what selects them, and what their Pods are.

use crate::mesh::testing::{deployment, mesh, namespace, networking, object, upstream};
use crate::mesh::{Mesh, WorkloadKind};
use crate::model::Labels;

fn labels(text: &str) -> Labels {
    serde_yaml::from_str(&format!("{{{text}}}")).unwrap()
}

fn list(mesh: &Mesh) -> Vec<String> {
    let workloads = mesh.workloads.iter();
    let mut list: Vec<_> = workloads
        .map(|(_, w)| format!("{:?} {}", w.kind, w.name))
        .collect();
    list.sort_unstable();
    list
}

fn owned(kind: &str, name: &str, owner: &str, labels: &str) -> String {
    let (owner, owner_name) = owner.split_once('/').unwrap();
    let rest = if kind == "Pod" {
        "spec: {}".to_owned()
    } else {
        format!("spec: {{template: {{metadata: {{labels: {{{labels}}}}}}}}}")
    };
    let version = if kind == "Pod" { "v1" } else { "apps/v1" };
    format!(
        "---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: a, labels: {{{labels}}}, ownerReferences: [{{kind: {owner}, name: {owner_name}, controller: true}}]}}\n{rest}\n"
    )
}

#[test]
fn one_workload_per_name_upstream() {
    let pod = object("v1 Pod", "a/x", "spec: {}");
    let group = networking("WorkloadGroup", "a/x", "");
    let set = object("apps/v1 StatefulSet", "a/x", "spec: {}");
    let idle = object("apps/v1 Deployment", "a/x", "spec: {replicas: 0}");
    for (yaml, expected) in [
        (pod.clone() + &set, vec!["StatefulSet x"]),
        (set + &deployment("a/x", "app: x"), vec!["Deployment x"]),
        (group.clone() + &idle, vec!["WorkloadGroup x"]),
        (
            group.clone() + &deployment("a/x", "app: x"),
            vec!["Deployment x"],
        ),
        (group + &pod, vec!["Pod x"]),
    ] {
        assert_eq!(list(&upstream(&yaml)), expected, "{yaml}");
        assert_eq!(list(&mesh(&yaml)).len(), 2);
    }
}

#[test]
fn custom_controllers_are_seen_through_what_they_own() {
    let sets = owned("ReplicaSet", "r-1", "Rollout/r", "version: v1")
        + &owned("ReplicaSet", "r-2", "Rollout/r", "version: v2")
            .replace("spec: {", "spec: {replicas: 3, ")
        + &owned("Pod", "r-2-x", "ReplicaSet/r-2", "version: v2");
    let mesh = upstream(&sets);
    assert_eq!(list(&mesh), ["Custom r"]);
    let (_, workload) = mesh.workloads.iter().next().unwrap();
    assert_eq!(workload.labels, labels("version: v2"));
    assert_eq!(workload.pods.len(), 1);
    let alone = owned("Pod", "p", "Thing/t", "app: t");
    assert_eq!(list(&upstream(&alone)), ["Custom t"]);
}

#[test]
fn rollouts_are_workloads_outside_upstream_mode() {
    let rollout = object(
        "argoproj.io/v1alpha1 Rollout",
        "a/r",
        "spec: {template: {metadata: {labels: {app: r}}}}",
    );
    assert!(list(&upstream(&rollout)).is_empty());
    let mesh = mesh(&rollout);
    let namespace = mesh.places.id("a").unwrap();
    assert_eq!(list(&mesh), ["Rollout r"]);
    let selector = labels("app: r, rollouts-pod-template-hash: abc");
    assert!(mesh.workloads.has_match(namespace, &selector));
    assert!(
        !mesh
            .workloads
            .has_match(namespace, &labels("app: r, version: v1"))
    );
}

#[test]
fn orphans_count_outside_upstream_mode() {
    let pod = owned("Pod", "p", "ReplicaSet/gone", "app: p");
    assert!(list(&upstream(&pod)).is_empty());
    assert_eq!(list(&mesh(&pod)), ["Pod p"]);
    let of_job = owned("Pod", "p", "Job/gone", "app: p");
    assert!(list(&upstream(&of_job)).is_empty());
}

#[test]
fn selectors_find_template_labels_of_the_namespace() {
    let yaml = deployment("a/x", "app: x, version: v1") + &deployment("b/x", "app: x, version: v2");
    let mesh = upstream(&yaml);
    let id = |name| mesh.places.id(name).unwrap();
    for (namespace, selector, expected) in [
        ("a", "app: x", 1),
        ("a", "version: v2", 0),
        ("b", "app: x, version: v2", 1),
        ("b", "", 1),
        ("a", "app: x, tier: y", 0),
    ] {
        let selector = labels(selector);
        let found = mesh.workloads.matching(id(namespace), &selector).count();
        assert_eq!(found, expected, "{namespace} {selector:?}");
    }
    assert_eq!(
        mesh.workloads.matching_anywhere(&labels("app: x")).count(),
        2
    );
    assert!(mesh.workloads.has_app(id("a"), "x"));
    assert!(!mesh.workloads.has_app(id("a"), "y"));
}

#[test]
fn only_the_first_application_label_counts() {
    let mesh = upstream(&deployment(
        "a/x",
        "app: reviews, app.kubernetes.io/name: x",
    ));
    let id = mesh.places.id("a").unwrap();
    assert!(mesh.workloads.has_app(id, "x"));
    assert!(!mesh.workloads.has_app(id, "reviews"));
}

#[test]
fn placeholders_match_anything() {
    let mesh = mesh(&deployment("a/x", "app: '${NAME}'"));
    let id = mesh.places.id("a").unwrap();
    assert!(mesh.workloads.has_match(id, &labels("app: reviews")));
    assert!(!mesh.workloads.has_match(id, &labels("other: reviews")));
}

#[test]
fn flagger_runs_a_copy() {
    let canary = object("flagger.app/v1beta1 Canary", "a/podinfo", "spec: {}");
    let mesh = mesh(&(deployment("a/podinfo", "app: podinfo") + &canary));
    let id = mesh.places.id("a").unwrap();
    assert!(
        mesh.workloads
            .has_match(id, &labels("app: podinfo-primary"))
    );
    assert!(!mesh.workloads.has_match(id, &labels("app: other-primary")));
}

#[test]
fn pods_are_loaded_or_derived() {
    let injected = namespace("a", "istio-injection: enabled");
    let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: a, labels: {app: x, more: y}}\nspec: {serviceAccountName: robot}\n";
    let with_account = object(
        "apps/v1 Deployment",
        "a/x",
        "spec: {template: {metadata: {labels: {app: x}}, spec: {serviceAccount: old}}}",
    );
    let mesh = upstream(&(injected.clone() + &with_account));
    let (_, workload) = mesh.workloads.iter().next().unwrap();
    assert!(workload.has_pods() && workload.has_sidecars());
    assert_eq!(workload.accounts, ["old"]);

    let mesh = upstream(&(injected.clone() + &with_account + pod));
    let (_, workload) = mesh
        .workloads
        .iter()
        .find(|(_, w)| w.kind == WorkloadKind::Deployment)
        .unwrap();
    assert_eq!(workload.pods.len(), 1);
    assert!(!workload.has_sidecars());
    assert_eq!(workload.accounts, ["old", "robot"]);
    assert!(mesh.workloads.has_account(workload.namespace, "robot"));

    let idle = with_account.replace("spec: {template", "spec: {replicas: 0, template");
    let mesh = upstream(&(injected + &idle));
    let (_, workload) = mesh.workloads.iter().next().unwrap();
    assert!(!workload.has_pods() && workload.has_sidecars());
}

#[test]
fn groups_have_the_labels_of_their_first_entry() {
    let group = networking("WorkloadGroup", "a/g", "metadata: {labels: {app: vm}}");
    let entry = networking("WorkloadEntry", "b/e", "labels: {app: vm, class: big}");
    let mesh = upstream(&(group + &entry));
    let (_, workload) = mesh.workloads.iter().next().unwrap();
    assert_eq!(workload.labels, labels("app: vm, class: big"));
}
