//! Did-you-mean: which of some names a misspelt one was probably meant to be.
//!
//! One policy holds everywhere: at most a third of the letters of the shorter name may differ, but
//! one always may. Where a text is compared with the only one that can be meant, not with whatever
//! happens to be there, two letters are a slip ([`is_slip`]).

/// Beyond so many names nobody looks for the nearest: the search compares with each of them.
const MOST_COMPARED: usize = 1000;

/// What a misspelt name was probably meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Near<T> {
    /// The thing of that name.
    pub(crate) what: T,
    /// How many other names are as near.
    pub(crate) ties: usize,
    /// How many other names are near, as near or less.
    pub(crate) others: usize,
}

/// The thing whose name is spelled most like `name`, the first of equals; `None` if none is near,
/// or if there are too many to look at.
pub(crate) fn nearest<T>(
    name: &str,
    things: impl IntoIterator<Item = T>,
    name_of: impl Fn(&T) -> &str,
) -> Option<Near<T>> {
    search(things, |thing| {
        let own = name_of(thing);
        if differ_in_digits(name, own) {
            return None;
        }
        distance_within(name, own, limit(name, own))
    })
}

/// The word most like `text`, where letter case, underscores and dashes count for nothing.
pub(crate) fn nearest_word<'w>(
    text: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<Near<&'w str>> {
    let wanted = folded(text);
    search(words, |word| {
        let limit = limit(text, word);
        let length = word.bytes().filter(|b| !matches!(b, b'_' | b'-')).count();
        if word.is_ascii() && wanted.is_ascii() && length.abs_diff(wanted.len()) > limit {
            return None;
        }
        if differ_in_digits(text, word) {
            return None;
        }
        distance_within(&wanted, &folded(word), limit)
    })
}

/// Whether a text is `meant` with a slip of the pen.
pub(crate) fn is_slip(text: &str, meant: &str) -> bool {
    distance_within(text, meant, 2).is_some()
}

/// Whether two texts differ by one letter, or not at all.
pub(crate) fn is_one_off(a: &str, b: &str) -> bool {
    distance_within(a, b, 1).is_some()
}

/// How alike two words are, from 0 to 1: for choosing the likest of several that need not be near.
pub(crate) fn likeness(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b)
}

/// How many letters may differ.
fn limit(a: &str, b: &str) -> usize {
    1.max(a.len().min(b.len()) / 3)
}

fn folded(text: &str) -> String {
    text.to_lowercase().replace(['_', '-'], "")
}

fn search<T>(
    things: impl IntoIterator<Item = T>,
    distance: impl Fn(&T) -> Option<usize>,
) -> Option<Near<T>> {
    let mut best: Option<(usize, Near<T>)> = None;
    let things = things.into_iter();
    if things.size_hint().0 > MOST_COMPARED {
        return None;
    }
    for (count, thing) in things.enumerate() {
        if count == MOST_COMPARED {
            return None;
        }
        let Some(own) = distance(&thing) else {
            continue;
        };
        let (ties, others) = match &mut best {
            Some((least, near)) if *least <= own => {
                near.others += 1;
                near.ties += usize::from(*least == own);
                continue;
            }
            Some((_, near)) => (0, near.others + 1),
            None => (0, 0),
        };
        let near = Near {
            what: thing,
            ties,
            others,
        };
        best = Some((own, near));
    }
    best.map(|(_, near)| near)
}

/// The edit distance of two names, if it is at most `limit`. Names that are far from each other,
/// as most are, are told apart by their letters alone.
fn distance_within(a: &str, b: &str, limit: usize) -> Option<usize> {
    if letters_differ(a, b) > limit {
        return None;
    }
    let (a, b) = without_common_ends(a, b);
    Some(strsim::damerau_levenshtein(a, b)).filter(|distance| *distance <= limit)
}

/// Whether two names differ in digits alone, as `v1` and `v3` do: neither is a slip of the pen for
/// the other. A key that was pressed twice is one, `v11` for `v1`.
fn differ_in_digits(name: &str, meant: &str) -> bool {
    let letters = |text: &str| -> String { text.chars().filter(|c| !c.is_ascii_digit()).collect() };
    name != meant && letters(name) == letters(meant) && !has_key_twice(name, meant)
}

/// Whether `name` is `meant` with one of its characters twice in a row.
fn has_key_twice(name: &str, meant: &str) -> bool {
    let mut pairs = name.char_indices().zip(name.chars().skip(1));
    pairs.any(|((at, first), second)| {
        first == second && {
            let (before, rest) = name.split_at(at);
            let rest = rest.strip_prefix(first).unwrap_or(rest);
            meant.strip_prefix(before) == Some(rest)
        }
    })
}

/// The parts of two names that differ: what both begin and end with adds nothing to the distance,
/// and is most of names that are near.
fn without_common_ends<'n>(a: &'n str, b: &'n str) -> (&'n str, &'n str) {
    let pairs = a.chars().zip(b.chars());
    let begin: usize = pairs
        .take_while(|(a, b)| a == b)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let (a, b) = (
        a.get(begin..).unwrap_or_default(),
        b.get(begin..).unwrap_or_default(),
    );
    let pairs = a.chars().rev().zip(b.chars().rev());
    let end: usize = pairs
        .take_while(|(a, b)| a == b)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let cut = |text: &'n str| text.get(..text.len() - end).unwrap_or_default();
    (cut(a), cut(b))
}

/// A lower bound of the edit distance in bytes: the bytes of one name that the other lacks. An
/// exchanged character beyond ASCII counts once however many bytes it has, so such names are never
/// told apart here.
fn letters_differ(a: &str, b: &str) -> usize {
    if !a.is_ascii() || !b.is_ascii() {
        return 0;
    }
    let mut counts = [0_i32; 128];
    let mut add = |text: &str, step: i32| {
        for byte in text.bytes() {
            if let Some(count) = counts.get_mut(usize::from(byte)) {
                *count += step;
            }
        }
    };
    add(a, 1);
    add(b, -1);
    let sum = |sign: i32| counts.iter().map(|c| (c * sign).max(0)).sum::<i32>();
    usize::try_from(sum(1).max(sum(-1))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_of_the_nearest_is_told_with_what_else_is_near() {
        let near = |name, names: &[&'static str]| nearest(name, names.to_vec(), |own| *own);
        let found = |what, ties, others| Some(Near { what, ties, others });
        assert_eq!(near("carts", &["web", "cart"]), found("cart", 0, 0));
        assert_eq!(near("carts", &["carty", "cart"]), found("carty", 1, 1));
        assert_eq!(
            near("reviews-v2x", &["reviews-v1", "reviews-v2"]),
            found("reviews-v2", 0, 1)
        );
        assert_eq!(near("payments", &["cart"]), None);
        assert_eq!(near("v3", &["v1"]), None);
        assert_eq!(near("v11", &["v1"]), found("v1", 0, 0));
        assert_eq!(near("v1", &["v11"]), None);
        assert_eq!(near("carts", &["cart"; MOST_COMPARED + 1]), None);
    }

    #[test]
    fn words_are_compared_without_case_and_separators() {
        let word = |text, words: &[&'static str]| {
            nearest_word(text, words.iter().copied()).map(|near| near.what)
        };
        assert_eq!(word("HOST_NAME", &["hostname", "host"]), Some("hostname"));
        assert_eq!(word("strct", &["DISABLE", "STRICT"]), Some("STRICT"));
        assert_eq!(word("x", &["DISABLE"]), None);
    }

    proptest! {
        #[test]
        fn nothing_near_is_passed_over(a in "[abcé]{0,6}", b in "[abcé]{0,6}", limit in 0usize..4) {
            let distance = strsim::damerau_levenshtein(&a, &b);
            prop_assert_eq!(
                distance_within(&a, &b, limit),
                Some(distance).filter(|d| *d <= limit)
            );
        }
    }
}
