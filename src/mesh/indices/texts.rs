//! Sorted lists of texts, for patterns with a star at either end. Made when first asked for: few
//! inputs hold such patterns.

use std::sync::OnceLock;

/// Texts that can be found by how they begin and by how they end.
#[derive(Debug, Default)]
pub struct Texts {
    sorted: Vec<String>,
    /// Each text back to front, sorted.
    reversed: OnceLock<Vec<String>>,
}

impl Texts {
    /// A list of these texts.
    pub fn new(mut texts: Vec<String>) -> Self {
        texts.sort_unstable();
        texts.dedup();
        Self {
            sorted: texts,
            reversed: OnceLock::new(),
        }
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Whether this very text is among them.
    pub fn has(&self, text: &str) -> bool {
        self.sorted
            .binary_search_by(|own| own.as_str().cmp(text))
            .is_ok()
    }

    /// Whether a text begins with `prefix`.
    pub fn has_prefix(&self, prefix: &str) -> bool {
        beginning(&self.sorted, prefix).next().is_some()
    }

    /// Whether a text ends with `suffix`.
    pub fn has_suffix(&self, suffix: &str) -> bool {
        beginning(self.reversed(), &back_to_front(suffix))
            .next()
            .is_some()
    }

    /// The first text, in no particular order, that `pattern` covers; each of its stars stands for
    /// any text.
    pub fn covered(&self, pattern: &str) -> Option<String> {
        let mut pieces = pattern.split('*');
        let prefix = pieces.next().unwrap_or_default();
        let suffix = pieces.next_back().unwrap_or_default();
        if !prefix.is_empty() || suffix.is_empty() {
            let mut texts = beginning(&self.sorted, prefix);
            return texts.find(|text| covers(pattern, text)).map(Into::into);
        }
        let reversed = back_to_front(pattern);
        let suffix = back_to_front(suffix);
        let mut texts = beginning(self.reversed(), &suffix);
        texts
            .find(|text| covers(&reversed, text))
            .map(back_to_front)
    }

    fn reversed(&self) -> &[String] {
        self.reversed.get_or_init(|| {
            let mut reversed: Vec<String> =
                self.sorted.iter().map(|text| back_to_front(text)).collect();
            reversed.sort_unstable();
            reversed
        })
    }
}

fn beginning<'a>(sorted: &'a [String], prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let from = sorted.partition_point(|text| text.as_str() < prefix);
    let rest = sorted.get(from..).unwrap_or_default();
    rest.iter()
        .map(String::as_str)
        .take_while(move |text| text.starts_with(prefix))
}

fn back_to_front(text: &str) -> String {
    text.chars().rev().collect()
}

/// Whether `pattern`, in which each star stands for any text, covers the whole of `text`.
fn covers(pattern: &str, text: &str) -> bool {
    let Some((prefix, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(prefix) else {
        return false;
    };
    let Some((middle, suffix)) = rest.rsplit_once('*') else {
        return text.ends_with(rest);
    };
    let Some(mut text) = text.strip_suffix(suffix) else {
        return false;
    };
    for piece in middle.split('*') {
        match text.split_once(piece) {
            Some((_, tail)) => text = tail,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// The definition.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), None) => naive(rest, text),
            (Some((b'*', rest)), Some((_, tail))) => naive(rest, text) || naive(pattern, tail),
            (Some((p, rest)), Some((t, tail))) => p == t && naive(rest, tail),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn covers_agrees_with_the_definition(pattern in "[ab*]{0,6}", text in "[ab]{0,6}") {
            prop_assert_eq!(covers(&pattern, &text), naive(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn look_up_agrees_with_a_scan(
            texts in proptest::collection::vec("[ab]{0,4}", 0..8),
            pattern in "[ab*]{0,5}",
        ) {
            let list = Texts::new(texts.clone());
            let found = list.covered(&pattern);
            prop_assert_eq!(found.is_some(), texts.iter().any(|text| covers(&pattern, text)));
            prop_assert!(found.is_none_or(|found| covers(&pattern, &found)));
            let expected = texts.iter().any(|text| text.ends_with(&pattern));
            prop_assert_eq!(list.has_suffix(&pattern), expected);
        }
    }
}
