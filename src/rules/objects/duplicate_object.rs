//! MESH0009: the same object stands in the input more than once.

use std::hash::BuildHasher as _;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::kinds::Kind;
use crate::model::{Header, ObjectId};
use crate::rules::common::collisions::sharing;
use crate::rules::{Check, Run};
use crate::yaml::is_placeholder;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "duplicate-object",
    codes: &[Code::MESH0009],
    runs: &[Run::Mesh(duplicate_object)],
};

/// What makes two objects the same to the API server: group, kind, namespace and name.
type Identity<'m> = (&'m str, &'m str, &'m str, &'m str);

fn duplicate_object(mesh: &Mesh, findings: &mut Findings) {
    let identities = (0u32..)
        .zip(mesh.objects.headers.iter())
        .filter(|(_, header)| {
            !header.name.is_empty()
                && is_read(header)
                && !is_placeholder(&header.name)
                && !is_placeholder(&header.namespace)
        })
        .map(|(index, header)| (FxBuildHasher.hash_one(identity(header)), index));
    for alike in sharing(identities.collect()) {
        let mut copies: FxHashMap<Identity<'_>, Vec<ObjectId>> = FxHashMap::default();
        for id in alike.into_iter().map(ObjectId) {
            if let Some(header) = mesh.objects.header(id) {
                copies.entry(identity(header)).or_default().push(id);
            }
        }
        let mut copies: Vec<Vec<ObjectId>> = copies.into_values().collect();
        copies.sort();
        findings.extend(copies.iter().filter_map(|ids| finding(ids, mesh)));
    }
}

/// Kinds that no rule reads although they have a model, or that are given twice on purpose.
fn is_read(header: &Header) -> bool {
    let group = identity(header).0;
    let is_mesh_config = header.kind != "ConfigMap" || header.name.starts_with("istio");
    is_mesh_config
        && header.kind != "CustomResourceDefinition"
        && Kind::find(group, &header.kind).is_some()
}

fn identity(header: &Header) -> Identity<'_> {
    let group = header
        .api_version
        .split_once('/')
        .map_or("", |(group, _)| group);
    (group, &header.kind, &header.namespace, &header.name)
}

/// The finding for the copies of an object, at the last of them; none if all say the same.
fn finding(copies: &[ObjectId], mesh: &Mesh) -> Option<Finding> {
    let (last, earlier) = copies.split_last()?;
    let header = mesh.objects.header(*last)?;
    let print = |id: &ObjectId| mesh.objects.header(*id).map(|header| header.fingerprint);
    let differ = earlier.iter().any(|id| print(id) != print(last));
    if earlier.is_empty() || !differ {
        return None;
    }
    let place = if header.namespace.is_empty() {
        header.name.to_string()
    } else {
        format!("{}/{}", header.namespace, header.name)
    };
    let message = format!("{} {place} stands in the input more than once", header.kind);
    let mut finding = Finding::new(Code::MESH0009, *last, "metadata/name", message).help(
        "of two objects of one name the one applied last replaces the other; here both are judged as if both \
         applied. Check alternatives (overlays, steps of a tutorial) each on its own",
    );
    for other in earlier.iter().take(RELATED) {
        finding = finding.related(*other, "metadata/name", "it stands here too");
    }
    Some(finding)
}

/// How many copies a finding names.
const RELATED: usize = 20;
