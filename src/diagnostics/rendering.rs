//! Mistakes that are met while a repository is rendered, as findings.

use crate::render::gitops::FaultKind;
use crate::render::kustomize::ProblemKind;

/// The code of a mistake.
pub const fn code_of_fault(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Kustomize(kind) => match kind {
            ProblemKind::NoKustomization
            | ProblemKind::BadKustomization
            | ProblemKind::BadSelector
            | ProblemKind::Foreign
            | ProblemKind::TooLarge => "MESH0201",
            ProblemKind::Cycle => "MESH0202",
            ProblemKind::OutsideRoot => "MESH0203",
            ProblemKind::BadResource | ProblemKind::NotPrintable => "MESH0204",
            ProblemKind::DuplicateObject | ProblemKind::NamespaceConflict => "MESH0205",
            ProblemKind::BadPatch | ProblemKind::PatchTarget | ProblemKind::PatchFails => {
                "MESH0206"
            }
            ProblemKind::BadGenerator => "MESH0207",
            ProblemKind::BadReplacement
            | ProblemKind::BadReplicas
            | ProblemKind::AmbiguousReference
            | ProblemKind::BadVariable => "MESH0208",
            ProblemKind::Missing => "MESH0210",
        },
        FaultKind::MissingPath => "MESH0211",
        FaultKind::Refused => "MESH0212",
        FaultKind::Substitution => "MESH0213",
        FaultKind::NoNamespace => "MESH0214",
        FaultKind::Helm | FaultKind::HelmDemand => "MESH0220",
    }
}
