//! What the client can do, and what it is told that the server can.

use gen_lsp_types::{
    ChangeNotifications, ClientCapabilities, CodeActionKind, CodeActionOptions, CompletionOptions,
    DiagnosticOptions, InitializeParams, InitializeResult, PositionEncodingKind, SaveOptions,
    ServerCapabilities, ServerInfo, TextDocumentSyncKind, TextDocumentSyncOptions,
    WorkspaceFoldersServerCapabilities, WorkspaceOptions,
};

use super::text::Encoding;

/// All safe fixes of a document at once.
pub(super) const FIX_ALL: &str = "source.fixAll.meshlint";

/// What the client can do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client {
    /// How positions are counted.
    pub(super) encoding: Encoding,
    /// It asks for diagnostics; else they are sent to it.
    pub(super) pulls: bool,
    /// It asks again when it is told to.
    pub(super) refreshes_diagnostics: bool,
    pub(super) refreshes_hints: bool,
    /// It can be asked to watch files.
    pub(super) watches: bool,
    /// It can be asked for settings.
    pub(super) has_configuration: bool,
    pub(super) shows_progress: bool,
    /// It shows other places that belong to a diagnostic.
    pub(super) shows_related: bool,
    /// It wants to know which version of a document diagnostics are about.
    pub(super) tells_versions: bool,
    /// It asks before it makes changes that are marked.
    pub(super) confirms: bool,
}

impl Client {
    pub(super) fn of(params: &InitializeParams) -> Self {
        let ClientCapabilities {
            workspace,
            text_document,
            window,
            general,
            ..
        } = &params.capabilities;
        let encodings = general.as_ref().and_then(|g| g.position_encodings.as_ref());
        let has_utf8 = encodings.is_some_and(|all| all.contains(&PositionEncodingKind::UTF8));
        let workspace = workspace.as_ref();
        let document = text_document.as_ref();
        let publish = document.and_then(|document| document.publish_diagnostics.as_ref());
        let edit = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let is_set = |flag: Option<bool>| flag == Some(true);
        Self {
            encoding: if has_utf8 {
                Encoding::Utf8
            } else {
                Encoding::Utf16
            },
            pulls: document.is_some_and(|document| document.diagnostic.is_some()),
            refreshes_diagnostics: is_set(workspace.and_then(|w| w.diagnostics?.refresh_support)),
            refreshes_hints: is_set(workspace.and_then(|w| w.inlay_hint?.refresh_support)),
            watches: is_set(workspace.and_then(|w| {
                let watched = w.did_change_watched_files.as_ref()?;
                watched.dynamic_registration
            })),
            has_configuration: is_set(workspace.and_then(|w| w.configuration)),
            shows_progress: is_set(window.as_ref().and_then(|w| w.work_done_progress)),
            shows_related: is_set(
                publish.and_then(|p| p.diagnostics_capabilities.related_information),
            ),
            tells_versions: is_set(publish.and_then(|p| p.version_support)),
            confirms: is_set(edit.and_then(|edit| edit.document_changes))
                && edit.is_some_and(|edit| edit.change_annotation_support.is_some()),
        }
    }

    /// What the server answers to `initialize`.
    pub(super) fn welcome(&self) -> InitializeResult {
        let sync = TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::Incremental),
            save: Some(
                SaveOptions {
                    include_text: Some(false),
                }
                .into(),
            ),
            ..TextDocumentSyncOptions::default()
        };
        let actions = CodeActionOptions {
            code_action_kinds: Some(vec![
                CodeActionKind::QuickFix,
                CodeActionKind::Custom(FIX_ALL.into()),
            ]),
            ..CodeActionOptions::default()
        };
        let completion = CompletionOptions {
            trigger_characters: Some([" ", ":", "-", "[", "/"].map(ToOwned::to_owned).into()),
            ..CompletionOptions::default()
        };
        let diagnostics = self.pulls.then(|| DiagnosticOptions {
            identifier: Some("meshlint".to_owned()),
            inter_file_dependencies: true,
            workspace_diagnostics: true,
            ..DiagnosticOptions::default()
        });
        let encoding = match self.encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        };
        let folders = WorkspaceFoldersServerCapabilities {
            supported: Some(true),
            change_notifications: Some(ChangeNotifications::Bool(true)),
        };
        InitializeResult {
            capabilities: ServerCapabilities {
                position_encoding: Some(encoding),
                text_document_sync: Some(sync.into()),
                completion_provider: Some(completion),
                hover_provider: Some(true.into()),
                definition_provider: Some(true.into()),
                references_provider: Some(true.into()),
                document_symbol_provider: Some(true.into()),
                code_action_provider: Some(actions.into()),
                inlay_hint_provider: Some(true.into()),
                diagnostic_provider: diagnostics.map(Into::into),
                workspace: Some(WorkspaceOptions {
                    workspace_folders: Some(folders),
                    ..WorkspaceOptions::default()
                }),
                ..ServerCapabilities::default()
            },
            server_info: Some(ServerInfo {
                name: "meshlint".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        }
    }
}
