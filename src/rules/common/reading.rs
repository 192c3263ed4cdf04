//! Which field a finding names, how much it matters, and whom an object can conflict with.

use crate::diagnostics::{Finding, Severity};
use crate::mesh::Mesh;
use crate::model::ObjectId;
use crate::yaml::FieldPath;

/// `istioctl` is the field that istioctl names, or none; `own` the one that a person must look at,
/// and at which other codes report the same problem.
pub(in crate::rules) fn path(istioctl: &str, own: impl Into<FieldPath>, mesh: &Mesh) -> FieldPath {
    if mesh.quirks.paths_are_those_of_istioctl {
        istioctl.into()
    } else {
        own.into()
    }
}

/// The severity that Istio gives a problem which Kiali takes for a lesser one. Not in upstream mode,
/// and not where the check makes less of the problem, or the input does not prove it.
pub(in crate::rules) fn as_istio_weighs(
    finding: Finding,
    severity: Severity,
    mesh: &Mesh,
) -> Finding {
    let is_lowered = finding.unproven.is_some() || finding.severity < finding.code.rule().severity;
    if mesh.quirks.severities_are_those_of_kiali || is_lowered {
        return finding;
    }
    let severity = finding.severity.max(severity);
    finding.severity(severity)
}

/// Whether one of `others` stands together with the object, so that they can conflict: manifests
/// without a namespace in different corners of a repository are probably meant for different ones.
pub(in crate::rules) fn meets(
    object: ObjectId,
    others: impl IntoIterator<Item = ObjectId>,
    mesh: &Mesh,
) -> bool {
    const MOST: usize = 50;
    mesh.quirks.objects_meet_across_folders
        || others
            .into_iter()
            .filter(|other| *other != object)
            .take(MOST)
            .any(|other| mesh.evidence.are_together(object, other))
}
