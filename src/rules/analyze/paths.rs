//! Which field a finding names, and how much it matters.

use crate::diagnostics::{Finding, Severity};
use crate::mesh::Mesh;

/// `upstream` is the field that istioctl names, or none; `own` the one that a person must look at,
/// and at which other codes report the same problem.
pub(super) fn path<P: Into<String>>(upstream: &str, own: P, mesh: &Mesh) -> String {
    if mesh.settings.upstream {
        upstream.to_owned()
    } else {
        own.into()
    }
}

/// A finding that istioctl calls an error, but that need not break anything.
pub(super) fn warning(finding: Finding, mesh: &Mesh) -> Finding {
    if mesh.settings.upstream {
        finding
    } else {
        finding.severity(Severity::Warning)
    }
}
