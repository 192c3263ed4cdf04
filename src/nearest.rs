//! How many letters two names differ by, for did-you-mean.

/// The edit distance of two names, if it is at most `limit`. Names that are far from each other,
/// as most are, are told apart by their letters alone.
pub(crate) fn distance_within(a: &str, b: &str, limit: usize) -> Option<usize> {
    if letters_differ(a, b) > limit {
        return None;
    }
    Some(strsim::damerau_levenshtein(a, b)).filter(|distance| *distance <= limit)
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

/// The word most like `text`, if any is near: letter case and separators count little.
pub(crate) fn nearest<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    let plain = |s: &str| s.to_lowercase().replace(['_', '-'], "");
    let wanted = plain(text);
    words
        .iter()
        .filter_map(|word| {
            let limit = 1.max(word.len().min(text.len()) / 3);
            Some((distance_within(&wanted, &plain(word), limit)?, *word))
        })
        .min()
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
