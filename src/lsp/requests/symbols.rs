//! `textDocument/documentSymbol`: one an object, with its top fields below.

use gen_lsp_types::{DocumentSymbol, DocumentSymbolParams, SymbolKind};

use super::Document;
use super::cursor::{self, Written};
use crate::lsp::server::Server;
use crate::lsp::text::Lines;
use crate::path;
use crate::yaml::{Node, Span, Tree, locate};

/// The symbols of a document.
pub(super) fn answer(
    server: &Server,
    params: &DocumentSymbolParams,
) -> Option<Vec<DocumentSymbol>> {
    let document = Document::of(server, &params.text_document)?;
    let tree = Tree::parse(&document.text);
    let lines = document.lines();
    let objects = cursor::objects(&tree);
    Some(
        objects
            .iter()
            .map(|object| of_object(object, &lines))
            .collect(),
    )
}

fn of_object(object: &Written<'_>, lines: &Lines<'_>) -> DocumentSymbol {
    let name = locate(object.root, &path!["metadata", "name"]);
    let selected = if name.complete {
        name.span()
    } else {
        locate(object.root, &path!["kind"]).span()
    };
    let children = object.root.raw_entries().filter_map(|(key, value)| {
        let span = around(key.span(), value);
        let name = key.text().filter(|name| !name.is_empty())?;
        Some(symbol(
            name.to_owned(),
            SymbolKind::Field,
            span,
            key.span(),
            lines,
        ))
    });
    let span = around(selected, object.root);
    let mut symbol = symbol(object.title(), SymbolKind::Object, span, selected, lines);
    symbol.detail = Some(object.api_version.to_owned());
    symbol.children = Some(children.collect());
    symbol
}

/// From a key to the end of its value.
fn around(key: Span, value: Node<'_>) -> Span {
    let value = value.span();
    Span {
        start: key.start.min(value.start),
        end: key.end.max(value.end),
    }
}

fn symbol(
    name: String,
    kind: SymbolKind,
    span: Span,
    selected: Span,
    lines: &Lines<'_>,
) -> DocumentSymbol {
    #[allow(deprecated)]
    DocumentSymbol {
        name,
        detail: None,
        kind,
        tags: None,
        deprecated: None,
        range: lines.range(span.start, span.end),
        selection_range: lines.range(selected.start, selected.end),
        children: None,
    }
}
