//! MESH0009: the same object stands in the input more than once.

use std::hash::BuildHasher as _;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::diagnostics::{Code, Finding, Findings};
use crate::mesh::Mesh;
use crate::model::{Header, ObjectId};
use crate::rules::common::collisions::sharing;
use crate::rules::{Check, Run};

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
        .filter(|(_, header)| !header.name.is_empty())
        .map(|(index, header)| (FxBuildHasher.hash_one(identity(header)), index));
    for alike in sharing(identities.collect()) {
        let mut first: FxHashMap<Identity<'_>, ObjectId> = FxHashMap::default();
        for id in alike.into_iter().map(ObjectId) {
            let Some(header) = mesh.objects.header(id) else {
                continue;
            };
            let earlier = *first.entry(identity(header)).or_insert(id);
            if earlier != id {
                findings.push(finding(header, id, earlier));
            }
        }
    }
}

fn identity(header: &Header) -> Identity<'_> {
    let group = header
        .api_version
        .split_once('/')
        .map_or("", |(group, _)| group);
    (group, &header.kind, &header.namespace, &header.name)
}

fn finding(header: &Header, id: ObjectId, earlier: ObjectId) -> Finding {
    let place = if header.namespace.is_empty() {
        header.name.to_string()
    } else {
        format!("{}/{}", header.namespace, header.name)
    };
    Finding::new(
        Code::MESH0009,
        id,
        "metadata/name",
        format!("{} {place} stands in the input more than once", header.kind),
    )
    .help(
        "of two objects of one name the one applied last replaces the other; here both are judged as if both \
         applied. Check alternatives (overlays, steps of a tutorial) each on its own",
    )
    .related(earlier, "metadata/name", "it stands here too")
}
