//! Strategic merge patches as kustomize applies them, with what looks like mistakes.
//!
//! The merge walks both trees together. A part that only the patch has is walked with itself, so
//! that directives and nulls in it take effect.

use ecow::EcoString;

use super::super::Sources;
use super::super::value::{Entry, Map, Node, Scalar, Tag, Trace, Value};
use super::problem::{Problem, ProblemKind, Result};
use super::schema::{Schema, Type};

/// Merges a patch into an object; `None` when the patch deletes it.
pub(super) fn merge(
    object: Node,
    patch: &Node,
    schema: &Schema,
    sources: &Sources,
) -> Result<Option<Node>> {
    Merge { schema, sources }.walk(Some(object), Some(patch.clone()), None)
}

const DIRECTIVE: &str = "$patch";
const WAS: &str = "was here before";
const PATCHES: &str = "is merged into it";

#[derive(PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

struct Merge<'m> {
    schema: &'m Schema,
    sources: &'m Sources,
}

/// Whether a value counts as none.
fn is_missing(node: Option<&Node>) -> bool {
    node.is_none_or(Node::is_null)
}

impl<'m> Merge<'m> {
    fn walk(
        &self,
        dest: Option<Node>,
        patch: Option<Node>,
        ty: Option<Type<'m>>,
    ) -> Result<Option<Node>> {
        let ty = ty.or_else(|| {
            self.own_type(dest.as_ref())
                .or_else(|| self.own_type(patch.as_ref()))
        });
        let leading = if is_missing(dest.as_ref()) {
            patch.as_ref().filter(|node| !node.is_null())
        } else {
            dest.as_ref()
        };
        match leading.map(|node| &node.value) {
            None => Ok(match (dest, patch) {
                // `key: null` stays, a key without a value goes.
                (Some(dest), None) if dest.text().is_some_and(|text| !text.is_empty()) => {
                    Some(dest)
                }
                _ => None,
            }),
            Some(Value::Map(_)) => {
                same_kind(dest.as_ref(), patch.as_ref(), |node| {
                    node.as_map().is_some()
                })?;
                self.walk_map(dest, patch, ty)
            }
            Some(Value::List(_)) => {
                same_kind(dest.as_ref(), patch.as_ref(), |node| {
                    node.as_list().is_some()
                })?;
                let noted = dest.as_ref().and_then(|list| self.noted(list));
                let noted = noted.or_else(|| patch.as_ref().and_then(|list| self.noted(list)));
                if let Some((keys, ty)) = noted {
                    return self.walk_keyed_list(dest, patch, Some(ty), &keys);
                }
                match ty.and_then(Type::merge_keys) {
                    Some(keys) => self.walk_keyed_list(dest, patch, ty, &keys),
                    None => Ok(replaced(dest, patch)),
                }
            }
            Some(Value::Scalar(_)) => {
                same_kind(dest.as_ref(), patch.as_ref(), |node| {
                    node.as_scalar().is_some()
                })?;
                Ok(replaced(dest, patch))
            }
        }
    }

    /// The merge key that a comment before a list notes, as JSON.
    fn noted(&self, list: &Node) -> Option<(Vec<EcoString>, Type<'m>)> {
        let place = list.trace.place;
        let text = self.sources.text(place.source);
        let before = text.get(..place.span.start as usize)?.trim_end();
        let line = before.get(before.rfind('\n').map_or(0, |at| at + 1)..)?;
        let json = line.split_once("# ").map(|(_, comment)| comment)?;
        if !json.starts_with('{') || !json.contains("x-kubernetes-patch-merge-key") {
            return None;
        }
        let note: serde_json::Value = serde_json::from_str(json).ok()?;
        let get = |key: &str| note.get(key).and_then(serde_json::Value::as_str);
        if !get("x-kubernetes-patch-strategy")?
            .split(',')
            .any(|word| word == "merge")
        {
            return None;
        }
        let key = get("x-kubernetes-patch-merge-key")?;
        let items = note
            .pointer("/items/$ref")
            .and_then(serde_json::Value::as_str);
        let name = items.and_then(|items| items.rsplit('.').next());
        Some((vec![key.into()], Type::named(name.unwrap_or_default())))
    }

    /// The type of what says itself what it is.
    fn own_type(&self, node: Option<&Node>) -> Option<Type<'m>> {
        let node = node?;
        let api_version = node.get("apiVersion")?.text()?;
        self.schema.of(api_version, node.get("kind")?.text()?)
    }

    /// A part that only the patch has: nulls go, directives take effect. `is_top` where nothing
    /// stands in the object; further down the part is merged with itself.
    fn adopt(&self, mut node: Node, ty: Option<Type<'m>>, is_top: bool) -> Result<Option<Node>> {
        let ty = ty.or_else(|| self.own_type(Some(&node)));
        match &node.value {
            Value::Scalar(scalar) => return Ok((!scalar.is_null()).then_some(node)),
            Value::Map(_) => match take_map_directive(&mut node) {
                Ok(Directive::Delete) => return Ok(None),
                Err(problem) if !is_top => return Err(problem),
                _ => {}
            },
            Value::List(_) => {
                let Some(keys) = ty.and_then(Type::merge_keys) else {
                    return Ok(Some(node));
                };
                if !is_top && take_list_directive(&mut node)? == Directive::Delete {
                    return Ok(None);
                }
                let elements = ty.and_then(Type::elements);
                let Value::List(list) = node.value else {
                    return Ok(None);
                };
                let list = if keys.is_empty() {
                    union(list, Vec::new())
                } else {
                    super::merge_lists::merge(list.clone(), list, &keys, &mut |_, patch| {
                        patch.map_or(Ok(None), |patch| self.adopt(patch, elements, false))
                    })?
                };
                return Ok(Some(Node::new(Value::List(list), node.trace)));
            }
        }
        let Value::Map(map) = node.value else {
            return Ok(None);
        };
        let mut adopted = Map::default();
        for entry in map {
            let field = ty.and_then(|ty| ty.field(&entry.key.text));
            if let Some(value) = self.adopt(entry.value, field, false)? {
                adopted.push(entry.key, value);
            }
        }
        Ok(Some(Node::new(Value::Map(adopted), node.trace)))
    }

    fn walk_map(
        &self,
        dest: Option<Node>,
        patch: Option<Node>,
        ty: Option<Type<'m>>,
    ) -> Result<Option<Node>> {
        let mut patch = patch;
        let Some(mut dest) = dest.filter(|node| !node.is_null()) else {
            return patch.map_or(Ok(None), |patch| self.adopt(patch, ty, true));
        };
        if patch.as_ref().is_some_and(Node::is_null) {
            return Ok(None);
        }
        match patch.as_mut().map(take_map_directive).transpose()? {
            Some(Directive::Delete) => return Ok(None),
            Some(Directive::Replace) => {
                return patch.map_or(Ok(None), |patch| self.adopt(patch, ty, false));
            }
            _ => {}
        }
        if let Some(patch) = &patch
            && patch.trace.place != dest.trace.place
        {
            dest.trace = dest.trace.clone().with_trace(&patch.trace, PATCHES);
        }
        let parent = dest.trace.clone();
        let Value::Map(own) = std::mem::replace(&mut dest.value, Value::Map(Map::default())) else {
            return Ok(Some(dest));
        };
        let mut theirs: Vec<Option<Entry>> = match patch.map(|patch| patch.value) {
            Some(Value::Map(map)) => map.into_iter().map(Some).collect(),
            _ => Vec::new(),
        };
        let index: rustc_hash::FxHashMap<EcoString, usize> = theirs
            .iter()
            .flatten()
            .enumerate()
            .map(|(index, entry)| (entry.key.text.clone(), index))
            .collect();
        let mut merged = Map::default();
        for entry in own {
            let other = index
                .get(&entry.key.text)
                .and_then(|index| theirs.get_mut(*index))
                .and_then(Option::take);
            let field = ty.and_then(|ty| ty.field(&entry.key.text));
            let other = other.map(|other| other.value);
            if let Some(value) = self.walk(Some(entry.value), other, field)? {
                merged.push(entry.key, value);
            }
        }
        for entry in theirs.into_iter().flatten() {
            let field = ty.and_then(|ty| ty.field(&entry.key.text));
            if let Some(mut value) = self.walk(None, Some(entry.value), field)? {
                value.trace = value
                    .trace
                    .clone()
                    .with_trace(&parent, "is what it was added to");
                merged.push(entry.key, value);
            }
        }
        dest.value = Value::Map(merged);
        Ok(Some(dest))
    }

    fn walk_keyed_list(
        &self,
        dest: Option<Node>,
        patch: Option<Node>,
        ty: Option<Type<'m>>,
        keys: &[EcoString],
    ) -> Result<Option<Node>> {
        let mut patch = patch;
        let Some(mut dest) = dest.filter(|node| !node.is_null()) else {
            return patch.map_or(Ok(None), |patch| self.adopt(patch, ty, true));
        };
        if patch.as_ref().is_some_and(Node::is_null) {
            return Ok(None);
        }
        match patch.as_mut().map(take_list_directive).transpose()? {
            Some(Directive::Delete) => return Ok(None),
            Some(Directive::Replace) => {
                return patch.map_or(Ok(None), |patch| self.adopt(patch, ty, false));
            }
            _ => {}
        }
        let own = match std::mem::replace(&mut dest.value, Value::List(Vec::new())) {
            Value::List(list) => list,
            _ => Vec::new(),
        };
        let trace = dest.trace.clone();
        let theirs = match patch {
            Some(Node {
                value: Value::List(list),
                trace: other,
                ..
            }) => {
                dest.trace = dest.trace.with_trace(&other, PATCHES);
                list
            }
            _ => Vec::new(),
        };
        let elements = ty.and_then(Type::elements);
        let mut merged = if keys.is_empty() {
            union(own, theirs)
        } else if let [key] = keys
            && is_regular(&own, key)
            && is_regular(&theirs, key)
        {
            self.merge_by_key(own, theirs, key, elements)?
        } else {
            super::merge_lists::merge(own, theirs, keys, &mut |dest, patch| {
                self.walk(dest, patch, elements)
            })?
        };
        for item in &mut merged {
            if item.trace.place.source != trace.place.source || !within(item, &trace) {
                item.trace = item
                    .trace
                    .clone()
                    .with_trace(&trace, "is what it was added to");
            }
        }
        dest.value = Value::List(merged);
        Ok(Some(dest))
    }

    /// Lists whose elements all have the key, each another: the patch's elements first, in place
    /// of those that they are merged into.
    fn merge_by_key(
        &self,
        own: Vec<Node>,
        theirs: Vec<Node>,
        key: &str,
        ty: Option<Type<'m>>,
    ) -> Result<Vec<Node>> {
        let mut own: Vec<Option<Node>> = own.into_iter().map(Some).collect();
        let mut index = rustc_hash::FxHashMap::default();
        for (position, item) in own.iter().enumerate() {
            if let Some(text) = item
                .as_ref()
                .and_then(|item| item.get(key))
                .and_then(Node::text)
            {
                index.insert(text.clone(), position);
            }
        }
        let mut merged = Vec::with_capacity(own.len() + theirs.len());
        for item in theirs {
            let position = item
                .get(key)
                .and_then(Node::text)
                .and_then(|text| index.get(text));
            let slot = position.and_then(|position| own.get_mut(*position));
            let is_known = slot.is_some();
            let before = slot.and_then(Option::take);
            let replaces = is_known
                && item
                    .get(DIRECTIVE)
                    .and_then(Node::text)
                    .is_some_and(|text| text == "replace");
            if replaces && let Some(before) = before {
                // kustomize puts the element that was to be replaced over the one that replaces it.
                merged.push(before);
                continue;
            }
            let result = self.walk(before, Some(item), ty)?;
            merged.extend(result.filter(|node| !node.is_empty()));
        }
        for item in own.into_iter().flatten() {
            merged.extend(
                self.walk(Some(item), None, ty)?
                    .filter(|node| !node.is_empty()),
            );
        }
        Ok(merged)
    }
}

fn within(item: &Node, list: &Trace) -> bool {
    let (inner, outer) = (item.trace.place.span, list.place.span);
    inner.start >= outer.start && inner.end <= outer.end
}

/// The patch's value where there is one, written as the old one was.
fn replaced(dest: Option<Node>, patch: Option<Node>) -> Option<Node> {
    match (dest, patch) {
        (dest, None) => dest,
        (None, Some(patch)) => Some(patch).filter(|node| !node.is_null()),
        (Some(_), Some(patch)) if patch.is_null() => None,
        (Some(mut dest), Some(patch)) => {
            let was = dest.trace.clone();
            let mut trace = patch.trace.clone();
            if trace.place != was.place {
                trace = trace.with_trace(&was, WAS);
            }
            match patch.value {
                Value::Scalar(scalar) => dest.overwrite(scalar, trace),
                value => {
                    dest.value = value;
                    dest.trace = trace;
                }
            }
            Some(dest)
        }
    }
}

fn same_kind(
    dest: Option<&Node>,
    patch: Option<&Node>,
    fits: impl Fn(&Node) -> bool,
) -> Result<()> {
    for node in [dest, patch].into_iter().flatten() {
        if !node.is_null() && !fits(node) {
            let place = patch.or(dest).map(|node| node.trace.place);
            let (Some(own), Some(theirs)) = (dest, patch) else {
                return Ok(());
            };
            return Err(Problem::new(
                ProblemKind::PatchFails,
                place,
                format!(
                    "the patch has {} where the object has {}",
                    theirs.type_name(),
                    own.type_name()
                ),
            )
            .near(super::super::RelatedOrigin {
                place: own.trace.place,
                what: own.trace.what,
                note: "is what the object has",
            }));
        }
    }
    Ok(())
}

fn directive(node: &Node) -> Result<Directive> {
    match node.text().map(EcoString::as_str) {
        Some("delete") => Ok(Directive::Delete),
        Some("replace") => Ok(Directive::Replace),
        Some("merge") => Ok(Directive::Merge),
        other => Err(Problem::new(
            ProblemKind::PatchFails,
            node.trace.place,
            format!("`{}` is no directive of a patch", other.unwrap_or_default()),
        )
        .help("the directives are `delete`, `merge` and `replace`")),
    }
}

/// Takes the directive out of a mapping of the patch.
fn take_map_directive(patch: &mut Node) -> Result<Directive> {
    let Some(map) = patch.as_map_mut() else {
        return Ok(Directive::Merge);
    };
    let Some(found) = map.get(DIRECTIVE) else {
        return Ok(Directive::Merge);
    };
    let directive = directive(found)?;
    map.remove(DIRECTIVE);
    Ok(directive)
}

/// Takes an element that is nothing but a directive out of a list of the patch.
fn take_list_directive(patch: &mut Node) -> Result<Directive> {
    let Value::List(list) = &mut patch.value else {
        return Ok(Directive::Merge);
    };
    let first = list.iter().find_map(|item| {
        let map = item.as_map()?;
        Some((map.get(DIRECTIVE)?, map.len()))
    });
    let Some((node, 1)) = first else {
        return Ok(Directive::Merge);
    };
    let directive = directive(node)?;
    let word = node.text().cloned().unwrap_or_default();
    list.retain(|item| {
        !item.is_empty()
            && item
                .get(DIRECTIVE)
                .and_then(Node::text)
                .is_none_or(|text| *text != word)
    });
    Ok(directive)
}

/// Whether all elements have the key, each another text.
fn is_regular(list: &[Node], key: &str) -> bool {
    let mut seen = rustc_hash::FxHashSet::default();
    list.iter().all(|item| {
        item.get(key)
            .and_then(Node::as_scalar)
            .is_some_and(|scalar: &Scalar| {
                scalar.tag != Tag::Null && !scalar.text.is_empty() && seen.insert(&scalar.text)
            })
    })
}

/// Scalars of both lists, the patch's first.
fn union(own: Vec<Node>, theirs: Vec<Node>) -> Vec<Node> {
    let mut seen = rustc_hash::FxHashSet::default();
    let all = theirs.into_iter().chain(own);
    all.filter(|item| !item.is_null() && seen.insert(item.text().cloned()))
        .collect()
}
