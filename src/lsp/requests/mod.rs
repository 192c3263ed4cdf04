//! Requests about documents, one file each. All are answered from the texts and the analysis as they
//! are; nothing here changes either.

mod actions;
mod completion;
mod cursor;
mod definition;
mod diagnostics;
mod effective;
mod fields;
mod hints;
mod hover;
mod meaning;
mod outline;
mod symbols;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types::{TextDocumentIdentifier, Uri};
use lsp_server::{ErrorCode, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::analysis::{Analysis, World};
use super::publish::path_of;
use super::server::Server;
use super::text::Lines;

/// What a request is answered with.
#[derive(Debug)]
pub(super) enum Answer {
    /// The result.
    Is(Value),
    /// Why there is none.
    Not(ErrorCode, String),
}

/// What must be known before a request can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// The text of the document.
    Text,
    /// The mesh, be it as it was before the last edits.
    AnyMesh,
    /// The mesh as it is.
    Mesh,
    /// All findings.
    Findings,
}

/// What must be known before a request of this method can be answered.
pub(super) fn needs(method: &str) -> Needs {
    match method {
        "textDocument/documentSymbol" => Needs::Text,
        "textDocument/completion" => Needs::AnyMesh,
        "textDocument/diagnostic" | "workspace/diagnostic" => Needs::Findings,
        _ => Needs::Mesh,
    }
}

/// Whether there is a request of this method.
pub(super) fn is_known(method: &str) -> bool {
    matches!(
        method,
        "textDocument/hover"
            | "textDocument/definition"
            | "textDocument/references"
            | "textDocument/completion"
            | "textDocument/codeAction"
            | "textDocument/documentSymbol"
            | "textDocument/inlayHint"
            | "textDocument/diagnostic"
            | "workspace/diagnostic"
    )
}

/// Answers a request.
pub(super) fn answer(server: &Server, request: &Request) -> Answer {
    let params = request.params.clone();
    match request.method.as_str() {
        "textDocument/hover" => with(params, |params| hover::answer(server, &params)),
        "textDocument/definition" => with(params, |params| definition::answer(server, &params)),
        "textDocument/references" => with(params, |params| definition::references(server, &params)),
        "textDocument/completion" => with(params, |params| completion::answer(server, &params)),
        "textDocument/codeAction" => with(params, |params| actions::answer(server, &params)),
        "textDocument/documentSymbol" => with(params, |params| symbols::answer(server, &params)),
        "textDocument/inlayHint" => with(params, |params| hints::answer(server, &params)),
        "textDocument/diagnostic" => with(params, |params| diagnostics::answer(server, &params)),
        "workspace/diagnostic" => with(params, |params| diagnostics::of_workspace(server, &params)),
        method => Answer::Not(
            ErrorCode::MethodNotFound,
            format!("there is no request {method}"),
        ),
    }
}

/// Reads parameters, asks, writes the result.
fn with<P: DeserializeOwned, R: Serialize>(params: Value, ask: impl FnOnce(P) -> R) -> Answer {
    let params = match serde_json::from_value(params) {
        Ok(params) => params,
        Err(error) => return Answer::Not(ErrorCode::InvalidParams, error.to_string()),
    };
    match serde_json::to_value(ask(params)) {
        Ok(result) => Answer::Is(result),
        Err(error) => Answer::Not(ErrorCode::InternalError, error.to_string()),
    }
}

/// A document that is asked about.
struct Document<'s> {
    server: &'s Server,
    path: PathBuf,
    text: Arc<str>,
}

impl<'s> Document<'s> {
    /// The document of an address; `None` where there is no text.
    fn of(server: &'s Server, document: &TextDocumentIdentifier) -> Option<Self> {
        let path = path_of(&document.uri)?;
        let text = server.buffers.text(&path)?;
        Some(Self { server, path, text })
    }

    fn lines(&self) -> Lines<'_> {
        Lines::new(&self.text, self.server.client.encoding)
    }

    fn analysis(&self) -> Option<&'s Arc<Analysis>> {
        self.server.folder_of(&self.path)?.analysis.as_ref()
    }

    /// The worlds that the document counts in.
    fn worlds(&self) -> Vec<&'s Arc<World>> {
        let analysis = self.analysis();
        analysis.map_or_else(Vec::new, |analysis| analysis.worlds_of(&self.path))
    }
}

/// The address of a file.
fn address(server: &Server, path: &Path) -> Option<Uri> {
    server.addresses.of(path)
}

/// A path as people read it: from the folder of the workspace that it is in.
fn shown(server: &Server, path: &Path) -> String {
    let folder = server.folder_of(path);
    let below = folder.and_then(|folder| path.strip_prefix(&folder.root).ok());
    below.unwrap_or(path).to_string_lossy().replace('\\', "/")
}
