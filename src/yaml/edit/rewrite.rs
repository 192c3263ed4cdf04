//! Content as text: in blocks, and in brackets and braces.

use super::Content;
use super::quote::{self, Place};

/// How far the items of a list stand from the key of the list, and entries from their key.
const STEP: usize = 2;

/// A document that begins and ends with its lines.
pub(super) fn document(content: &Content, line_break: &str) -> String {
    let mut block = Block::new(line_break);
    match content {
        Content::Mapping(entries) if !entries.is_empty() => block.entries(entries, 0),
        Content::List(items) if !items.is_empty() => block.items(items, 0),
        other => block.text.push_str(&flow(other, Place::Block)),
    }
    block.text.push_str(line_break);
    block.text
}

/// `key: content`, the key in column `indent`; the indentation of the first line is left to the
/// caller.
pub(super) fn entry(key: &str, content: &Content, indent: usize, line_break: &str) -> String {
    let mut block = Block::new(line_break);
    block.entry(key, content, indent);
    block.text
}

/// `- content`, the dash in column `indent`.
pub(super) fn item(content: &Content, indent: usize, line_break: &str) -> String {
    let mut block = Block::new(line_break);
    block.item(content, indent);
    block.text
}

struct Block<'b> {
    text: String,
    line_break: &'b str,
}

impl<'b> Block<'b> {
    fn new(line_break: &'b str) -> Self {
        Self {
            text: String::new(),
            line_break,
        }
    }

    fn new_line(&mut self, indent: usize) {
        self.text.push_str(self.line_break);
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn entries(&mut self, entries: &[(ecow::EcoString, Content)], indent: usize) {
        for (at, (key, content)) in entries.iter().enumerate() {
            if at > 0 {
                self.new_line(indent);
            }
            self.entry(key, content, indent);
        }
    }

    fn items(&mut self, items: &[Content], indent: usize) {
        for (at, content) in items.iter().enumerate() {
            if at > 0 {
                self.new_line(indent);
            }
            self.item(content, indent);
        }
    }

    fn entry(&mut self, key: &str, content: &Content, indent: usize) {
        self.text
            .push_str(&quote::plain_or_quoted(key, Place::Block));
        self.text.push(':');
        match content {
            Content::Mapping(entries) if !entries.is_empty() => {
                self.new_line(indent + STEP);
                self.entries(entries, indent + STEP);
            }
            Content::List(items) if !items.is_empty() => {
                self.new_line(indent + STEP);
                self.items(items, indent + STEP);
            }
            other => {
                self.text.push(' ');
                self.text.push_str(&flow(other, Place::Block));
            }
        }
    }

    fn item(&mut self, content: &Content, indent: usize) {
        self.text.push_str("- ");
        match content {
            Content::Mapping(entries) if !entries.is_empty() => {
                self.entries(entries, indent + STEP);
            }
            Content::List(items) if !items.is_empty() => self.items(items, indent + STEP),
            other => self.text.push_str(&flow(other, Place::Block)),
        }
    }
}

/// Content on one line.
pub(super) fn flow(content: &Content, place: Place) -> String {
    let inner = if place == Place::Block {
        Place::Flow
    } else {
        place
    };
    match content {
        Content::Scalar(scalar) => quote::scalar(scalar, place),
        Content::List(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, inner)).collect();
            format!("[{}]", items.join(", "))
        }
        Content::Mapping(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, content)| flow_entry(key, content, inner))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// `key: content` in braces.
pub(super) fn flow_entry(key: &str, content: &Content, place: Place) -> String {
    format!(
        "{}: {}",
        quote::plain_or_quoted(key, place),
        flow(content, place)
    )
}
