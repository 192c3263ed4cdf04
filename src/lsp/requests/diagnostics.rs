//! `textDocument/diagnostic` and `workspace/diagnostic`, for clients that ask.

use std::path::Path;

use gen_lsp_types::{
    DocumentDiagnosticParams, DocumentDiagnosticReport, FullDocumentDiagnosticReport,
    RelatedFullDocumentDiagnosticReport, RelatedUnchangedDocumentDiagnosticReport,
    UnchangedDocumentDiagnosticReport, WorkspaceDiagnosticParams, WorkspaceDiagnosticReport,
    WorkspaceDocumentDiagnosticReport, WorkspaceFullDocumentDiagnosticReport,
    WorkspaceUnchangedDocumentDiagnosticReport,
};
use rustc_hash::FxHashMap;

use crate::lsp::publish::path_of;
use crate::lsp::server::Server;

/// The findings in a file.
pub(super) fn answer(
    server: &Server,
    params: &DocumentDiagnosticParams,
) -> DocumentDiagnosticReport {
    let path = path_of(&params.text_document.uri).unwrap_or_default();
    let known = params.previous_result_id.as_deref();
    match report(server, &path, known) {
        Ok(full_document_diagnostic_report) => RelatedFullDocumentDiagnosticReport {
            full_document_diagnostic_report,
            related_documents: None,
        }
        .into(),
        Err(unchanged_document_diagnostic_report) => RelatedUnchangedDocumentDiagnosticReport {
            unchanged_document_diagnostic_report,
            related_documents: None,
        }
        .into(),
    }
}

/// The findings in all files, those without included that had some when they were last asked for.
pub(super) fn of_workspace(
    server: &Server,
    params: &WorkspaceDiagnosticParams,
) -> WorkspaceDiagnosticReport {
    let known: FxHashMap<_, _> = params
        .previous_result_ids
        .iter()
        .filter_map(|id| Some((path_of(&id.uri)?, id.value.as_str())))
        .collect();
    let mut paths: Vec<_> = server.sent.keys().chain(known.keys()).cloned().collect();
    paths.sort();
    paths.dedup();
    let items = paths.iter().filter_map(|path| {
        let uri = server.addresses.of(path)?;
        let version = server.buffers.get(path).map(|buffer| buffer.version);
        let item: WorkspaceDocumentDiagnosticReport =
            match report(server, path, known.get(path).copied()) {
                Ok(full_document_diagnostic_report) => WorkspaceFullDocumentDiagnosticReport {
                    uri,
                    version,
                    full_document_diagnostic_report,
                }
                .into(),
                Err(unchanged_document_diagnostic_report) => {
                    WorkspaceUnchangedDocumentDiagnosticReport {
                        uri,
                        version,
                        unchanged_document_diagnostic_report,
                    }
                    .into()
                }
            };
        Some(item)
    });
    WorkspaceDiagnosticReport {
        items: items.collect(),
    }
}

/// What is wrong in a file; an error if that is what the client knows.
fn report(
    server: &Server,
    path: &Path,
    known: Option<&str>,
) -> Result<FullDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport> {
    let sent = server.sent.get(path);
    let result_id = sent.map_or(0, |sent| sent.revision).to_string();
    if known == Some(&result_id) {
        return Err(UnchangedDocumentDiagnosticReport { result_id });
    }
    Ok(FullDocumentDiagnosticReport {
        result_id: Some(result_id),
        items: sent.map_or_else(Vec::new, |sent| sent.diagnostics.clone()),
    })
}
