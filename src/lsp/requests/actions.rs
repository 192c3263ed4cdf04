//! `textDocument/codeAction`: what mends findings, and what silences them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use gen_lsp_types::{
    AnnotatedTextEdit, ChangeAnnotation, CodeAction, CodeActionKind, CodeActionParams,
    DocumentChange, Edit, OptionalVersionedTextDocumentIdentifier, Range, TextDocumentEdit,
    TextDocumentIdentifier, TextEdit, Uri, WorkspaceEdit,
};

use super::Document;
use super::cursor;
use crate::lsp::client::FIX_ALL;
use crate::lsp::findings::{Found, FoundFix, Place};
use crate::lsp::publish::diagnostics;
use crate::lsp::server::Server;
use crate::lsp::text::Lines;
use crate::path;
use crate::yaml::edit::{self, Change, Content, Request};
use crate::yaml::{FieldPath, Style, Tree, locate};

/// The annotation that silences rules at an object.
const ANNOTATION: &str = "meshlint.io/ignore";

/// What can be done about findings in a range.
pub(super) fn answer(server: &Server, params: &CodeActionParams) -> Option<Vec<CodeAction>> {
    let document = Document::of(server, &params.text_document)?;
    let lines = document.lines();
    let (start, end) = (
        lines.offset(params.range.start),
        lines.offset(params.range.end),
    );
    let is_fresh = |found: &&Found| found.place.text == document.text;
    let found: Vec<&Found> = server
        .found(&document.path)
        .iter()
        .filter(is_fresh)
        .collect();
    let only = params.context.only.as_deref();
    let mut actions = Vec::new();
    if asks_for(only, "quickfix", true) {
        let here = found
            .iter()
            .filter(|found| found.place.start as usize <= end && start <= found.place.end as usize);
        for found in here {
            actions.extend(fix(&document, found));
            actions.extend(ignore_here(&document, found));
            actions.extend(ignore_on_object(&document, found));
        }
    }
    if asks_for(only, FIX_ALL, false) {
        actions.extend(fix_all(&document, &found));
    }
    Some(actions)
}

/// Whether the client wants actions of a kind; `unasked` also when it names no kind.
fn asks_for(only: Option<&[CodeActionKind]>, kind: &str, unasked: bool) -> bool {
    let Some(only) = only else {
        return unasked;
    };
    only.iter().any(|wanted| {
        let wanted = serde_json::to_value(wanted).unwrap_or_default();
        let wanted = wanted.as_str().unwrap_or_default();
        let below = kind.strip_prefix(wanted);
        below.is_some_and(|rest| wanted.is_empty() || rest.is_empty() || rest.starts_with('.'))
    })
}

/// The fix of a finding.
fn fix(document: &Document<'_>, found: &Found) -> Option<CodeAction> {
    let fix = found.fix.as_ref()?;
    let mut edits = Edits::default();
    if !edits.add(document.server, fix) {
        return None;
    }
    Some(CodeAction {
        is_preferred: fix.is_safe.then_some(true),
        ..action(
            document,
            found,
            fix.description.clone(),
            edits.into_workspace_edit(document.server, !fix.is_safe)?,
        )
    })
}

/// All safe fixes that do not get into each other's way.
fn fix_all(document: &Document<'_>, found: &[&Found]) -> Option<CodeAction> {
    let mut edits = Edits::default();
    let fixes = found.iter().filter_map(|found| found.fix.as_ref());
    for fix in fixes.filter(|fix| fix.is_safe) {
        edits.add(document.server, fix);
    }
    Some(CodeAction {
        title: "apply all safe fixes of meshlint".to_owned(),
        kind: Some(CodeActionKind::Custom(FIX_ALL.into())),
        edit: Some(edits.into_workspace_edit(document.server, false)?),
        ..CodeAction::default()
    })
}

/// A comment above the finding that silences its rule there.
fn ignore_here(document: &Document<'_>, found: &Found) -> Option<CodeAction> {
    let tree = Tree::parse(&document.text);
    let mut at = found.place.start as usize;
    if let Some(cursor) = cursor::at(&tree, found.place.start)
        && cursor.node.style() == Style::Block
        && let Some(key) = locate(cursor.object.root, &cursor.path).key
    {
        // Within a block scalar a comment would be part of the text.
        at = key.span().start as usize;
    }
    let before = document.text.get(..at)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = document.text.get(start..)?;
    let blank = line.len() - line.trim_start_matches(' ').len();
    let indentation = line.get(..blank)?;
    let line_end = if is_crlf(line) { "\r\n" } else { "\n" };
    let code = found.rule.code;
    let comment = format!("{indentation}# meshlint: ignore[{code}]{line_end}");
    let lines = document.lines();
    let position = lines.position(start);
    let range = Range {
        start: position,
        end: position,
    };
    let mut edits = Edits::default();
    edits.push(&document.path, range, comment);
    Some(action(
        document,
        found,
        format!("ignore {code} here"),
        edits.into_workspace_edit(document.server, false)?,
    ))
}

fn is_crlf(text: &str) -> bool {
    let first = text.find('\n').and_then(|at| text.get(..at));
    first.is_some_and(|line| line.ends_with('\r'))
}

/// An annotation of the object that silences the rule there.
fn ignore_on_object(document: &Document<'_>, found: &Found) -> Option<CodeAction> {
    let code = found.rule.code;
    let tree = Tree::parse(&document.text);
    let offset = found.place.start;
    let object = cursor::objects(&tree)
        .into_iter()
        .rfind(|object| object.root.span().start <= offset)?;
    let annotations = path!["metadata", "annotations"];
    let own: FieldPath = annotations.field(ANNOTATION);
    let there = locate(object.root, &own);
    let (path, change) = if there.complete {
        let text = format!("{}; {code}", there.value.text()?);
        (own, Change::Replace(edit::NewScalar::Text(text.into())))
    } else if locate(object.root, &annotations).complete {
        (own, Change::Insert(Content::text(code)))
    } else {
        let content = Content::mapping([(ANNOTATION, Content::text(code))]);
        (annotations, Change::Insert(content))
    };
    let wanted = [edit::Edit { path, change }];
    let request = Request {
        root: object.root,
        edits: &wanted,
    };
    let written = edit::write(&tree, &[request]).into_iter().next()??;
    let lines = document.lines();
    let mut edits = Edits::default();
    for edit in written.edits {
        let range = lines.range(edit.span.start, edit.span.end);
        edits.push(&document.path, range, edit.replacement);
    }
    Some(action(
        document,
        found,
        format!("ignore {code} on this object"),
        edits.into_workspace_edit(document.server, false)?,
    ))
}

fn action(
    document: &Document<'_>,
    found: &Found,
    title: String,
    edit: WorkspaceEdit,
) -> CodeAction {
    let server = document.server;
    CodeAction {
        title,
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(diagnostics(
            std::slice::from_ref(found),
            server.client,
            &server.addresses,
        )),
        edit: Some(edit),
        ..CodeAction::default()
    }
}

/// Edits of files that do not overlap.
#[derive(Debug, Default)]
struct Edits {
    files: BTreeMap<PathBuf, Vec<TextEdit>>,
    taken: Vec<Place>,
}

impl Edits {
    /// Adds a fix, whole or not at all.
    fn add(&mut self, server: &Server, fix: &FoundFix) -> bool {
        let overlaps = |place: &Place| {
            self.taken.iter().any(|taken| {
                taken.path == place.path && taken.start < place.end && place.start < taken.end
                    || taken == place
            })
        };
        if fix.edits.iter().any(|(place, _)| overlaps(place)) {
            return false;
        }
        for (place, text) in &fix.edits {
            let lines = Lines::new(&place.text, server.client.encoding);
            let range = lines.range(place.start, place.end);
            self.push(Path::new(&*place.path), range, text.clone());
            self.taken.push(place.clone());
        }
        true
    }

    fn push(&mut self, path: &Path, range: Range, new_text: String) {
        let edits = self.files.entry(path.to_owned()).or_default();
        edits.push(TextEdit { range, new_text });
    }

    /// The edits as the client takes them; unsafe ones are marked, so that it asks first. `None`
    /// where there are none.
    fn into_workspace_edit(self, server: &Server, is_unsafe: bool) -> Option<WorkspaceEdit> {
        const UNSAFE: &str = "meshlint.unsafe";
        if self.files.is_empty() {
            return None;
        }
        if !server.client.confirms {
            let files = self.files.into_iter();
            let changes: Option<HashMap<Uri, Vec<TextEdit>>> = files
                .map(|(path, edits)| Some((server.addresses.of(&path)?, edits)))
                .collect();
            return Some(WorkspaceEdit {
                changes: Some(changes?),
                ..WorkspaceEdit::default()
            });
        }
        let files = self.files.into_iter();
        let changes: Option<Vec<DocumentChange>> = files
            .map(|(path, edits)| {
                let version = server.buffers.get(&path).map(|buffer| buffer.version);
                let uri = server.addresses.of(&path)?;
                let edits = edits.into_iter().map(|text_edit| {
                    if is_unsafe {
                        Edit::from(AnnotatedTextEdit {
                            annotation_id: UNSAFE.to_owned(),
                            text_edit,
                        })
                    } else {
                        Edit::from(text_edit)
                    }
                });
                Some(DocumentChange::from(TextDocumentEdit {
                    text_document: OptionalVersionedTextDocumentIdentifier {
                        version,
                        text_document_identifier: TextDocumentIdentifier { uri },
                    },
                    edits: edits.collect(),
                }))
            })
            .collect();
        let annotation = ChangeAnnotation {
            label: "changes what runs, or guesses".to_owned(),
            needs_confirmation: Some(true),
            description: None,
        };
        Some(WorkspaceEdit {
            document_changes: Some(changes?),
            change_annotations: is_unsafe.then(|| HashMap::from([(UNSAFE.to_owned(), annotation)])),
            ..WorkspaceEdit::default()
        })
    }
}
