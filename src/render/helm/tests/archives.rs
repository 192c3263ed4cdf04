//! Charts in archives, files of charts, what belongs to no chart.

use std::sync::Arc;

use super::{CHART, Options, first, render, rendered};
use crate::render::{Memory, Sources};

fn archive(files: &[(&str, &[u8])]) -> Arc<[u8]> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        let name = header.as_old_mut();
        name.name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap().into()
}

fn render_archive(bytes: Arc<[u8]>) -> String {
    let mut memory = Memory::default();
    memory.insert("shop.tgz", bytes);
    let sources = Sources::new(Box::new(memory));
    first(&render(&sources, "shop.tgz", &Options::default()))
}

#[test]
fn an_archive_is_rendered_like_a_folder() {
    let sub = archive(&[
        (
            "sub/Chart.yaml",
            b"apiVersion: v2\nname: sub\nversion: 0.1.0",
        ),
        (
            "sub/templates/s.yaml",
            b"kind: Service\nname: {{ .Chart.Name }}",
        ),
    ]);
    let whole = archive(&[
        ("shop/Chart.yaml", CHART.as_bytes()),
        ("shop/charts/sub-0.1.0.tgz", &sub),
    ]);
    assert_eq!(render_archive(whole), "kind: Service\nname: sub");
}

#[test]
fn archives_that_reach_out_or_blow_up_are_refused() {
    let outside = archive(&[("shop/../../etc/x", b"x")]);
    assert!(render_archive(outside).contains("outside of the chart"));
    let zeros = vec![0_u8; 4_900_000];
    let bomb = archive(&[("shop/a", &zeros), ("shop/b", &zeros)]);
    assert!(render_archive(bomb).starts_with("problem: "));
    assert!(render_archive(Arc::from(&b"no gzip"[..])).starts_with("problem: "));
}

#[test]
fn templates_read_the_files_of_their_own_chart() {
    let files = [
        ("conf/a.txt", "one\ntwo\n"),
        ("conf/deep/b.txt", "b"),
        (".helmignore", "*.secret\n/conf/c.txt"),
        ("conf/c.txt", "c"),
        ("x.secret", "s"),
        (
            "templates/t.yaml",
            "a: {{ .Files.Get \"conf/a.txt\" | quote }}\n\
             l: {{ .Files.Lines \"conf/a.txt\" | toJson }}\n\
             g: {{ range $p, $_ := .Files.Glob \"conf/*.txt\" }}{{ $p }};{{ end }}\n\
             d: {{ range $p, $_ := .Files.Glob \"{conf/**,*.secret}\" }}{{ $p }};{{ end }}\n\
             n: {{ .Files.Get \"none\" | quote }}",
        ),
    ];
    assert_eq!(
        first(&rendered(&files, &Options::default())),
        "a: \"one\\ntwo\\n\"\nl: [\"one\",\"two\"]\ng: conf/a.txt;\nd: conf/a.txt;conf/deep/b.txt;\nn: \"\""
    );
}

#[test]
fn metadata_that_helm_refuses_is_refused() {
    for (chart, part) in [
        ("name: shop", "no version"),
        ("version: 1.0.0", "no name"),
        ("name: a/b\nversion: 1.0.0", "not valid"),
        ("name: shop\nversion: one", "not a version"),
        (
            "name: shop\nversion: 1\ntype: other",
            "application or library",
        ),
        (
            "name: shop\nversion: 1\ntype: library",
            "cannot be installed",
        ),
        ("name: [", "no valid YAML"),
        (
            "name: shop\nversion: 1\nkubeVersion: <1.20",
            "requires Kubernetes",
        ),
    ] {
        let got = first(&rendered(&[("Chart.yaml", chart)], &Options::default()));
        assert!(got.contains(part), "{chart}: {got}");
    }
}

#[test]
fn custom_resource_definitions_come_first_and_are_no_templates() {
    let files = [
        (
            "crds/x.yaml",
            "kind: CustomResourceDefinition\nname: '{{ x }}'",
        ),
        ("templates/t.yaml", "kind: Namespace"),
    ];
    let output = rendered(&files, &Options::default());
    assert_eq!(output.objects.len(), 2);
    assert_eq!(
        first(&output),
        "kind: CustomResourceDefinition\nname: '{{ x }}'"
    );
    assert_eq!(&*output.paths[0], "shop/crds/x.yaml");
}
