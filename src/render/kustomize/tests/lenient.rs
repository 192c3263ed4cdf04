//! Builds that go on after mistakes.

use super::super::{Cache, Options, ProblemKind, build};
use super::tree;

#[test]
fn each_mistake_is_one_problem_and_the_rest_is_rendered() {
    let sources = tree(
        "== kustomization.yaml
resources: [cm.yaml, gone.yaml, broken.yaml, base]
namespase: typo
namespace: shop
patches:
- patch: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: nobody}
- target: {kind: ConfigMap}
  patch: |
    - {op: remove, path: /data/gone}
- target: {kind: ConfigMap}
  patch: |
    - {op: add, path: /data/new, value: x}
== cm.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {a: b}
== broken.yaml
a: [
== base/kustomization.yaml
resources: [also-gone.yaml]
configMapGenerator: [{name: made, literals: [a=b]}]
",
    );
    let options = Options {
        lenient: true,
        ..Options::default()
    };
    let cache = Cache::default();
    let built = build(&sources, "", options, &cache);
    let kinds: Vec<ProblemKind> = built.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(
        kinds,
        [
            ProblemKind::BadKustomization,
            ProblemKind::Missing,
            ProblemKind::BadResource,
            ProblemKind::Missing,
            ProblemKind::PatchFails,
            ProblemKind::PatchFails,
        ]
    );
    let texts: Vec<&str> = built.objects.iter().map(|object| &*object.text).collect();
    assert_eq!(texts.len(), 2);
    assert!(
        texts
            .iter()
            .all(|text| text.contains("namespace: shop") && text.contains("new: x")),
        "{texts:?}"
    );
    // What the cache gives is the same.
    let again = build(&sources, "", options, &cache);
    assert_eq!(again.problems, built.problems);
    assert_eq!(again.objects, built.objects);
}

#[test]
fn what_is_not_rendered_may_hold_the_object_that_is_missed() {
    let patch = "resources: [\"BASE\", cm.yaml]
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
replicas: [{name: web, count: 2}]
replacements:
- source: {kind: Service, name: web, fieldPath: metadata.name}
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]
";
    let config =
        "== cm.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: b}\n";
    for (base, expected) in [
        ("https://github.com/example/base?ref=v1", vec![]),
        ("gone", vec![ProblemKind::Missing]),
        (
            "base.yaml",
            vec![
                ProblemKind::PatchTarget,
                ProblemKind::BadReplacement,
                ProblemKind::BadReplicas,
            ],
        ),
    ] {
        let text = format!(
            "== kustomization.yaml\n{}{config}",
            patch.replace("BASE", base)
        );
        let base = "== base.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: other}\n";
        let sources = tree(&format!("{text}{base}"));
        let options = Options {
            lenient: true,
            ..Options::default()
        };
        let built = build(&sources, "", options, &Cache::default());
        let mut kinds: Vec<ProblemKind> =
            built.problems.iter().map(|problem| problem.kind).collect();
        kinds.sort();
        assert_eq!(kinds, expected, "{text} {:?}", built.problems);
    }
}

#[test]
fn a_file_that_would_be_fetched_is_no_mistake() {
    let sources = tree(
        "== kustomization.yaml
configMapGenerator:
- {name: board, files: [\"board.json=https://example.com/board.json\"]}
",
    );
    let options = Options {
        lenient: true,
        ..Options::default()
    };
    let built = build(&sources, "", options, &Cache::default());
    assert_eq!(built.problems, []);
    let holes: Vec<_> = built.holes.iter().map(|hole| &*hole.name).collect();
    assert_eq!(holes, ["https://example.com/board.json"]);
}

#[test]
fn a_key_that_is_a_number_is_told_and_printed_as_text() {
    let sources = tree(
        "== kustomization.yaml
resources: [p.yaml]
== p.yaml
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: p}
spec: {portLevelMtls: {9080: {mode: STRICT}}}
",
    );
    let strict = super::run(&sources, "");
    assert_eq!(strict.problems[0].kind, ProblemKind::NotPrintable);
    let options = Options {
        lenient: true,
        ..Options::default()
    };
    let built = build(&sources, "", options, &Cache::default());
    assert_eq!(built.problems.len(), 1);
    assert!(
        built.objects[0].text.contains("\"9080\":"),
        "{}",
        built.objects[0].text
    );
}

#[test]
fn an_outer_tool_may_amend_the_outermost_kustomization() {
    let sources = tree(
        "== kustomization.yaml
resources: [base]
namespace: own
== base/kustomization.yaml
resources: [d.yaml]
namespace: base
== base/d.yaml
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: app:1}]}
== amend.yaml
namespace: outer
images: [{name: app, newTag: '2'}]
patches:
- target: {kind: Pod}
  patch: |
    - {op: add, path: /metadata/labels, value: {from: outer}}
",
    );
    let source = sources.open("amend.yaml").unwrap();
    let text = sources.text(source);
    let parsed = crate::yaml::Tree::parse(&text);
    let reader = crate::render::value::Reader {
        source,
        text: &text,
        what: crate::render::What::FluxKustomization,
        reads: crate::render::value::Reads::Kubernetes,
        inline: None,
    };
    let amend = reader.read(parsed.root(&parsed.documents()[0]).unwrap());
    let options = Options {
        amend: Some(&amend),
        ..Options::default()
    };
    let built = build(&sources, "", options, &Cache::default());
    assert!(built.problems.is_empty(), "{:?}", built.problems);
    let out = &built.objects[0].text;
    assert!(
        out.contains("namespace: outer")
            && out.contains("image: app:2")
            && out.contains("from: outer"),
        "{out}"
    );
}

#[test]
fn what_a_patch_is_for_may_be_in_what_is_fetched_from_elsewhere() {
    let text = "== kustomization.yaml\nresources: ['https://example.com/base?ref=v1']\npatches: [{path: \
                patch.yaml}]\n== patch.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
    let sources = tree(text);
    for lenient in [true, false] {
        let options = Options {
            lenient,
            ..Options::default()
        };
        let built = build(&sources, "", options, &Cache::default());
        assert!(built.problems.is_empty(), "{:?}", built.problems);
        assert_eq!(built.holes.len(), 1);
    }
}
