//! From typed edits to edits of the text.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::collection::{Collection, Part};
use super::quote::{self, Place};
use super::{Change, Content, Edit, EditKind, Effect, NewScalar, Plan, Request, TextEdit, rewrite};
use crate::yaml::tree::Shape;
use crate::yaml::{FieldPath, Node, Span, Step, Style, Tree, is_placeholder};

/// What is needed to write edits of a text.
pub(super) struct Writer<'t> {
    tree: &'t Tree<'t>,
    text: &'t str,
    line_break: &'static str,
    /// Whether the text is JSON, or YAML that begins like it.
    is_json: bool,
    /// The nodes that aliases stand for: where each begins, and the furthest end of it and those
    /// before it.
    shared: Vec<(u32, u32)>,
    /// The collections that were looked at.
    collections: RefCell<FxHashMap<u32, Rc<Collection<'t>>>>,
}

/// A value that a path leads to.
#[derive(Clone, Copy)]
struct Target<'t> {
    container: Node<'t>,
    /// The key, of an entry.
    key: Option<Node<'t>>,
    value: Node<'t>,
    /// Which entry or item it is.
    ordinal: usize,
}

impl<'t> Writer<'t> {
    pub(super) fn new(tree: &'t Tree<'t>) -> Self {
        let mut shared: Vec<(u32, u32)> = tree
            .nodes
            .iter()
            .filter(|data| data.shape == Shape::Alias)
            .filter_map(|alias| {
                let target = alias.value.start;
                Some((target, tree.nodes.get(target as usize)?.next))
            })
            .collect();
        shared.sort_unstable();
        let mut furthest = 0;
        for (_, end) in &mut shared {
            furthest = furthest.max(*end);
            *end = furthest;
        }
        Self {
            tree,
            text: tree.text(),
            line_break: super::line_break(tree.text()),
            is_json: tree.text().trim_start().starts_with(['{', '[']),
            shared,
            collections: RefCell::default(),
        }
    }

    pub(super) fn plan<'a>(&self, request: &Request<'a, 't>) -> Option<Plan<'a>> {
        let mut plan = Plan {
            edits: Vec::with_capacity(request.edits.len()),
            effects: Vec::with_capacity(request.edits.len()),
            loses_comments: false,
        };
        for edit in request.edits {
            let (text, effect) = self.edit(request.root, edit)?;
            plan.loses_comments |= self.has_comment(text.span);
            plan.edits.push(text);
            plan.effects.push(effect);
        }
        let mut spans: Vec<Span> = plan.edits.iter().map(|edit| edit.span).collect();
        spans.sort_unstable();
        let is_apart = spans
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if a.end <= b.start && a.start != b.start));
        (is_apart && !plan.edits.is_empty()).then_some(plan)
    }

    fn edit<'a>(&self, root: Node<'t>, edit: &'a Edit) -> Option<(TextEdit, (u32, Effect<'a>))> {
        match &edit.change {
            Change::Replace(new) => self.replace(&self.find(root, &edit.path)?, new),
            Change::RenameKey(key) => self.rename(&self.find(root, &edit.path)?, key),
            Change::Remove => self.remove(&self.find(root, &edit.path)?),
            Change::Insert(content) => self.insert(root, &edit.path, content),
        }
    }

    /// What a path leads to, if it is written there: not brought by an alias or a merge key, and
    /// the only one of its key.
    fn find(&self, root: Node<'t>, path: &FieldPath) -> Option<Target<'t>> {
        let mut target: Option<Target<'t>> = None;
        for step in path.steps() {
            let container = target.map_or(root, |target| target.value);
            if container.is_alias() {
                return None;
            }
            let collection = self.collection(container);
            let ordinal = match step {
                Step::Item(index) => *index as usize,
                Step::Key(key) => collection.only(key)?,
            };
            let (key, value) = *collection.children.get(ordinal)?;
            if key.is_some() != matches!(step, Step::Key(_)) {
                return None;
            }
            target = Some(Target {
                container,
                key,
                value,
                ordinal,
            });
        }
        target
    }

    fn collection(&self, node: Node<'t>) -> Rc<Collection<'t>> {
        let mut known = self.collections.borrow_mut();
        let collection = known
            .entry(node.index)
            .or_insert_with(|| Rc::new(Collection::new(node, self.text)));
        Rc::clone(collection)
    }

    /// Whether an alias stands for some of these nodes, or for what they are in.
    fn is_shared(&self, from: u32, to: u32) -> bool {
        let before = self.shared.partition_point(|(first, _)| *first < to);
        let last = before.checked_sub(1).and_then(|at| self.shared.get(at));
        last.is_some_and(|(_, furthest)| *furthest > from)
    }

    fn has_comment(&self, span: Span) -> bool {
        let comments = self.tree.comments();
        let next = comments.partition_point(|comment| comment.start < span.start);
        comments
            .get(next)
            .is_some_and(|comment| comment.start < span.end)
    }

    fn replace<'a>(
        &self,
        target: &Target<'t>,
        new: &'a NewScalar,
    ) -> Option<(TextEdit, (u32, Effect<'a>))> {
        let value = target.value;
        let is_plain_scalar = value.raw().shape == Shape::Scalar && value.style() != Style::Block;
        if !is_plain_scalar
            || value.span().is_empty()
            || value.text().is_some_and(is_placeholder)
            || self.is_shared(value.index, value.raw().next)
        {
            return None;
        }
        let old = value.span().text(self.text);
        let edit = TextEdit {
            span: value.span(),
            replacement: quote::in_place_of(old, new, self.place(target.container)),
            kind: EditKind::Replace,
        };
        let is_quoted = old.starts_with(['"', '\'']);
        Some((edit, (value.index, Effect::Replaced(new, is_quoted))))
    }

    fn rename<'a>(
        &self,
        target: &Target<'t>,
        new: &'a str,
    ) -> Option<(TextEdit, (u32, Effect<'a>))> {
        let key = target.key?;
        if key.raw().shape != Shape::Scalar
            || key.style() == Style::Block
            || self.is_shared(key.index, key.index + 1)
            || self.collection(target.container).has(new)
        {
            return None;
        }
        let old = key.span().text(self.text);
        let new_key = NewScalar::Text(new.into());
        let edit = TextEdit {
            span: key.span(),
            replacement: quote::in_place_of(old, &new_key, self.place(target.container)),
            kind: EditKind::RenameKey,
        };
        Some((edit, (key.index, Effect::Renamed(new))))
    }

    fn remove<'a>(&self, target: &Target<'t>) -> Option<(TextEdit, (u32, Effect<'a>))> {
        let first = target.key.unwrap_or(target.value).index;
        if self.is_shared(first, target.value.raw().next) {
            return None;
        }
        let container = target.container;
        let collection = self.collection(container);
        let parts = collection.parts.as_deref()?;
        let own = *parts.get(target.ordinal)?;
        let next = parts.get(target.ordinal + 1);
        let previous = target.ordinal.checked_sub(1).and_then(|at| parts.get(at));
        let (span, replacement) = match (container.style(), previous, next) {
            (Style::Flow, None, None) => {
                let Span { start, end } = container.span();
                (start as usize + 1..(end as usize).checked_sub(1)?, "")
            }
            (Style::Flow, _, Some(next)) => (own.start..next.start, ""),
            (Style::Flow, Some(previous), None) => (previous.end..own.end, ""),
            (_, None, None) => return self.empty(target, own),
            (_, _, next) => {
                let line = self.line_start(own.start);
                if self.text.get(line..own.start)?.trim().is_empty() {
                    (self.whole_lines(line, own.end), "")
                } else {
                    (own.start..next?.start, "")
                }
            }
        };
        let edit = text_edit(span, replacement, EditKind::Remove)?;
        Some((edit, (target.value.index, Effect::Removed)))
    }

    /// Removes the only entry of a block: brackets or braces stay.
    fn empty<'a>(&self, target: &Target<'t>, own: Part) -> Option<(TextEdit, (u32, Effect<'a>))> {
        let brackets = if target.key.is_some() { "{}" } else { "[]" };
        let before = self.text.get(..own.start)?;
        let key_end = before.trim_end();
        let follows = key_end.len() < before.len() && key_end.ends_with([':', '-']);
        let (start, replacement) = if follows {
            (key_end.len(), format!(" {brackets}"))
        } else {
            (own.start, brackets.to_owned())
        };
        let edit = text_edit(start..own.end, &replacement, EditKind::Remove)?;
        Some((edit, (target.value.index, Effect::Removed)))
    }

    fn insert<'a>(
        &self,
        root: Node<'t>,
        path: &'a FieldPath,
        content: &'a Content,
    ) -> Option<(TextEdit, (u32, Effect<'a>))> {
        let parent = path.parent();
        let container = if parent.is_root() {
            root
        } else {
            self.find(root, &parent)?.value
        };
        if container.is_alias() || self.is_shared(container.index, container.index + 1) {
            return None;
        }
        let key = match path.last()? {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) => None,
        };
        let is_free = match (path.last()?, container.raw().shape) {
            (Step::Key(key), Shape::Mapping) => !container
                .entries()
                .any(|(other, _)| other.text() == Some(key)),
            (Step::Item(index), Shape::Sequence) => container.items().count() == *index as usize,
            _ => false,
        };
        if !is_free {
            return None;
        }
        let (at, text) = if container.style() == Style::Flow {
            self.insertion_in_flow(container, key, content)?
        } else {
            self.insertion_in_block(container, key, content)?
        };
        let edit = text_edit(at..at, &text, EditKind::Insert)?;
        Some((edit, (container.index, Effect::Gained(key, content))))
    }

    fn insertion_in_flow(
        &self,
        container: Node<'t>,
        key: Option<&str>,
        content: &Content,
    ) -> Option<(usize, String)> {
        let place = self.place(container);
        let new = match key {
            Some(key) => rewrite::flow_entry(key, content, place),
            None => rewrite::flow(content, place),
        };
        let collection = self.collection(container);
        let parts = collection.parts.as_deref()?;
        let open = container.span().start as usize + 1;
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return Some((open, new));
        };
        // Entries on lines of their own are followed by one on a line of its own.
        let before = self.text.get(open..first.start)?;
        let gap = if before.contains('\n') && before.trim().is_empty() {
            before
        } else {
            " "
        };
        Some((last.end, format!(",{gap}{new}")))
    }

    fn insertion_in_block(
        &self,
        container: Node<'t>,
        key: Option<&str>,
        content: &Content,
    ) -> Option<(usize, String)> {
        let collection = self.collection(container);
        let parts = collection.parts.as_deref()?;
        let (first, last) = (parts.first()?, parts.last()?);
        let before = self.text.get(self.line_start(first.start)..first.start)?;
        if !before.chars().all(|c| matches!(c, ' ' | '-')) {
            return None;
        }
        let indent = before.len();
        let new = match key {
            Some(key) => rewrite::entry(key, content, indent, self.line_break),
            None => rewrite::item(content, indent, self.line_break),
        };
        let at = self.line_end(last.end);
        Some((at, format!("{}{:indent$}{new}", self.line_break, "")))
    }

    fn line_start(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.rfind('\n').map_or(0, |at| at + 1)
    }

    /// Where the line ends that `at` is on, before its line break.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// The lines from the one that starts at `start` to the one that `end` is on; at the end of a
    /// text without a last line break, the one before them instead.
    fn whole_lines(&self, start: usize, end: usize) -> std::ops::Range<usize> {
        let end = self.line_end(end);
        let rest = self.text.get(end..).unwrap_or_default();
        if let Some(at) = rest.find('\n') {
            return start..end + at + 1;
        }
        let before = self.text.get(..start).unwrap_or_default();
        let before = before.strip_suffix('\n').unwrap_or(before);
        before.strip_suffix('\r').unwrap_or(before).len()..end
    }

    /// What a value of a collection stands in.
    fn place(&self, container: Node<'_>) -> Place {
        match container.style() {
            Style::Flow if self.is_json => Place::Json,
            Style::Flow => Place::Flow,
            _ => Place::Block,
        }
    }
}

fn text_edit(range: std::ops::Range<usize>, replacement: &str, kind: EditKind) -> Option<TextEdit> {
    Some(TextEdit {
        span: Span {
            start: u32::try_from(range.start).ok()?,
            end: u32::try_from(range.end)
                .ok()
                .filter(|_| range.start <= range.end)?,
        },
        replacement: replacement.to_owned(),
        kind,
    })
}
