//! Comments that speak to meshlint, and what they speak of: the YAML node that begins on their line
//! or below them.

use std::ops::Range;

use crate::yaml::{Node, Span, Style, Tree, Value};

/// What a comment begins with that speaks to meshlint.
pub const ADDRESS: &str = "meshlint:";

/// A comment that speaks to meshlint: one that holds [`ADDRESS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands in the source.
    pub span: Span,
    /// The comment, `#` included.
    pub text: Box<str>,
    /// The node that it speaks of: a key with its value, an item of a list, a document.
    pub covers: Option<Span>,
    /// Whether nothing but comments stands before it in the source.
    pub is_head: bool,
}

/// The comments of a text that is no manifest: a file of values, a kustomization, a template. Where
/// the text is no YAML, what a comment speaks of is told by indentation.
pub fn comments_of(text: &str) -> Vec<Comment> {
    if !text.contains(ADDRESS) {
        return Vec::new();
    }
    let tree = Tree::parse(text);
    if tree
        .documents()
        .iter()
        .all(|document| document.error.is_none())
    {
        return of_tree(&tree);
    }
    of_lines(text)
}

/// The comments of a tree.
pub(super) fn of_tree(tree: &Tree<'_>) -> Vec<Comment> {
    let text = tree.text();
    let spans: Vec<Span> = tree
        .comments()
        .iter()
        .copied()
        .filter(|span| span.text(text).contains(ADDRESS))
        .collect();
    if spans.is_empty() {
        return Vec::new();
    }
    let mut targets: Vec<Target> = targets(text, &spans);
    for document in tree.documents() {
        if let Some(root) = tree.root(document) {
            cover(root, document.span, &mut targets);
        }
    }
    let head = head_end(text);
    spans
        .into_iter()
        .zip(targets)
        .map(|(span, target)| Comment {
            span,
            text: span.text(text).into(),
            covers: target.covers,
            is_head: (span.start as usize) < head,
        })
        .collect()
}

/// The line whose node a comment speaks of.
struct Target {
    line: Range<u32>,
    /// Whether the comment stands on a line of its own, above the node.
    is_above: bool,
    covers: Option<Span>,
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Where the first line begins that holds more than white space, a comment, or the marker of a
/// document.
fn head_end(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() && !content.starts_with('#') && content != "---" {
            return at;
        }
        at += line.len();
    }
    text.len()
}

/// The lines that comments speak of, in the order of the comments.
fn targets(text: &str, comments: &[Span]) -> Vec<Target> {
    let head = head_end(text);
    let mut targets: Vec<Target> = Vec::with_capacity(comments.len());
    // From the last on: comments below each other speak of the same line.
    let mut below: Option<(usize, Range<u32>)> = None;
    for span in comments.iter().rev() {
        let at = span.start as usize;
        let before = text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let indent = before.get(start..).unwrap_or_default().trim();
        let is_above = indent.bytes().all(|byte| byte == b'-');
        let line = if is_above {
            let next = below.as_ref();
            next_line(text, span.end as usize, head, next)
        } else {
            number(start)..span.start
        };
        if is_above {
            below = Some((start, line.clone()));
        }
        targets.push(Target {
            line,
            is_above,
            covers: None,
        });
    }
    targets.reverse();
    targets
}

/// The next line behind `from` that holds more than white space and a comment; empty where a
/// document ends before. `below` is a comment on a line of its own further down, and its line.
fn next_line(
    text: &str,
    from: usize,
    head: usize,
    below: Option<&(usize, Range<u32>)>,
) -> Range<u32> {
    let rest = text.get(from..).unwrap_or_default();
    let mut at = from + rest.find('\n').map_or(rest.len(), |at| at + 1);
    for line in text.get(at..).unwrap_or_default().split_inclusive('\n') {
        if let Some((_, line)) = below.filter(|(start, _)| *start == at) {
            return line.clone();
        }
        let content = line.trim();
        let is_marker = line.starts_with("---") || line.starts_with("...");
        if is_marker && at >= head {
            return number(at)..number(at);
        }
        let is_passed = content.is_empty() || content.starts_with('#') || is_marker && at < head;
        if !is_passed {
            return number(at)..number(at + line.len());
        }
        at += line.len();
    }
    number(at)..number(at)
}

/// Gives the lines of a document their nodes.
fn cover(root: Node<'_>, document: Span, targets: &mut [Target]) {
    let start = root.span().start;
    let is_flow = root.style() == Style::Flow;
    for target in targets.iter_mut() {
        if target.line.contains(&start) && (target.is_above || is_flow) {
            target.covers = Some(document);
        }
    }
    let mut order: Vec<usize> = (0..targets.len()).collect();
    order.sort_by_key(|index| targets.get(*index).map(|target| target.line.start));
    let mut walk = Walk {
        targets,
        order,
        next: 0,
    };
    walk.below(root);
}

/// A walk over nodes in the order of the text, with the lines that wait for theirs.
struct Walk<'t> {
    targets: &'t mut [Target],
    order: Vec<usize>,
    next: usize,
}

impl Walk<'_> {
    fn below(&mut self, node: Node<'_>) {
        if node.is_alias() || self.next >= self.order.len() {
            return;
        }
        match node.value() {
            Value::Mapping => {
                for (key, value) in node.raw_entries() {
                    self.visit(Span {
                        start: key.span().start,
                        end: value.span().end.max(key.span().end),
                    });
                    self.below(value);
                }
            }
            Value::Sequence => {
                for item in node.items() {
                    self.visit(item.span());
                    self.below(item);
                }
            }
            Value::Scalar(_) => {}
        }
    }

    /// Gives a node to the lines that it begins on, unless they have one that begins before it.
    fn visit(&mut self, node: Span) {
        while let Some(target) = self
            .order
            .get(self.next)
            .and_then(|index| self.targets.get_mut(*index))
        {
            if target.line.end <= node.start {
                self.next += 1;
            } else if target.line.contains(&node.start) {
                target.covers.get_or_insert(node);
                self.next += 1;
            } else {
                return;
            }
        }
    }
}

/// The comments of a text that is no YAML. A comment at the end of a line speaks of the line, one
/// above others of the next line and what is indented below it.
fn of_lines(text: &str) -> Vec<Comment> {
    let head = head_end(text);
    let mut comments = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some(address) = line.find(ADDRESS) else {
            continue;
        };
        let Some(hash) = line.get(..address).and_then(|before| before.find('#')) else {
            continue;
        };
        let comment = line.get(hash..).unwrap_or_default().trim_end();
        let is_above = line
            .get(..hash)
            .is_some_and(|before| before.trim().is_empty());
        let covers = if is_above {
            indented(text, at)
        } else {
            Some(start..at)
        };
        comments.push(Comment {
            span: Span {
                start: number(start + hash),
                end: number(start + hash + comment.len()),
            },
            text: comment.into(),
            covers: covers.map(|lines| Span {
                start: number(lines.start),
                end: number(lines.end),
            }),
            is_head: start < head,
        });
    }
    comments
}

/// The next line at or behind `from` that holds more than white space and a comment, with the lines
/// that are indented below it.
fn indented(text: &str, from: usize) -> Option<Range<usize>> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found: Option<(Range<usize>, usize)> = None;
    let mut at = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match &mut found {
            None => found = Some((start..at, indent(line))),
            Some((lines, own)) if indent(line) > *own => lines.end = at,
            Some(_) => break,
        }
    }
    found.map(|(lines, _)| lines)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// What the only comment of a text covers.
    fn covered(text: &str) -> String {
        let comments = comments_of(text);
        assert_eq!(comments.len(), 1, "{comments:?}");
        let covers = comments.first().unwrap().covers;
        covers.map_or_else(|| "nothing".to_owned(), |span| span.text(text).to_owned())
    }

    #[test]
    fn a_comment_speaks_of_the_node_on_its_line() {
        assert_eq!(covered("a:\n  b: 1 # meshlint: x\n  c: 2\n"), "b: 1");
        assert_eq!(
            covered("a:\n- b: 1 # meshlint: x\n  c: 2\n- d\n"),
            "b: 1 # meshlint: x\n  c: 2"
        );
        assert_eq!(
            covered("a: # meshlint: x\n  b: 1\nc: 2\n"),
            "a: # meshlint: x\n  b: 1"
        );
        assert_eq!(covered("a: [1,\n  2, 3] # meshlint: x\n"), "2");
        assert_eq!(covered("a: 1\nb: {c: 2} # meshlint: x\n"), "b: {c: 2}");
    }

    #[test]
    fn a_comment_above_speaks_of_the_next_node() {
        assert_eq!(
            covered("a: 1\n# meshlint: x\n\n# more\nb:\n- c\n"),
            "b:\n- c"
        );
        assert_eq!(
            covered("a:\n  # meshlint: x\n  - b: 1\n    c: 2\n  - d\n"),
            "b: 1\n    c: 2"
        );
        assert_eq!(covered("a:\n- # meshlint: x\n  b: 1\n- d\n"), "b: 1");
        assert_eq!(covered("a: 1\r\n# meshlint: x\r\nb: 2\r\n"), "b: 2");
    }

    #[test]
    fn above_the_first_key_a_comment_speaks_of_the_document() {
        assert_eq!(
            covered("---\n# meshlint: x\na: 1\nb: 2\n---\nc: 3\n").trim(),
            "---\n# meshlint: x\na: 1\nb: 2"
        );
        assert!(covered("# meshlint: x\n---\na: 1\n").contains("a: 1"));
        assert_eq!(covered("a: 1\n# meshlint: x\n---\nb: 2\n"), "nothing");
        assert_eq!(covered("a: 1 # meshlint: x\nb: 2\n"), "a: 1");
    }

    #[test]
    fn text_is_no_comment() {
        assert_eq!(
            comments_of("a: \"# meshlint: x\"\nb: |\n  # meshlint: x\n"),
            []
        );
    }

    #[test]
    fn in_templates_indentation_tells() {
        let text = "{{ if .x }}\na:\n  # meshlint: x\n  b:\n    c: {{ .y }}\n  d: {{ .z }} # z\n{{ end }}\n";
        assert_eq!(covered(text), "  b:\n    c: {{ .y }}\n");
    }
}
