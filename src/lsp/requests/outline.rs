//! The way to a position in a document that is being written, by indentation alone: what is torn has
//! no tree.

use crate::yaml::{FieldPath, Step};

/// Where in a document something is being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Outline {
    /// The way to the mapping whose key, or to the value, that is being written. Items are all
    /// counted as the first.
    pub(super) path: FieldPath,
    /// Whether a value is being written, and not a key.
    pub(super) is_value: bool,
    /// What stands there already, before the position.
    pub(super) prefix: String,
    /// The keys that stand beside it.
    pub(super) siblings: Vec<(String, String)>,
    /// `apiVersion`, `kind` and `metadata.namespace` of the object.
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) namespace: String,
    /// `spec.host`, for kinds that have one.
    pub(super) host: String,
}

/// A part of a line: a dash or a key, with its column.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Dash(usize),
    Key(usize, String, String),
}

impl Token {
    fn column(&self) -> usize {
        match self {
            Self::Dash(column) | Self::Key(column, ..) => *column,
        }
    }
}

/// The outline at a byte of a text.
pub(super) fn at(text: &str, offset: usize) -> Option<Outline> {
    let (start, document) = document(text, offset);
    let here = offset.checked_sub(start)?;
    let before = document.get(..here)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.get(line_start..)?;
    let above = document.get(..line_start)?;
    let rest = document.get(here..)?;
    let below = rest.find('\n').and_then(|at| rest.get(at + 1..));
    let lines: Vec<Vec<Token>> = above.lines().map(tokens).collect();
    let mut outline = identity(document);
    let (own, tail) = split(line);
    let mut steps: Vec<Step> = Vec::new();
    let mut column = own.last().map_or(0, Token::column);
    let mut flow = Vec::new();
    match own.last() {
        // `key: ` and what follows.
        Some(Token::Key(_, key, value)) => {
            outline.is_value = true;
            flow = flow_steps(value, &mut outline);
            steps.push(key.as_str().into());
        }
        // `- ` and the beginning of a value or a key.
        Some(Token::Dash(_)) => {
            tail.trim_start().clone_into(&mut outline.prefix);
            column += 1 + tail.len() - tail.trim_start().len();
        }
        None => {
            line.trim_start().clone_into(&mut outline.prefix);
            column = line.len() - outline.prefix.len();
        }
    }
    let ends_in_key = outline.is_value;
    let mut level = Level {
        column,
        // A list may stand as far to the left as the key that it belongs to.
        takes_equal: false,
        is_outer: false,
    };
    let mut siblings: Vec<(String, String)> = Vec::new();
    let on_line = own.iter().rev().skip(usize::from(ends_in_key)).cloned();
    let on_lines = lines
        .iter()
        .rev()
        .flat_map(|line| line.iter().rev().cloned());
    for token in on_line.chain(on_lines) {
        level.climb(token, &mut steps, &mut siblings);
    }
    let after = below.into_iter().flat_map(str::lines).map(tokens);
    following(column, after, &mut siblings);
    steps.reverse();
    outline.path = steps.into_iter().chain(flow).collect();
    // Within brackets others stand beside.
    if outline.siblings.is_empty() {
        outline.siblings = siblings;
    }
    Some(outline)
}

/// How far the way upwards has come.
struct Level {
    column: usize,
    takes_equal: bool,
    is_outer: bool,
}

impl Level {
    /// Takes the token before.
    fn climb(&mut self, token: Token, steps: &mut Vec<Step>, siblings: &mut Vec<(String, String)>) {
        match token {
            Token::Key(at, key, value) => {
                if at < self.column || (at == self.column && self.takes_equal) {
                    steps.push(key.as_str().into());
                    self.column = at;
                    self.takes_equal = false;
                    self.is_outer = true;
                } else if at == self.column && !self.is_outer {
                    siblings.push((key, value));
                }
            }
            Token::Dash(at) if at < self.column => {
                steps.push(Step::Item(0));
                self.column = at;
                self.takes_equal = true;
                self.is_outer = true;
            }
            Token::Dash(_) => {}
        }
    }
}

/// Adds the keys of the same mapping that follow.
fn following(
    column: usize,
    lines: impl Iterator<Item = Vec<Token>>,
    siblings: &mut Vec<(String, String)>,
) {
    for line in lines {
        match line.into_iter().next() {
            Some(Token::Key(at, key, value)) if at == column => siblings.push((key, value)),
            Some(token) if token.column() < column => return,
            Some(Token::Dash(at)) if at == column => return,
            _ => {}
        }
    }
}

/// The document around a byte, and where it begins.
fn document(text: &str, offset: usize) -> (usize, &str) {
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        if is_marker(line) {
            if at > offset || (at == offset && at > 0) {
                return (start, text.get(start..at).unwrap_or_default());
            }
            start = next.min(text.len());
            if start > offset {
                // The position is on the marker itself.
                start = at;
            }
        }
        at = next;
    }
    (start, text.get(start..).unwrap_or_default())
}

fn is_marker(line: &str) -> bool {
    let rest = line.strip_prefix("---");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Who the object is, by the lines at its top.
fn identity(document: &str) -> Outline {
    let mut outline = Outline::default();
    let mut top = String::new();
    for line in document.lines() {
        for token in tokens(line) {
            let Token::Key(column, key, value) = token else {
                continue;
            };
            let value = unquoted(&value);
            match (column, key.as_str()) {
                (0, "apiVersion") => outline.api_version = value,
                (0, "kind") => outline.kind = value,
                (0, "metadata") => {
                    if let Some(namespace) = in_flow(&value, "namespace") {
                        outline.namespace = namespace;
                    }
                    top = key;
                }
                (0, _) => top = key,
                (_, "namespace") if top == "metadata" => outline.namespace = value,
                (_, "host") if top == "spec" && outline.host.is_empty() => outline.host = value,
                _ => {}
            }
        }
    }
    outline
}

/// The value of a key in a flow mapping of scalars.
fn in_flow(text: &str, key: &str) -> Option<String> {
    let text = text.trim().strip_prefix('{')?;
    let text = text.strip_suffix('}').unwrap_or(text);
    let mut entries = text.split(',').filter_map(|entry| entry.split_once(':'));
    let (_, value) = entries.find(|(own, _)| own.trim() == key)?;
    Some(unquoted(value))
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let quotes: &[char] = &['"', '\''];
    text.trim_matches(quotes).to_owned()
}

/// The dashes and keys of a line.
fn tokens(line: &str) -> Vec<Token> {
    split(line).0
}

/// The dashes and the key of a line, and what follows.
fn split(line: &str) -> (Vec<Token>, &str) {
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    let column = |rest: &str| line.len() - rest.len();
    while let Some(after) = rest.strip_prefix('-') {
        if !after.is_empty() && !after.starts_with(' ') {
            break;
        }
        tokens.push(Token::Dash(column(rest)));
        let inner = after.trim_start();
        if inner.is_empty() {
            return (tokens, after);
        }
        rest = inner;
    }
    if rest.starts_with('#') {
        return (tokens, "");
    }
    if let Some((key, value)) = key_of(rest) {
        tokens.push(Token::Key(column(rest), key, value.to_owned()));
        return (tokens, "");
    }
    (tokens, rest)
}

/// The key that a text begins with, and what follows its colon.
fn key_of(text: &str) -> Option<(String, &str)> {
    let (key, value) = match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let (key, rest) = text.get(1..)?.split_once(quote)?;
            (key, rest.trim_start().strip_prefix(':')?)
        }
        '{' | '[' | '&' | '*' | '|' | '>' => return None,
        _ => {
            let at = text
                .match_indices(':')
                .map(|(at, _)| at)
                .find(|at| text.get(at + 1..).is_some_and(ends_key))?;
            (text.get(..at)?, text.get(at + 1..)?)
        }
    };
    let value = value.split(" #").next().unwrap_or_default();
    Some((key.trim_end().to_owned(), value))
}

/// Whether a colon before this text ends a key.
fn ends_key(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(' ')
}

/// The way into a flow collection that is still open at the end of a value; sets what is being
/// written there.
fn flow_steps(value: &str, outline: &mut Outline) -> Vec<Step> {
    let mut stack: Vec<Option<String>> = Vec::new();
    let mut is_list: Vec<bool> = Vec::new();
    let mut word = String::new();
    let mut keys: Vec<(String, String)> = Vec::new();
    let trimmed = value.trim_start();
    if !trimmed.starts_with(['[', '{']) {
        trimmed.clone_into(&mut outline.prefix);
        return Vec::new();
    }
    for character in trimmed.chars() {
        match character {
            '[' | '{' => {
                stack.push(None);
                is_list.push(character == '[');
                word.clear();
            }
            ']' | '}' => {
                stack.pop();
                is_list.pop();
                word.clear();
            }
            ',' => {
                if let Some(Some(key)) = stack.last_mut().map(Option::take) {
                    keys.push((key, word.trim().to_owned()));
                }
                word.clear();
            }
            ':' if is_list.last() == Some(&false) => {
                if let Some(key) = stack.last_mut() {
                    *key = Some(unquoted(&word));
                }
                word.clear();
            }
            other => word.push(other),
        }
    }
    word.trim_start().clone_into(&mut outline.prefix);
    outline.is_value = match (stack.last(), is_list.last()) {
        (Some(key), Some(false)) => key.is_some(),
        _ => true,
    };
    outline.siblings = keys;
    let steps = stack.into_iter().zip(is_list);
    steps
        .filter_map(|(key, is_list)| match (key, is_list) {
            (_, true) => Some(Step::Item(0)),
            (Some(key), false) => Some(key.as_str().into()),
            (None, false) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HEAD: &str = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: c\n  namespace: shop\nspec:\n";

    /// The way, whether a value is written, and what of it stands there.
    fn outline(body: &str) -> (String, bool, String, Vec<String>) {
        let text = format!("a: 1\n---\n{HEAD}{body}");
        let at = text.find('|').unwrap();
        let outline = at_of(&text.replacen('|', "", 1), at);
        assert_eq!(
            (&*outline.kind, &*outline.namespace),
            ("VirtualService", "shop")
        );
        let siblings = outline.siblings.into_iter().map(|(key, _)| key).collect();
        (
            outline.path.to_string(),
            outline.is_value,
            outline.prefix,
            siblings,
        )
    }

    fn at_of(text: &str, offset: usize) -> Outline {
        at(text, offset).unwrap()
    }

    fn case(body: &str, path: &str, is_value: bool, prefix: &str, siblings: &[&str]) {
        let siblings = siblings.iter().map(|&key| key.to_owned()).collect();
        assert_eq!(
            outline(body),
            (path.to_owned(), is_value, prefix.to_owned(), siblings),
            "{body}"
        );
    }

    #[test]
    fn the_way_is_told_by_indentation() {
        let route = "  http:\n    - route:\n        - destination:\n            ";
        let way = "spec/http[0]/route[0]/destination";
        case(
            &format!("{route}host: |"),
            &format!("{way}/host"),
            true,
            "",
            &[],
        );
        case(
            &format!("{route}host: ca|rt"),
            &format!("{way}/host"),
            true,
            "ca",
            &[],
        );
        case(
            &format!("{route}host: cart\n            |"),
            way,
            false,
            "",
            &["host"],
        );
        case(
            &format!("{route}|\n            host: cart"),
            way,
            false,
            "",
            &["host"],
        );
        case("  ho|", "spec", false, "ho", &[]);
        case("  hosts:\n  - ca|", "spec/hosts[0]", false, "ca", &[]);
        case("  hosts:\n  - a\n  |", "spec", false, "", &["hosts"]);
    }

    #[test]
    fn open_brackets_are_followed() {
        case("  gateways: [|", "spec/gateways[0]", true, "", &[]);
        case("  gateways: [a, b|", "spec/gateways[0]", true, "b", &[]);
        case("  x: {a: 1, b: [{c: |", "spec/x/b[0]/c", true, "", &["a"]);
        case("  x: {a: 1, |", "spec/x", false, "", &["a"]);
    }

    #[test]
    fn documents_are_apart() {
        let text = "kind: A\n---\nkind: B\n---\nkind: C\n";
        for (needle, kind) in [("A", "A"), ("B", "B"), ("C", "C")] {
            let offset = text.find(needle).unwrap();
            assert_eq!(at_of(text, offset).kind, kind);
        }
    }
}
