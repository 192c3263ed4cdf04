//! Shapes of many files.

use std::fs;
use std::path::Path;

use super::manifests::{NETWORKING, each, head, service, to};

/// Writes a file, with the folders that it needs, and gives its bytes.
fn write(path: &Path, text: &str) -> usize {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    text.len()
}

fn route(name: &str, host: &str) -> String {
    let spec = format!(
        "spec:\n  hosts: [stock]\n  http:\n{}",
        to(&format!("host: {host}"))
    );
    head(NETWORKING, "VirtualService", name, "depot") + &spec
}

/// A Service that names no namespace.
fn placeless(name: &str) -> String {
    service(name, "depot").replace(", namespace: depot", "")
}

pub(crate) fn files(folder: &Path, size: usize) -> usize {
    let file = |n| {
        write(
            &folder.join(format!("{n}.yaml")),
            &route(&format!("v{n}"), "gone"),
        )
    };
    (0..size).map(file).sum()
}

pub(crate) fn deep_folders(folder: &Path, size: usize) -> usize {
    let mut folder = folder.to_owned();
    let mut bytes = 0;
    for n in 0..size {
        bytes += write(&folder.join("a.yaml"), &service(&format!("s{n}"), "depot"));
        folder.push("d");
    }
    bytes
}

pub(crate) fn wide_folders(folder: &Path, size: usize) -> usize {
    let one = |n| {
        let folder = folder.join(format!("c{n}"));
        let kustomization = format!("namespace: n{n}\nresources: [x.yaml]\n");
        let objects = placeless("stock") + &route("v", "gone").replace(", namespace: depot", "");
        write(&folder.join("kustomization.yaml"), &kustomization)
            + write(&folder.join("x.yaml"), &objects)
    };
    (0..size).map(one).sum()
}

pub(crate) fn overlays(folder: &Path, size: usize) -> usize {
    let base = folder.join("base");
    let objects = each(20, |n| placeless(&format!("s{n}")));
    let bytes = write(&base.join("kustomization.yaml"), "resources: [x.yaml]\n")
        + write(&base.join("x.yaml"), &objects);
    let overlay = |n| {
        let path = folder.join(format!("o{n}/kustomization.yaml"));
        write(&path, &format!("namespace: n{n}\nresources: [../base]\n"))
    };
    bytes + (0..size).map(overlay).sum::<usize>()
}

pub(crate) fn chain(folder: &Path, size: usize) -> usize {
    let link = |n| {
        let next = if n + 1 < size {
            format!(", ../k{}", n + 1)
        } else {
            String::new()
        };
        let folder = folder.join(format!("k{n}"));
        write(
            &folder.join("kustomization.yaml"),
            &format!("resources: [x.yaml{next}]\n"),
        ) + write(&folder.join("x.yaml"), &service(&format!("s{n}"), "depot"))
    };
    (0..size).map(link).sum()
}

pub(crate) fn patches(folder: &Path, size: usize) -> usize {
    let patches = each(size, |n| {
        format!(
            "- patch: |-\n    apiVersion: {NETWORKING}\n    kind: VirtualService\n    metadata: {{name: v, namespace: depot}}\n    spec: {{hosts: [h{n}]}}\n"
        )
    });
    let kustomization = format!("resources: [x.yaml]\npatches:\n{patches}");
    write(&folder.join("kustomization.yaml"), &kustomization)
        + write(&folder.join("x.yaml"), &route("v", "stock"))
}
