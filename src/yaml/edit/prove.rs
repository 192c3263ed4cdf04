//! The proof of edits: the text after them is parsed, and must read as the one before, but for what
//! was to change.

use rustc_hash::FxHashMap;

use super::{Content, Effect, MOST_BATCHES, MOST_PROOFS, NewScalar, Plan, TextEdit, apply};
use crate::yaml::scalar::Scalar;
use crate::yaml::tree::Shape;
use crate::yaml::{Node, Tree, Value};

/// Which plans are proven. Those that do not overlap are proven together; where that fails, half
/// of them, down to single ones.
pub(super) fn proven(tree: &Tree<'_>, plans: &[Option<Plan<'_>>]) -> Vec<bool> {
    let mut order: Vec<(usize, &Plan<'_>)> = (0..)
        .zip(plans)
        .filter_map(|(index, plan)| Some((index, plan.as_ref()?)))
        .collect();
    order.sort_by(|(_, a), (_, b)| (a.start(), &a.edits).cmp(&(b.start(), &b.edits)));
    let mut proof = Proof {
        tree,
        left: MOST_PROOFS,
        proven: vec![false; plans.len()],
    };
    let mut same: Vec<(usize, usize)> = Vec::new();
    let mut batches: Vec<Vec<(usize, &Plan<'_>)>> = Vec::new();
    let mut last: Option<(usize, &Plan<'_>)> = None;
    for (index, plan) in order {
        if let Some((first, _)) = last.filter(|(_, other)| other.edits == plan.edits) {
            same.push((first, index));
            continue;
        }
        last = Some((index, plan));
        let fits = |batch: &Vec<(usize, &Plan<'_>)>| {
            let last = batch.last();
            last.is_none_or(|(_, other)| other.end() < plan.start())
        };
        let at = batches.iter().position(fits).unwrap_or(batches.len());
        if at == batches.len() && at < MOST_BATCHES {
            batches.push(Vec::new());
        }
        if let Some(batch) = batches.get_mut(at) {
            batch.push((index, plan));
        }
    }
    for batch in &batches {
        proof.settle(batch);
    }
    let mut proven = proof.proven;
    for (first, index) in same {
        let verdict = proven.get(first).copied().unwrap_or(false);
        if let Some(proven) = proven.get_mut(index) {
            *proven = verdict;
        }
    }
    proven
}

struct Proof<'t> {
    tree: &'t Tree<'t>,
    /// How many more times the text may be parsed.
    left: usize,
    proven: Vec<bool>,
}

impl Proof<'_> {
    fn settle(&mut self, batch: &[(usize, &Plan<'_>)]) {
        if self.left == 0 || batch.is_empty() {
            return;
        }
        self.left -= 1;
        if self.holds(batch) {
            for (index, _) in batch {
                if let Some(proven) = self.proven.get_mut(*index) {
                    *proven = true;
                }
            }
        } else if batch.len() > 1 {
            let (first, second) = batch.split_at(batch.len() / 2);
            self.settle(first);
            self.settle(second);
        }
    }

    fn holds(&self, batch: &[(usize, &Plan<'_>)]) -> bool {
        let edits: Vec<TextEdit> = batch
            .iter()
            .flat_map(|(_, plan)| &plan.edits)
            .cloned()
            .collect();
        let mut effects: FxHashMap<u32, Vec<Effect<'_>>> = FxHashMap::default();
        for (node, effect) in batch.iter().flat_map(|(_, plan)| &plan.effects) {
            effects.entry(*node).or_default().push(*effect);
        }
        let text = apply(self.tree.text(), &edits);
        let after = Tree::parse(&text);
        let (old, new) = (self.tree.documents(), after.documents());
        let comparison = Comparison { effects: &effects };
        old.len() == new.len()
            && old
                .iter()
                .zip(new)
                .all(|(old, new)| match (self.tree.root(old), after.root(new)) {
                    (Some(before), Some(after)) => comparison.is_same(before, after),
                    (before, after) => before.is_none() && after.is_none(),
                })
            && keeps_comments(self.tree, &after, &edits)
    }
}

/// Whether the comments outside of what was removed are there, in their order.
fn keeps_comments(before: &Tree<'_>, after: &Tree<'_>, edits: &[TextEdit]) -> bool {
    let mut removed: Vec<_> = edits.iter().map(|edit| edit.span).collect();
    removed.sort_unstable();
    let stays = |comment: &&crate::yaml::Span| {
        let next = removed.partition_point(|span| span.end <= comment.start);
        removed
            .get(next)
            .is_none_or(|span| span.start >= comment.end)
    };
    let kept = before.comments().iter().filter(stays);
    let kept = kept.map(|comment| comment.text(before.text()));
    kept.eq(after
        .comments()
        .iter()
        .map(|comment| comment.text(after.text())))
}

/// Whether two documents read the same.
pub(super) fn is_unchanged(before: Node<'_>, after: Node<'_>) -> bool {
    let effects = FxHashMap::default();
    Comparison { effects: &effects }.is_same(before, after)
}

struct Comparison<'a> {
    effects: &'a FxHashMap<u32, Vec<Effect<'a>>>,
}

impl<'a> Comparison<'a> {
    fn effects(&self, node: Node<'_>) -> &'a [Effect<'a>] {
        self.effects.get(&node.index).map_or(&[], Vec::as_slice)
    }

    /// Whether `after` is what the effects make of `before`.
    fn is_same(&self, before: Node<'_>, after: Node<'_>) -> bool {
        let (old, new) = (before.raw(), after.raw());
        if old.shape != new.shape {
            return false;
        }
        let effects = self.effects(before);
        match old.shape {
            Shape::Alias => {
                before.span().text(before.tree.text()) == after.span().text(after.tree.text())
            }
            Shape::Scalar => match effects {
                [] => old.style == new.style && before.text() == after.text(),
                [Effect::Replaced(scalar, was_quoted)] => reads_as(after, scalar, *was_quoted),
                [Effect::Renamed(key)] => after.as_str() == Some(key),
                _ => false,
            },
            Shape::Sequence => self.has_same_items(before, after, effects),
            Shape::Mapping => self.has_same_entries(before, after, effects),
        }
    }

    fn is_removed(&self, value: Node<'_>) -> bool {
        matches!(self.effects(value), [Effect::Removed])
    }

    fn has_same_items(&self, before: Node<'_>, after: Node<'_>, effects: &[Effect<'_>]) -> bool {
        let mut items = after.items();
        let stays = |item: &Node<'_>| !self.is_removed(*item);
        before
            .items()
            .filter(stays)
            .all(|old| items.next().is_some_and(|new| self.is_same(old, new)))
            && effects.iter().all(|effect| match effect {
                Effect::Gained(None, content) => {
                    items.next().is_some_and(|item| holds(content, item))
                }
                _ => false,
            })
            && items.next().is_none()
    }

    fn has_same_entries(&self, before: Node<'_>, after: Node<'_>, effects: &[Effect<'_>]) -> bool {
        let mut entries = after.raw_entries();
        before
            .raw_entries()
            .filter(|(_, value)| !self.is_removed(*value))
            .all(|(key, value)| {
                entries.next().is_some_and(|(new_key, new_value)| {
                    self.is_same(key, new_key) && self.is_same(value, new_value)
                })
            })
            && effects.iter().all(|effect| match effect {
                Effect::Gained(Some(name), content) => {
                    entries.next().is_some_and(|(key, value)| {
                        key.as_str() == Some(name) && holds(content, value)
                    })
                }
                _ => false,
            })
            && entries.next().is_none()
    }
}

/// Whether a node reads as a scalar that was written in place of another one.
fn reads_as(node: Node<'_>, scalar: &NewScalar, was_quoted: bool) -> bool {
    match (node.value(), scalar) {
        (Value::Scalar(Scalar::Str(text)), NewScalar::Text(wanted)) => text == wanted,
        (Value::Scalar(Scalar::Int(number)), NewScalar::Integer(wanted)) => {
            !was_quoted && number == i128::from(*wanted)
        }
        (Value::Scalar(Scalar::Str(text)), NewScalar::Integer(wanted)) => {
            was_quoted && text == wanted.to_string()
        }
        _ => false,
    }
}

/// Whether a node reads as some content.
pub(super) fn holds(content: &Content, node: Node<'_>) -> bool {
    match (content, node.raw().shape) {
        (Content::Scalar(scalar), Shape::Scalar) => reads_as(node, scalar, false),
        (Content::List(items), Shape::Sequence) => {
            items.len() == node.items().count()
                && items.iter().zip(node.items()).all(|(c, n)| holds(c, n))
        }
        (Content::Mapping(entries), Shape::Mapping) => {
            entries.len() == node.raw_entries().count()
                && entries
                    .iter()
                    .zip(node.raw_entries())
                    .all(|((name, content), (key, value))| {
                        key.as_str() == Some(name) && holds(content, value)
                    })
        }
        _ => false,
    }
}
