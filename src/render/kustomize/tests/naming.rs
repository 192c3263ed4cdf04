//! Namespaces, prefixes, labels and what follows them.

use super::super::ProblemKind;
use super::{failure, render};

#[test]
fn references_that_kustomize_knows_follow_a_prefix_and_those_of_a_mesh_do_not() {
    let text = "\
== all.yaml
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: in}
spec: {defaultBackend: {service: {name: web}}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec: {host: web}
== kustomization.yaml
resources: [all.yaml]
namePrefix: a-
";
    let out = render(text, "");
    assert!(out.contains("service:\n      name: a-web"), "{out}");
    assert!(out.contains("host: web"), "{out}");
    let configured = format!(
        "{text}configurations: [refs.yaml]\n== refs.yaml\nnameReference:\n- kind: Service\n  version: v1\n  fieldSpecs:\n  - {{kind: DestinationRule, path: spec/host}}\n"
    );
    assert!(render(&configured, "").contains("host: a-web"));
}

#[test]
fn subjects_follow_their_service_account_and_others_only_when_named_default() {
    let text = "\
== all.yaml
apiVersion: v1
kind: ServiceAccount
metadata: {name: app}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects:
- {kind: ServiceAccount, name: app}
- {kind: ServiceAccount, name: default, namespace: old}
- {kind: ServiceAccount, name: elsewhere, namespace: old}
== kustomization.yaml
resources: [all.yaml]
namespace: new
namePrefix: p-
";
    let out = render(text, "");
    assert!(out.contains("name: p-app\n  namespace: new"), "{out}");
    assert!(out.contains("name: default\n  namespace: new"), "{out}");
    assert!(out.contains("name: elsewhere\n  namespace: old"), "{out}");
}

#[test]
fn a_namespace_must_not_make_two_objects_the_same() {
    let text = "\
== all.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: a}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: b}
== kustomization.yaml
resources: [all.yaml]
namespace: c
";
    assert_eq!(failure(text, "").0, ProblemKind::NamespaceConflict);
}

#[test]
fn common_labels_reach_selectors_of_kubernetes_alone() {
    let text = "\
== all.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {template: {metadata: {labels: {app: old}}}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p}
spec: {selector: {matchLabels: {app: old}}}
== kustomization.yaml
resources: [all.yaml]
commonLabels: {app: new}
";
    let out = render(text, "");
    assert!(out.contains("selector:\n    matchLabels:\n      app: new\n  template:\n    metadata:\n      labels:\n        app: new"), "{out}");
    assert!(
        out.contains("selector:\n    matchLabels:\n      app: old"),
        "{out}"
    );
    let labels = text.replace("commonLabels: {app: new}", "labels: [{pairs: {app: new}}]");
    let out = render(&labels, "");
    assert!(out.contains("labels:\n        app: old"), "{out}");
}

#[test]
fn some_kinds_keep_their_names() {
    let text = "\
== all.yaml
apiVersion: v1
kind: Namespace
metadata: {name: n}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: g}
== kustomization.yaml
resources: [all.yaml]
namePrefix: a-
namespace: b
";
    let out = render(text, "");
    assert!(
        out.contains("kind: Namespace\nmetadata:\n  name: b"),
        "{out}"
    );
    assert!(out.contains("name: a-g\n  namespace: b"), "{out}");
}

#[test]
fn images_and_replicas_are_written_where_they_stand() {
    let text = "\
== d.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: \"1\"
  template:
    spec:
      containers:
      - {name: a, image: 'registry.example.com:5000/app:1@sha256:00'}
      - {name: b, image: app-other:1}
== kustomization.yaml
resources: [d.yaml]
images: [{name: 'registry.example.com:5000/app', newName: app, newTag: '2'}]
replicas: [{name: d, count: 3}]
";
    let out = render(text, "");
    assert!(out.contains("image: app:2\n"), "{out}");
    assert!(out.contains("image: app-other:1"), "{out}");
    assert!(out.contains("replicas: \"3\""), "{out}");
    let wrong = text.replace("name: d, count", "name: gone, count");
    assert_eq!(failure(&wrong, "").0, ProblemKind::BadReplicas);
}
